"""What is learnt of who pays for whom, kept with the match it came of, and withdrawn with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from encaisse.ledger.bank_entries import BATCH, Stamp
from encaisse.ledger.matching import Known
from encaisse.ledger.matching.text import name_key, plain_iban
from encaisse.ledger.models import Match, PayerLink
from encaisse.parties.models import Creditor

IBAN, NAME, PARENT = "iban", "name", "parent"


def known(creditor: Creditor) -> Known:
    """All that is known of payers now."""
    links: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    standing = PayerLink.objects.filter(creditor=creditor, withdrawn_at__isnull=True)
    for kind, value, customer in standing.values_list("kind", "value", "customer_id"):
        links[kind][value].add(customer)
    parents = {child: int(value) for value, children in links[PARENT].items() for child in children}
    return Known.of(links[IBAN], links[NAME], parents)


def learn(stamp: Stamp, matches: Sequence[Match]) -> None:
    """Keep the account and the name of the payer of each match just booked; what is known already is not repeated."""
    told = {
        (match.customer_id, kind, value): match
        for match in reversed(matches)
        for kind, value in (
            (IBAN, plain_iban(match.movement.payer_iban)[:200]),
            (NAME, name_key(match.movement.payer)[:200]),
        )
        if value
    }
    standing = PayerLink.objects.filter(
        creditor=stamp.creditor, withdrawn_at__isnull=True, customer_id__in={customer for customer, _, _ in told}
    )
    for link in standing.values_list("customer_id", "kind", "value"):
        told.pop(link, None)
    fresh = [
        PayerLink(
            creditor=stamp.creditor, customer_id=customer, kind=kind, value=value, match=match, actor=stamp.actor,
            recorded_at=stamp.at,
        )
        for (customer, kind, value), match in sorted(told.items(), key=lambda one: one[0])
    ]  # fmt: skip
    PayerLink.objects.bulk_create(fresh, BATCH)


def withdraw(stamp: Stamp, match: Match) -> None:
    """Forget what was learnt from a match."""
    match.learnt.filter(withdrawn_at__isnull=True).update(withdrawn_at=stamp.at)
