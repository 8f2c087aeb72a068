"""What the customer's page shows of limitation: each open receivable's date, what moved it, and the form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from encaisse.law.limitation import claim_kinds, event_kinds
from encaisse.parties.models import Creditor, Customer
from encaisse.recovery import limitation
from encaisse.recovery.limitation import Standing
from encaisse.recovery.models import LimitationEvent
from encaisse.web import formats
from encaisse.web.forms_limitation import LimitationForm, form_for
from encaisse.web.forms_records import RecordForm

SHOWN = 30
"""Lines on the page; the earliest dates come first, so what is left out is later than all of these."""


@dataclass(frozen=True, slots=True)
class Line:
    """One open receivable in the reader's words. `sentence` is empty when no limitation is known."""

    standing: Standing
    left: str
    mark: str
    sentence: str
    doubt: str
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event that a person wrote down and nobody withdrew."""

    event: LimitationEvent
    label: str
    open_end: bool


def panel(creditor: Creditor, customer: Customer, day: date, bound: RecordForm | None = None) -> dict[str, Any]:
    """What the template needs: `lines`, `more`, `events`, `form`, and `marks` by receivable."""
    standings = limitation.of_customer(creditor, customer.pk, day)
    return {
        "lines": [_line(one) for one in standings[:SHOWN]],
        "more": max(0, len(standings) - SHOWN),
        "marks": {one.receivable: limitation.mark(one) for one in standings},
        "events": _events(customer, day),
        "form": bound if isinstance(bound, LimitationForm) else form_class(standings)(day=day, items=items(standings)),
    }


def form_class(standings: Sequence[Standing]) -> type[LimitationForm]:
    """The form for the law of these receivables."""
    families = [one.found.kind.family for one in standings if one.found]
    return form_for(families[0] if families else claim_kinds()["b2b"].family)


def items(standings: Sequence[Standing]) -> list[tuple[int, str]]:
    """The open receivables to choose from."""
    return [(one.receivable, f"{one.number} · {formats.money(one.open, one.currency)}") for one in standings]


def _line(standing: Standing) -> Line:
    spoken = formats.language()
    return Line(
        standing=standing,
        left=limitation.time_left(standing),
        mark=limitation.mark(standing),
        sentence=standing.found.sentence(spoken) if standing.found else "",
        doubt=limitation.doubt(standing, spoken),
        remarks=tuple(limitation.remarks(standing, spoken)),
    )


def _events(customer: Customer, day: date) -> list[Recorded]:
    found = LimitationEvent.objects.filter(customer=customer, withdrawn_at=None, happened_on__lte=day)
    spoken, kinds = formats.language(), event_kinds()
    rows = found.select_related("receivable").order_by("-happened_on", "-pk")
    return [
        Recorded(one, kinds[one.kind].label[spoken], kinds[one.kind].lasts and one.until_on is None)
        for one in rows
        if one.kind in kinds
    ]
