"""Small drawings made on the server: the aging strip and the ribbon of a strategy. Numbers only; templates draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from encaisse.engine.strategy import Step, Strategy
from encaisse.ledger.balance import BUCKETS
from encaisse.web import formats

STRIP_WIDTH = 1000
GAP = 3
LEAST_WIDTH = 6


@dataclass(frozen=True, slots=True)
class Band:
    """One age of the strip: where it stands (user units), how wide, how much (minor units), its name."""

    age: int
    name: str
    amount: int
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Bead:
    """One step on the ribbon: its place, its day as people say it, and where its words go."""

    step: Step
    label: str
    when: str
    x: int
    y_label: int
    y_when: int
    y_stem: int
    anchor: str
    review: bool


def bucket_names() -> dict[str, str]:
    """Names of the ages, youngest first."""
    names = (_("not due"), _("1–30 d"), _("31–60 d"), _("61–90 d"), _("over 90 d"))
    return dict(zip(BUCKETS, names, strict=True))


def strip(aging: Mapping[str, int]) -> list[Band]:
    """Lay the ages side by side, each as wide as its share; what is above zero is at least visible."""
    total = sum(max(aging.get(bucket, 0), 0) for bucket in BUCKETS)
    shown = sum(1 for bucket in BUCKETS if aging.get(bucket, 0) > 0)
    room = STRIP_WIDTH - GAP * max(shown - 1, 0) - LEAST_WIDTH * shown
    x, bands = 0, []
    for age, (bucket, name) in enumerate(bucket_names().items()):
        amount = aging.get(bucket, 0)
        width = LEAST_WIDTH + room * amount // total if amount > 0 else 0
        bands.append(Band(age, name, amount, x, width))
        x += width + GAP if width else 0
    return bands


RIBBON_WIDTH = 1000
FIRST_DAY, LAST_DAY = -10, 60
LEFT, RIGHT, AXIS = 110, 960, 112
TICKS = (-10, 0, 10, 20, 30, 40, 50, 60)
LEVELS = ((AXIS - 56, AXIS - 41, AXIS - 34), (AXIS + 52, AXIS + 67, AXIS + 38), (AXIS - 92, AXIS - 77, AXIS - 70),
          (AXIS + 88, AXIS + 103, AXIS + 74))  # fmt: skip
"""Where words may stand: y of the step's name, y of its day, end of its stem; nearest to the axis first."""
LETTER = 6.4
"""About how wide a letter is, in user units: enough to keep words apart."""


def place(day: int) -> int:
    """Where a day counted from the due date stands on the ribbon."""
    day = min(max(day, FIRST_DAY), LAST_DAY)
    return round(LEFT + (day - FIRST_DAY) * (RIGHT - LEFT) / (LAST_DAY - FIRST_DAY))


def ribbon(plan: Strategy) -> dict[str, Any]:
    """Lay the steps of a strategy on a calendar from ten days before the due date to sixty after."""
    beads = _beads(plan.steps)
    top = min([AXIS - 24, *(bead.y_label - 16 for bead in beads)])
    bottom = max([AXIS + 34, *(bead.y_when + 10 for bead in beads)])
    return {
        "top": top,
        "width": RIBBON_WIDTH,
        "height": bottom - top,
        "axis": AXIS,
        "left": LEFT,
        "right": RIGHT,
        "due": place(0),
        "ticks": [(place(day), day_name(day)) for day in TICKS],
        "beads": beads,
    }


def _beads(steps: Sequence[Step]) -> list[Bead]:
    language = formats.language()
    taken: list[list[tuple[float, float]]] = [[] for _level in LEVELS]
    beads: list[Bead] = []
    for number, step in enumerate(steps):
        x = 36 if step.origin == "issue" else place(step.days)
        label = step.label(language)
        anchor = "start" if x < LEFT else "end" if x > RIGHT - 20 else "middle"
        level = _free(taken, *_span(x, anchor, len(label) * LETTER), first=number % 2)
        y_label, y_when, y_stem = LEVELS[level]
        beads.append(Bead(step, label, when(step), x, y_label, y_when, y_stem, anchor, step.approval == "review"))
    return beads


def _span(x: int, anchor: str, width: float) -> tuple[float, float]:
    start = {"start": 0.0, "middle": width / 2, "end": width}[anchor]
    return x - start, x - start + width


def _free(taken: list[list[tuple[float, float]]], start: float, end: float, *, first: int) -> int:
    """The nearest level, above and below in turn, on which words from `start` to `end` touch no others."""
    order = (0, 1, 2, 3) if first == 0 else (1, 0, 3, 2)
    for level in order:
        if all(end + LETTER < left or right + LETTER < start for left, right in taken[level]):
            taken[level].append((start, end))
            return level
    return order[-1]


def day_name(day: int) -> str:
    """`D+16` as the language says it; the due date by its name."""
    if day == 0:
        return _("due date")
    return _("D%(days)s") % {"days": f"+{day}" if day > 0 else f"−{-day}"}


def when(step: Step) -> str:
    """When a step comes: counted from the due date, or from the invoice."""
    if step.origin == "issue":
        return _("invoice +%(days)s") % {"days": step.days}
    return day_name(step.days)
