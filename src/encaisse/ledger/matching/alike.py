"""How far apart two words are: the least number of letters changed, left out, added, or swapped with the next one.

rapidfuzz counts it fast. Where it is not installed, the same count is made here: the figures never differ.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module


def plain_distance(one: str, other: str) -> int:
    """Optimal string alignment distance, counted in plain Python."""
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    if not (one and other):
        return len(one) + len(other)
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, start=1):
        earlier, before, row = before, row, [i]
        for j, right in enumerate(other, start=1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                best = min(best, earlier[j - 2] + 1)
            row.append(best)
    return row[-1]


def _counter() -> Callable[[str, str], int]:
    try:
        counted: Callable[[str, str], int] = import_module("rapidfuzz.distance.OSA").distance
    except ImportError:
        return plain_distance
    return counted


distance: Callable[[str, str], int] = _counter()
"""The distance of two words, by rapidfuzz when there is one."""


def word_likeness(one: str, other: str) -> float:
    """1 for the same word, 0 for another one. A word cut short by the bank is nearly the same."""
    if one == other:
        return 1.0
    short, long = (one, other) if len(one) <= len(other) else (other, one)
    if len(short) >= 3 and long.startswith(short):
        return 0.9
    if len(short) < 4 or len(long) - len(short) > 2:
        return 0.0
    allowed = 1 if len(short) < 7 else 2
    # A letter changed is at most one letter less here and one more there.
    if len(set(short) ^ set(long)) > 2 * allowed:
        return 0.0
    apart = distance(short, long)
    return 1 - apart / len(long) if apart <= allowed else 0.0
