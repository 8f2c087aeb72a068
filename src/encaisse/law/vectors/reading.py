"""A file of worked examples, read: names of inputs brought to one spelling, numbers kept exact.

The spellings stand in ``spellings.yaml``, so that a jurist's own file is understood as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from encaisse.law.series import read_yaml
from encaisse.money import exponent, parse_minor

CURRENCIES = {"uk": "GBP", "ch": "CHF"}


class BadVectors(ValueError):
    """A file of vectors that cannot be read; the message says where and what to mend."""


class Unclear(ValueError):
    """A vector whose inputs do not say enough, or say it in a way that is not understood."""


@dataclass(frozen=True, slots=True)
class Vector:
    """One worked example: what goes in (``inputs``, by our names) and what must come out (``expected``, as written)."""

    id: str
    title: str
    regime: str
    formula: str
    inputs: Mapping[str, Any]
    expected: Mapping[str, Any]
    steps: Sequence[Any]
    source: str
    others: Mapping[str, Any]

    @property
    def published(self) -> bool:
        """Whether the figures were published by somebody else than the maker of the file."""
        return "published" in self.source.casefold() or "gov.uk" in self.source.casefold()

    @property
    def unknown_inputs(self) -> tuple[str, ...]:
        """The inputs whose names nobody knows."""
        return tuple(sorted(self.others))

    @property
    def only_day(self) -> date | None:
        """The date among the inputs of unknown name, when there is exactly one."""
        days = [value for value in self.others.values() if type(value) is date]
        return days[0] if len(days) == 1 else None

    @property
    def currency(self) -> str:
        """The currency of the amounts: the one that is given, else the one of the country."""
        return str(self.inputs.get("currency") or CURRENCIES.get(self.regime.split("_")[0].casefold(), "EUR"))

    def has(self, name: str) -> bool:
        """Whether the vector says anything of this input."""
        return self.inputs.get(name) is not None

    def day(self, name: str) -> date | None:
        """A date of the inputs. Raises Unclear when it is written in another way."""
        return as_day(self.inputs.get(name), name) if self.has(name) else None

    def whole(self, name: str) -> int | None:
        """A whole number of the inputs."""
        if not self.has(name):
            return None
        number = as_number(self.inputs[name], name)
        if number != number.to_integral_value():
            raise Unclear(f"{name}: {number} is not a whole number")
        return int(number)

    def number(self, name: str) -> Decimal | None:
        """A number of the inputs; None too for words, such as ``default`` or ``ECB + 10 points``."""
        value = self.inputs.get(name)
        if value is None or (isinstance(value, str) and any(sign.isalpha() for sign in value)):
            return None
        return as_number(value, name)

    def amount(self, name: str = "amount") -> int | None:
        """An amount of the inputs, in minor units."""
        return self.minor(self.inputs[name], name) if self.has(name) else None

    def minor(self, value: Any, name: str) -> int:
        """An amount as written, in minor units of the vector's currency."""
        try:
            scaled = as_number(value, name).scaleb(exponent(self.currency))
        except Unclear:
            return parse_minor(str(value), self.currency)
        if scaled != scaled.to_integral_value():
            raise Unclear(f"{name}: {value} has more decimals than {self.currency}")
        return int(scaled)

    def changes(self, name: str, given: Any = None) -> list[tuple[date, int]]:
        """Dated amounts: a list of ``{date, amount}``, one of them alone, or a mapping from day to amount."""
        given = self.inputs.get(name) if given is None else given
        if given is None:
            return []
        if isinstance(given, Mapping):
            given = [given] if "amount" in given else [{"date": day, "amount": sum_} for day, sum_ in given.items()]
        if not isinstance(given, list):
            raise Unclear(f"{name}: give a list of date and amount")
        return [self._change(one, name) for one in given]

    def _change(self, one: Any, name: str) -> tuple[date, int]:
        if not isinstance(one, Mapping):
            raise Unclear(f"{name}: each one has a date and an amount")
        day = next((one[key] for key in ("date", "on", "day", "paid_on", "issued_on") if key in one), None)
        amount = next((one[key] for key in ("amount", "amount_ttc", "sum") if key in one), None)
        if day is None or amount is None:
            raise Unclear(f"{name}: each one has a date and an amount")
        return as_day(day, name), self.minor(amount, name)


try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # a build of PyYAML without libyaml: slower, the same result
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]


class _Exact(_SafeLoader):
    """YAML whose numbers with a point stay exact."""


def _exact(loader: Any, node: yaml.ScalarNode) -> Decimal | str:
    text = str(loader.construct_scalar(node))
    try:
        return Decimal(text.replace("_", ""))
    except InvalidOperation:
        return text


_Exact.add_constructor("tag:yaml.org,2002:float", _exact)


def read_vectors(text: str, name: str = "vectors") -> tuple[Vector, ...]:
    """The vectors of a file. Raises BadVectors, naming ``name`` and what to mend."""
    try:
        content = yaml.load(text, Loader=_Exact)  # noqa: S506 - a safe loader, with exact numbers
    except yaml.YAMLError as error:
        raise BadVectors(f"{name} is not readable as YAML: {error}") from error
    except ValueError as error:
        raise BadVectors(f"{name} holds a date that does not exist: {error}") from error
    found = content.get("vectors") if isinstance(content, Mapping) else content
    if not isinstance(found, list) or not found:
        raise BadVectors(f"{name}: a list of vectors is needed, under the key `vectors`")
    return tuple(_vector(raw, f"{name}, vector {number}") for number, raw in enumerate(found, start=1))


def _vector(raw: Any, where: str) -> Vector:
    if not isinstance(raw, Mapping):
        raise BadVectors(f"{where}: a mapping with id, regime, inputs and expected is needed")
    where = f"{where} ({raw['id']})" if raw.get("id") else where
    for field in ("inputs", "expected"):
        if not isinstance(raw.get(field), Mapping):
            raise BadVectors(f"{where}: `{field}` is missing, or is not a mapping of names to values")
    inputs, others = _our_names(raw["inputs"])
    return Vector(
        id=str(raw.get("id") or where),
        title=str(raw.get("title") or ""),
        regime=str(raw.get("regime") or "").strip().upper().replace("-", "_").replace(" ", "_"),
        formula=str(raw.get("formula") or "").strip().upper(),
        inputs=inputs,
        expected={str(key): value for key, value in raw["expected"].items()},
        steps=raw.get("steps") or [],
        source=str(raw.get("source") or ""),
        others=others,
    )


def _our_names(written: Mapping[Any, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    # YAML reads a bare `on` as true.
    given = {"on" if key is True else str(key): value for key, value in written.items()}
    ours: dict[str, Any] = {}
    used: set[str] = set()
    for name, others in spellings()["inputs"].items():
        for other in others:
            if given.get(other) is not None:
                ours.setdefault(name, given[other])
                used.add(other)
    return ours, {key: value for key, value in given.items() if key not in used}


@cache
def spellings() -> Mapping[str, Mapping[str, Any]]:
    """The names that files of vectors use, by kind: inputs, figures, regimes, formulas, kinds."""
    text = (files("encaisse.law.vectors") / "spellings.yaml").read_text(encoding="utf-8")
    content = read_yaml(text, "spellings.yaml")
    listed = {kind: {name: others.split() for name, others in content[kind].items()} for kind in ("inputs", "figures")}
    return content | listed


def kind_of(vector: Vector) -> str:
    """Which kind of computation a vector asks for, from its formula, else from its regime."""
    known = spellings()
    for part in vector.formula.replace("/", "+").split("+"):
        if part.strip() in known["formulas"]:
            return str(known["formulas"][part.strip()])
    return str(known["kinds"].get(vector.regime) or _kind_of_inputs(vector))


def _kind_of_inputs(vector: Vector) -> str:
    """Without an amount it is no question of money: so much time from a day."""
    if any(vector.has(name) for name in ("amount", "amount_net", "invoices", "debts")):
        return "interest"
    return "procedural" if any(vector.has(name) for name in ("months", "weeks", "rule")) else "interest"


def as_day(value: Any, name: str) -> date:
    """A date as YAML or a person writes it. Raises Unclear."""
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError:
        raise Unclear(f"{name}: {value!r} is not a date such as 2026-03-31") from None


def as_number(value: Any, name: str) -> Decimal:
    """A number as YAML or a person writes it, exact. Raises Unclear."""
    if isinstance(value, Decimal):
        return value
    text = str(value).strip().removesuffix("%").strip()
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Unclear(f"{name}: {value!r} is not a number such as 12.40") from None
    if isinstance(value, bool) or not number.is_finite():
        raise Unclear(f"{name}: {value!r} is not a number such as 12.40")
    return number
