"""Until when each open receivable can be brought to court, from what is dated in the books and in the records.

Part payments, signed plans and recorded events move the date. What the customer only said (a promise on the phone, a
plan nobody signed) acknowledges the debt too, but has to be proved: the date shown stays the one that holds without it,
and the later one stands beside it with what would make it sure. So no date is ever a surprise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from encaisse.documents.words import language_of, long_date
from encaisse.law.counting import confidence_in_words
from encaisse.law.limitation import Event, Limitation, claim_kind_of, claim_kinds, event_kinds, limitation
from encaisse.parties.models import Creditor, Customer
from encaisse.recovery.limitation_facts import Facts, Row, Told, read
from encaisse.recovery.rows import NAMES_AT_ONCE

UNPROVED = ("promise_by_word", "plan_by_word", "payment_named_nothing")
FIRST_WARNING = 12
"""Months before the end on which the first warning comes (`limitation.yaml`, alerts)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One open receivable and its limitation on a day. `open` in minor units.

    `found` rests on what can be proved; None when no limitation is known here for the regime, or nobody has chosen one.
    `perhaps` adds what was only said (`unproved`), when that gives a later date.
    """

    receivable: int
    customer: int
    number: str
    currency: str
    open: int
    due_on: date
    regime: str | None
    found: Limitation | None
    perhaps: Limitation | None
    unproved: tuple[Told, ...]

    @property
    def deadline(self) -> date | None:
        """The last day on which it can surely be brought to court."""
        return self.found.deadline if self.found else None

    @property
    def alert(self) -> int | None:
        """Months of the warning that has come (12, 6, 3, 1), if any."""
        return self.found.alert.months if self.found and self.found.alert else None

    @property
    def expired(self) -> bool:
        """Whether it is barred on the day, by what can be proved."""
        return self.found is not None and self.found.expired


def of_customer(creditor: Creditor, customer_id: int, day: date) -> list[Standing]:
    """The limitation of every open receivable of a customer on a day, the earliest date first."""
    facts = read(creditor, day, customer_ids=[customer_id])
    return _sorted(_standing(facts, row, day) for row in facts.rows)


def of_portfolio(creditor: Creditor, day: date, *, within: int = FIRST_WARNING) -> list[Standing]:
    """The open receivables of a creditor that will be barred within so many months, the earliest date first.

    Looks only at those old enough. Services known to have ended more than half a year before the due date are found
    that much later, yet months before their date.
    """
    facts = read(creditor, day, within=within)
    # Nothing ever happened to most of what is old: it is passed over before anything is made of it.
    rows = (row for row in facts.rows if _may_end(facts, row, day, within))
    return _sorted(within_months((_standing(facts, row, day) for row in rows), day, within))


def within_months(standings: Iterable[Standing], day: date, months: int) -> list[Standing]:
    """Those that are not barred on the day and will be within so many months of it."""
    return [one for one in standings if one.found and _ends_within(one.found, day, months)]


def _may_end(facts: Facts, row: Row, day: date, months: int) -> bool:
    if facts.told(row):
        return True
    kind = claim_kind_of(row.regime) if row.regime else None
    return kind is not None and _ends_within(_untouched(kind, row.due_on, row.performed_on, day), day, months)


def _ends_within(found: Limitation, day: date, months: int) -> bool:
    """Whether it is not barred on the day and will be within so many months."""
    left = (found.deadline.year - day.year) * 12 + found.deadline.month - day.month
    return not found.expired and left + (found.deadline.day > day.day) <= months


def near(creditor: Creditor, day: date) -> list[Standing]:
    """The open receivables whose warning has come, those worth most first."""
    coming = [one for one in of_portfolio(creditor, day) if one.alert is not None]
    return sorted(coming, key=lambda one: (-one.open, one.deadline or day, one.receivable))


def names_of(customer_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Code and name of some customers, by id."""
    wanted = sorted(set(customer_ids))
    bites = (wanted[start : start + NAMES_AT_ONCE] for start in range(0, len(wanted), NAMES_AT_ONCE))
    rows = (row for bite in bites for row in Customer.objects.filter(pk__in=bite).values_list("pk", "code", "name"))
    return {pk: (code, name) for pk, code, name in rows}


def _standing(facts: Facts, row: Row, day: date) -> Standing:
    kind = claim_kind_of(row.regime) if row.regime else None
    told = facts.told(row)
    if kind is None:
        return _made(row, None, None, ())
    if not told:
        return _made(row, _untouched(kind, row.due_on, row.performed_on, day), None, ())
    doubtful = tuple(one for one in told if _must_be_proved(one, kind))
    sure = [one for one in told if one not in doubtful]
    found = _reckoned(kind, row, sure, day)
    perhaps = _reckoned(kind, row, told, day) if doubtful else found
    return _made(row, found, perhaps if perhaps.deadline > found.deadline else None, doubtful)


def _made(row: Row, found: Limitation | None, perhaps: Limitation | None, doubtful: tuple[Told, ...]) -> Standing:
    return Standing(
        receivable=row.receivable,
        customer=row.customer,
        number=row.number,
        currency=row.currency,
        open=row.open,
        due_on=row.due_on,
        regime=row.regime,
        found=found,
        perhaps=perhaps,
        unproved=doubtful if perhaps else (),
    )


def _must_be_proved(told: Told, kind: str) -> bool:
    """Whether it moves the date only for somebody who can prove it; a notice does so for public bodies alone."""
    if told.code == "notice":
        return event_kinds()[told.kind].effects[claim_kinds()[kind].family].code != "nothing"
    return told.code in UNPROVED


def _reckoned(kind: str, row: Row, told: Sequence[Told], day: date) -> Limitation:
    events = [Event(one.kind, one.on, one.until) for one in told]
    return limitation(kind, due_on=row.due_on, performed_on=row.performed_on, events=events, on=day)


@lru_cache(maxsize=8192)
def _untouched(kind: str, due_on: date, performed_on: date | None, day: date) -> Limitation:
    """The same for all receivables due that day to which nothing happened: nearly all of them."""
    return limitation(kind, due_on=due_on, performed_on=performed_on, on=day)


def _sorted(standings: Iterable[Standing]) -> list[Standing]:
    return sorted(standings, key=lambda one: (one.deadline or date.max, -one.open, one.receivable))


# --- words ----------------------------------------------------------------------------------------------------------


def time_left(standing: Standing) -> str:
    """How long is left, in the active language: months while there are many, then days."""
    found = standing.found
    if found is None:
        return _("not known")
    if found.expired:
        return _("barred")
    if not found.running:
        return _("the time stands still")
    if found.days_left <= 60:
        return ngettext("%(n)s day left", "%(n)s days left", found.days_left) % {"n": found.days_left}
    months = _whole_months(found)
    if months < 24:
        return ngettext("%(n)s month left", "%(n)s months left", months) % {"n": months}
    years = months // 12
    return ngettext("more than %(n)s year left", "more than %(n)s years left", years) % {"n": years}


def _whole_months(found: Limitation) -> int:
    last, day = found.deadline, found.on
    months = (last.year - day.year) * 12 + last.month - day.month
    return months - 1 if last.day < day.day else months


def title(standing: Standing, language: str) -> str:
    """The receivable and its last day: `F-101: barred after 14 February 2026`."""
    last = long_date(standing.deadline, language_of(language)) if standing.deadline else ""
    return _("%(number)s: barred after %(day)s") % {"number": standing.number, "day": last}


def doubt(standing: Standing, language: str) -> str:
    """How sure the date is, in a word; nothing when it is sure or not known."""
    found = standing.found
    return confidence_in_words(found.confidence, language_of(language)) if found and found.confidence != "sure" else ""


def mark(standing: Standing) -> str:
    """The warning on a line, in words; empty when nothing is near."""
    if standing.expired:
        return _("barred")
    return time_left(standing) if standing.alert is not None else ""


def remarks(standing: Standing, language: str) -> list[str]:
    """What a person should know beside the date: what is not proved yet, or that no law is known here."""
    if standing.regime is None:
        return [_("Which law rules this claim is for a person to choose; until then no limitation date is known.")]
    if standing.found is None:
        return [
            _("No limitation is known here for the regime %(regime)s: ask a lawyer of that country.")
            % {"regime": standing.regime}
        ]
    spoken = language_of(language)
    texts = [_unproved(one) % {"day": long_date(one.on, spoken)} for one in standing.unproved]
    if standing.perhaps:
        later = _("With that, the date would be %(deadline)s.") % {
            "deadline": long_date(standing.perhaps.deadline, spoken)
        }
        texts.append(later)
    return texts


def _unproved(told: Told) -> str:
    texts = {
        "promise_by_word": _(
            "On %(day)s the customer promised to pay. That acknowledges the debt, but what is only said, on the phone "
            "for instance, is hard to prove, so it is not counted: probable, no more. Ask for a line in writing, then "
            "record it as an acknowledgement."
        ),
        "plan_by_word": _(
            "On %(day)s instalments were agreed, and nothing signed is recorded. Have the plan signed with an "
            "acknowledgement of the debt, then record it; until then it is not counted."
        ),
        "payment_named_nothing": _(
            "The payment of %(day)s named no invoice and was set against the oldest one; it may acknowledge another "
            "debt, so it is not counted. Ask the customer which invoice they paid, in writing."
        ),
        "notice": _(
            "The notice of %(day)s is a written claim, which interrupts limitation against a public body if its "
            "receipt can be proved; it is not counted until you record it with that proof."
        ),
    }
    return texts[told.code]


def if_nobody_acts(standing: Standing) -> str:
    """What the end of the time means and what stops it, in the active language."""
    family = standing.found.kind.family if standing.found else ""
    texts = {
        "fr": _(
            "After that day no court grants it. A written acknowledgement, a part payment or a claim in court starts "
            "the time again; a letter or a formal notice does not."
        ),
        "fr-public": _(
            "After that day the claim is extinguished. A written claim whose receipt you can prove, an acknowledgement "
            "or a claim in court starts the time again."
        ),
    }
    return texts.get(
        family, _("After that day no court grants it. Ask a lawyer there in time which act stops the clock.")
    )
