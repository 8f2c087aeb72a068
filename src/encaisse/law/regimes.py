"""The regimes of late payment, read from ``regimes.yaml``: which rate, from when, with which fixed sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from encaisse.law.series import BadParameter, Series, load_series, read_yaml

_FIELDS = {"label", "applies_to", "reference", "starts", "rate", "mode", "contract", "floor", "indemnity"}
_CHOICES = {"starts": ("due_date", "notice"), "mode": ("floating", "fixed"), "contract": (True, False)}


@dataclass(frozen=True, slots=True)
class Floor:
    """A contract rate is reported when it is below ``multiple`` times the rate of ``series``."""

    series: Series
    multiple: Series


@dataclass(frozen=True, slots=True)
class Regime:
    """The law that rules a receivable, as far as interest and the fixed sum go."""

    code: str
    label: Mapping[str, str]
    applies_to: Mapping[str, str]
    reference: str
    needs_notice: bool
    rate: Series
    fixed_at_start: bool
    contract_allowed: bool
    floor: Floor | None
    indemnity: Series | None


@cache
def all_regimes() -> Mapping[str, Regime]:
    """Every regime by its code, read and checked once. Raises BadParameter when the table is wrong."""
    text = (files("encaisse.law") / "regimes.yaml").read_text(encoding="utf-8")
    content = read_yaml(text, "regimes.yaml")
    return MappingProxyType({code: _regime(code, raw) for code, raw in content.items()})


def find_regime(code: str) -> Regime:
    """The regime of a code such as ``fr-b2b``. Raises ValueError naming the known ones."""
    try:
        return all_regimes()[code]
    except KeyError:
        raise ValueError(f"{code!r} is not a known regime: use one of {', '.join(all_regimes())}") from None


def _regime(code: str, raw: Any) -> Regime:
    where = f"regimes.yaml, {code}"
    if not isinstance(raw, dict) or set(raw) != _FIELDS:
        raise BadParameter(f"{where}: exactly these fields are needed: {', '.join(sorted(_FIELDS))}")
    for name, choices in _CHOICES.items():
        if raw[name] not in choices:
            raise BadParameter(f"{where}: {name} is one of {', '.join(map(str, choices))}")
    for name in ("label", "applies_to"):
        if set(raw[name]) != {"fr", "en"}:
            raise BadParameter(f"{where}: {name} needs fr and en")
    return Regime(
        code=code,
        label=MappingProxyType(raw["label"]),
        applies_to=MappingProxyType(raw["applies_to"]),
        reference=raw["reference"],
        needs_notice=raw["starts"] == "notice",
        rate=_series(raw["rate"], "rate", where),
        fixed_at_start=raw["mode"] == "fixed",
        contract_allowed=raw["contract"],
        floor=_floor(raw["floor"], where),
        indemnity=_series(raw["indemnity"], "amount", where) if raw["indemnity"] else None,
    )


def _floor(raw: Any, where: str) -> Floor | None:
    if raw is None:
        return None
    if not isinstance(raw, dict) or set(raw) != {"series", "multiple"}:
        raise BadParameter(f"{where}: floor needs series and multiple")
    return Floor(_series(raw["series"], "rate", where), _series(raw["multiple"], "number", where))


def _series(name: str, kind: str, where: str) -> Series:
    found = load_series(name)
    if found.kind != kind:
        raise BadParameter(f"{where}: {name} is of kind {found.kind}, {kind} is needed here")
    return found
