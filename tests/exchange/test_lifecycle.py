"""Statuses of electronic invoices: CDAR messages, CSV, JSON; each a dated fact, or a problem."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import get_args

import pytest

from encaisse.exchange import lifecycle
from encaisse.exchange.lifecycle import read_cdar, read_statuses
from encaisse.exchange.problems import LANGUAGES
from encaisse.exchange.statuses import Effect, Status, _table, code_of, meanings, reason_words
from tests.exchange.einvoice_samples import cii

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><rsm:CrossDomainAcknowledgementAndResponse '
    'xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossDomainAcknowledgementAndResponse:100" '
    'xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100" '
    'xmlns:qdt="urn:un:unece:uncefact:data:standard:QualifiedDataType:100" '
    'xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">'
)


def amount(code: str, value: str) -> str:
    kind = f"<ram:TypeCode>{code}</ram:TypeCode>" if code else ""
    return (
        f"<ram:SpecifiedDocumentCharacteristic>{kind}"
        f'<ram:ValueAmount currencyID="EUR">{value}</ram:ValueAmount></ram:SpecifiedDocumentCharacteristic>'
    )


def reference(code: str, number: str = "F1", reason: str = "", more: str = "") -> str:
    why = f"<ram:ReasonCode>{reason}</ram:ReasonCode>" if reason else ""
    return f"""<ram:ReferenceReferencedDocument>
  <ram:IssuerAssignedID>{number}</ram:IssuerAssignedID><ram:TypeCode>380</ram:TypeCode>
  <ram:FormattedIssueDateTime>
   <qdt:DateTimeString format="102">20260115</qdt:DateTimeString></ram:FormattedIssueDateTime>
  <ram:ProcessConditionCode>{code}</ram:ProcessConditionCode>
  <ram:IssuerTradeParty><ram:GlobalID schemeID="0002">111111118</ram:GlobalID><ram:RoleCode>SE</ram:RoleCode>
  </ram:IssuerTradeParty>
  <ram:RecipientTradeParty><ram:GlobalID schemeID="0002">222222226</ram:GlobalID><ram:RoleCode>BY</ram:RoleCode>
  </ram:RecipientTradeParty>
  <ram:SpecifiedDocumentStatus>{why}{more}</ram:SpecifiedDocumentStatus>
 </ram:ReferenceReferencedDocument>"""


def cdar(*references: str, day: str = "20260120101530") -> bytes:
    return f"""{HEAD}
 <rsm:ExchangedDocument><ram:ID>M-1</ram:ID><ram:IssueDateTime>
  <udt:DateTimeString format="204">20260121000000</udt:DateTimeString></ram:IssueDateTime></rsm:ExchangedDocument>
 <rsm:AcknowledgementDocument><ram:TypeCode>23</ram:TypeCode><ram:IssueDateTime>
  <udt:DateTimeString format="204">{day}</udt:DateTimeString></ram:IssueDateTime>
  <ram:IssuerTradeParty><ram:RoleCode>BY</ram:RoleCode></ram:IssuerTradeParty>
 {"".join(references)}</rsm:AcknowledgementDocument></rsm:CrossDomainAcknowledgementAndResponse>""".encode()


def one(data: bytes) -> Status:
    (status,) = read_statuses(data).statuses
    return status


def codes(data: bytes) -> list[str]:
    return [found.code for found in read_statuses(data).problems]


def test_an_approval_is_a_dated_fact() -> None:
    status = one(cdar(reference("205")))
    assert (status.invoice, status.code, status.effect) == ("F1", "205", "approved")
    assert (status.on, status.at) == (date(2026, 1, 20), datetime(2026, 1, 20, 10, 15, 30))
    assert (status.seller_id, status.buyer_id, status.by) == ("111111118", "222222226", "BY")
    assert (status.invoice_on, status.message) == (date(2026, 1, 15), "M-1")
    assert (status.label(), status.label("en")) == ("Approuvée", "Approved")


@pytest.mark.parametrize("code", ["210", "213", "501"])
def test_what_never_starts_the_clock(code: str) -> None:
    assert one(cdar(reference(code, reason="DOUBLON"))).stops_clock
    assert not one(cdar(reference("205"))).stops_clock


@pytest.mark.parametrize(
    ("code", "more", "value", "kind"),
    [
        ("206", amount("MNA", "40.00") + amount("MAP", "80.00"), "40.00", "unapproved"),
        ("206", amount("MAP", "80.00"), "80.00", "approved"),
        ("206", amount("", "40.00"), "40.00", "unapproved"),
        ("211", amount("RAP", "20.00") + amount("MPA", "100.00"), "100.00", "paid"),
        ("212", amount("MEN", "60.00") + amount("MEN", "40.00"), "100.00", "received"),
        ("207", amount("DIV", "3"), None, ""),
    ],
)
def test_amounts(code: str, more: str, value: str | None, kind: str) -> None:
    status = one(cdar(reference(code, more=more)))
    assert (status.amount, status.amount_kind) == (None if value is None else Decimal(value), kind)
    assert status.currency == ("" if value is None else "EUR")


def test_reasons_in_words() -> None:
    status = one(cdar(reference("207", reason="QTE_ERR")))
    assert status.reason_words("fr") == "quantité facturée erronée"
    own = one(cdar(reference("207", reason="AUTRE", more="<ram:Reason>Palette cassée</ram:Reason>")))
    assert (own.reason_code, own.reason_words("en")) == ("AUTRE", "Palette cassée")
    assert reason_words("XYZ_9") == "XYZ_9"


def test_several_invoices_in_one_message() -> None:
    file = read_cdar(cdar(reference("205"), reference("207", "F2")))
    assert [(one.invoice, one.code) for one in file.statuses] == [("F1", "205"), ("F2", "207")]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (cdar(), ["no_status"]),
        (cdar(reference("299")), ["unknown_status"]),
        (cdar(reference("205", number="")), ["status_without_invoice"]),
        (cdar(reference("205"), day="2026"), ["bad_status_date"]),
        (cdar(reference("212", more=amount("MEN", "12,5"))), ["bad_invoice_amount"]),
        (cii(), ["not_a_status"]),
        (cdar(reference("205"))[:-200], ["xml_broken"]),
        (b"", ["empty_file"]),
        (b"\0\1\2", ["not_statuses"]),
        (b"name;email\nx;y\n", ["not_statuses"]),
        (b"[1, 2]", ["not_statuses"]),
        (b"[" * 100_000, ["json_broken"]),
        (b'[{"invoice": "F1", "code": 205, "on": "2026-01-20"', ["json_broken"]),
        (b'[{"invoice": "F1", "code": 1' + b"0" * 10_000 + b', "on": "2026-01-20"}]', ["unknown_status"]),
    ],
)
def test_what_is_wrong_is_a_problem(data: bytes, found: list[str]) -> None:
    assert codes(data) == found


CSV = "Facture;Statut;Date;Code motif;Montant;Devise;Date de paiement\n"


def test_a_table_in_french() -> None:
    table = CSV + "F1;Approuvée;20/01/2026;;;;\nF2;206 - Approuvée partiellement;2026-01-21;QTE_ERR;1 040,50;eur;\n"
    file = read_statuses(table.encode("cp1252"))
    first, second = file.statuses
    assert (file.kind, file.problems) == ("status-csv", ())
    assert (first.code, first.on) == ("205", date(2026, 1, 20))
    assert (second.code, second.amount, second.amount_kind, second.currency) == (
        "206", Decimal("1040.50"), "unapproved", "EUR",
    )  # fmt: skip
    assert (second.reason_code, second.line) == ("QTE_ERR", 3)


def test_a_payment_announced_says_when() -> None:
    status = one((CSV + "F1;211;2026-01-20;;120.00;EUR;30/01/2026\n").encode())
    assert (status.amount_kind, status.value_on) == ("paid", date(2026, 1, 30))


def test_the_good_rows_of_a_table_are_kept() -> None:
    file = read_statuses((CSV + "F1;205;2026-01-20\n;205;2026-01-20\nF3;hm;2026-01-20\n\nF4;210;hier\n").encode())
    assert [status.invoice for status in file.statuses] == ["F1"]
    assert [(found.code, found.line) for found in file.problems] == [
        ("status_without_invoice", 3), ("unknown_status", 4), ("bad_status_date", 6),
    ]  # fmt: skip


def test_json() -> None:
    rows = [
        {"invoice": "F1", "status": 207, "at": "2026-01-20T10:00:00+01:00", "amount": 40.5, "reason_code": "PU_ERR"}
    ]
    for content in (rows, {"statuses": rows}, rows[0]):
        file = read_statuses(json.dumps(content).encode())
        (status,) = file.statuses
        assert (file.kind, status.code, status.amount) == ("status-json", "207", Decimal("40.5"))
        assert status.at == datetime(2026, 1, 20, 10)


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "MAX_STATUSES", 1)
    two = read_statuses((CSV + "F1;205;2026-01-20\nF2;205;2026-01-20\n").encode())
    assert (len(two.statuses), two.problems[0].code) == (1, "too_many_statuses")
    monkeypatch.setattr(lifecycle, "MAX_BYTES", 10)
    assert codes(CSV.encode()) == ["document_too_large"]


def test_the_table_of_statuses_is_whole() -> None:
    assert set(meanings()) == {*map(str, range(200, 214)), "501", "601"}
    for one_meaning in meanings().values():
        assert one_meaning.effect in get_args(Effect)
        assert set(one_meaning.words) == set(LANGUAGES)
        assert code_of(one_meaning.label("en")) == one_meaning.code
    assert all(set(words) == set(LANGUAGES) for words in _table()["reason"].values())
    assert [code for code, one in meanings().items() if one.stops_clock] == ["210", "213", "501"]


@pytest.mark.parametrize(
    "data",
    [
        b'[{"invoiceNumber": "F1", "statusCode": "fr:212", "statusDate": "2026-01-20", "amount": "1 040,50 EUR"}]',
        b'{"data": {"all": [{"invoice": "F1", "code": "212", "on": "2026-01-20", "amount": 1040.5, "devise": "EUR"}]}}',
        b'{"invoice": "F1", "code": "212", "on": "2026-01-20", "amount": "1040.50", "currency": "EUR", "by": {"a": 1}}',
        'Numéro facture;Statut;Date du statut;Montant\nF1;Encaissée par X;20/01/26 10:30;"1.040,50 €"\n'.encode(),
    ],
)
def test_forms_programs_write(data: bytes) -> None:
    found = one(data)
    assert (found.invoice, found.code, found.on) == ("F1", "212", date(2026, 1, 20))
    assert (found.amount, found.currency) == (Decimal("1040.5"), "EUR")


def test_json_with_an_object_a_line() -> None:
    lines = (
        b'{"invoice": "F1", "code": 205, "on": "2026-01-20"}\n\n{"invoice": "F2", "code": 207, "on": "2026-01-21"}\n'
    )
    assert [(status.invoice, status.code) for status in read_statuses(lines).statuses] == [("F1", "205"), ("F2", "207")]
