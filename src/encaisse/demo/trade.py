"""Two years of trade: what was sold, what came in, what was spent. Drawn from a fixed seed, dated back from the day."""

from __future__ import annotations

import calendar as months
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from encaisse.calendar import is_working_day, next_working_day
from encaisse.demo.cast import Client, clients

SEED = "encaisse demonstration 1"
REGION = "FR"
VAT_PERCENT = 20

# How late each kind of payer is, in days after the due date; two pairs: it pays in two parts.
MANNERS: dict[str, tuple[tuple[int, int], ...]] = {
    "prompt": ((-4, 1),),
    "forgetful": ((4, 19),),
    "trouble": ((18, 30), (38, 55)),
    "evasive": ((28, 60),),
    "failing": ((6, 24),),
    "public": ((3, 24),),
}
# These pay all that is due in one transfer, on this day of the month.
PAYDAY = {"CORVISAR": 10, "TRAVERSE": 10, "LUMIERE": 25}
CREDIT_NOTE_SHARE = 0.03
FAILING_SINCE_DAYS = 160
# Per month: day of the month, account, its name, amount without VAT in minor units, VAT in percent.
COSTS: tuple[tuple[int, str, str, int, int], ...] = (
    (3, "61320000", "Loyer de l'atelier", 495_000, 20),
    (5, "64110000", "Salaires", 3_150_000, 0),
    (12, "60110000", "Panneaux et films adhésifs", 2_480_000, 20),
    (15, "64510000", "Cotisations sociales", 1_390_000, 0),
    (18, "60610000", "Électricité", 164_500, 20),
    (22, "62600000", "Téléphone et courrier", 28_900, 20),
    (24, "44571000", "TVA collectée", 1_320_000, 0),
)


@dataclass(frozen=True, slots=True)
class Sale:
    """An invoice. Amounts in minor units."""

    client: Client
    number: str
    issued_on: date
    net: int
    vat: int

    @property
    def gross(self) -> int:
        return self.net + self.vat


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transfer or a credit note, with the invoices it settles: (number, part of the amount); none: nobody knows."""

    client: Client
    reference: str
    on: date
    amount: int
    parts: tuple[tuple[str, int], ...]
    credit_note: bool = False


@dataclass(frozen=True, slots=True)
class Cost:
    """Something paid by bank on a day."""

    on: date
    account: str
    label: str
    net: int
    vat: int


@dataclass(frozen=True, slots=True)
class Trade:
    """All of it, in order of date."""

    day: date
    sales: tuple[Sale, ...]
    receipts: tuple[Receipt, ...]
    costs: tuple[Cost, ...]


@dataclass(frozen=True, slots=True)
class _Deal:
    """An invoice before it has its number, with what was paid on it."""

    client: Client
    issued_on: date
    net: int
    vat: int
    payments: tuple[tuple[date, int], ...]
    credit_note: tuple[date, int] | None = None


def trade(day: date) -> Trade:
    """All trade up to the day before `day`; the same day always gives the same trade."""
    deals = sorted(
        (deal for client in clients() for deal in _deals(client, day)),
        key=lambda deal: (deal.issued_on, deal.client.code),
    )
    numbers = _numbered("FA", [deal.issued_on for deal in deals])
    sales = tuple(
        Sale(deal.client, number, deal.issued_on, deal.net, deal.vat)
        for deal, number in zip(deals, numbers, strict=True)
    )
    return Trade(day, sales, _receipts(deals, sales, day), tuple(_costs(day)))


def first_day(day: date) -> date:
    """Where the made-up past begins: early enough for last year's books to open with unpaid invoices."""
    return date((day - timedelta(1)).year - 1, 1, 1) - timedelta(150)


def due_date(terms: str, issued_on: date) -> date:
    """The due date under the terms that occur in `customers.csv`."""
    if terms == "à réception":
        return issued_on
    due = issued_on + timedelta(int(terms.split()[0]))
    return _month_end(due) if terms.endswith("fin de mois") else due


def _deals(client: Client, day: date) -> Iterator[_Deal]:
    random = Random(f"{SEED} {client.code}")  # noqa: S311 - a made-up past, not a secret
    for owed in client.owes:
        yield _owed_deal(client, owed.days_late, owed.gross, owed.paid, day)
    ago = client.every * random.uniform(0.1, 1.0)
    while (issued := _working_day_before(day - timedelta(int(ago) + 1))) >= first_day(day):
        deal = _past_deal(client, issued, random)
        ago += client.every * random.uniform(0.75, 1.25)
        settled = all(on < day for on, _ in deal.payments)
        stopped = client.manner == "failing" and (day - issued).days < FAILING_SINCE_DAYS
        if (settled or not client.owes) and not stopped:
            yield deal


def _owed_deal(client: Client, days_late: int, gross: int, paid: int, day: date) -> _Deal:
    due = day - timedelta(days_late)
    issued = due - timedelta(0 if client.terms == "à réception" else int(client.terms.split()[0]))
    net = (gross * 100 + 60) // (100 + VAT_PERCENT)
    paid_on = _working_day_before(day - timedelta(max(2, days_late // 3)))
    return _Deal(client, issued, net, gross - net, ((paid_on, paid),) if paid else ())


def _past_deal(client: Client, issued: date, random: Random) -> _Deal:
    net = int(client.size * random.uniform(0.6, 1.5)) // 500 * 500
    vat = net * VAT_PERCENT // 100
    due = due_date(client.terms, issued)
    credit_note = None
    if random.random() < CREDIT_NOTE_SHARE:
        credit_note = (_next_working_day(issued + timedelta(random.randint(3, 12))), (net + vat) // 10 // 120 * 120)
    left = net + vat - (credit_note[1] if credit_note else 0)
    delays = [random.randint(*span) for span in MANNERS[client.manner]]
    shares = [left] if len(delays) == 1 else [left // 2, left - left // 2]
    days = (max(issued + timedelta(2), due + timedelta(delay)) for delay in delays)
    return _Deal(
        client,
        issued,
        net,
        vat,
        tuple((_pays_on(client, on), share) for on, share in zip(days, shares, strict=True)),
        credit_note,
    )


def _pays_on(client: Client, day: date) -> date:
    payday = PAYDAY.get(client.code)
    if payday is None:
        return _next_working_day(day)
    on = day.replace(day=payday)
    return _next_working_day(on if on >= day else (_month_end(day) + timedelta(1)).replace(day=payday))


def _receipts(deals: list[_Deal], sales: tuple[Sale, ...], day: date) -> tuple[Receipt, ...]:
    found: list[Receipt] = []
    for deal, sale in zip(deals, sales, strict=True):
        for on, amount in deal.payments:
            found.append(Receipt(deal.client, "", on, amount, ((sale.number, amount),)))
        if deal.credit_note:
            on, amount = deal.credit_note
            found.append(Receipt(deal.client, "", on, amount, ((sale.number, amount),), credit_note=True))
    for client in clients():
        for ago, amount in client.credits:
            found.append(Receipt(client, "", _working_day_before(day - timedelta(ago)), amount, ()))
    known = sorted(
        (one for one in _joined(found) if one.on < day), key=lambda one: (one.on, one.client.code, one.parts)
    )
    return tuple(_referenced(known))


def _joined(receipts: Iterable[Receipt]) -> list[Receipt]:
    """One transfer for what the same customer pays on the same day."""
    transfers: dict[tuple[str, date], Receipt] = {}
    others: list[Receipt] = []
    for one in receipts:
        key = (one.client.code, one.on)
        if one.credit_note or not one.parts:
            others.append(one)
        elif key in transfers:
            other = transfers[key]
            transfers[key] = replace(other, amount=other.amount + one.amount, parts=other.parts + one.parts)
        else:
            transfers[key] = one
    return [*transfers.values(), *others]


def _referenced(receipts: list[Receipt]) -> Iterator[Receipt]:
    notes = iter(_numbered("AV", [one.on for one in receipts if one.credit_note]))
    of_day: Counter[date] = Counter()
    for one in receipts:
        if one.credit_note:
            yield replace(one, reference=next(notes))
        else:
            of_day[one.on] += 1
            yield replace(one, reference=f"VIR{one.on:%y%m%d}{of_day[one.on]:02d}")


def _numbered(prefix: str, days: Iterable[date]) -> list[str]:
    of_year: Counter[int] = Counter()
    numbers = []
    for on in days:
        of_year[on.year] += 1
        numbers.append(f"{prefix}{on.year}-{of_year[on.year]:04d}")
    return numbers


def _costs(day: date) -> Iterator[Cost]:
    random = Random(f"{SEED} costs")  # noqa: S311
    month = (day - timedelta(1)).replace(day=1)
    while month >= first_day(day).replace(day=1):
        for on, account, label, net, vat_percent in COSTS:
            varied = int(net * random.uniform(0.92, 1.08)) // 100 * 100
            paid_on = _next_working_day(month.replace(day=on))
            if first_day(day) <= paid_on < day:
                yield Cost(paid_on, account, label, varied, varied * vat_percent // 100)
        month = (month - timedelta(1)).replace(day=1)


def _month_end(day: date) -> date:
    return day.replace(day=months.monthrange(day.year, day.month)[1])


def _next_working_day(day: date) -> date:
    return next_working_day(day, REGION)


def _working_day_before(day: date) -> date:
    while not is_working_day(day, REGION):
        day -= timedelta(1)
    return day
