"""Each receivable under its own law, the same in the frames of a million and in the worksheet of one."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaisse.documents import library
from encaisse.documents.texts import compose
from encaisse.ledger.models import Receivable, RegimeChoice
from encaisse.parties.models import Creditor, Customer
from encaisse.recovery import record_regime
from encaisse.recovery.accrual import once_per_invoice
from encaisse.recovery.facts import read
from encaisse.recovery.models import Action, ActionLine, Case
from encaisse.recovery.refusal import Refused
from encaisse.recovery.regime import choice_for, may_be_given, ruling, with_regime
from encaisse.recovery.situation import look
from encaisse.recovery.worksheet import worksheet
from tests.documents.samples import case as sample
from tests.factories import instant, make_customer, make_invoice, make_payment
from tests.recovery.desk import MONDAY, late_customer, run

pytestmark = pytest.mark.django_db
STAMP = {"at": instant(MONDAY), "actor": "test"}


@pytest.mark.parametrize(
    ("kind", "regime"),
    [
        ("company", "fr-b2b"),
        ("sole_trader", "fr-b2b"),
        ("public", "fr-public"),
        ("consumer", "fr-b2c"),
        ("association", "fr-b2c"),
    ],
)
def test_in_france_the_kind_of_customer_decides(kind: str, regime: str) -> None:
    assert choice_for("FR", "FR", kind).regime == regime
    assert choice_for("FR", "", kind).regime == regime, "an address without a country is at home"


COUNTRIES = ("FR", "DE", "GB", "US", "")
KINDS = ("company", "consumer", "association")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(product(COUNTRIES, KINDS))), st.sampled_from([None, "", "uk", "de-b2c", "be-b2b"])
        ),
        min_size=1,
        max_size=12,
    )
)
def test_the_frame_rules_as_one_by_one(rows: list[tuple[tuple[str, str], str | None]]) -> None:
    frame = pl.DataFrame(
        {
            "receivable": list(range(len(rows))),
            "country": [country for (country, _), _ in rows],
            "kind": [kind for (_, kind), _ in rows],
        }
    )
    chosen = [(number, code) for number, (_, code) in enumerate(rows) if code is not None]
    told = pl.DataFrame(chosen, schema={"receivable": pl.Int64, "regime": pl.String}, orient="row")
    found = with_regime(frame, "FR", told)["regime"].to_list()
    for regime, ((country, kind), code) in zip(found, rows, strict=True):
        usual = choice_for("FR", country, kind).regime
        allowed = code and code in may_be_given(Customer(kind=kind))
        assert regime == (code if allowed else usual)


OWED = st.lists(st.tuples(st.integers(1, 4), st.sampled_from([0, 4_000, 7_000])), min_size=1, max_size=12)


@given(OWED)
def test_the_fixed_sum_stands_once_on_each_invoice_that_owes_one(rows: list[tuple[int, int]]) -> None:
    owed = pl.DataFrame({"receivable": range(len(rows)), "interest": 1, "indemnity": [sum_ for _, sum_ in rows]})
    parts = pl.DataFrame({"receivable": range(len(rows)), "invoice": [invoice for invoice, _ in rows]})
    found = once_per_invoice(owed, parts)
    assert found["receivable"].to_list() == owed["receivable"].to_list()
    assert found["interest"].to_list() == owed["interest"].to_list()
    for invoice in {invoice for invoice, _ in rows}:
        mine = [number for number, (of, _) in enumerate(rows) if of == invoice]
        owing = [number for number in mine if rows[number][1]]
        carried = {number: found["indemnity"][number] for number in mine if found["indemnity"][number]}
        assert carried == ({owing[0]: rows[owing[0]][1]} if owing else {})


def _notice(creditor: Creditor, row: Receivable, day: date) -> None:
    case = Case.objects.get(customer=row.customer)
    action = Action.objects.create(
        creditor=creditor, case=case, customer=row.customer, day=day, strategy="standard", step="notice",
        step_days=45, channel="letter", template="notice", status="sent", sent_on=day, principal=row.amount,
        finished_at=instant(day), planned_at=instant(day), strategy_version=1, interest=0, indemnity=0,
    )  # fmt: skip
    ActionLine.objects.create(creditor=creditor, action=action, receivable=row, amount=row.amount, stage_days=45)


@pytest.mark.parametrize(
    ("country", "kind", "regime", "currency", "noticed"),
    [
        ("FR", "company", None, "EUR", False),
        ("FR", "company", None, "GBP", False),
        ("FR", "public", None, "EUR", False),
        ("DE", "company", "de-b2b", "EUR", False),
        ("DE", "company", "de-b2b", "EUR", True),
        ("DE", "consumer", None, "EUR", False),
        ("DE", "consumer", None, "EUR", True),
        ("BE", "consumer", None, "EUR", True),
        ("NL", "company", "nl-b2b", "EUR", False),
        ("GB", "company", "uk", "GBP", False),
        ("GB", "company", "uk", "EUR", False),
        ("CH", "company", "ch", "CHF", True),
        ("US", "consumer", None, "USD", False),
    ],
)
def test_frames_and_worksheet_agree_under_every_law(
    creditor: Creditor, country: str, kind: str, regime: str | None, currency: str, noticed: bool
) -> None:
    customer = make_customer(creditor, "ALPHA", country=country, kind=kind)
    due = MONDAY - timedelta(200)
    row = make_invoice(customer, "F-1", due - timedelta(30), due, 1_234_567, currency=currency)
    make_payment(customer, due + timedelta(20), 100_000, {row: 100_000}, currency=currency)
    make_payment(customer, due + timedelta(90), 50_001, {row: 50_001}, currency=currency)
    make_payment(customer, due + timedelta(95), 7_000, {row: 7_000}, kind="credit_note", currency=currency)
    run(creditor)
    if regime:
        record_regime.record(creditor, customer, regime=regime, reason="contract", **STAMP)
    if noticed:
        _notice(creditor, row, due + timedelta(50))
    line = read(creditor, MONDAY).frame.row(0, named=True)
    sheet = worksheet(row, ruling(creditor, customer, row.pk).regime, MONDAY)
    found = (sheet.interest, sheet.indemnity) if sheet else (0, 0)
    assert (line["interest"], line["indemnity"]) == found
    assert (sheet is None) == (country == "US")
    if (regime or country, currency) in {("FR", "EUR"), ("uk", "GBP"), ("nl-b2b", "EUR")}:
        assert line["indemnity"] > 0
    if currency not in ("EUR", "CHF") and regime != "uk":
        assert line["indemnity"] == 0, "40 EUR are not 40 of another currency"


def test_a_correction_is_asked_as_it_was_known(creditor: Creditor) -> None:
    row = late_customer(creditor, late=30, country="GB")
    run(creditor)
    record_regime.record(
        creditor, row.customer, regime="uk", reason="clause", at=instant(MONDAY, 12), actor="test", receivable_id=row.pk
    )
    before, after = (read(creditor, MONDAY, known_at=instant(MONDAY, hour)).frame["interest"][0] for hour in (11, 13))
    assert before > after > 0
    case = Case.objects.get()
    assert look(creditor, case, MONDAY).lines[0]["regime"] == "uk"


def test_the_same_again_is_no_correction(creditor: Creditor) -> None:
    row = late_customer(creditor, late=30)
    assert record_regime.record(creditor, row.customer, regime="", reason="by rule", **STAMP) == []
    assert len(record_regime.record(creditor, row.customer, regime="be-b2b", reason="clause", **STAMP)) == 1
    assert record_regime.record(creditor, row.customer, regime="be-b2b", reason="clause", **STAMP) == []


@pytest.mark.parametrize(
    ("regime", "reason", "code"),
    [
        ("uk", " ", "reason_missing"),
        ("xx", "why", "unknown_regime"),
        ("fr-judgment", "why", "regime_of_judgment"),
        ("fr-b2b", "why", "regime_of_business"),
    ],
)
def test_what_cannot_be_given_is_refused_by_name(creditor: Creditor, regime: str, reason: str, code: str) -> None:
    row = late_customer(creditor, late=30, kind="consumer")
    with pytest.raises(Refused) as refused:
        record_regime.record(creditor, row.customer, regime=regime, reason=reason, **STAMP)
    assert refused.value.code == code
    assert not RegimeChoice.objects.exists()


def test_a_business_regime_given_before_is_passed_over_for_a_consumer(creditor: Creditor) -> None:
    row = late_customer(creditor, late=30)
    record_regime.record(creditor, row.customer, regime="be-b2b", reason="clause", **STAMP)
    Customer.objects.filter(pk=row.customer_id).update(kind="consumer")
    run(creditor)
    assert read(creditor, MONDAY).frame["indemnity"][0] == 0
    assert ruling(creditor, Customer.objects.get(pk=row.customer_id), row.pk).regime == "fr-b2c"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_37_no_message_ever_names_the_40_euros_to_a_consumer(language: str) -> None:
    for name in library.templates(language):
        text = compose(name, language, sample("notice-consumer"))
        whole = " ".join((text.subject, *text.paragraphs, text.closing))
        for words in ("40,00", "40.00", "40\N{NO-BREAK SPACE}€", "€40", "D441-5", "L441-10"):
            assert words not in whole, name
