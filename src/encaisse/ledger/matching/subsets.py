"""Which of some amounts add up to a sum, exactly, within stated bounds.

Among many invoices nearly every sum comes about by chance: looking at all sets would cost much and say nothing. Up to
``ALL_SETS`` amounts every set is looked at; up to ``MOST_ITEMS`` those of two or three, and those that leave out one
or two; beyond that, and at any number, those that follow each other (``runs``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import comb

ALL_SETS = 16
"""Of so many open invoices of a payer every set is looked at."""
MOST_ITEMS = 40
"""Of so many, the oldest, sets of up to ``FEW`` are looked at."""
FEW = 3
MOST_FOUND = 4
"""So many sets are enough to know that there are several."""

Set = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The sets that fit (places in the list given). ``cut``: there are sets that were not looked at."""

    sets: tuple[Set, ...]
    cut: bool


def subsets(amounts: Sequence[int], target: int, *, least: int = 2) -> Found:
    """Sets of at least ``least`` of the positive ``amounts`` that add up to ``target``, at most ``MOST_FOUND``.

    The smallest sets come first, and of those the ones with the first places.
    """
    cut = len(amounts) > ALL_SETS
    looked_at = list(amounts[:MOST_ITEMS])
    if target <= 0 or sum(looked_at) < target:
        return Found((), cut and len(amounts) > MOST_ITEMS)
    ways = _few(looked_at, target) if cut else _every(looked_at, target)
    sets = sorted({one for one in ways if len(one) >= least}, key=lambda one: (len(one), one))
    return Found(tuple(sets[:MOST_FOUND]), cut)


def _every(amounts: Sequence[int], target: int) -> Iterator[Set]:
    """Every set: the sums of one half are looked up among those of the other."""
    half = len(amounts) // 2
    low = _sums(amounts[:half], target)
    by_sum: dict[int, list[int]] = defaultdict(list)
    for mask, total in low:
        by_sum[total].append(mask)
    for mask, total in _sums(amounts[half:], target):
        for other in by_sum.get(target - total, ()):
            chosen = mask << half | other
            yield tuple(place for place in range(len(amounts)) if chosen >> place & 1)


def _sums(amounts: Sequence[int], most: int) -> list[tuple[int, int]]:
    """Each set as a mask with its sum, as far as it is not above ``most``."""
    found = [(0, 0)]
    for place, amount in enumerate(amounts):
        found += [(mask | 1 << place, total + amount) for mask, total in found if total + amount <= most]
    return found


def _few(amounts: Sequence[int], target: int) -> Iterator[Set]:
    """Sets of up to ``FEW``, and all but one or two."""
    for size in range(1, FEW + 1):
        yield from _of_size(amounts, target, size)
    for size in (1, 2):
        for left_out in _of_size(amounts, sum(amounts) - target, size):
            yield tuple(place for place in range(len(amounts)) if place not in left_out)


def _of_size(amounts: Sequence[int], target: int, size: int) -> Iterator[Set]:
    """Sets of exactly that size (1 to 3): the last amount of each is looked up."""
    places: dict[int, list[int]] = defaultdict(list)
    for place, amount in enumerate(amounts):
        if amount <= target:
            places[amount].append(place)
    if size == 1:
        yield from ((place,) for place in places.get(target, ()))
        return
    usable = [(place, amount) for place, amount in enumerate(amounts) if amount < target]
    for at, (first, amount) in enumerate(usable):
        rest = target - amount
        if size == 2:
            yield from ((first, last) for last in places.get(rest, ()) if last > first)
            continue
        for second, other in usable[at + 1 :]:
            if rest - other in places:
                yield from ((first, second, last) for last in places[rest - other] if last > second)


def runs(amounts: Sequence[int], target: int, *, least: int = 2) -> tuple[Set, ...]:
    """Sets of amounts that follow each other and add up to ``target``: a month, or all up to a day."""
    begun: dict[int, int] = {0: 0}
    found: list[Set] = []
    total = 0
    for end, amount in enumerate(amounts, start=1):
        total += amount
        start = begun.get(total - target)
        if start is not None and end - start >= least:
            found.append(tuple(range(start, end)))
        begun[total] = end
    return tuple(found[:MOST_FOUND])


def by_chance(amounts: Sequence[int], size: int) -> float:
    """How many sets of up to ``size`` of these amounts would add up to a given sum by mere chance.

    The sets are counted and spread evenly over what all of them together come to.
    """
    count = min(len(amounts), MOST_ITEMS)
    likely = min(size, count - size + 1, count)
    ways = sum(comb(count, n) for n in range(2, max(likely, 2) + 1))
    return ways / max(sum(amounts[:MOST_ITEMS]), 1)
