"""The nightly run over a whole portfolio: facts, verdicts, planned actions in the database.

    python bench/nightly_run.py --receivables 1000000 --database sqlite [--json]
    python -m tests.postgres -- python bench/nightly_run.py --database postgresql

The raw limit, taken in the same run: reading the same rows into frames and writing rows of the same number and size,
without deciding anything. The promise (docs/architecture.md): within three times of it, 6 s and 2 GiB for a million.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import portfolio


def main() -> None:
    """Make the portfolio, take the raw limit, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--receivables", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with portfolio.database(chosen.database):
        figures = measure(chosen.receivables)
    figures = {"database": chosen.database, "receivables": chosen.receivables, **figures}
    print(json.dumps(figures, indent=1) if chosen.json else "\n".join(f"{k:>24}: {v}" for k, v in figures.items()))


def measure(receivables: int) -> dict[str, Any]:
    """Return seconds, ratio and memory of the run."""
    from django.utils import timezone
    from django_scopes import scope

    from encaisse.recovery import run

    creditor = portfolio.make(receivables)
    at = timezone.make_aware(datetime.combine(portfolio.DAY, datetime.min.time()).replace(hour=6))
    stages: dict[str, float] = {}
    with scope(creditor=creditor):
        # A first look warms what a server has warm at night: the file cache, the imports, the engine's tables.
        run.plan(creditor, portfolio.DAY, at=at, actor="bench", dry_run=True)
        read_seconds, rows = raw_read(creditor)
        clock = time.perf_counter()
        marks: list[tuple[str, float]] = []
        result = run.plan(
            creditor,
            portfolio.DAY,
            at=at,
            actor="bench",
            progress=lambda stage: marks.append((stage, time.perf_counter())),
        )
        end = time.perf_counter()
        for (stage, start), (_next, stop) in zip(marks, [*marks[1:], ("end", end)], strict=True):
            stages[stage] = round(stop - start, 2)
        write_seconds = raw_write(creditor, result)
    seconds = end - clock
    limit = read_seconds + write_seconds
    return {
        "planned": result.planned,
        "seconds": round(seconds, 2),
        "stages": stages,
        "raw_read_seconds": round(read_seconds, 2),
        "raw_write_seconds": round(write_seconds, 2),
        "raw_rows": rows,
        "ratio_to_raw_limit": round(seconds / limit, 2),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "receivables_per_second": round(receivables / seconds),
    }


def raw_read(creditor: Any) -> tuple[float, int]:
    """Read the rows the facts are made of, and do nothing with them."""
    from encaisse.recovery import rows

    part = rows.Part(creditor.pk, portfolio.DAY)
    clock = time.perf_counter()
    count = len(rows.cases(part)) + len(rows.reach(part)) + len(rows.receivables(part, ["EUR"]))
    return time.perf_counter() - clock, count


def raw_write(creditor: Any, result: Any) -> float:
    """Write the actions, lines and journal lines of the run a second time, then take them back."""
    from django.db import transaction

    from encaisse.journal.append import COLUMNS
    from encaisse.journal.models import Entry
    from encaisse.recovery.models import Action, ActionLine
    from encaisse.recovery.run import ACTION_COLUMNS, LINE_COLUMNS
    from encaisse.storage import bulk

    actions = list(Action.objects.values_list(*ACTION_COLUMNS))
    lines = list(ActionLine.objects.values_list(*LINE_COLUMNS))
    entries = list(Entry.objects.filter(kind="action_planned").values_list(*COLUMNS))
    places = {name: index for index, name in enumerate(ACTION_COLUMNS)}
    shift = max((action[0] for action in actions), default=0)

    def moved(action: tuple[Any, ...]) -> tuple[Any, ...]:
        row = list(action)
        row[places["id"]] += shift
        row[places["day"]] = portfolio.DAY.replace(year=portfolio.DAY.year - 1)
        row[places["status"]] = "sent"
        row[places["documents"]] = "[]"
        return tuple(row)

    shifted = [moved(action) for action in actions]
    shifted_lines = [(line[0], line[1] + shift, *line[2:]) for line in lines]
    again = [(entry[0], "again:" + entry[1], *entry[2:]) for entry in entries]

    class Undo(Exception):
        pass

    seconds = 0.0
    try:
        with transaction.atomic():
            clock = time.perf_counter()
            bulk.insert(Action, ACTION_COLUMNS, shifted)
            bulk.insert(ActionLine, LINE_COLUMNS, shifted_lines)
            bulk.insert(Entry, COLUMNS, again)
            seconds = time.perf_counter() - clock
            raise Undo
    except Undo:
        return seconds


if __name__ == "__main__":
    main()
