"""Which law rules each receivable: the regime a person gave it, else the one `encaisse.law.choose` finds.

The program's own choice depends on the two countries and on what the customer is, so it is asked once for each of the
few combinations there are. Where it finds none, nothing is claimed for lateness until a person has chosen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast

import polars as pl

from encaisse.law.choose import KINDS, Choice, Kind, Party, choose_regime
from encaisse.law.errors import UnknownRegime
from encaisse.law.references import reference_in_words
from encaisse.law.regimes import Regime, all_regimes, find_regime
from encaisse.law.schema import FROM_SURE_TO_DOUBTFUL
from encaisse.law.starts import german_default
from encaisse.ledger.models import RegimeChoice
from encaisse.parties.models import Creditor, Customer

HOME = "FR"
CONSUMER = Customer.Kind.CONSUMER.value
NOT_GIVEN = frozenset({"fr-judgment"})
"""Regimes nobody can give a receivable here: they run from a day that the books do not hold."""

PRIVATE = frozenset({"fr-b2c", "fr-c2c", "de-b2c", "be-b2c", "ch"})
"""Regimes that ask no fixed sum of a person who buys for himself."""

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ruling:
    """The regime of one receivable, None while a person has to choose; the program's own `choice`; `given` by whom."""

    regime: str | None
    choice: Choice
    given: RegimeChoice | None = None

    @property
    def rules(self) -> Regime | None:
        """What the regime says."""
        return find_regime(self.regime) if self.regime else None


def choice_for(home: str, country: str, kind: str) -> Choice:
    """What the program finds for a customer of this `kind` in `country`, of a company in `home` (ISO codes).

    A country that is none is taken for the creditor's own, as an address without one is.
    """
    here = _country(home, HOME)
    known = cast(Kind, kind if kind in KINDS else "company")
    return choose_regime(Party(here, "company"), Party(_country(country, here), known))


def ruling(creditor: Creditor, customer: Customer, receivable_id: int) -> Ruling:
    """The regime of one receivable of the customer as it is known now."""
    return rulings(creditor.country, customer, [receivable_id])[receivable_id]


def rulings(
    home: str, customer: Customer, receivable_ids: Iterable[int], known_at: datetime | None = None
) -> dict[int, Ruling]:
    """The regimes of some receivables of one customer of a creditor in `home`.

    `known_at` asks what was known at that instant.
    """
    wanted = list(receivable_ids)
    found = RegimeChoice.objects.filter(creditor_id=customer.creditor_id, receivable_id__in=wanted).order_by("pk")
    if known_at is not None:
        found = found.filter(recorded_at__lte=known_at)
    last = {given.receivable_id: given for given in found}
    choice = choice_for(home, customer.country, customer.kind)
    return {pk: _ruled(choice, last.get(pk), customer.kind) for pk in wanted}


def with_regime(rows: pl.DataFrame, home: str, given: pl.DataFrame) -> pl.DataFrame:
    """Add `regime` to `rows` (`receivable`, `country`, `kind`); null where a person has to choose.

    `given`: `receivable` and `regime` as persons gave them, empty to give the choice back. What was given before the
    customer turned out to be a consumer is passed over when it would ask him for a fixed sum.
    """
    pairs = rows.select("country", "kind").unique()
    codes = [choice_for(home, country, kind).regime for country, kind in pairs.iter_rows()]
    chosen = pairs.with_columns(regime=pl.Series(codes, dtype=pl.String))
    ruled = rows.join(chosen, on=["country", "kind"], how="left", maintain_order="left")
    corrected = given.filter(pl.col("regime") != "").select("receivable", by_person="regime")
    if corrected.is_empty():
        return ruled
    joined = ruled.join(corrected, on="receivable", how="left", maintain_order="left")
    kept = (pl.col("kind") != CONSUMER) | pl.col("by_person").is_in(PRIVATE)
    return joined.with_columns(
        regime=pl.when(pl.col("by_person").is_not_null() & kept).then("by_person").otherwise("regime")
    ).drop("by_person")


def default_on(rules: Regime, due_on: date, issued_on: date, notice_on: date | None) -> date | None:
    """The day after which lateness counts: the due date, or the day default began where the law asks for more.

    Only the formal notice is taken for a reminder that puts a debtor in default, and no due date for one that the
    contract fixed by the calendar: in doubt, later. None: the debtor is not in default yet.
    """
    if rules.starts != "default_day":
        return due_on
    consumer = rules.code.endswith("-b2c") or rules.country != "DE"
    return german_default(due_on, reminder_on=notice_on, invoice_on=issued_on, consumer=consumer)


def defaults(late: pl.DataFrame) -> pl.DataFrame:
    """Add `default_on` to late receivables (`regime`, `due_on`, `issued_on`, `notice_on`), as `default_on` does."""
    asked = [code for code, rules in all_regimes().items() if rules.starts == "default_day"]
    slow = late.filter(pl.col("regime").is_in(asked)).select("regime", "due_on", "issued_on", "notice_on").unique()
    if slow.is_empty():
        return late.with_columns(default_on="due_on")
    days = [default_on(find_regime(code), *rest) for code, *rest in slow.iter_rows()]
    found = slow.with_columns(began=pl.Series(days, dtype=pl.Date))
    joined = late.join(found, on=slow.columns, how="left", maintain_order="left", nulls_equal=True)
    began = pl.when(pl.col("regime").is_in(asked)).then("began").otherwise("due_on")
    return joined.with_columns(default_on=began).drop("began")


def may_be_given(customer: Customer) -> tuple[str, ...]:
    """The regimes a person may give a receivable of this customer; one who buys for himself owes no fixed sum."""
    return tuple(code for code in all_regimes() if code not in NOT_GIVEN and _allowed(code, customer.kind))


def spoken_regime(regimes: Collection[str | None]) -> str:
    """The one regime that rules the words of a message about receivables under `regimes`; empty when none does.

    Of several, that of a private person rules: what may not be said to him is not said at all.
    """
    known = sorted(code for code in set(regimes) if code)
    return next((code for code in known if code in PRIVATE), known[0] if known else "")


def articles(regimes: Collection[str | None], language: str) -> str:
    """Where the regimes of a message are written, unless one French regime rules all of it: its texts cite that."""
    known = sorted(code for code in set(regimes) if code)
    if len(known) == 1 and known[0].startswith("fr-"):
        return ""
    spoken = "fr" if language.startswith("fr") else "en"
    return "; ".join(reference_in_words(find_regime(code).reference, spoken) for code in known)


def confidence(code: str, begin: date, until: date) -> str:
    """How sure a figure under regime `code` is: the least sure of the regime and of its rates over the days."""
    rules = find_regime(code)
    first, last = max(begin + _ONE_DAY, rules.rate.first), min(until, rules.rate.last)
    if rules.fixed_at_start:
        last = min(last, first)
    rates = [point.confidence for _, _, point in rules.rate.between(first, last)] if first <= last else []
    return max([rules.confidence, *rates], key=FROM_SURE_TO_DOUBTFUL.index)


def known_code(code: str) -> bool:
    """Whether this is the code of a regime."""
    try:
        find_regime(code)
    except UnknownRegime:
        return False
    return True


def _allowed(code: str, kind: str) -> bool:
    return code in PRIVATE or kind != CONSUMER


def _ruled(choice: Choice, given: RegimeChoice | None, kind: str) -> Ruling:
    if given is None or not given.regime or not _allowed(given.regime, kind):
        return Ruling(choice.regime, choice)
    return Ruling(given.regime, choice, given)


def _country(code: str, otherwise: str) -> str:
    text = code.strip().upper()
    return text if len(text) == 2 and text.isascii() and text.isalpha() else otherwise
