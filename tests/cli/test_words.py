"""What a person reads: clear troubles with a way out, and nothing but JSON where JSON was asked for."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def said(result: Any, *parts: str, code: int) -> None:
    """The command ended with `code`, said all of `parts`, and showed no traceback."""
    assert result.exit_code == code, result.output
    told = " ".join((result.stdout + result.stderr).split())
    for part in parts:
        assert part in told
    assert "Traceback" not in told
    assert result.exception is None or isinstance(result.exception, SystemExit)


@pytest.mark.usefixtures("home", "db")
def test_before_init_every_command_says_what_to_do(run: Run, books: Path) -> None:
    for arguments in (("receivables",), ("run",), ("import", str(books)), ("verify",), ("explain", "X"), ("actions",)):
        said(run(*arguments), "no installation", "encaisse init", code=2)


@pytest.mark.usefixtures("home", "db")
def test_init_without_questions_and_twice(run: Run) -> None:
    said(run("init"), "My company is set up", "encaisse import", code=0)
    said(run("init"), "Already set up", "Nothing else changed", code=0)
    said(run("receivables", "--json"), '"receivables": []', code=0)


@pytest.mark.usefixtures("home", "db")
def test_init_refuses_what_cannot_be(run: Run) -> None:
    said(run("init", "--siren", "123456789"), "is not a SIREN", code=2)
    said(run("init", "--iban", "FR76 1234"), "is not an IBAN", code=2)
    said(run("init", "--email", "nobody"), "email", "Nothing was created", code=2)
    said(run("init", "--email", "a@example.org", "--password", "short"), "too short", code=2)


@pytest.mark.usefixtures("home", "db")
def test_a_password_is_made_up_and_said_once(run: Run) -> None:
    result = run("init", "--name", "A", "--email", "a@example.org")
    said(result, "shown only now", code=0)
    said(run("user", "password", "a@example.org", "--password", "another long one"), "was changed", code=0)
    said(run("user", "password", "b@example.org"), "Nobody signs in", "user list", code=2)


@pytest.mark.usefixtures("installed")
def test_unknown_customers_are_answered_with_the_nearest(run: Run) -> None:
    said(run("explain", "Boulangerie Moral"), "MOREL (Boulangerie Morel)", code=2)
    said(run("explain", "zzz"), "No customer “zzz”", "encaisse receivables", code=2)
    said(run("explain", "e"), "Which customer", "MOREL", "OLIVE", code=2)


@pytest.mark.usefixtures("installed")
def test_days_files_and_numbers_that_do_not_exist(run: Run) -> None:
    said(run("receivables", "--on", "2025-02-30"), "is not a date", "31/03/2026", code=2)
    said(run("import", "nowhere.txt"), "There is no file nowhere.txt", code=2)
    said(run("cancel", "999", "--reason", "x"), "There is no action 999", code=2)
    said(run("approve", "999"), "There is no action 999", code=2)
    said(run("approve"), "Which actions?", code=2)
    said(run("deliver", "999"), "There is no action 999", code=2)
    said(run("actions", "--status", "lost"), "planned, approved", code=2)
    said(run("receivables", "--creditor", "Nobody"), "no creditor", "Atelier Témoin", code=2)
    said(run("simulate"), "What is to be played?", code=2)
    said(run("simulate", "nowhere.yaml"), "There is no file", code=2)
    said(run("strategies", "light", "standard", "green"), "off, review, auto", code=2)


@pytest.mark.usefixtures("installed")
def test_a_refused_file_does_not_hold_back_the_others(run: Run, books: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.txt"
    wrong.write_bytes(b"\x00\x01 not books at all")
    result = run("import", str(wrong), str(books / "contacts.csv"), "--json")
    assert result.exit_code == 1
    assert '"refused": true' in result.stdout
    assert '"refused": false' in result.stdout
    said(run("import", str(wrong)), "refused, nothing of it was taken", code=1)


@pytest.mark.usefixtures("installed")
def test_a_folder_says_what_it_leaves_alone(run: Run, books: Path) -> None:
    (books / "releve.xml").write_text("<Document/>")
    said(run("import", str(books)), "Left alone", "releve.xml", code=0)


@pytest.mark.usefixtures("installed")
def test_tables_and_sentences(run: Run) -> None:
    said(run("receivables", "--on", "2025-02-28"), "Boulangerie Morel", "FA-1", "19 d", "of which overdue", code=0)
    said(run("run", "--on", "2025-02-11"), "1 action planned", code=0)
    said(run("explain", "MOREL", "--on", "2025-02-11"), "MOREL · Boulangerie Morel", "FA-1", code=0)
    said(run("actions"), "Boulangerie Morel", "mail", code=0)
    said(run("approve", "--step", "mail"), "1 action approved", code=0)
    said(run("deliver", "--on", "2025-02-11"), "compta.morel@example.org", code=0)
    said(run("verify"), "Everything is as it was written", code=0)
    found = run("doctor", "--on", "2026-12-20")
    said(found, "The books end on", "encaisse import", code=1)
    said(found, "after it interest stands still for France, between professionals", "add-rate ecb_mro", code=1)


@pytest.mark.usefixtures("installed")
def test_records_that_hold_back(run: Run) -> None:
    said(run("pause", "OLIVE", "--reason", "Congés", "--until", "2099-01-31"), "is paused until", code=0)
    said(run("promise", "MOREL", "--by", "2099-01-31", "--invoice", "FA-1"), "promised to pay by", code=0)
    said(
        run("dispute", "OLIVE", "--invoice", "FA-3", "--reason", "Teinte", "--amount", "100,50"), "is disputed", code=0
    )
    said(run("dispute", "OLIVE", "--invoice", "FA-9", "--reason", "x"), "no invoice FA-9", "FA-3", code=2)
    said(run("dispute", "OLIVE", "--invoice", "FA-3", "--reason", "x", "--amount", "many"), "is not an amount", code=2)
    said(run("dispute", "OLIVE", "--invoice", "FA-3", "--reason", "x", "--amount", "999999"), "Error", code=1)
    said(run("pause", "OLIVE", "--reason", "x", "--until", "2001-01-01"), "Error", code=1)


@pytest.mark.usefixtures("installed")
def test_evidence_is_written_once(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "proof.zip"
    said(run("evidence", "MOREL", "--out", str(target)), "python3 verify.py", code=0)
    assert "verify.py" in zipfile.ZipFile(target).namelist()
    said(run("evidence", "MOREL", "--out", str(target)), "exists already", "--force", code=2)
    said(run("evidence", "MOREL", "--out", str(target), "--force"), "Boulangerie Morel", code=0)


def test_scenarios_of_a_file_need_no_installation(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(
        "strategies:\n  plain:\n  - {name: mail, from: due, days: 2}\n"
        "scenarios:\n- id: A\n  title: one mail\n  from: 2026-01-05\n  to: 2026-03-01\n  strategy: plain\n"
        "  receivables: [{number: F1, issued_on: 2026-01-05, due_on: 2026-02-04, amount: '100.00'}]\n"
        "  expected: [{day: 2026-02-06, step: mail, receivables: [F1]}]\n"
    )
    said(run("simulate", str(file)), "ok A one mail", code=0)
    file.write_text(file.read_text().replace("2026-02-06", "2026-02-09"))
    said(run("simulate", str(file)), "differs A", "expected mail F1, got nothing", code=1)
    file.write_text("scenarios: [{id: A}]\n")
    said(run("simulate", str(file)), "cannot be played", code=2)


@pytest.mark.usefixtures("home", "db")
def test_the_first_person_is_the_owner(run: Run) -> None:
    run("init", "--name", "A")
    said(run("user", "add", "a@example.org", "--password", "correct horse"), "may sign in as owner", code=0)
    said(run("user", "add", "b@example.org"), "may sign in as controller", "shown only now", code=0)
    said(run("user", "add", "c@example.org", "--role", "king"), "owner, controller, reader", code=2)


@pytest.mark.usefixtures("installed")
def test_real_mail_leaves_now_or_not_at_all(run: Run) -> None:
    from encaisse.parties.models import Creditor

    Creditor.objects.update(route=Creditor.Route.SMTP, smtp_host="mail.invalid")
    said(run("deliver", "--on", "2025-02-11"), "leaves now", code=2)


@pytest.mark.usefixtures("installed")
def test_a_second_creditor_is_chosen_by_name(run: Run) -> None:
    said(run("init", "--name", "Atelier Second"), "Atelier Second is set up", code=0)
    said(run("receivables"), "several creditors", "--creditor", code=2)
    said(run("receivables", "--creditor", "témoin", "--on", "2025-02-28"), "FA-1", code=0)
    said(run("receivables", "--creditor", "Atelier Second", "--json"), '"receivables": []', code=0)


@pytest.mark.usefixtures("installed")
def test_calls_and_doubtful_sendings_are_settled(run: Run) -> None:
    from encaisse.recovery.models import Action

    run("run", "--on", "2025-02-11")
    mail = Action._base_manager.get(step="mail")
    Action._base_manager.filter(pk=mail.pk).update(status="uncertain")
    said(run("resolve", str(mail.pk), "--not-sent"), "counts as not sent", code=0)
    said(run("resolve", str(mail.pk), "--sent"), "Error", code=1)
    said(run("resolve", "999", "--sent"), "There is no action 999", code=2)
    Action._base_manager.filter(pk=mail.pk).update(status="planned", channel="phone", step="call")
    said(run("call", str(mail.pk), "sung"), "voicemail", code=2)
    said(run("call", str(mail.pk), "promise"), "needs its day", code=2)
    said(run("call", str(mail.pk), "voicemail", "--note", "Rappellera"), f"Call {mail.pk}", code=0)
    said(run("actions", "--all"), "call", "sent", code=0)
