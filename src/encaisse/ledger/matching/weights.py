"""The weights of ``weights.toml``, read once."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any, Final

_TABLE: dict[str, Any] = tomllib.loads(files(__package__).joinpath("weights.toml").read_text(encoding="utf-8"))

TAILS: Final[tuple[float, ...]] = tuple(map(float, _TABLE.pop("tail")))
WEIGHTS: Final[dict[str, float]] = {name: float(value) for name, value in _TABLE.items()}


def number_points(how: str, signs: int) -> float:
    """What a number found in a text weighs, by how it was found and how many signs agree."""
    if how in ("structured", "end_to_end"):
        return WEIGHTS[how]
    if how == "tail":
        return TAILS[min(max(signs, 1), len(TAILS)) - 1]
    if how == "ranged":
        return WEIGHTS["ranged"]
    if how == "digits":
        return WEIGHTS["digits"] + WEIGHTS["digits_sign"] * min(max(signs - 5, 0), 5)
    whole = WEIGHTS["exact"] + WEIGHTS["exact_sign"] * min(max(signs - 5, 0), 10)
    return whole + (WEIGHTS["misread"] if how == "misread" else 0.0)
