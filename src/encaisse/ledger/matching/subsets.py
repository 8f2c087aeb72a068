"""Which of some amounts add up to a sum, exactly, within stated bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import comb

MOST_ITEMS = 40
"""Among so many open invoices of a payer (the oldest) sums are looked for."""
MOST_IN_SUM = 12
"""A sum is made of at most so many invoices, unless they follow each other."""
MOST_STEPS = 20_000
"""So many steps are made before the search is given up, and said to be."""
MOST_FOUND = 4
"""So many sets are enough to know that there are several."""


@dataclass(frozen=True, slots=True)
class Found:
    """The sets that fit (places in the list given). ``cut``: the search was given up before its end."""

    sets: tuple[tuple[int, ...], ...]
    cut: bool


def subsets(amounts: Sequence[int], target: int, *, least: int = 2) -> Found:
    """Sets of at least ``least`` of the positive ``amounts`` that add up to ``target``, at most ``MOST_FOUND``.

    Depth first over the amounts from the greatest down; a branch ends when all that is left cannot reach the target.
    """
    order = sorted((place for place in range(min(len(amounts), MOST_ITEMS))), key=lambda place: -amounts[place])
    order = [place for place in order if amounts[place] <= target]
    values = [amounts[place] for place in order]
    # What is left from each place on.
    reach = [*accumulate(reversed(values))][::-1] + [0]
    sets: list[tuple[int, ...]] = []
    steps = 0
    stack: list[tuple[int, int, tuple[int, ...]]] = [(0, target, ())]
    while stack:
        steps += 1
        if steps > MOST_STEPS:
            return Found(tuple(sets), cut=True)
        at, missing, chosen = stack.pop()
        if missing == 0:
            if len(chosen) >= least:
                sets.append(tuple(sorted(order[place] for place in chosen)))
                if len(sets) >= MOST_FOUND:
                    return Found(tuple(sets), cut=False)
            continue
        while at < len(values) and values[at] > missing:
            at += 1
        if at == len(values) or reach[at] < missing or len(chosen) == MOST_IN_SUM:
            continue
        stack.append((at + 1, missing, chosen))
        stack.append((at + 1, missing - values[at], (*chosen, at)))
    return Found(tuple(sets), cut=len(amounts) > MOST_ITEMS)


def runs(amounts: Sequence[int], target: int, *, least: int = 2) -> tuple[tuple[int, ...], ...]:
    """Sets of amounts that follow each other and add up to ``target``: a month, or all up to a day."""
    begun: dict[int, int] = {0: 0}
    found: list[tuple[int, ...]] = []
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
    ways = sum(comb(count, n) for n in range(2, min(size, count, MOST_IN_SUM) + 1))
    return ways / max(sum(amounts[:MOST_ITEMS]), 1)
