"""Small frames are worked on inside Polars' threads, large ones by the caller; the result is the same."""

from __future__ import annotations

import threading
from contextvars import ContextVar

import polars as pl
import pytest

from encaisse.pooled import SMALL, pooled

WHO: ContextVar[str] = ContextVar("WHO", default="nobody")


def test_small_work_leaves_the_caller_and_large_work_stays() -> None:
    here = threading.get_ident()
    assert pooled(threading.get_ident, SMALL) != here
    assert pooled(threading.get_ident, SMALL + 1) == here


def test_work_within_work_is_not_handed_over_again() -> None:
    def outer() -> tuple[int, int]:
        return threading.get_ident(), pooled(threading.get_ident, 1)

    first, second = pooled(outer, 1)
    assert first == second


def test_what_it_raises_is_raised_here_as_it_was() -> None:
    def fail() -> None:
        raise LookupError("no such step")

    with pytest.raises(LookupError, match="no such step"):
        pooled(fail, 1)


def test_it_sees_the_context_of_the_caller_and_gives_frames_back() -> None:
    def work() -> pl.DataFrame:
        return pl.DataFrame({"a": [2, 1]}).sort("a").with_columns(who=pl.lit(WHO.get()))

    token = WHO.set("a clerk")
    try:
        assert pooled(work, 2).rows() == [(1, "a clerk"), (2, "a clerk")]
    finally:
        WHO.reset(token)


def test_several_threads_at_once_each_get_their_own() -> None:
    found: dict[int, int] = {}

    def one(number: int) -> None:
        frame = pl.DataFrame({"a": range(50)})
        found[number] = pooled(lambda: int(frame.filter(pl.col("a") < number)["a"].sum()), 50)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert found == {number: sum(range(number)) for number in range(12)}
