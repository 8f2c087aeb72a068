"""Who waits for whom: two verbs at once never wait for each other."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from encaisse.journal.append import append
from encaisse.journal.verify import verify
from encaisse.recovery.locking import lock_case
from encaisse.recovery.models import Suspension
from tests.factories import instant
from tests.recovery.desk import MONDAY, late_customer, ready, the_action

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def until_blocked() -> None:
    """Look until another connection waits for a lock; each look is a question to the server."""
    for _look in range(300_000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()")
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waits")


@pytest.mark.parametrize("job", ["pause", "plan"])
def test_a_delivery_and_another_verb_take_their_locks_in_the_same_order(committed, nursery, job):
    """A delivery holds its case, then writes the journal; a pause of everybody, or the nightly run, comes between."""
    late_customer(committed)
    late_customer(committed, "BETA")
    ready(committed)
    late_customer(committed, "GAMMA")  # something that the run will write into the journal
    case = the_action(customer__code="ALPHA").case
    case.overdue = 1  # what the run keeps of it is old, so that it writes it again
    case.save()
    with transaction.atomic():
        lock_case(case.pk)
        started = nursery.start(job, committed, now=instant(MONDAY, 9), day=MONDAY)
        until_blocked()
        append(committed.pk, "ALPHA", "note_written", {"text": "under way"}, at=instant(MONDAY, 9), actor="test")
    nursery.wait(started)
    assert Suspension.objects.count() == (1 if job == "pause" else 0)
    assert verify(committed).ok
