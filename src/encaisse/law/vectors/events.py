"""What happened to a limitation, as a vector tells it: whether it interrupts, and on which day."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

_INTERRUPTS = re.compile(
    r"acknowledg|recogni|pay|interrupt|schedule|writ|court|seiz|attach|enforce|order|proof|request_for_time|title|approv"
)
_NEVER = re.compile(r"letter|remind|notice|mise_en_demeure|e-?mail|invoice|collector|not_interrupt")


def interrupts(words: str) -> bool:
    """Whether words name something that interrupts limitation; words that name nothing else do not prevent it."""
    told = words.casefold().replace(" ", "_")
    return not _NEVER.search(told) and bool(_INTERRUPTS.search(told) or not re.search(r"[a-z]{3}", told))


def is_day(value: Any) -> bool:
    """Whether a value is a day, also where YAML reads it as text."""
    return type(value) is date or (
        isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value.strip()) is not None
    )


def words_of(event: Mapping[str, Any]) -> str:
    """All that is said of an event."""
    return " ".join(map(str, event.values()))


def day_told(one: Any) -> Any:
    """The day of an event, which may be the day alone."""
    return one.get("date", one.get("on")) if isinstance(one, Mapping) else one
