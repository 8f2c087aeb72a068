"""Story 58. Killed at any point of a delivery: no message twice, none lost silently, doubt shown.

Real processes on a real, committed database speak to a real mail server and are ended with SIGKILL.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from encaisse.journal.models import Entry
from encaisse.journal.verify import verify
from encaisse.recovery.models import Action
from encaisse.recovery.today import today
from tests.channels.mail_server import Plan, running
from tests.factories import instant
from tests.recovery.desk import MONDAY, codes, late_customer, ready, run, send, the_action, use_server
from tests.recovery.nursery import KILLED

NOW = instant(MONDAY)
CODES = ("ALPHA", "BETA", "GAMMA")


def three_mails(creditor, server) -> None:
    for code in CODES:
        late_customer(creditor, code, email=f"compta@{code.lower()}.example")
    assert len(ready(creditor)) == 3
    use_server(creditor, server.port)


def statuses() -> dict[str, str]:
    return dict(Action.objects.order_by("pk").values_list("customer__code", "status"))


POINTS = {
    "connecting": ("connect", 0),
    "after the recipient": ("rcpt", 0),
    "while the message goes out": ("lines", 0),
    "after the server took it, before its answer": ("taken", 1),
    "after its answer, before that is written down": ("quit", 1),
}


@pytest.mark.parametrize("point", POINTS)
def test_killed_while_talking_to_the_server(committed, nursery, point):
    stall, already_there = POINTS[point]
    with running(Plan(stall=stall)) as server:
        three_mails(committed, server)
        job = nursery.start("deliver", committed, now=NOW)
        assert server.reached.wait(60)
        job.kill()
        assert nursery.wait(job) == KILLED
        assert statuses() == {"ALPHA": "sending", "BETA": "approved", "GAMMA": "approved"}

        server.plan = Plan()
        assert codes(send(committed)) == [("uncertain", "worker_died"), ("sent", "accepted"), ("sent", "accepted")]
        for again in range(1, 4):
            assert send(committed, NOW + timedelta(days=again)) == []
            run(committed, MONDAY + timedelta(days=again))
        sent = [the_action(customer__code=code, day=MONDAY).message_id for code in CODES]
        assert [server.received(identity) for identity in sent] == [already_there, 1, 1]
        assert len(server.taken) == already_there + 2
    assert statuses() == {"ALPHA": "uncertain", "BETA": "sent", "GAMMA": "sent"}
    assert [task.code for task in today(committed, MONDAY).mend] == ["ALPHA"], "a person is asked"
    assert Entry.objects.filter(chain="ALPHA", kind="action_uncertain").count() == 1
    assert verify(committed).ok


def test_killed_before_any_statement_of_a_delivery(committed, nursery):
    """The process is killed before its first, second, third… database statement, until one lives to the end."""
    with running() as server:
        three_mails(committed, server)
        deaths, step = 0, 1
        while nursery.run("deliver", committed, now=NOW, die_at=step) == KILLED:
            deaths += 1
            step += 4
            assert deaths < 60
            assert verify(committed).ok
            identities = [taken.message["Message-ID"] for taken in server.taken]
            assert len(identities) == len(set(identities)), "no message twice"
        assert deaths > 8
        found = statuses()
        assert set(found.values()) <= {"sent", "uncertain"}, "nothing is forgotten"
        for code, status in found.items():
            arrived = server.received(the_action(customer__code=code).message_id)
            assert arrived == 1 if status == "sent" else arrived <= 1
        assert {task.code for task in today(committed, MONDAY).mend} == {
            c for c, s in found.items() if s == "uncertain"
        }


def test_two_processes_at_once_send_each_message_once(committed, nursery):
    with running() as server:
        for number in range(8):
            late_customer(committed, f"C{number}", email=f"compta@c{number}.example")
        assert len(ready(committed)) == 8
        use_server(committed, server.port)
        jobs = [nursery.start("deliver", committed, now=NOW) for _process in range(2)]
        results = [nursery.wait(job) for job in jobs]
        assert sorted(server.recipients) == [f"compta@c{number}.example" for number in range(8)]
    sent = [action for result in results for action, status, code in result if code == "accepted"]
    assert sorted(sent) == sorted(Action.objects.values_list("pk", flat=True))
    assert set(statuses().values()) == {"sent"}
    assert Entry.objects.filter(kind="action_sent").count() == 8
    assert verify(committed).ok


def test_a_worker_that_still_lives_is_left_alone(committed, nursery):
    """Another process delivers while the first one waits for a slow server: what that one has begun is its own."""
    with running(Plan(stall="rcpt")) as server:
        three_mails(committed, server)
        job = nursery.start("deliver", committed, now=NOW)
        assert server.reached.wait(60)
        server.plan = Plan()
        assert codes(send(committed)) == [("sent", "accepted"), ("sent", "accepted")]
        assert statuses()["ALPHA"] == "sending"
        assert send(committed, NOW + timedelta(hours=2)) == [], "however long it takes"
        job.kill()
        nursery.wait(job)
        assert codes(send(committed)) == [("uncertain", "worker_died")]
        assert len(server.taken) == 2
