"""The clock: once a day at the hour, made up after a sleep, deaf to errors of one creditor."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django_scopes import scope

from encaisse.jobs import clock
from encaisse.jobs.clock import Clock, day_to_run
from encaisse.parties.models import Creditor
from encaisse.recovery.models import Run
from encaisse.recovery.setup import prepare

pytestmark = pytest.mark.django_db

BEFORE = datetime(2026, 3, 18, 4, 59, tzinfo=UTC)  # 5:59 in Paris
AFTER = datetime(2026, 3, 18, 5, 1, tzinfo=UTC)


@pytest.fixture
def creditor() -> Creditor:
    made = Creditor.objects.create(name="Atelier", run_hour=6)
    with scope(creditor=made):
        prepare(made, at=BEFORE, actor="test")
    return made


def days(creditor: Creditor) -> list[date]:
    with scope(creditor=creditor):
        return list(Run.objects.order_by("pk").values_list("day", flat=True))


def test_the_run_is_made_once_at_its_hour(creditor: Creditor) -> None:
    Clock(lambda: BEFORE).tick()
    assert days(creditor) == []
    for _again in range(3):
        Clock(lambda: AFTER).tick()
    assert days(creditor) == [date(2026, 3, 18)]


def test_a_run_missed_in_sleep_is_made_on_waking(creditor: Creditor) -> None:
    Clock(lambda: AFTER).tick()
    Clock(lambda: AFTER + timedelta(days=10, hours=13)).tick()
    assert days(creditor) == [date(2026, 3, 18), date(2026, 3, 28)]


def test_the_day_is_that_of_the_creditor() -> None:
    moment = datetime(2026, 3, 18, 22, 30, tzinfo=UTC)
    reunion = Creditor.objects.create(name="Réunion", country="FR", postcode="97400", run_hour=0)
    paris = Creditor.objects.create(name="Paris", country="FR", postcode="75001", run_hour=0)
    with scope(creditor=reunion):
        assert day_to_run(reunion, moment) == date(2026, 3, 19)
    with scope(creditor=paris):
        assert day_to_run(paris, moment) == date(2026, 3, 18)


def test_a_run_by_hand_before_the_hour_does_not_replace_it(creditor: Creditor) -> None:
    with scope(creditor=creditor):
        Run.objects.create(creditor=creditor, day=date(2026, 3, 18), started_at=BEFORE)
        assert day_to_run(creditor, AFTER) == date(2026, 3, 18)
        Run.objects.create(creditor=creditor, day=date(2026, 3, 18), started_at=AFTER)
        assert day_to_run(creditor, AFTER) is None


def test_errors_are_logged_and_tried_again_later(
    creditor: Creditor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    moment = [AFTER]
    tries: list[int] = []
    delivered: list[int] = []

    def broken(one: Creditor, *_args: object, **_kwargs: object) -> None:
        tries.append(one.pk)
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(clock, "plan", broken)
    monkeypatch.setattr(clock, "deliver_due", lambda one, **_kwargs: delivered.append(one.pk) or [])
    ticking = Clock(lambda: moment[0])
    with caplog.at_level(logging.ERROR):
        ticking.tick()
        ticking.tick()
    assert len(tries) == 1, "the second try waits"
    assert len(delivered) == 2, "delivery goes on"
    assert "the disk is full" in caplog.text
    moment[0] += timedelta(minutes=1)
    ticking.tick()
    assert len(tries) == 2
    monkeypatch.undo()
    moment[0] += timedelta(minutes=5)
    ticking.tick()
    assert days(creditor) == [date(2026, 3, 18)]


def test_one_creditor_does_not_stop_another(creditor: Creditor, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Creditor.objects.create(name="Other", run_hour=6)
    with scope(creditor=other):
        prepare(other, at=BEFORE, actor="test")
    real = clock.plan

    def picky(one: Creditor, *args: object, **kwargs: object) -> object:
        if one.pk == creditor.pk:
            raise RuntimeError
        return real(one, *args, **kwargs)

    monkeypatch.setattr(clock, "plan", picky)
    Clock(lambda: AFTER).tick()
    assert days(creditor) == []
    assert days(other) == [date(2026, 3, 18)]


def test_the_thread_starts_and_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    ticked = threading.Event()
    ticking = Clock()
    monkeypatch.setattr(ticking, "tick", ticked.set)
    ticking.start()
    assert ticked.wait(5)
    ticking.stop(5)
    assert ticking._thread is not None
    assert not ticking._thread.is_alive()
