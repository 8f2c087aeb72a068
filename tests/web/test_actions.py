"""Deciding: read, edit, approve, take back, cancel, resolve a doubt."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

from django.urls import reverse
from django.utils import timezone
from django_scopes import scope

from encaisse.journal.models import Entry
from encaisse.recovery.deliver import deliver
from encaisse.recovery.models import Action
from tests.factories import instant, make_payment
from tests.web.factories import Office, last_working_day


def _state(office: Office, action: Action) -> Action:
    with scope(creditor=office.creditor):
        return Action.objects.get(pk=action.pk)


def test_today_shows_what_waits_grouped_by_step(office: Office) -> None:
    html = office.client().get("/").content.decode()
    for name in ("Alpha Charpente", "Bravo Toitures", "Delta Façades"):
        assert name in html
    assert "1\u00a0448,00" in html
    assert reverse("action", args=[office.action("phone").pk]) in html


def test_a_message_is_shown_exactly_as_it_will_look(office: Office) -> None:
    client = office.client()
    action = office.action()
    html = client.get(reverse("action", args=[action.pk])).content.decode()
    assert "compta@alpha.example" in html
    assert 'sandbox src="' in html
    mail = client.get(reverse("action_mail", args=[action.pk]))
    assert "1\u00a0448,00" in unescape(mail.content.decode())
    assert "sandbox" in mail["Content-Security-Policy"]
    assert "script-src" not in mail["Content-Security-Policy"].replace("default-src 'none'", "")


def test_a_letter_is_shown_as_pdf(office: Office) -> None:
    response = office.client().get(reverse("action_letter", args=[office.action("letter").pk]))
    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF")


def test_a_call_comes_with_its_words(office: Office) -> None:
    html = office.client().get(reverse("action", args=[office.action("phone").pk])).content.decode()
    assert "01\u00a040\u00a000\u00a000\u00a000" in html
    assert 'href="tel:+33140000000"' in html
    assert 'class="script' in html


def test_approving_one_can_be_undone(office: Office) -> None:
    client = office.client(office.controller)
    action = office.action()
    response = client.post(reverse("actions_approve"), {"action": action.pk}, follow=True)
    assert _state(office, action).status == "approved"
    assert _state(office, action).approved_by == office.controller.email
    undo = reverse("action_withdraw", args=[action.pk])
    assert f'action="{undo}"' in response.content.decode()
    client.post(undo)
    assert _state(office, action).status == "planned"


def test_a_group_is_approved_together_and_calls_are_refused_by_name(office: Office) -> None:
    client = office.client()
    mail, letter, call = office.action(), office.action("letter"), office.action("phone")
    response = client.post(reverse("actions_approve"), {"action": [mail.pk, letter.pk, call.pk]}, follow=True)
    assert [_state(office, one).status for one in (mail, letter, call)] == ["approved", "approved", "planned"]
    assert "Bravo Toitures" in response.content.decode()


def test_a_text_is_edited_before_it_is_approved(office: Office) -> None:
    client = office.client()
    action = office.action()
    page = client.get(reverse("action", args=[action.pk]), {"edit": "1"})
    source = page.context["source"]
    text = source.replace("Bonjour", "Chère équipe, bonjour")
    assert client.post(reverse("action_edit", args=[action.pk]), {"text": text}).status_code == 302
    assert "Chère équipe, bonjour" in client.get(reverse("action_mail", args=[action.pk])).content.decode()
    client.post(reverse("action_edit", args=[action.pk]), {"text": "", "reset": "1"})
    assert _state(office, action).edited == ""


def test_obligatory_words_cannot_be_removed_and_the_text_is_kept(office: Office) -> None:
    client = office.client()
    action = office.action()
    with scope(creditor=office.creditor):
        Action.objects.filter(pk=action.pk).update(template="firm", step="firm")
    page = client.get(reverse("action", args=[action.pk]), {"edit": "1"})
    locked = page.context["message"].locked
    assert locked
    broken = page.context["source"].replace(locked[0], "")
    response = client.post(reverse("action_edit", args=[action.pk]), {"text": broken})
    assert response.status_code == 422
    html = response.content.decode()
    assert "error-summary" in html
    assert response.context["source"] == broken
    assert _state(office, action).edited == ""


def test_cancelling_asks_for_a_reason(office: Office) -> None:
    client = office.client()
    action = office.action()
    client.post(reverse("action_cancel", args=[action.pk]), {"reason": " "})
    assert _state(office, action).status == "planned"
    client.post(reverse("action_cancel", args=[action.pk]), {"reason": "Vu au téléphone"})
    assert (_state(office, action).status, _state(office, action).note) == ("cancelled", "Vu au téléphone")


def test_what_is_paid_meanwhile_is_said_on_the_action(office: Office) -> None:
    action = office.action("letter")
    with scope(creditor=office.creditor):
        line = action.lines.select_related("receivable").get()
        make_payment(action.customer, office.day, line.amount, {line.receivable: line.amount})
    response = office.client().get(reverse("action", args=[action.pk]))
    assert response.context["message"] is None
    assert response.context["refusal"]


def test_what_was_sent_is_read_in_the_mailbox(office: Office) -> None:
    client = office.client()
    action = office.action()
    client.post(reverse("actions_approve"), {"action": action.pk})
    now = instant(last_working_day(timezone.localdate()), 11)
    with scope(creditor=office.creditor):
        outcome = deliver(office.creditor, action.pk, now=now, actor="test")
    assert outcome.status == "sent"
    assert "Alpha Charpente" in client.get(reverse("mailbox")).content.decode()
    page = client.get(reverse("action", args=[action.pk])).content.decode()
    assert "1\u00a0448,00" in unescape(client.get(reverse("action_mail", args=[action.pk])).content.decode())
    for document in _state(office, action).documents:
        address = reverse("document", args=[document])
        assert address in page
        response = client.get(address)
        assert response.status_code == 200
        assert response["X-Content-Type-Options"] == "nosniff"


def test_a_kept_document_that_was_altered_is_not_shown(office: Office) -> None:
    from encaisse.journal.keep import keep
    from encaisse.journal.models import Document

    digest = keep(office.creditor.pk, b"as it was", name="a.txt", media_type="text/plain", at=timezone.now())
    Document._base_manager.filter(sha256=digest).update(content=b"as it is")
    response = office.client().get(reverse("document", args=[digest]))
    assert response.status_code == 409
    assert b"as it is" not in response.content


def test_a_document_that_a_browser_would_run_is_only_given_as_a_file(office: Office) -> None:
    from encaisse.journal.keep import keep

    digest = keep(office.creditor.pk, b"<script>1</script>", name="a.html", media_type="text/html", at=timezone.now())
    response = office.client().get(reverse("document", args=[digest]))
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")


def test_a_doubt_is_resolved_by_a_person(office: Office) -> None:
    client = office.client()
    action = office.action()
    with scope(creditor=office.creditor):
        Action.objects.filter(pk=action.pk).update(status="uncertain", sent_on=office.day)
    assert (
        reverse("action_resolve", args=[action.pk]) in client.get(reverse("action", args=[action.pk])).content.decode()
    )
    client.post(reverse("action_resolve", args=[action.pk]), {"was_sent": "no"})
    assert _state(office, action).status == "failed"


def test_planning_twice_plans_nothing_twice(office: Office) -> None:
    client = office.client()
    with scope(creditor=office.creditor):
        before = Action.objects.count()
    client.post(reverse("today_run"))
    client.post(reverse("today_run"))
    with scope(creditor=office.creditor):
        assert Action.objects.filter(status="planned").values("case").distinct().count() >= before - 1
        cases = list(Action.objects.filter(status="planned").values_list("case", flat=True))
    assert len(cases) == len(set(cases))


def test_every_change_is_in_the_journal_with_who_made_it(office: Office) -> None:
    client = office.client(office.controller)
    client.post(reverse("actions_approve"), {"action": office.action("letter").pk})
    with scope(creditor=office.creditor):
        entry = Entry.objects.filter(kind="action_approved").get()
    assert entry.actor == office.controller.email


def test_lists_of_actions_are_paged_by_key(office: Office) -> None:
    with scope(creditor=office.creditor):
        pattern = Action.objects.filter(status="sent").get()
        for number in range(120):
            pattern.pk = None
            pattern.day = office.day - timedelta(30 + number)
            pattern.save(force_insert=True)
    client = office.client()
    seen: list[int] = []
    address = reverse("actions") + "?status=sent"
    while address:
        page = client.get(address).context["page"]
        seen += [row.pk for row in page.rows]
        address = f"{reverse('actions')}?status=sent&older={page.older}" if page.older else ""
    assert len(seen) == len(set(seen)) == 121
    assert client.get(reverse("actions") + "?status=nonsense").status_code == 404


def test_an_edit_never_overwrites_what_somebody_else_wrote_meanwhile(office: Office) -> None:
    action = office.action()
    address = reverse("action_edit", args=[action.pk])
    mine, theirs = office.client(), office.client(office.controller)
    page = mine.get(reverse("action", args=[action.pk]), {"edit": "1"})
    seen, source = page.context["seen"], page.context["source"]
    theirs.post(address, {"text": source.replace("Bonjour", "Bonsoir"), "seen": seen})
    response = mine.post(address, {"text": source.replace("Bonjour", "Salut"), "seen": seen})
    assert response.status_code == 409
    assert "Salut" in response.context["source"]
    assert "Bonsoir" in _state(office, action).edited
