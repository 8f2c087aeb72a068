"""Words that may not leave are told on the page, with why and what to write instead."""

from __future__ import annotations

from html import unescape

from django.urls import reverse
from django_scopes import scope

from encaisse.recovery.models import Action
from tests.web.factories import Office


def test_an_edit_is_refused_with_what_to_write_instead_and_the_text_is_kept(office: Office) -> None:
    client = office.client()
    action = office.action()
    source = client.get(reverse("action", args=[action.pk]), {"edit": "1"}).context["source"]
    text = source.replace("Bonjour", "Dernier avis avant saisie")
    response = client.post(reverse("action_edit", args=[action.pk]), {"text": text})
    assert response.status_code == 422
    assert response.context["source"] == text
    page = unescape(response.content.decode())
    assert "avis avant saisie" in page
    assert "C. pén. 433-13" in page
    assert "mise en demeure" in page


def test_a_message_that_cannot_leave_says_so_and_cannot_be_approved(office: Office) -> None:
    client = office.client()
    action = office.action()
    approving = reverse("actions_approve")
    assert approving in client.get(reverse("action", args=[action.pk])).content.decode()
    source = client.get(reverse("action", args=[action.pk]), {"edit": "1"}).context["source"]
    with scope(creditor=office.creditor):
        Action.objects.filter(pk=action.pk).update(edited=source.replace("Bonjour", "Nous publierons votre nom"))
    page = unescape(client.get(reverse("action", args=[action.pk])).content.decode())
    assert "publierons votre nom" in page
    assert "312-10" in page
    assert approving not in page
    answer = client.post(approving, {"action": action.pk}, follow=True)
    assert "publierons votre nom" in unescape(answer.content.decode())
    with scope(creditor=office.creditor):
        assert Action.objects.get(pk=action.pk).status == "planned"
