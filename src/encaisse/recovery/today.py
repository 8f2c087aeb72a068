"""What there is to do today, in rank order: each line says why it is here and what happens if nobody acts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from encaisse.engine.strategy import Step
from encaisse.ledger.freshness import books_to
from encaisse.parties.models import Contact, Creditor
from encaisse.recovery import invoice_work, limitation
from encaisse.recovery.models import Action, Case, Dispute, Promise, Run
from encaisse.recovery.refusal import TEXTS, refusal_text
from encaisse.storage import frames
from encaisse.storage.bulk import table

MOST = 100
"""Lines shown per section; the lists behind them are complete."""


@dataclass(frozen=True, slots=True)
class Group:
    """Actions of one step that wait for a yes."""

    step: str
    label: str
    channel: str
    count: int
    principal: int
    actions: tuple[Action, ...]
    why: str
    otherwise: str


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do for one customer. `amount` in minor units of `currency`."""

    kind: str
    code: str
    name: str
    title: str
    why: str
    otherwise: str
    amount: int
    currency: str
    action: Action | None = None
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Today:
    """The page of the day. `next_on`: when something will come next, for an empty day."""

    day: date
    decide: tuple[Group, ...]
    call: tuple[Task, ...]
    mend: tuple[Task, ...]
    near: tuple[Task, ...]
    watch: tuple[Task, ...]
    next_on: date | None
    books_to: date | None
    stale: bool
    last_run: date | None

    @property
    def empty(self) -> bool:
        return not (self.decide or self.call or self.mend or self.near or self.watch)


def today(creditor: Creditor, day: date, *, language: str = "fr") -> Today:
    """Gather the day's work of a creditor from what is planned, failed, finished and due."""
    run = Run.objects.filter(creditor=creditor).order_by("-day", "-pk").first()
    fresh_to = books_to(creditor)
    kinds = _kinds(creditor)
    return Today(
        day=day,
        decide=tuple(_groups(creditor, [kind for kind in kinds if kind.channel != "phone"], language)),
        call=tuple(_calls(creditor, [kind for kind in kinds if kind.channel == "phone"], day, language)),
        mend=tuple(_mend(creditor, day)),
        near=tuple(_near(creditor, day, language)),
        watch=tuple(_watch(creditor, day)),
        next_on=run.next_on if run else None,
        books_to=fresh_to,
        stale=fresh_to is not None and (day - fresh_to).days > creditor.stale_after_days,
        last_run=run.day if run else None,
    )


def step_label(name: str, language: str) -> str:
    """Return a step's name for a reader."""
    return Step(name=name).label(language)


def _groups(creditor: Creditor, kinds: Iterable[_Kind], language: str) -> Iterable[Group]:
    # Hardest first: a notice waits for a decision more than a courtesy does.
    for kind in sorted(kinds, key=lambda kind: (-kind.latest, kind.channel, kind.step, kind.template)):
        yield Group(
            step=kind.step,
            label=step_label(kind.step, language),
            channel=kind.channel,
            count=kind.count,
            principal=kind.principal,
            actions=tuple(_largest(creditor, [kind])),
            why=_("Their strategy calls for this step today; you asked to see it before it leaves."),
            otherwise=_("Nothing leaves, and the customer's case stays where it is until you decide."),
        )


@dataclass(frozen=True, slots=True)
class _Kind:
    """Planned actions that are alike, with how many there are; `latest`: the step's offset in days."""

    step: str
    channel: str
    template: str
    count: int
    principal: int
    latest: int


# The database takes a partial index only for a status it reads in the query itself.
_PLANNED = "creditor_id = %s AND status = 'planned'"


def _kinds(creditor: Creditor) -> list[_Kind]:
    sql = (
        "SELECT step, channel, template, COUNT(*), CAST(SUM(principal) AS BIGINT), MAX(step_days)"
        f" FROM {table(Action)} WHERE {_PLANNED} GROUP BY step, channel, template"
    )
    return [_Kind(*row) for row in frames.few(sql, [creditor.pk], (str, str, str, int, int, int))]


def _largest(creditor: Creditor, kinds: Iterable[_Kind]) -> list[Action]:
    """The planned actions of these kinds that are about most, at most as many as a section shows."""
    sql = (
        f"SELECT principal, id FROM {table(Action)} WHERE {_PLANNED} AND step = %s AND channel = %s AND template = %s"
        f" ORDER BY principal DESC, id LIMIT {MOST}"
    )
    found = [
        (-principal, pk)
        for kind in kinds
        for principal, pk in frames.few(sql, [creditor.pk, kind.step, kind.channel, kind.template], (int, int))
    ]
    chosen = [pk for _principal, pk in sorted(found)[:MOST]]
    actions = Action.objects.select_related("customer", "case").defer(*_UNSEEN).in_bulk(chosen)
    return [actions[pk] for pk in chosen if pk in actions]


_UNSEEN = ("documents", "note", "customer__search", "customer__tags", "customer__address")


def _calls(creditor: Creditor, kinds: Iterable[_Kind], day: date, language: str) -> Iterable[Task]:
    chosen = _largest(creditor, kinds)
    phones = _phones([action.customer_id for action in chosen], day)
    for action in chosen:
        waits = (day - action.day).days
        yield Task(
            kind="call",
            code=action.customer.code,
            name=action.customer.name,
            title=step_label(action.step, language),
            why=ngettext("Planned %(days)s day ago", "Planned %(days)s days ago", waits) % {"days": waits}
            if waits
            else _("Planned for today"),
            otherwise=_("The case waits: no letter follows before this call."),
            amount=action.principal,
            currency=action.case.currency,
            action=action,
            phone=phones.get(action.customer_id, ""),
        )


def _phones(customer_ids: list[int], day: date) -> dict[int, str]:
    found: dict[int, str] = {}
    for contact in Contact.objects.filter(customer_id__in=customer_ids).exclude(phone="").order_by("position"):
        if contact.phone_failed_on is None or contact.phone_failed_on > day:
            found.setdefault(contact.customer_id, contact.phone)
    return found


def _mend(creditor: Creditor, day: date) -> Iterable[Task]:
    doubtful = Action.objects.filter(creditor=creditor, status=Action.Status.UNCERTAIN)
    for action in doubtful.select_related("customer", "case").order_by("pk")[:MOST]:
        yield _of_action(
            action,
            "uncertain",
            _("Perhaps sent, perhaps not"),
            _("The connection ended before the mail server answered; ask the customer or look into the server's log."),
            _("It is never sent again by itself, and the case waits."),
        )
    failed = Action.objects.filter(creditor=creditor, status=Action.Status.FAILED, approved_at__isnull=False)
    newest = failed.filter(finished_at__date__gte=_days_before(day, 7)).select_related("customer", "case")
    for action in newest.order_by("-finished_at")[:MOST]:
        reason = refusal_text(action.outcome) if action.outcome in TEXTS else action.note or action.outcome
        yield _of_action(
            action,
            "failed",
            _("Not delivered"),
            reason,
            _("The next run tries the next contact, or makes it a task when none is left."),
        )
    unreachable = Case.objects.filter(creditor=creditor, verdict_reason="no_reachable_contact", overdue__gt=0)
    for case in unreachable.select_related("customer").order_by("-overdue", "-pk")[:MOST]:
        yield _of_case(
            case,
            _("No address works"),
            _("The step needs an address this customer does not have."),
            _("The customer is not chased at all."),
        )
    yield from _due_answers(creditor, day)
    yield from _invoices(creditor, day)


def _invoices(creditor: Creditor, day: date) -> Iterable[Task]:
    for one in invoice_work.work(creditor, day):
        yield Task(one.kind, one.code, one.name, one.title, one.why, one.otherwise, one.amount, one.currency)


def _of_case(case: Case, title: str, why: str, otherwise: str) -> Task:
    return Task(
        kind=case.verdict_reason,
        code=case.customer.code,
        name=case.customer.name,
        title=title,
        why=why,
        otherwise=otherwise,
        amount=case.overdue,
        currency=case.currency,
    )


def _of_action(action: Action, kind: str, title: str, why: str, otherwise: str) -> Task:
    return Task(
        kind=kind,
        code=action.customer.code,
        name=action.customer.name,
        title=title,
        why=why,
        otherwise=otherwise,
        amount=action.principal,
        currency=action.case.currency,
        action=action,
    )


def _due_answers(creditor: Creditor, day: date) -> Iterable[Task]:
    running = Dispute.objects.filter(creditor=creditor, ends_on__isnull=True, answer_by__lte=day)
    for dispute in running.select_related("customer", "receivable").order_by("answer_by")[:MOST]:
        assert dispute.customer is not None
        assert dispute.receivable is not None
        yield Task(
            kind="dispute_unanswered",
            code=dispute.customer.code,
            name=dispute.customer.name,
            title=_("Dispute to answer: %(number)s") % {"number": dispute.receivable.number},
            why=dispute.reason or dispute.get_ground_display(),
            otherwise=_("It is not chased, and its limitation period runs on."),
            amount=dispute.amount or dispute.receivable.amount,
            currency=dispute.receivable.currency,
        )


def _near(creditor: Creditor, day: date, language: str) -> Iterable[Task]:
    """Receivables that will soon be barred, worth most first."""
    found = limitation.near(creditor, day)[:MOST]
    names = limitation.names_of(one.customer for one in found)
    for one in found:
        code, name = names[one.customer]
        yield Task(
            kind="limitation_near",
            code=code,
            name=name,
            title=limitation.title(one, language),
            why=" · ".join(part for part in (limitation.time_left(one), limitation.doubt(one, language)) if part),
            otherwise=limitation.if_nobody_acts(one),
            amount=one.open,
            currency=one.currency,
        )


def _watch(creditor: Creditor, day: date) -> Iterable[Task]:
    done = Case.objects.filter(creditor=creditor, verdict_reason="strategy_finished", overdue__gt=0)
    for case in done.select_related("customer").order_by("-overdue", "-pk")[:MOST]:
        yield _of_case(
            case,
            _("Unpaid after the last step"),
            _("Every step was sent and the debt is still open: agree on a plan, hand it over, or go to court."),
            _("Nothing more happens by itself, and the limitation period runs on."),
        )
    kept = Promise.objects.filter(creditor=creditor, promised_for__lt=day, ends_on__gt=day)
    for promise in kept.select_related("customer")[:MOST]:
        assert promise.customer is not None
        yield Task(
            kind="promise_due",
            code=promise.customer.code,
            name=promise.customer.name,
            title=_("Promised date passed"),
            why=_("Payment was promised for a day that is over; the grace period is running."),
            otherwise=_("When the grace ends, chasing goes on where it stood."),
            amount=promise.amount or 0,
            currency=creditor.currency,
        )


def _days_before(day: date, days: int) -> date:
    return date.fromordinal(day.toordinal() - days)
