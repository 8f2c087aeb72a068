"""Work on small frames inside Polars' own threads.

Polars hands every step of a frame over to its pool of threads and waits for it. For a frame of a few rows the hand-over
costs more than the step (some 0.2 ms against 0.04), and a decision takes a hundred steps. What runs on a thread of the
pool hands nothing over, so a chain of steps on small frames is handed over once, as a whole.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import TypeVar

import polars as pl

T = TypeVar("T")

SMALL = 5_000
"""Rows up to which a step is too short to be worth sharing among threads."""

_AS_WRITTEN = pl.QueryOptFlags.none()
_TICK = pl.Series("tick", [0])
_place = threading.local()


def pooled(work: Callable[[], T], rows: int) -> T:
    """Return ``work()``; it runs on a thread of Polars when the frames it works on have few ``rows``.

    ``work`` must be pure: on another thread it sees this one's context variables, but no open transaction, and a lock
    held here would never be given to it. What it raises is raised here. Large frames are worked on by the caller,
    whose single steps are then shared among the threads as usual.
    """
    if rows > SMALL or getattr(_place, "inside", False):
        return work()
    done: list[T] = []
    failed: list[BaseException] = []
    context = copy_context()

    def run(column: pl.Series) -> pl.Series:
        _place.inside = True
        try:
            done.append(context.run(work))
        except Exception as error:  # noqa: BLE001  Polars would turn it into an error of its own
            failed.append(error)
        finally:
            _place.inside = False
        return column

    # Of two expressions, both are computed on the pool; a single one would be computed on the spot.
    pl.select(worked=pl.lit(_TICK).map_batches(run, return_dtype=pl.Int64), beside=pl.lit(_TICK) + pl.lit(_TICK))
    if failed:
        raise failed[0]
    return done[0]


def collected(frame: pl.LazyFrame, rows: int) -> pl.DataFrame:
    """Return the frame; of few ``rows`` as it was written, since to improve the plan costs more than to follow it."""
    return frame.collect(optimizations=_AS_WRITTEN) if rows <= SMALL else frame.collect()
