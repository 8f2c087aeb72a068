"""Fixed sums owed for being late, and the scales of what a creditor may add for collection costs.

The scales are read from ``scales.yaml``. Amounts are whole minor units in and out; one half-up rounding at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from encaisse.law.constants import constant
from encaisse.law.errors import InexactAmount, NegativeAmount
from encaisse.law.schema import BadParameter, check_fields, check_words, read_days, read_decimal, read_source, read_yaml
from encaisse.money import round_half_up

if TYPE_CHECKING:
    from encaisse.law.regimes import Regime

KINDS = ("fixed", "ceiling", "tariff")
_ONE_DAY = timedelta(days=1)
_FIELDS = {"kind", "currency", "label", "reference", "confidence", "from", "to", "bands", "least", "most"}
_CENTS = 100


@dataclass(frozen=True, slots=True)
class Band:
    """A part of a scale, for debts up to ``upto`` (None: no end): ``base`` plus ``percent`` of what is above ``above``.

    Amounts are in minor units. ``below`` says that a debt of exactly ``upto`` belongs to the next band.
    """

    upto: int | None
    below: bool
    base: Fraction
    percent: Decimal
    above: int

    def holds(self, amount: int) -> bool:
        """Whether a debt of ``amount`` belongs here, given that it belongs to no band before."""
        return self.upto is None or amount < self.upto or (amount == self.upto and not self.below)

    def of(self, amount: int) -> Fraction:
        """The exact sum for a debt of ``amount``."""
        return self.base + (amount - self.above) * Fraction(self.percent) / 100


@dataclass(frozen=True, slots=True)
class Scale:
    """A sum that goes by the amount of the debt, in force from ``first`` to ``last`` (None: until further notice)."""

    id: str
    kind: str
    currency: str
    label: Mapping[str, str]
    reference: str
    confidence: str
    first: date
    last: date | None
    bands: tuple[Band, ...]
    least: int
    most: int | None

    def of(self, amount: int) -> int:
        """The sum for a debt of ``amount`` (both in minor units), rounded half up; nothing for no debt."""
        if check_amount(amount, "the amount") == 0:
            return 0
        found = max(round_half_up(next(band for band in self.bands if band.holds(amount)).of(amount)), self.least)
        return found if self.most is None else min(found, self.most)

    def in_force(self, day: date) -> bool:
        """Whether the scale holds on ``day``."""
        return self.first <= day and (self.last is None or day <= self.last)


def lump_sum(regime: str | Regime, amount: int, due: date) -> int:
    """The sum owed of right for a debt of ``amount`` unpaid after ``due``, in minor units of the regime's currency.

    Zero where the regime has none, and before it came into force. Whether the debt was late at all is the caller's
    question. Raises UnknownRegime, InexactAmount and NegativeAmount.
    """
    from encaisse.law.regimes import find_regime

    rules = find_regime(regime) if isinstance(regime, str) else regime
    if check_amount(amount, "the amount") == 0:
        return 0
    first_day_late = due + _ONE_DAY
    if rules.scale is not None:
        return rules.scale.of(amount) if rules.scale.in_force(first_day_late) else 0
    if rules.indemnity is None or first_day_late < rules.indemnity.first:
        return 0
    return int(rules.indemnity.at(first_day_late).value * _CENTS)


def be_consumer_ceiling(amount: int) -> int:
    """The most that a clause may ask of a Belgian consumer as a lump sum, in euro cents (CDE art. XIX.4)."""
    return find_scale("be_consumer_ceiling").of(amount)


def nl_costs(amount: int) -> int:
    """The Dutch collection costs on a debt, in euro cents, without VAT (Besluit BIK, art. 2; BW 6:96)."""
    return find_scale("nl_collection_costs").of(amount)


@cache
def all_scales() -> Mapping[str, Scale]:
    """Every scale by its id, read and checked once. Raises BadParameter when the table is wrong."""
    content = read_yaml((files("encaisse.law") / "scales.yaml").read_text(encoding="utf-8"), "scales.yaml")
    return MappingProxyType({name: parse_scale(name, raw) for name, raw in content.items()})


def find_scale(name: str) -> Scale:
    """A scale by its id. Raises BadParameter naming the known ones."""
    try:
        return all_scales()[name]
    except KeyError:
        raise BadParameter(f"{name!r} is not a known scale: use one of {', '.join(all_scales())}") from None


def parse_scale(name: str, raw: Any) -> Scale:
    """Check one entry of the table of scales. Raises BadParameter, naming it and what to mend."""
    where = f"scales.yaml, {name}"
    check_fields(raw, _FIELDS, set(), where)
    if raw["kind"] not in KINDS:
        raise BadParameter(f"{where}: kind is one of {', '.join(KINDS)}")
    first, last = read_days(raw, where)
    if first is None:
        raise BadParameter(f"{where}: a first day is needed")
    reference, confidence = read_source(raw, where)
    bands: list[Band] = []
    for number, band in enumerate(raw["bands"], start=1):
        bands.append(_band(band, bands[-1] if bands else None, f"{where}, band {number}"))
    limits = [band.upto for band in bands]
    if not limits or limits[-1] is not None or None in limits[:-1]:
        raise BadParameter(f"{where}: every band has an end, but for the last one, which has none")
    ends = [limit for limit in limits if limit is not None]
    if ends != sorted(set(ends)):
        raise BadParameter(f"{where}: the bands go from small debts to large ones")
    return Scale(
        id=name,
        kind=raw["kind"],
        currency=raw["currency"],
        label=check_words(raw["label"], f"{where}: label"),
        reference=reference,
        confidence=confidence,
        first=first,
        last=last,
        bands=tuple(bands),
        least=_minor(raw["least"], where) if raw["least"] is not None else 0,
        most=_minor(raw["most"], where) if raw["most"] is not None else None,
    )


def check_amount(given: int, what: str) -> int:
    """``given`` when it is zero or more minor units. Raises InexactAmount and NegativeAmount."""
    if type(given) is not int:
        raise InexactAmount(f"{what} is a whole number of minor units (cents), not {type(given).__name__}")
    if given < 0:
        raise NegativeAmount(f"{what} is {given}: give zero or more, in minor units (a credit note goes in credits)")
    return given


def _band(raw: Any, before: Band | None, where: str) -> Band:
    check_fields(raw, set(), {"base", "upto", "below", "percent", "above"}, where)
    if "upto" in raw and "below" in raw:
        raise BadParameter(f"{where}: upto (this amount included) or below (excluded), not both")
    limit = raw.get("upto", raw.get("below"))
    base, above = Fraction(0), 0
    if "base" in raw:
        base, above = Fraction(_minor(raw["base"], where)), _minor(raw.get("above", "0"), where)
    elif before is not None and before.upto is not None:
        base, above = before.of(before.upto), before.upto
    return Band(
        upto=_minor(limit, where) if limit is not None else None,
        below="below" in raw,
        base=base,
        percent=_number(raw.get("percent", "0"), where),
        above=above,
    )


def _number(raw: Any, where: str) -> Decimal:
    """A figure written as text, or the one of the constant it names."""
    if isinstance(raw, str) and raw[:1].isalpha():
        return constant(raw).number
    return read_decimal(raw, where)


def _minor(raw: Any, where: str) -> int:
    minor = _number(raw, where) * _CENTS
    if minor != minor.to_integral_value():
        raise BadParameter(f"{where}: {raw} has more than two decimals")
    return int(minor)
