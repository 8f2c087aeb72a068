"""See what each movement of money pays: proposals for a person, one clear winner booked, what the books know set aside.

Runs after a bank file and after books, in their transaction. Proposals that stay the same stay as they are; others end
and new ones take their place, so that what stood on a past day can be asked again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from encaisse.journal.append import Line, append_many
from encaisse.ledger import in_books, learn_payer, payment_hints
from encaisse.ledger.balance import open_items
from encaisse.ledger.bank_entries import BATCH, SCOPE, Stamp
from encaisse.ledger.book_match import book_many, close_movements, codes_of, told
from encaisse.ledger.match_reasons import IN_BOOKS, kept
from encaisse.ledger.matching import Customer, Incoming, Known, Matcher, OpenItem, Part, Proposal, Reason, decide
from encaisse.ledger.models import BankTransaction, Import, Match, MatchPart
from encaisse.ledger.returned_payments import reopen
from encaisse.ledger.stated_payments import date_by_movements
from encaisse.parties.models import Customer as CustomerRow
from encaisse.storage import bulk

State = BankTransaction.State
LEAST_SCORE = 0.001
"""What is less likely than this is not worth a person's look."""
MATCHED = ("fec", "camt052", "camt053", "camt054", "mt940", "mt942", "ofx", "cfonb120", "cfonb240")
"""Kinds of files whose import looks at movements itself."""
Signature = tuple[int, tuple[tuple[int, int], ...], int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many movements were booked, wait for a yes, were known to the books, or undid an earlier payment."""

    booked: int = 0
    proposed: int = 0
    in_books: int = 0
    returned: int = 0


def propose(stamp: Stamp, *, movements: Sequence[int] | None = None) -> Outcome:
    """Look at every movement that is not booked (or at these ones). In the caller's transaction."""
    found = BankTransaction.objects.filter(creditor=stamp.creditor, state__in=(State.OPEN, State.PROPOSED))
    if movements is not None:
        found = found.filter(pk__in=list(movements))
    every = list(found.order_by("booked_on", "pk"))
    if not every:
        return Outcome()
    returned = reopen(stamp, [one for one in every if one.returned and one.amount < 0])
    incoming = [one for one in every if one.amount > 0 and not one.returned]
    desk = _Desk.of(stamp, incoming)
    known = _recognise(stamp, incoming, desk)
    waiting = [one for one in incoming if one.pk not in known]
    booked, proposals = _decided(stamp, waiting, desk)
    _keep(stamp, [one for one in waiting if one.pk not in booked], proposals)
    return Outcome(len(booked), sum(1 for found in proposals.values() if found), len(known), len(returned))


def after_others(stamp: Stamp, *, after: int = 0) -> Outcome:
    """Look at all movements again when an import after the one of id `after` did not do so itself. In a transaction.

    Books and bank files do; invoices and tables come one by one, and their payments are looked for once at the end.
    """
    new = Import.objects.filter(creditor=stamp.creditor, pk__gt=after)
    if not new.exclude(kind__in=(*MATCHED, "contacts")).exists():
        return Outcome()
    bulk.lock(f"books:{stamp.creditor.pk}")
    return propose(stamp)


def again(stamp: Stamp, receivables: Iterable[int]) -> None:
    """Look again at movements that are proposed for these receivables: less of them is open now, or more."""
    touched = MatchPart.objects.filter(
        creditor=stamp.creditor, receivable_id__in=list(receivables), match__state=Match.State.PROPOSED,
        match__ended_at__isnull=True,
    )  # fmt: skip
    movements = sorted(set(touched.values_list("match__movement_id", flat=True)))
    if movements:
        propose(stamp, movements=movements)


# --- what is looked at ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Desk:
    """What matching looks at: open items, customers, what was learnt, what a person refused."""

    items: list[OpenItem]
    customers: list[Customer]
    known: Known
    refused: dict[int, set[Signature]]
    untied: frozenset[tuple[int, int]]

    @classmethod
    def of(cls, stamp: Stamp, movements: Sequence[BankTransaction]) -> _Desk:
        creditor = stamp.creditor
        rows = CustomerRow.objects.filter(creditor=creditor).values_list("pk", "name").order_by("pk")
        refused, untied = _refused(stamp, movements)
        return cls(
            _open(stamp, timezone.localdate(stamp.at)) if movements else [],
            [Customer(pk, name) for pk, name in rows],
            learn_payer.known(creditor),
            refused,
            untied,
        )

    def matcher(self, taken: dict[int, int] | None = None) -> Matcher:
        """A matcher over what is open, less what was `taken` since."""
        gone = taken or {}
        items = [_less(item, gone.get(item.receivable, 0)) for item in self.items]
        return Matcher([item for item in items if item.amount > 0], self.customers, self.known)


def _less(item: OpenItem, taken: int) -> OpenItem:
    return replace(item, amount=item.amount - taken) if taken else item


def _open(stamp: Stamp, day: date) -> list[OpenItem]:
    rows = open_items(stamp.creditor, day)
    rows = rows.filter(rows["open"] > 0)
    columns = ("receivable", "customer", "number", "open", "currency", "issued_on", "due_on")
    told = payment_hints.of_open(stamp.creditor)
    found = []
    for values in rows.select(columns).iter_rows():
        discounts, references = told.get(values[0], payment_hints.NOTHING)
        pk, customer, number, amount, currency, issued_on, due_on = values
        found.append(OpenItem(pk, customer, number, amount, currency, issued_on, due_on, discounts, references))
    return found


def _refused(
    stamp: Stamp, movements: Sequence[BankTransaction]
) -> tuple[dict[int, set[Signature]], frozenset[tuple[int, int]]]:
    """What a person said no to: proposals by movement, and (movement, payment of the books) taken apart."""
    said: dict[int, set[Signature]] = defaultdict(set)
    untied = set()
    ids = [one.pk for one in movements]
    for at in range(0, len(ids), BATCH):
        rows = Match.objects.filter(creditor=stamp.creditor, movement_id__in=ids[at : at + BATCH])
        for match in _no(rows).select_related("payment").prefetch_related("parts"):
            said[match.movement_id].add(_signature_of(match))
            if match.payment is not None and match.payment.scope != SCOPE:
                untied.add((match.movement_id, match.payment.pk))
    return dict(said), frozenset(untied)


def _no(matches: Any) -> Any:
    """Refused ones, and those undone after they were booked; a proposal that merely ended has no payment."""
    undone = matches.filter(state=Match.State.UNDONE, payment__isnull=False)
    return matches.filter(state=Match.State.REFUSED) | undone


# --- what the books know --------------------------------------------------------------------------------------------


def _recognise(stamp: Stamp, movements: Sequence[BankTransaction], desk: _Desk) -> set[int]:
    """Tie movements to the payments the books tell of; return the ids of these movements."""
    names = [(one.id, one.name) for one in desk.customers]
    books = in_books.books(stamp.creditor, movements, desk.items, names, desk.known, desk.untied)
    pairs = [(movement, found) for movement in movements if (found := books.find(movement))]
    tie(stamp, [(movement, one.customer, one.id, one.paid_on) for movement, one in pairs])
    date_by_movements(stamp, [(one.id, movement.booked_on) for movement, one in pairs if one.since is not None])
    return {movement.pk for movement, _ in pairs}


def tie(stamp: Stamp, pairs: Sequence[tuple[BankTransaction, int, int, date]]) -> list[Match]:
    """Say that movements are payments of the books: (movement, customer, payment, its day)."""
    matches = Match.objects.bulk_create(
        [
            Match(
                creditor=stamp.creditor, movement=movement, customer_id=customer, state=Match.State.BOOKED,
                score=Decimal(1), reasons=kept([Reason(IN_BOOKS, {"day": day})]),
                payment_id=payment, actor=stamp.actor, recorded_at=stamp.at, ended_at=stamp.at,
            )
            for movement, customer, payment, day in pairs
        ],
        BATCH,
    )  # fmt: skip
    if not matches:
        return []
    close_movements(stamp, matches)
    learn_payer.learn(stamp, matches)
    codes = codes_of(stamp, matches)
    lines = [Line(codes[match.customer_id], "payment_in_books", told(match, ())) for match in matches]
    append_many(stamp.creditor.pk, lines, at=stamp.at, actor=stamp.actor)
    return matches


# --- proposals ------------------------------------------------------------------------------------------------------


def _decided(
    stamp: Stamp, movements: Sequence[BankTransaction], desk: _Desk
) -> tuple[set[int], dict[int, list[Proposal]]]:
    """Book clear winners; return the movements booked, and the proposals for the others."""
    threshold = None if stamp.creditor.book_above is None else float(stamp.creditor.book_above)
    matcher = desk.matcher()
    left = {item.receivable: item.amount for item in desk.items}
    taken: dict[int, int] = defaultdict(int)
    proposals: dict[int, list[Proposal]] = {}
    winners: list[tuple[BankTransaction, Proposal]] = []
    for movement in movements:
        refused = desk.refused.get(movement.pk, set())
        found = _proposals(matcher, movement, refused)
        # Where a person has said no before, a person decides.
        winner = None if refused else decide(found, threshold)
        if winner and all(taken[part.receivable] + _takes(part) <= left[part.receivable] for part in winner.parts):
            winners.append((movement, winner))
            for part in winner.parts:
                taken[part.receivable] += _takes(part)
        else:
            proposals[movement.pk] = found
    if winners:
        matches = _rows(stamp, [(movement, [winner]) for movement, winner in winners])
        book_many(stamp, matches)
        second = desk.matcher(taken)
        for movement in movements:
            known = proposals.get(movement.pk)
            if known and any(part.receivable in taken for one in known for part in one.parts):
                proposals[movement.pk] = _proposals(second, movement, desk.refused.get(movement.pk, set()))
    return {movement.pk for movement, _ in winners}, proposals


def _proposals(matcher: Matcher, movement: BankTransaction, refused: set[Signature]) -> list[Proposal]:
    found = matcher.propose(_incoming(movement))
    return [one for one in found if one.score >= LEAST_SCORE and _signature(one) not in refused]


def _incoming(movement: BankTransaction) -> Incoming:
    return Incoming(
        movement.pk, movement.booked_on, movement.amount, movement.currency, movement.payer, movement.payer_iban,
        movement.text, movement.structured, movement.end_to_end_id, movement.charges or 0, movement.returned,
    )  # fmt: skip


def _takes(part: Part) -> int:
    return part.amount + part.discount + part.charges


def _keep(stamp: Stamp, movements: Sequence[BankTransaction], proposals: dict[int, list[Proposal]]) -> None:
    """Let proposals stand that are the same as before; end the others and write the new ones."""
    standing = _standing(stamp, [one.pk for one in movements])
    changed = [
        one
        for one in movements
        if [_signature_of(match) for match in standing.get(one.pk, ())] != list(map(_signature, proposals[one.pk]))
    ]
    for at in range(0, len(changed), BATCH):
        bite = changed[at : at + BATCH]
        ended = Match.objects.filter(
            creditor=stamp.creditor, movement__in=bite, state=Match.State.PROPOSED, ended_at__isnull=True
        )
        ended.update(state=Match.State.UNDONE, ended_at=stamp.at)
        # Bite by bite: the rows of five proposals for each of a hundred thousand movements would fill the memory.
        _rows(stamp, [(one, proposals[one.pk]) for one in bite])
    for state, some in (
        (State.PROPOSED, [one.pk for one in movements if proposals[one.pk]]),
        (State.OPEN, [one.pk for one in movements if not proposals[one.pk]]),
    ):
        for at in range(0, len(some), BATCH):
            BankTransaction.objects.filter(pk__in=some[at : at + BATCH]).exclude(state=state).update(state=state)


def _standing(stamp: Stamp, movements: Sequence[int]) -> dict[int, list[Match]]:
    found: dict[int, list[Match]] = defaultdict(list)
    for at in range(0, len(movements), BATCH):
        rows = Match.objects.filter(
            creditor=stamp.creditor, movement_id__in=movements[at : at + BATCH], state=Match.State.PROPOSED,
            ended_at__isnull=True,
        )  # fmt: skip
        for match in rows.order_by("rank").prefetch_related("parts"):
            found[match.movement_id].append(match)
    return dict(found)


def _rows(stamp: Stamp, found: Sequence[tuple[BankTransaction, Sequence[Proposal]]]) -> list[Match]:
    """Write proposals as matches with their parts."""
    pairs = [(movement, rank, one) for movement, some in found for rank, one in enumerate(some)]
    matches = Match.objects.bulk_create(
        [
            Match(
                creditor=stamp.creditor, movement=movement, customer_id=one.customer, rank=rank,
                state=Match.State.PROPOSED, score=Decimal(one.score).quantize(Decimal("0.0001")),
                reasons=kept(one.reasons, one.parts), over=one.over, actor=stamp.actor,
                recorded_at=stamp.at,
            )
            for movement, rank, one in pairs
        ],
        BATCH,
    )  # fmt: skip
    MatchPart.objects.bulk_create(
        [
            MatchPart(creditor=stamp.creditor, match=match, receivable_id=part.receivable, amount=part.amount)
            for match, (_movement, _rank, one) in zip(matches, pairs, strict=True)
            for part in one.parts
        ],
        BATCH,
    )
    return matches


def _signature(one: Proposal) -> Signature:
    return one.customer, tuple(sorted((part.receivable, part.amount) for part in one.parts)), one.over


def _signature_of(match: Match) -> Signature:
    return match.customer_id, tuple(sorted((part.receivable_id, part.amount) for part in match.parts.all())), match.over
