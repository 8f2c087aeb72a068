"""CII invoices: totals as the plain document has them, signs, terms, discounts, references."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import date
from decimal import Decimal

import pytest

from encaisse.exchange.cii import read_cii
from encaisse.exchange.einvoice import TYPES, EInvoice
from encaisse.exchange.facturx import read_einvoice, xml_in_pdf
from tests.exchange.einvoice_samples import FILES, GOOD, REFUSED, amounts, cii, cii_terms, sample

D = Decimal


def one(data: bytes) -> EInvoice:
    return read_cii(data).invoices[0]


def codes(data: bytes) -> list[str]:
    return [found.code for found in read_cii(data).problems]


def plain_totals(data: bytes) -> dict[str, Decimal]:
    """What a plain reading of the XML finds, without our reader: the last of each name under the totals."""
    root = ET.fromstring(re.sub(rb"\A\s*<\?xml[^>]*\?>", b"", data).decode())
    wanted = {
        "TaxBasisTotalAmount": "net", "GrandTotalAmount": "gross", "DuePayableAmount": "payable",
        "TaxTotalAmount": "tax", "TotalPrepaidAmount": "prepaid",
        "TaxExclusiveAmount": "net", "TaxInclusiveAmount": "gross", "PayableAmount": "payable",
        "PrepaidAmount": "prepaid",
    }  # fmt: skip
    found: dict[str, Decimal] = {}
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if name.endswith(("HeaderMonetarySummation", "LegalMonetaryTotal")):
            for child in element:
                key = wanted.get(child.tag.rpartition("}")[2])
                if key:
                    found.setdefault(key, D(child.text or ""))
    return found


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_totals_are_those_of_the_document(path: object) -> None:
    data = path.read_bytes()  # type: ignore[attr-defined]
    file = read_einvoice(data)
    invoice = file.invoices[0]
    xml = xml_in_pdf(data).attachments[0].content if file.kind == "factur-x" else data
    for name, written in plain_totals(xml).items():
        assert invoice.as_written(getattr(invoice, name)) == written, name
    assert (invoice.gross < 0) == (invoice.type == "credit_note" or invoice.as_written(invoice.gross) < 0)
    assert not [found for found in file.problems if found.severity == "error"]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_invoice_is_refused_by_name(name: str) -> None:
    file = read_einvoice(sample(name), language="en")
    assert (file.kind, file.invoices) == ("unknown", ())
    assert [found.code for found in file.problems] == REFUSED[name]
    if "other_format" in REFUSED[name]:
        assert "FatturaPA" in file.problems[-1].message


def test_every_sample_is_read_or_refused() -> None:
    assert {path.name for path in FILES} == {path.name for path in GOOD} | set(REFUSED)


def test_an_invoice_in_full() -> None:
    invoice = one(sample("EN16931_Einfach.cii.xml"))
    assert (invoice.number, invoice.type, invoice.issued_on) == ("471102", "invoice", date(2018, 3, 5))
    assert (invoice.due_on, invoice.due_by_terms) == (None, date(2018, 4, 4))
    assert (invoice.net, invoice.tax, invoice.gross, invoice.payable) == (
        D("473.00"), D("56.87"), D("529.87"), D("529.87"),
    )  # fmt: skip
    assert (invoice.seller, invoice.buyer) == ("Lieferant GmbH", "Kunden AG Mitte")
    assert invoice.seller_party.vat_id == "DE123456789"
    assert invoice.delivered_on == date(2018, 3, 5)
    assert [(line.name, line.quantity, line.net, line.tax_rate) for line in invoice.lines] == [
        ("Trennblätter A4", D("20.0000"), D("198.00"), D("19.00")),
        ("Joghurt Banane", D("50.0000"), D("275.00"), D("7.00")),
    ]
    assert [(tax.rate, tax.base, tax.amount) for tax in invoice.taxes] == [
        (D("7.00"), D("275.00"), D("19.25")),
        (D("19.00"), D("198.00"), D("37.62")),
    ]
    (discount,) = invoice.discounts
    assert (discount.percent, discount.days, discount.until) == (D(3), 10, date(2018, 3, 15))
    assert discount.taken_off(invoice.payable) == D("15.90")


def test_a_credit_note_reduces() -> None:
    invoice = one(cii(type_code="381", terms=cii_terms("20260214")))
    assert (invoice.type, invoice.sign) == ("credit_note", -1)
    assert (invoice.net, invoice.tax, invoice.gross, invoice.payable) == (D(-100), D(-20), D(-120), D(-120))
    assert str(invoice.prepaid) == "0"
    assert codes(cii(type_code="381")) == ["no_preceding"]


def test_a_credit_note_with_a_negative_total_never_becomes_a_debt() -> None:
    data = cii(type_code="381", totals=amounts(net="-100", tax="-20", gross="-120", payable="-120"))
    assert one(data).payable == D(-120)
    assert "negative_credit_note" in codes(data)


@pytest.mark.parametrize(
    ("code", "kind", "sign"),
    [("380", "invoice", 1), ("384", "corrected", 1), ("389", "self_billed", 1), ("386", "prepayment", 1),
     ("326", "partial", 1), ("393", "factored", 1), ("261", "credit_note", -1), ("503", "credit_note", -1)],
)  # fmt: skip
def test_types(code: str, kind: str, sign: int) -> None:
    invoice = one(cii(type_code=code))
    assert (invoice.type, invoice.gross) == (kind, D(120) * sign)
    assert invoice.claims_payment


def test_types_that_need_a_look() -> None:
    assert one(cii(type_code="261")).self_billed
    assert one(cii(type_code="501")).factored
    assert not one(cii(type_code="325")).claims_payment
    assert codes(cii(type_code="325")) == ["proforma"]
    assert codes(cii(type_code="999")) == ["unknown_document_type"]
    assert one(cii(type_code="999")).type == "invoice"
    assert all(code.isdigit() for code in TYPES)


def test_what_it_corrects() -> None:
    reference = (
        "<ram:InvoiceReferencedDocument><ram:IssuerAssignedID>F0</ram:IssuerAssignedID><ram:FormattedIssueDateTime>"
        "<udt:DateTimeString>20251231</udt:DateTimeString></ram:FormattedIssueDateTime></ram:InvoiceReferencedDocument>"
    )
    (before,) = one(cii(type_code="384", settlement=reference)).preceding
    assert (before.number, before.issued_on) == ("F0", date(2025, 12, 31))
    assert codes(cii(type_code="384", settlement=reference)) == []


def test_a_due_date_before_the_invoice_is_told() -> None:
    data = cii(terms=cii_terms("20260101"))
    assert one(data).due_on == date(2026, 1, 1)
    assert codes(data) == ["due_before_issue"]


def test_negative_zero_and_prepaid_totals() -> None:
    assert one(sample("EN16931_Rechnungskorrektur.cii.xml")).gross == D("-8.79")
    assert one(sample("EN16931_Einfach_negativePaymentDue.cii.xml")).payable == D("-529.87")
    zero = cii(totals=amounts(net="0.00", tax="0.00", gross="0.00", payable="0.00"))
    assert (one(zero).payable, codes(zero)) == (D(0), [])
    paid = cii(totals=amounts(net="100", tax="20", gross="120", prepaid="120", payable="0"))
    assert (one(paid).prepaid, one(paid).payable, codes(paid)) == (D(120), D(0), [])


def test_totals_left_out_are_computed() -> None:
    for given in ({"net": "100", "tax": "20"}, {"gross": "120", "tax": "20"}, {"net": "100", "payable": "120"}):
        invoice = one(cii(totals=amounts(**given)))
        assert (invoice.net, invoice.tax, invoice.gross, invoice.payable) == (D(100), D(20), D(120), D(120))


def test_totals_that_do_not_add_up_are_kept_as_written() -> None:
    data = cii(totals=amounts(net="100", tax="20", gross="150", payable="150"))
    (found,) = read_cii(data, language="en").problems
    assert (found.code, found.severity) == ("totals_disagree", "warning")
    assert found.line == 19
    assert "120 expected, 150 written" in found.message
    assert one(data).gross == D(150)


@pytest.mark.parametrize(
    ("totals", "code"),
    [("", "no_invoice_total"), (amounts(gross="12,50"), "no_invoice_total"), (amounts(net="1e5"), "no_invoice_total")],
)
def test_an_invoice_without_total_is_set_aside(totals: str, code: str) -> None:
    file = read_cii(cii(totals=totals))
    assert file.invoices == ()
    assert code in [found.code for found in file.problems]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [(b"<ram:ID>F1</ram:ID>", b"", "no_invoice_number"), (b"20260115", b"20260230", "no_issue_date"),
     (b"EUR", b"", "invoice_without_currency")],
)  # fmt: skip
def test_what_is_missing_is_told(old: bytes, new: bytes, code: str) -> None:
    assert code in codes(cii().replace(old, new))


def test_instalments() -> None:
    two = cii_terms("20260215", "1/2", "60.00") + cii_terms("20260315", "2/2", "60.00")
    invoice = one(cii(terms=two))
    assert [(part.due_on, part.amount, part.text) for part in invoice.instalments] == [
        (date(2026, 2, 15), D(60), "1/2"), (date(2026, 3, 15), D(60), "2/2"),
    ]  # fmt: skip
    assert invoice.due_on == date(2026, 3, 15)
    rest = one(cii(terms=cii_terms("20260315") + cii_terms("20260215", "", "50.00")))
    assert [part.amount for part in rest.instalments] == [D(50), D(70)]
    assert codes(cii(terms=two.replace("60.00", "50.00"))) == ["instalments_disagree"]
    assert codes(cii(terms=cii_terms("20260215") + cii_terms("20260315"))) == ["instalments_without_amounts"]


def test_a_discount_in_its_own_fields_is_no_instalment() -> None:
    early = (
        '<ram:ApplicableTradePaymentDiscountTerms><ram:BasisPeriodMeasure unitCode="DAY">10</ram:BasisPeriodMeasure>'
        "<ram:CalculationPercent>2</ram:CalculationPercent></ram:ApplicableTradePaymentDiscountTerms>"
    )
    invoice = one(cii(terms=cii_terms("20260125", "2 %", more=early) + cii_terms("20260214", "net")))
    assert (invoice.due_on, invoice.instalments) == (date(2026, 2, 14), ())
    (discount,) = invoice.discounts
    assert (discount.percent, discount.until, discount.taken_off(invoice.payable)) == (
        D(2), date(2026, 1, 25), D("2.40"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "percent", "days"),
    [
        ("#SKONTO#TAGE=14#PROZENT=2.00#", "2.00", 14),
        ("#SKONTO#TAGE=7#PROZENT=3.00#BASISBETRAG=100.00#", "3.00", 7),
        ("2 % d'escompte sous 8 jours", "2", 8),
        ("Escompte de 1,5 % pour paiement anticipé sous 10 jours", "1.5", 10),
        ("3% Skonto innerhalb 10 Tagen", "3", 10),
        ("2 % discount if paid within 2 days", "2", 2),
        ("2/10 net 30", "2", 10),
    ],
)
def test_discounts_in_words(text: str, percent: str, days: int) -> None:
    (discount,) = one(cii(terms=cii_terms("20260214", text))).discounts
    assert (discount.percent, discount.days) == (D(percent), days)


@pytest.mark.parametrize(
    "text",
    ["Pas d'escompte pour paiement anticipé", "#SKONTO#TAGE=30#PROZENT=0.00#", "Pénalités de 12 % sous 30 jours", ""],
)
def test_no_discount_where_there_is_none(text: str) -> None:
    assert one(cii(terms=cii_terms("20260214", text))).discounts == ()


@pytest.mark.parametrize(
    ("text", "due"),
    [("30 jours fin de mois", date(2026, 2, 28)), ("Zahlbar innerhalb 30 Tagen netto", date(2026, 2, 14)),
     ("Payment within 30 days", date(2026, 2, 14)), ("10 Tage 3% Skonto, 30 Tage netto", date(2026, 2, 14)),
     ("30 jours ou 45 jours", None), ("Ref. 12, 30", None), ("30 jours, 45 jours", None)],
)  # fmt: skip
def test_the_due_date_that_words_lead_to(text: str, due: date | None) -> None:
    invoice = one(cii(terms=cii_terms("", text)))
    assert (invoice.due_on, invoice.due_by_terms) == (None, due)


def test_parties() -> None:
    party = one(cii()).buyer_party
    assert (party.siren, party.identifier) == ("123456782", "12345678200027")
    invoice = one(sample("xml_extended_1.xml"))
    assert [before.number for before in invoice.preceding] == ["S-INV1", "S-INV2"]
    assert invoice.iban.startswith("DE")
    assert not invoice.direct_debit


def test_a_broken_document_keeps_its_kind_and_says_where() -> None:
    file = read_cii(cii()[:900], language="en")
    assert (file.kind, file.invoices) == ("cii", ())
    assert [(found.code, found.line) for found in file.problems] == [("xml_broken", 12)]


@pytest.mark.parametrize(
    ("form", "day"),
    [
        ("2", "150126"), ("3", "011526"), ("4", "15012026"), ("101", "260115"), ("203", "202601151030"),
        ("205", "202601151030+0100"), ("304", "20260115103000CET"), ("", "2026-01-15+01:00"),
    ],
)  # fmt: skip
def test_days_in_every_form(form: str, day: str) -> None:
    data = cii().replace(b'format="102">20260115', f'format="{form}">{day}'.encode())
    assert (one(data).issued_on, codes(data)) == (date(2026, 1, 15), [])


def test_amounts_in_another_currency_beside_those_of_the_invoice() -> None:
    names = ("TaxBasisTotalAmount", "TaxTotalAmount", "GrandTotalAmount", "DuePayableAmount")
    sides = (("CHF", "95 19 114 114"), ("EUR", "100 20 120 120"))
    totals = "".join(
        f'<ram:{name} currencyID="{code}">{values.split()[place]}</ram:{name}>'
        for place, name in enumerate(names)
        for code, values in sides
    )
    invoice = one(cii(totals=totals))
    assert (invoice.net, invoice.tax, invoice.gross, invoice.payable) == (D(100), D(20), D(120), D(120))


def test_a_tax_only_given_in_another_currency_is_what_is_left() -> None:
    totals = (
        amounts(net="100", gross="120", payable="120") + '<ram:TaxTotalAmount currencyID="CHF">19</ram:TaxTotalAmount>'
    )
    assert one(cii(totals=totals)).tax == D(20)
    assert codes(cii(totals=totals)) == []


@pytest.mark.parametrize(
    ("scheme", "address", "siren"),
    [
        ("0225", "552100554_FACTURES", "552100554"), ("0009", "55210055400013", "552100554"), ("0088", "552100554", ""),
        ("0225", "5521005541", ""),
    ],
)  # fmt: skip
def test_a_french_electronic_address_tells_the_company(scheme: str, address: str, siren: str) -> None:
    place = f'<ram:URIID schemeID="{scheme}">{address}</ram:URIID>'
    party = f"<ram:URIUniversalCommunication>{place}</ram:URIUniversalCommunication>"
    data = cii().replace(
        b"<ram:Name>Moulin \xc3\x89t\xc3\xa9</ram:Name>", f"<ram:Name>Moulin</ram:Name>{party}".encode()
    )
    assert one(data).seller_party.siren == siren
