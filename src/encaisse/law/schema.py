"""What every file of law has in common: dated, sourced, with a known confidence. A wrong file is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml

# The loader of libyaml reads the tables of the law eight times as fast; it is not in every build of PyYAML.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

CONFIDENCES = ("sure", "probable", "to-verify")
OWN = "own"
"""The confidence of a value that the user added himself, with his own source."""


FROM_SURE_TO_DOUBTFUL = ("sure", "probable", OWN, "to-verify")
"""Every confidence, the surest first. A value of the user's own is shown as such beside a probable one."""


class BadParameter(ValueError):
    """A parameter that does not follow the schema; the message names the file (or the value) and what to mend."""


def read_yaml(text: str, name: str) -> dict[str, Any]:
    """The mapping of a YAML file. Raises BadParameter when it is not one."""
    try:
        content = yaml.load(text, Loader=_LOADER)  # noqa: S506 - safe loaders both
    except yaml.YAMLError as error:
        raise BadParameter(f"{name} is not readable as YAML: {error}") from error
    if not isinstance(content, dict):
        raise BadParameter(f"{name}: a mapping of fields is needed")
    return content


def check_fields(content: Any, needed: set[str], optional: set[str], where: str) -> None:
    """Refuse what is no mapping, lacks a field or has an unknown one. Raises BadParameter."""
    if not isinstance(content, dict):
        raise BadParameter(f"{where}: a mapping of fields is needed")
    missing = sorted(needed - set(content))
    unknown = sorted(set(map(str, content)) - needed - optional)
    if missing:
        raise BadParameter(f"{where}: missing {', '.join(missing)}")
    if unknown:
        raise BadParameter(f"{where}: unknown {', '.join(unknown)}")


def check_words(raw: Any, where: str) -> Mapping[str, str]:
    """A text in French and in English, neither empty. Raises BadParameter."""
    if not isinstance(raw, dict) or set(raw) != {"fr", "en"} or not all(str(text).strip() for text in raw.values()):
        raise BadParameter(f"{where} needs fr and en")
    return {language: str(text).strip() for language, text in raw.items()}


def read_days(raw: Mapping[str, Any], where: str) -> tuple[date | None, date | None]:
    """The fields ``from`` and ``to`` of a value; null is an open end. Raises BadParameter."""
    first, last = raw["from"], raw["to"]
    # YAML reads a date with an hour as a datetime, which is a date to isinstance: the exact type is wanted.
    if any(day is not None and type(day) is not date for day in (first, last)):
        raise BadParameter(f"{where}: from and to are dates such as 2026-07-01 (to: null means until further notice)")
    if first is not None and last is not None and last < first:
        raise BadParameter(f"{where}: it ends before it starts")
    return first, last


def read_source(raw: Mapping[str, Any], where: str) -> tuple[str, str]:
    """The reference and the confidence of a value. Raises BadParameter when one is missing or unknown."""
    if raw["confidence"] not in CONFIDENCES:
        raise BadParameter(f"{where}: confidence {raw['confidence']!r} is not one of {', '.join(CONFIDENCES)}")
    if not isinstance(raw["reference"], str) or not raw["reference"].strip():
        raise BadParameter(f"{where}: a reference (article, order, published series) is needed")
    return raw["reference"].strip(), raw["confidence"]


def read_decimal(raw: Any, where: str, *, negative: bool = False) -> Decimal:
    """An exact number written as text. Raises BadParameter; below zero only where ``negative`` allows it."""
    if not isinstance(raw, str):
        raise BadParameter(f'{where}: the value is written between quotes ("12.40"), so that it stays exact')
    try:
        value = Decimal(raw)
    except InvalidOperation:
        raise BadParameter(f"{where}: {raw!r} is not a number such as 12.40") from None
    if not value.is_finite() or (value < 0 and not negative):
        raise BadParameter(f"{where}: {raw!r} is not a rate or amount of zero or more")
    return value
