"""The page of rates: what ends and what becomes impossible, adding one after a look at what it carries, withdrawing."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from django_scopes import scope

from encaisse.law import load_series
from encaisse.parties import own_rates
from encaisse.parties.models import OwnRate
from encaisse.web import rates
from encaisse.web.forms_rates import REFUSED_AT
from tests.web.factories import Office
from tests.web.test_pages import faults_in

PENALTY, LEGAL = "fr_b2b_default_penalty", "fr_legal_interest_other"
ENDED = load_series(PENALTY).last + timedelta(1)
"""The first day that lacks the rate between professionals, as the package stands."""


def given(**changes: str) -> dict[str, str]:
    """The form filled in as a French reader does: the rate of the European Central Bank on that first day."""
    day = f"{ENDED:%d/%m/%Y}"
    filled = {"series": "ecb_mro", "first": day, "last": day, "value": "2,65 %", "reference": "Site de la BCE"}
    return filled | changes


def kept(office: Office) -> list[OwnRate]:
    with scope(creditor=office.creditor):
        return list(OwnRate.objects.order_by("pk"))


def text(response: Any) -> str:
    html = response.content.decode()
    assert faults_in(html) == []
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.mark.parametrize(
    ("language", "words"),
    [("fr", "les intérêts ne peuvent plus être calculés pour"), ("en", "interest can no longer be counted for")],
)
def test_the_page_says_what_ends_and_what_becomes_impossible(office: Office, language: str, words: str) -> None:
    office.owner.language = language
    office.owner.save()
    seen = text(office.client().get(reverse("settings_rates"), {"on": ENDED.isoformat()}))
    label = load_series(PENALTY).label[language]
    assert label in seen
    assert words in seen
    assert PENALTY not in seen, "series are named in words"


def test_a_look_comes_before_anything_is_kept(office: Office) -> None:
    client = office.client()
    shown = client.post(reverse("settings_rates_add"), given())
    seen = text(shown)
    assert load_series(PENALTY).label["fr"] in seen
    assert "12,65\u00a0%" in shown.content.decode()
    assert 'name="keep"' in shown.content.decode()
    assert kept(office) == []

    done = client.post(reverse("settings_rates_add"), given(keep="yes"), follow=True)
    (rate,) = kept(office)
    assert (rate.value, rate.first_on, rate.actor) == (Decimal("2.65"), ENDED, office.owner.email)
    assert reverse("settings_rates_withdraw", args=[rate.pk]) in done.content.decode()
    assert "Site de la BCE" in text(done)


def test_days_that_carry_nothing_are_said_to(office: Office) -> None:
    day = (ENDED - timedelta(20)).isoformat()
    shown = office.client().post(reverse("settings_rates_add"), given(first=day, last=day))
    assert "callout warn" in shown.content.decode()
    assert 'name="keep"' in shown.content.decode()


REFUSED = [
    ({"value": "douze"}, "value"),
    ({"value": "265"}, "value"),
    ({"value": "2,65001"}, "value"),
    ({"reference": " "}, "reference"),
    ({"last": "01/01/2020"}, "last"),
    ({"first": "01/01/2020", "last": "02/01/2020"}, "first"),
    ({"series": LEGAL}, "first"),
    ({"series": "fr_b2b_indemnity"}, "series"),
]


def test_a_refusal_stands_beside_its_field_and_keeps_nothing(office: Office) -> None:
    client = office.client()
    for keep in ({}, {"keep": "yes"}):
        for changes, field in REFUSED:
            html = client.post(reverse("settings_rates_add"), given(**changes, **keep)).content.decode()
            assert faults_in(html) == []
            assert f'id="id_{field}_error"' in html, changes
            assert f'href="#id_{field}"' in html, changes
            assert 'name="keep"' not in html, changes
    assert kept(office) == []


def test_every_refusal_has_its_place() -> None:
    from encaisse.law.overlay import _words

    about_the_series = {"no_rate", "unknown_series", "already_withdrawn"}
    assert set(_words()) - about_the_series == set(REFUSED_AT)


def test_withdrawing_and_taking_that_back(office: Office) -> None:
    client = office.client()
    client.post(reverse("settings_rates_add"), given(keep="yes"))
    (rate,) = kept(office)
    done = client.post(reverse("settings_rates_withdraw", args=[rate.pk]), follow=True)
    undo = reverse("settings_rates_restore", args=[rate.pk])
    assert undo in done.content.decode()
    assert kept(office)[0].withdrawn_at is not None
    again = client.post(reverse("settings_rates_withdraw", args=[rate.pk]), follow=True)
    assert "message error" in again.content.decode()
    client.post(undo)
    assert [one.withdrawn_at is None for one in kept(office)] == [False, True]
    twice = client.post(undo, follow=True)
    assert "message error" in twice.content.decode()
    assert len(kept(office)) == 2


def test_rates_belong_to_owners_and_to_one_creditor(office: Office, other: Office) -> None:
    other.client().post(reverse("settings_rates_add"), given(keep="yes"))
    (theirs,) = kept(other)
    assert kept(office) == []
    for name in ("settings_rates_withdraw", "settings_rates_restore"):
        assert office.client().post(reverse(name, args=[theirs.pk])).status_code == 404
        assert other.client(other.controller).post(reverse(name, args=[theirs.pk])).status_code == 403
    assert office.client(office.controller).post(reverse("settings_rates_add"), given()).status_code == 403
    page = office.client(office.reader).get(reverse("settings_rates"))
    assert "Site de la BCE" not in text(page)
    assert 'id="add"' not in page.content.decode()


def test_the_form_for_a_series_begins_with_its_next_days(office: Office) -> None:
    html = office.client().get(reverse("settings_rates"), {"series": LEGAL}).content.decode()
    assert f'value="{ENDED.isoformat()}"' in html
    plain = office.client().get(reverse("settings_rates"), {"on": ENDED.isoformat()})
    assert plain.context["form"].initial["series"] == "ecb_mro", "what one's own invoices miss"
    for junk in ("no_such_series", "fr_b2b_indemnity", "\u202e"):
        assert office.client().get(reverse("settings_rates"), {"series": junk}).status_code == 200


def test_today_speaks_of_rates_that_end_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    client, today = office.client(), timezone.localdate()
    seen = "today_rates_seen"

    def said(day: date) -> bool:
        return reverse("settings_rates") in client.get("/", {"on": day.isoformat()}).content.decode()

    assert not said(ENDED - timedelta(31))
    assert said(ENDED - timedelta(30))
    assert said(ENDED)
    with scope(creditor=office.creditor):
        soon = rates.notice(office.creditor, ENDED - timedelta(5), "")
        missing = rates.notice(office.creditor, ENDED, "")
    assert soon
    assert missing
    assert (soon.ended, missing.ended, soon.known_to) == (False, True, ENDED - timedelta(1))
    assert client.post(reverse(seen), {"notice": soon.key}).status_code == 302
    assert not said(ENDED - timedelta(5))
    assert said(ENDED), "once it has ended it is said again"
    with scope(creditor=office.creditor):
        own_rates.add(
            office.creditor, "ecb_mro", ENDED, ENDED, Decimal("2.65"), "BCE", at=timezone.now(), actor="claire"
        )
    assert not said(ENDED)
    assert client.get("/", {"on": today.isoformat()}).status_code == 200
