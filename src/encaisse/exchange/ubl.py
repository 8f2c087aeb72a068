"""Read OASIS UBL 2 invoices and credit notes: EN 16931, Peppol BIS, XRechnung."""

from __future__ import annotations

import re
from decimal import Decimal

from encaisse.exchange.einvoice import Discount, EInvoice, InvoiceFile, Line, Note, Party, Preceding, Tax
from encaisse.exchange.einvoice_build import Draft, finish
from encaisse.exchange.einvoice_files import read_one
from encaisse.exchange.einvoice_terms import Term
from encaisse.exchange.problems import Problem
from encaisse.exchange.safe_xml import Node
from encaisse.exchange.xml_values import amount_of

_EMPTY = Node("", "", 0, {})
_SUBJECT = re.compile(r"#([A-Z]{3})#\s*(.*)", re.DOTALL)
_BEFORE = "BillingReference/InvoiceDocumentReference"
_BANK_CREDITOR = "SEPA"  # this scheme numbers the collector of direct debits, not the company


def read_ubl(data: bytes, *, language: str = "fr") -> InvoiceFile:
    """Read one UBL Invoice or CreditNote. Amounts are decimals of its currency, signed; problems in ``language``.

    Never raises for what is in ``data``; limits: ``safe_xml.MAX_BYTES``, ``MAX_DEPTH``, ``MAX_ELEMENTS``.
    """
    return read_one(data, {"ubl": invoice_in}, language=language)


def invoice_in(root: Node) -> tuple[EInvoice | None, list[Problem]]:
    """The invoice under a UBL root, or None when it lacks what makes one; and the problems."""
    credit = root.name == "CreditNote"
    payee = root.first("PayeeParty")
    draft = Draft(
        syntax="ubl", line=root.line, credit_document=credit,
        number=root.value("ID"),
        type_code=root.value("InvoiceTypeCode", "CreditNoteTypeCode") or ("381" if credit else "380"),
        profile=root.value("CustomizationID"), currency=root.value("DocumentCurrencyCode"),
        seller=_party(root.first("AccountingSupplierParty/Party")),
        buyer=_party(root.first("AccountingCustomerParty/Party")),
        payee=_party(payee) if payee else None,
        order_ref=root.value("OrderReference/ID"), contract_ref=root.value("ContractDocumentReference/ID"),
        buyer_reference=root.value("BuyerReference"), vat_point=root.value("InvoicePeriod/DescriptionCode"),
        notes=[_note(note.text) for note in root.all("Note") if note.text],
    )  # fmt: skip
    draft.issued_on = draft.day(root.first("IssueDate"))
    draft.delivered_on = draft.day(root.first("Delivery/ActualDeliveryDate"))
    _totals(draft, root)
    _means(draft, root)
    _terms(draft, root)
    name = "CreditNoteLine" if credit else "InvoiceLine"
    # Where the document names no earlier invoice, its lines may.
    named = list(root.all(_BEFORE)) or list(root.all(f"{name}/{_BEFORE}"))
    draft.preceding = [one for one in (_preceding(draft, document) for document in named) if one.number]
    draft.lines = [_line(draft, line) for line in root.all(name)]
    return finish(draft)


def _totals(draft: Draft, root: Node) -> None:
    totals = root.first("LegalMonetaryTotal") or _EMPTY
    draft.totals_line = totals.line or None
    if not draft.currency:
        payable = totals.first("PayableAmount")
        draft.currency = payable.attributes.get("currencyID", "") if payable else ""
    # In Danish UBL this name holds the tax: the amount without it is then what is left.
    danish = draft.profile.upper().startswith("OIOUBL")
    draft.net = None if danish else draft.amount(totals.first("TaxExclusiveAmount"))
    draft.gross = draft.amount(totals.first("TaxInclusiveAmount"))
    draft.prepaid = draft.amount(totals.first("PrepaidAmount"))
    draft.rounding = draft.amount(totals.first("PayableRoundingAmount"))
    draft.payable = draft.amount(totals.first("PayableAmount"))
    draft.tax = draft.tax_total(root.all("TaxTotal/TaxAmount"))
    draft.taxes = [_tax(draft, tax) for tax in root.all("TaxTotal/TaxSubtotal")]


def _means(draft: Draft, root: Node) -> None:
    for means in root.all("PaymentMeans"):
        code = means.value("PaymentMeansCode")
        account = means.value("PayeeFinancialAccount/ID")
        draft.means += [code] if code else []
        draft.ibans += [account.replace(" ", "")] if account else []
        draft.payment_reference = draft.payment_reference or means.value("PaymentID")
        draft.mandate = draft.mandate or means.value("PaymentMandate/ID")


def _terms(draft: Draft, root: Node) -> None:
    draft.terms = [_term(draft, terms) for terms in root.all("PaymentTerms")]
    if any(term.due_on and term.parts for term in draft.terms):
        return
    # The due date stands on the invoice; a credit note, and older versions, have it on the means of payment.
    due = root.first("DueDate", "PaymentMeans/PaymentDueDate")
    due_on = draft.day(due)
    if due_on and due:
        draft.terms.append(Term(due_on=due_on, line=due.line))


def _term(draft: Draft, terms: Node) -> Term:
    percent = draft.amount(terms.first("SettlementDiscountPercent"))
    amount = draft.amount(terms.first("SettlementDiscountAmount", "DiscountAmount"))
    discount = Discount(
        percent=percent,
        amount=amount,
        days=_days(terms.first("SettlementPeriod/DurationMeasure")),
        until=draft.day(terms.first("SettlementPeriod/EndDate")),
    )
    return Term(
        text="\n".join(note.text for note in terms.all("Note") if note.text),
        due_on=draft.day(terms.first("InstallmentDueDate", "PaymentDueDate")),
        amount=draft.amount(terms.first("Amount")),
        percent=draft.amount(terms.first("PaymentPercent")),
        discounts=(discount,) if percent or amount else (),
        line=terms.line,
    )


def _days(measure: Node | None) -> int | None:
    count = amount_of(measure.text) if measure else None
    if measure is None or count is None or measure.attributes.get("unitCode", "DAY") != "DAY":
        return None
    return int(count) if 0 <= count <= 366 else None


def _tax(draft: Draft, tax: Node) -> Tax:
    return Tax(
        tax.value("TaxCategory/ID"),
        draft.amount(tax.first("TaxCategory/Percent", "Percent")),
        draft.amount(tax.first("TaxableAmount")),
        draft.amount(tax.first("TaxAmount")),
    )


def _preceding(draft: Draft, document: Node) -> Preceding:
    return Preceding(
        document.value("ID"), draft.day(document.first("IssueDate")), document.value("DocumentTypeCode")
    )  # fmt: skip


def _line(draft: Draft, line: Node) -> Line:
    quantity = line.first("InvoicedQuantity", "CreditedQuantity")
    return Line(
        id=line.value("ID"),
        name=line.value("Item/Name"),
        quantity=draft.amount(quantity),
        unit=quantity.attributes.get("unitCode", "") if quantity else "",
        price=draft.amount(line.first("Price/PriceAmount")),
        net=draft.amount(line.first("LineExtensionAmount")),
        tax_rate=_rate(line),
        tax_category=line.value("Item/ClassifiedTaxCategory/ID"),
        note=line.value("Note", "Item/Description"),
    )


def _rate(line: Node) -> Decimal | None:
    return amount_of(line.value("Item/ClassifiedTaxCategory/Percent"))


def _note(text: str) -> Note:
    coded = _SUBJECT.fullmatch(text)
    return Note(coded[1], coded[2]) if coded else Note("", text)


def _party(party: Node | None) -> Party:
    if party is None:
        return Party()
    legal = party.first("PartyLegalEntity/CompanyID")
    endpoint = party.first("EndpointID")
    contact = party.first("Contact") or _EMPTY
    address = party.first("PostalAddress") or _EMPTY
    lines = (address.value(name) for name in ("StreetName", "AdditionalStreetName", "AddressLine/Line"))
    ids = ((one.attributes.get("schemeID", ""), one.text) for one in party.all("PartyIdentification/ID"))
    schemes = {one.value("TaxScheme/ID").upper(): one.value("CompanyID") for one in party.all("PartyTaxScheme")}
    vat = schemes.pop("VAT", "")
    person = " ".join(part for part in (party.value("Person/FirstName"), party.value("Person/FamilyName")) if part)
    return Party(
        name=party.value("PartyLegalEntity/RegistrationName", "PartyName/Name") or person,
        legal_id=legal.text if legal else "",
        legal_scheme=legal.attributes.get("schemeID", "") if legal else "",
        vat_id=vat,
        tax_id=next(iter(schemes.values()), ""),
        ids=tuple((scheme, value) for scheme, value in ids if value and scheme != _BANK_CREDITOR),
        endpoint=endpoint.text if endpoint else "",
        endpoint_scheme=endpoint.attributes.get("schemeID", "") if endpoint else "",
        contact=contact.value("Name"),
        email=contact.value("ElectronicMail"),
        phone=contact.value("Telephone"),
        address=tuple(text for text in lines if text),
        postcode=address.value("PostalZone"),
        city=address.value("CityName"),
        country=address.value("Country/IdentificationCode"),
    )
