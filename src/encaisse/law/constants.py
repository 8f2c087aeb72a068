"""Dated constants of the law: thresholds, terms, limits, margins, sums that are no series over time.

Each file of ``constants/`` is a group, written to be read by a jurist: value, from, until, reference, confidence. Names
are ``group.id``, such as ``fr_b2b.max_agreed_term_days``. A value that nobody has confirmed yet is kept as not known:
asking for it raises ``UnknownConstant``, nothing is made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import pairwise
from types import MappingProxyType
from typing import Any, TypeVar

from encaisse.law.schema import BadParameter, check_fields, check_words, read_days, read_decimal, read_source, read_yaml

Value = Decimal | str | date | tuple[Decimal, ...]

Kind = TypeVar("Kind", Decimal, str, date)

KINDS = ("number", "text", "date", "range")

_GROUP_FIELDS = {"group", "label", "constants"}
_FIELDS = {"kind", "unit", "label", "values"}
_OPTIONAL_FIELDS = {"note", "dated_by"}
_VALUE_FIELDS = {"value", "from", "to", "reference", "confidence"}
_OPTIONAL_VALUE_FIELDS = {"note"}


class UnknownConstant(LookupError):
    """A constant that does not exist, has no value on the day asked, or is not confirmed yet; says what to do."""


@dataclass(frozen=True, slots=True)
class Constant:
    """One value of one constant, from ``first`` to ``last`` (None: no limit recorded), and how sure it is.

    ``value`` is None when it is not known yet (``known`` is then False). ``unit`` says what is counted (days, months,
    EUR, points…); ``dated_by`` which date selects among several values (the date of the order, for instance).
    """

    id: str
    kind: str
    value: Value | None
    unit: str
    label: Mapping[str, str]
    first: date | None
    last: date | None
    reference: str
    confidence: str
    note: str = ""
    dated_by: str = ""

    @property
    def known(self) -> bool:
        """Whether the value is known."""
        return self.value is not None

    @property
    def number(self) -> Decimal:
        """The value as an exact number. Raises UnknownConstant when not known, TypeError when it is none."""
        return self._as(Decimal)

    @property
    def whole(self) -> int:
        """The value as a whole number (days, months, years). Raises as ``number``, and TypeError for a fraction."""
        number = self.number
        if number != number.to_integral_value():
            raise TypeError(f"{self.id} is {number}, no whole number: use .number")
        return int(number)

    @property
    def cents(self) -> int:
        """An amount of money in minor units. Raises as ``number``."""
        minor = self.number * 100
        if minor != minor.to_integral_value():
            raise TypeError(f"{self.id} is {self.number}, no amount in cents: use .number")
        return int(minor)

    @property
    def text(self) -> str:
        """The value as a word. Raises UnknownConstant when not known, TypeError when it is none."""
        return self._as(str)

    @property
    def day(self) -> date:
        """The value as a date. Raises UnknownConstant when not known, TypeError when it is none."""
        return self._as(date)

    @property
    def range(self) -> tuple[Decimal, ...]:
        """The lowest and highest value. Raises UnknownConstant when not known, TypeError when it is none."""
        value = self._sure()
        if not isinstance(value, tuple):
            raise TypeError(f"{self.id} is a {self.kind} ({value}), not a range")
        return value

    def _sure(self) -> Value:
        if self.value is None:
            raise UnknownConstant(f"{self.id} is not known yet ({self.note}): a person must look it up")
        return self.value

    def _as(self, wanted: type[Kind]) -> Kind:
        value = self._sure()
        if not isinstance(value, wanted):
            raise TypeError(f"{self.id} is a {self.kind} ({value}), not a {wanted.__name__}")
        return value


def constant(name: str, on: date | None = None) -> Constant:
    """The constant ``group.id`` in force on a day; without a day, the newest value.

    Raises UnknownConstant for a name that does not exist, or a day on which the rule was not in force.
    """
    values = _by_name().get(name)
    if values is None:
        group = name.partition(".")[0]
        near = [known for known in _by_name() if known.startswith(f"{group}.")] or list(_groups())
        raise UnknownConstant(f"there is no constant {name!r}: known are {', '.join(near)}")
    if on is None:
        return values[-1]
    for value in values:
        if (value.first or date.min) <= on <= (value.last or date.max):
            return value
    spans = ", ".join(f"{value.first or 'ever'} to {value.last or 'further notice'}" for value in values)
    raise UnknownConstant(f"{name} has no value on {on.isoformat()}: it is known from {spans}")


def all_constants() -> tuple[Constant, ...]:
    """Every value of every constant, group by group, in the order of the files."""
    return tuple(value for values in _by_name().values() for value in values)


def constant_groups() -> Mapping[str, Mapping[str, str]]:
    """The title of each group of constants, in ``fr`` and ``en``."""
    return _groups()


@cache
def _by_name() -> Mapping[str, tuple[Constant, ...]]:
    return MappingProxyType({name: values for text, file in _files() for name, values in parse_group(text, file)[1]})


@cache
def _groups() -> Mapping[str, Mapping[str, str]]:
    titles = {}
    for text, file in _files():
        content = read_yaml(text, file)
        titles[content["group"]] = check_words(content["label"], f"{file}: label")
    return MappingProxyType(titles)


@cache
def _files() -> tuple[tuple[str, str], ...]:
    folder = files("encaisse.law") / "constants"
    found = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return tuple((file.read_text(encoding="utf-8"), file.name) for file in found)


def parse_group(text: str, name: str) -> tuple[str, list[tuple[str, tuple[Constant, ...]]]]:
    """Read and check one group of constants. Raises BadParameter, naming the file and what to mend."""
    content = read_yaml(text, name)
    check_fields(content, _GROUP_FIELDS, {"note"}, name)
    group = content["group"]
    if f"{group}.yaml" != name:
        raise BadParameter(f"{name}: the group {group!r} must be the name of the file")
    check_words(content["label"], f"{name}: label")
    if not isinstance(content["constants"], dict) or not content["constants"]:
        raise BadParameter(f"{name}: constants is a mapping of names, with at least one")
    return group, [
        (f"{group}.{key}", _constant(f"{group}.{key}", raw, f"{name}, {key}"))
        for key, raw in content["constants"].items()
    ]


def _constant(name: str, raw: Any, where: str) -> tuple[Constant, ...]:
    check_fields(raw, _FIELDS, _OPTIONAL_FIELDS, where)
    if raw["kind"] not in KINDS:
        raise BadParameter(f"{where}: kind {raw['kind']!r} is not one of {', '.join(KINDS)}")
    if not isinstance(raw["values"], list) or not raw["values"]:
        raise BadParameter(f"{where}: a constant needs at least one value")
    label = check_words(raw["label"], f"{where}: label")
    values = tuple(_value(name, raw, label, one, f"{where}, value {at}") for at, one in enumerate(raw["values"], 1))
    for before, after in pairwise(values):
        if before.last is None or after.first is None or before.last >= after.first:
            raise BadParameter(f"{where}: the value from {after.first} overlaps the one before it")
    return values


def _value(name: str, raw: Mapping[str, Any], label: Mapping[str, str], one: Any, where: str) -> Constant:
    check_fields(one, _VALUE_FIELDS, _OPTIONAL_VALUE_FIELDS, where)
    first, last = read_days(one, where)
    reference, confidence = read_source(one, where)
    note = str(one.get("note", raw.get("note", ""))).strip()
    if one["value"] is None and (confidence != "to-verify" or not note):
        raise BadParameter(f"{where}: a value that is not known is to-verify, with a note that says what to look up")
    value = None if one["value"] is None else _READERS[raw["kind"]](one["value"], where)
    dated_by = str(raw.get("dated_by", ""))
    return Constant(name, raw["kind"], value, raw["unit"], label, first, last, reference, confidence, note, dated_by)


def _text(raw: Any, where: str) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise BadParameter(f"{where}: the value is a word")
    return raw.strip()


def _day(raw: Any, where: str) -> date:
    if type(raw) is not date:
        raise BadParameter(f"{where}: the value is a date such as 2026-09-01")
    return raw


def _range(raw: Any, where: str) -> tuple[Decimal, ...]:
    if not isinstance(raw, list) or len(raw) != 2:
        raise BadParameter(f"{where}: the value is a list of the lowest and the highest")
    low, high = (read_decimal(part, where) for part in raw)
    if low > high:
        raise BadParameter(f"{where}: the lowest, {low}, is above the highest, {high}")
    return low, high


_READERS: Mapping[str, Any] = MappingProxyType({"number": read_decimal, "text": _text, "date": _day, "range": _range})
