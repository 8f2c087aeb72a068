"""Story 58. A run that is killed, made twice, made late or made by two at once gives what one unbroken run gives."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from encaisse.journal.models import Entry, Head
from encaisse.journal.verify import verify
from encaisse.recovery.cases import open_cases
from encaisse.recovery.models import Action, ActionLine, Case, Run
from encaisse.recovery.run import plan
from encaisse.recovery.strategies import set_light
from tests.factories import instant, make_invoice
from tests.recovery.desk import ACTOR, MONDAY, late_customer, run, say_yes, send
from tests.recovery.nursery import KILLED

LATE = (3, 3, -4, 40, 0, 200, 9)


def books(creditor) -> None:
    """Twelve customers whose invoices are early, due, late and very late."""
    for number in range(12):
        row = late_customer(creditor, f"C{number:02}", late=LATE[number % len(LATE)], amount=50_000 + number)
        if number % 3 == 0:
            make_invoice(row.customer, f"G-{number}", MONDAY - timedelta(40), MONDAY - timedelta(10), 7_000)


def picture() -> dict[str, object]:
    """All that a run leaves behind, without the numbers the database gives."""
    actions, lines = Action.objects.order_by("customer__code"), ActionLine.objects.all()
    of_action = ("customer__code", "day", "step", "channel", "status", "principal", "interest")
    of_line = ("action__customer__code", "receivable__number", "stage_days", "amount")
    return {
        "actions": list(actions.values_list(*of_action)),
        "lines": sorted(lines.values_list(*of_line)),
        "cases": sorted(Case.objects.values_list("customer__code", "overdue", "verdict_step", "verdict_reason")),
        "journal": sorted(Entry.objects.exclude(chain="").values_list("chain", "sequence", "kind")),
    }


def emptied() -> None:
    for model in (ActionLine, Action, Run, Case):
        model.objects.all().delete()
    Entry.objects.exclude(chain="").delete()
    Head.objects.exclude(chain="").delete()


def test_killed_before_any_statement_of_a_run(committed, nursery):
    books(committed)
    run(committed)
    unbroken = picture()
    assert len(unbroken["actions"]) > 5
    emptied()
    deaths, step = 0, 1
    while nursery.run("plan", committed, day=MONDAY, now=instant(MONDAY, 6), die_at=step) == KILLED:
        deaths += 1
        step += 2
        assert picture()["actions"] in ([], unbroken["actions"]), "all of it or nothing"
        assert verify(committed).ok
        assert deaths < 60
    assert deaths > 3
    assert picture() == unbroken


def test_two_runs_at_once(committed, nursery):
    books(committed)
    run(committed)
    unbroken = picture()
    emptied()
    jobs = [nursery.start("plan", committed, day=MONDAY, now=instant(MONDAY, 6)) for _process in range(2)]
    planned = [nursery.wait(job) for job in jobs]
    assert sorted(planned) == [0, len(unbroken["actions"])]
    assert {key: picture()[key] for key in ("actions", "lines")} == {key: unbroken[key] for key in ("actions", "lines")}
    assert verify(committed).ok


@pytest.mark.django_db
def test_run_twice(creditor):
    books(creditor)
    run(creditor)
    once = picture()
    assert run(creditor).planned == 0
    assert run(creditor, hour=23).planned == 0
    again = picture()
    assert {key: again[key] for key in ("actions", "lines", "journal")} == {
        key: once[key] for key in ("actions", "lines", "journal")
    }


@pytest.mark.django_db
def test_run_late_in_the_day_plans_the_same(creditor):
    books(creditor)
    run(creditor, hour=23)
    late = picture()
    emptied()
    run(creditor, hour=6)
    assert picture() == late


@pytest.mark.django_db
def test_a_dry_run_says_the_same_and_writes_nothing(creditor):
    books(creditor)
    run(creditor)
    wet = picture()
    emptied()
    open_cases(creditor)
    told = plan(creditor, MONDAY, at=instant(MONDAY, 6), actor="test", dry_run=True)
    assert told.planned == 0
    assert not Action.objects.exists()
    steps = {one["customer"]["code"] for one in told.verdicts if one["step"]}
    assert steps == {code for code, *_rest in wet["actions"]}


@pytest.mark.django_db
@pytest.mark.parametrize("light", ["review", "auto"])
def test_one_action_per_case_and_day_and_one_waiting(creditor, light):
    """Story 22, over four weeks of runs, two a day, with everything approved or nothing."""
    books(creditor)
    for name in ("standard", "courteous", "firm"):
        set_light(creditor, name, light, at=instant(MONDAY, 5), actor=ACTOR)
    for number in range(0, 28, 3):
        day = MONDAY + timedelta(number)
        run(creditor, day)
        run(creditor, day, hour=12)
        if number % 2 == 0:
            say_yes(creditor, day)
        send(creditor, instant(day, 15))
    keys = list(Action.objects.values_list("case_id", "day"))
    assert len(keys) == len(set(keys))
    open_cases = list(Action.objects.filter(status__in=Action.OPEN).values_list("case_id", flat=True))
    assert len(open_cases) == len(set(open_cases))
    for case in Case.objects.all():
        sent = sorted(Action.objects.filter(case=case, sent_on__isnull=False).values_list("sent_on", flat=True))
        assert all((second - first).days >= creditor.cap_days for first, second in pairwise(sent))
    assert verify(creditor).ok
