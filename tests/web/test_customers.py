"""Finding a customer, and everything that can be written down about one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django_scopes import scope

from encaisse.ledger.models import Receivable
from encaisse.recovery.models import Dispute, Handover, Hold, Note, Plan, Promise, Suspension
from tests.web.factories import Office


@pytest.fixture
def alpha(office: Office) -> str:
    return reverse("customer", args=[office.customers["ALPHA"].pk])


def _record(office: Office, slug: str, code: str = "ALPHA", **data: object):
    address = reverse("customer_record", args=[office.customers[code].pk, slug])
    return office.client().post(address, data)


def _receivable(office: Office, number: str) -> Receivable:
    with scope(creditor=office.creditor):
        return Receivable.objects.get(number=number)


def _later(days: int) -> str:
    return (timezone.localdate() + timedelta(days)).isoformat()


def test_the_list_begins_with_the_most_overdue(office: Office) -> None:
    rows = office.client().get(reverse("customers")).context["page"].rows
    assert [row.customer.code for row in rows][:3] == ["BRAVO", "ALPHA", "DELTA"]


@pytest.mark.parametrize("words", ["facades", "FAÇADES delta", "delta", "DELT"])
def test_search_minds_neither_case_nor_accents_nor_order(office: Office, words: str) -> None:
    rows = office.client().get(reverse("customers"), {"q": words}).context["page"].rows
    assert [row.customer.code for row in rows] == ["DELTA"]


def test_an_invoice_number_leads_to_its_customer(office: Office) -> None:
    response = office.client().get(reverse("customers"), {"q": "F-301"})
    assert response["Location"] == reverse("customer", args=[office.customers["DELTA"].pk])


def test_a_key_nobody_gave_leads_to_the_first_page(office: Office) -> None:
    assert office.client().get(reverse("customers"), {"older": "nonsense"}).status_code == 302


def test_the_csv_holds_what_is_seen_and_no_formula(office: Office) -> None:
    with scope(creditor=office.creditor):
        office.customers["DELTA"].name = '=HYPERLINK("x")'
        office.customers["DELTA"].save()
    response = office.client().get(reverse("customers_csv"), {"q": "delta"})
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "'=HYPERLINK" in lines[1]
    assert "640.50" in lines[1]


def test_a_customers_page_says_what_is_owed_and_what_comes_next(office: Office, alpha: str) -> None:
    response = office.client().get(alpha)
    html = response.content.decode()
    assert "F-101" in html
    assert "F-102" in html
    assert response.context["told"].sentence in html.replace("&#x27;", "'")
    assert 'role="img"' in html


def test_a_pause_stops_what_waits_and_can_be_ended(office: Office, alpha: str) -> None:
    action = office.action()
    response = _record(office, "pause", reason="Sinistre", ends_on=_later(10))
    assert response.status_code == 302
    with scope(creditor=office.creditor):
        pause = Suspension.objects.get()
        action.refresh_from_db()
    assert action.status == "cancelled"
    html = office.client().get(alpha).content.decode()
    assert reverse("suspension_end", args=[pause.pk]) in html
    office.client().post(reverse("suspension_end", args=[pause.pk]))
    with scope(creditor=office.creditor):
        pause.refresh_from_db()
    assert pause.ends_on == timezone.localdate()


def test_a_refused_form_keeps_what_was_written_and_says_where(office: Office) -> None:
    response = _record(office, "promise", amount="beaucoup", promised_for=_later(5), person="Paul")
    assert response.status_code == 422
    html = response.content.decode()
    assert 'value="beaucoup"' in html
    assert 'href="#promise-amount"' in html
    assert 'value="Paul"' in html
    assert 'id="promise" name="verbs" open' in html.replace("  ", " ")


def test_a_verbs_refusal_is_shown_on_the_form(office: Office) -> None:
    response = _record(office, "pause", reason="x", ends_on=_later(-1))
    assert response.status_code == 422
    assert "error-summary" in response.content.decode()


def test_a_promise_for_one_invoice(office: Office) -> None:
    receivable = _receivable(office, "F-101")
    _record(
        office,
        "promise",
        amount="1 248,00",
        promised_for=_later(7),
        person="Paul",
        receivables=[receivable.pk],
        grace_days=2,
    )
    with scope(creditor=office.creditor):
        promise = Promise.objects.get()
    assert (promise.amount, promise.receivable_id, promise.person) == (124_800, receivable.pk, "Paul")


def test_a_dispute_of_a_part(office: Office) -> None:
    receivable = _receivable(office, "F-101")
    data = {
        "receivable": receivable.pk,
        "amount": "200",
        "ground": "quality",
        "reason": "Rayures",
        "answer_by": _later(14),
    }
    assert _record(office, "dispute", **data).status_code == 302
    with scope(creditor=office.creditor):
        assert Dispute.objects.get().amount == 20_000


def test_another_customers_invoice_cannot_be_disputed(office: Office) -> None:
    receivable = _receivable(office, "F-201")
    response = _record(office, "dispute", receivable=receivable.pk, ground="quality", reason="x")
    assert response.status_code == 422


def test_a_planned_call_gets_its_result(office: Office) -> None:
    call = office.action("phone")
    _record(office, "call", "BRAVO", result="voicemail", note="Rappellera", action=call.pk)
    with scope(creditor=office.creditor):
        call.refresh_from_db()
    assert (call.status, call.outcome) == ("sent", "voicemail")


def test_a_call_with_a_promise_needs_its_day(office: Office) -> None:
    call = office.action("phone")
    assert _record(office, "call", "BRAVO", result="promise", action=call.pk).status_code == 422
    data = {"result": "promise", "amount": "3100", "promised_for": _later(6), "action": call.pk}
    assert _record(office, "call", "BRAVO", **data).status_code == 302
    with scope(creditor=office.creditor):
        assert Promise.objects.get().amount == 310_000


def test_a_plan_in_months_adds_up(office: Office) -> None:
    _record(office, "plan", "BRAVO", first_on=_later(10), count=3, amount="3100,00")
    with scope(creditor=office.creditor):
        plan = Plan.objects.get()
    assert sum(amount for _day, amount in plan.instalments) == 310_000
    assert len(plan.instalments) == 3


def test_note_hold_handover_and_contact(office: Office, alpha: str) -> None:
    client = office.client()
    _record(office, "note", text="Nouveau comptable lundi")
    _record(office, "hold", reason="Trop d'encours")
    _record(office, "contact", name="Léa", email="lea@alpha.example")
    html = client.get(alpha).content.decode()
    assert "Nouveau comptable lundi" in html
    assert "lea@alpha.example" in html
    with scope(creditor=office.creditor):
        assert Note.objects.count() == Hold.objects.count() == 1
        hold = Hold.objects.get()
    client.post(reverse("hold_release", args=[hold.pk]))
    _record(office, "handover", recipient="Étude Martin", reason="Dernière étape passée")
    with scope(creditor=office.creditor):
        assert Handover.objects.get().recipient == "Étude Martin"


@pytest.mark.parametrize("kind", ["insolvent", "deceased", "debit_pending"])
def test_what_is_known_for_certain_stops_chasing(office: Office, kind: str) -> None:
    _record(office, "standing", kind=kind, starts_on=_later(0), reason="Bodacc")
    with scope(creditor=office.creditor):
        assert Suspension.objects.get().kind == kind


def test_a_kind_of_record_nobody_knows(office: Office) -> None:
    assert _record(office, "nonsense").status_code == 404


def test_another_strategy_is_previewed_without_being_kept(office: Office) -> None:
    customer = office.customers["ALPHA"]
    client = office.client()
    response = client.get(reverse("customer_strategy", args=[customer.pk]), {"strategy": "firm"})
    assert response.context["then"] is not None
    with scope(creditor=office.creditor):
        customer.refresh_from_db()
        assert customer.strategy == "standard"
    client.post(reverse("customer_strategy_assign", args=[customer.pk]), {"strategy": "firm"})
    with scope(creditor=office.creditor):
        customer.refresh_from_db()
        assert customer.strategy == "firm"
    assert client.get(reverse("customer_strategy", args=[customer.pk]), {"strategy": "x"}).status_code == 404


def test_the_worksheet_of_interest_shows_each_segment(office: Office) -> None:
    receivable = _receivable(office, "F-201")
    address = reverse("customer_interest", args=[office.customers["BRAVO"].pk, receivable.pk])
    response = office.client().get(address)
    assert len(response.context["sheet"].segments) >= 1
    wrong = reverse("customer_interest", args=[office.customers["ALPHA"].pk, receivable.pk])
    assert office.client().get(wrong).status_code == 404


def test_statement_and_evidence(office: Office) -> None:
    client = office.client()
    pk = office.customers["ALPHA"].pk
    assert client.get(reverse("customer_statement", args=[pk])).content.startswith(b"%PDF")
    assert client.get(reverse("customer_evidence", args=[pk])).content.startswith(b"PK")


def test_lights_and_texts_of_a_strategy(office: Office) -> None:
    client = office.client()
    client.post(reverse("strategies_light", args=["standard"]), {"light": "auto"})
    with scope(creditor=office.creditor):
        assert office.creditor.strategies.get(name="standard").light == "auto"
    assert client.post(reverse("strategies_light", args=["nonsense"]), {"light": "auto"}).status_code == 404
    plan = client.get(reverse("strategies_one", args=["standard"])).context["one"].plan
    for step in plan.steps:
        response = client.get(reverse("strategies_texts", args=["standard", step.name]))
        assert response.status_code == 200, step.name
        assert len(response.context["samples"]) == 2
