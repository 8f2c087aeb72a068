"""The clock of one process: each creditor's daily run at its hour, delivery every minute.

Nothing is remembered here. What is due follows from what the database says was done, so a run that was missed while
the machine slept is made when it wakes, a restart repeats nothing, and two clocks do no harm. An error is logged and
tried again later; it never stops the clock.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from django.db import close_old_connections, transaction
from django.utils import translation
from django_scopes import scope

from encaisse.jobs.place import zone_of
from encaisse.journal.seal import seal_day
from encaisse.parties.models import Creditor
from encaisse.recovery.deliver import deliver_due
from encaisse.recovery.models import Run
from encaisse.recovery.notify import notify
from encaisse.recovery.run import plan

log = logging.getLogger(__name__)

ACTOR = "autopilot"
EVERY = timedelta(minutes=1)
WAIT_AFTER_ERROR = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
"""How long a creditor's work waits after the first, second… error in a row."""


def now() -> datetime:
    """The moment it is."""
    return datetime.now(UTC)


class Clock:
    """Does what is due, one creditor after the other. `moment` says what time it is."""

    def __init__(self, moment: Callable[[], datetime] = now) -> None:
        self.moment = moment
        self._errors: dict[tuple[int, str], tuple[int, datetime]] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to tick in a thread of its own."""
        self._thread = threading.Thread(target=self._go, name="encaisse-clock", daemon=True)
        self._thread.start()

    def stop(self, wait_seconds: float = 30.0) -> None:
        """End after the creditor at work is finished."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(wait_seconds)

    def tick(self) -> None:
        """Do what is due at this moment."""
        for creditor in self._creditors():
            if self._stop.is_set():
                return
            with scope(creditor=creditor), translation.override(creditor.language):
                self._guarded(creditor, "run", self._run)
                self._guarded(creditor, "deliver", self._deliver)

    def _go(self) -> None:
        while not self._stop.is_set():
            try:
                self.tick()
            except Exception:
                log.exception("the clock could not look at its work; it will try again")
            finally:
                close_old_connections()
            self._stop.wait(EVERY.total_seconds())
        close_old_connections()

    def _creditors(self) -> list[Creditor]:
        return list(Creditor.objects.order_by("pk"))

    def _guarded(self, creditor: Creditor, work: str, do: Callable[[Creditor, datetime], None]) -> None:
        moment = self.moment()
        count, not_before = self._errors.get((creditor.pk, work), (0, moment))
        if moment < not_before:
            return
        try:
            do(creditor, moment)
        except Exception:
            wait = WAIT_AFTER_ERROR[min(count, len(WAIT_AFTER_ERROR) - 1)]
            self._errors[creditor.pk, work] = (count + 1, moment + wait)
            log.exception("%s of creditor %s failed; next try in %s", work, creditor.pk, wait)
        else:
            self._errors.pop((creditor.pk, work), None)

    def _run(self, creditor: Creditor, moment: datetime) -> None:
        day = day_to_run(creditor, moment)
        if day is None:
            return
        result = plan(creditor, day, at=moment, actor=ACTOR)
        log.info("run of %s for creditor %s: %s actions planned", day, creditor.pk, result.planned)
        with transaction.atomic():
            seal_day(creditor, day - timedelta(1), at=moment)
        told = notify(creditor, day, at=moment, actor=ACTOR)
        if told is not None:
            log.info("digest of %s for creditor %s: %s", day, creditor.pk, told.code)

    def _deliver(self, creditor: Creditor, moment: datetime) -> None:
        outcomes = deliver_due(creditor, now=moment, actor=ACTOR)
        done = [one for one in outcomes if one.status != "approved"]
        if done:
            log.info(
                "delivery for creditor %s: %s", creditor.pk, ", ".join(f"{one.action_id} {one.code}" for one in done)
            )


def day_to_run(creditor: Creditor, moment: datetime) -> date | None:
    """The day whose run is due and not made yet; None before the creditor's hour and after the run.

    Days that were missed altogether are not made up one by one: the run of today does what has been due since.
    A run a person made before the hour does not count, one made after it does.
    """
    zone = zone_of(creditor)
    day = moment.astimezone(zone).date()
    hour = datetime.combine(day, time(min(creditor.run_hour, 23)), zone)
    if moment < hour or Run.objects.filter(creditor=creditor, day=day, started_at__gte=hour).exists():
        return None
    return day
