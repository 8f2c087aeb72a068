"""Read UN/CEFACT Cross Industry Invoices: Factur-X and ZUGFeRD of every profile, XRechnung, and ZUGFeRD 1.0.

ZUGFeRD 1.0 is the same tree under older names, so each place is looked for under all the names it has had.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from encaisse.exchange.einvoice import Discount, EInvoice, InvoiceFile, Line, Note, Party, Preceding, Tax
from encaisse.exchange.einvoice_build import Draft, finish
from encaisse.exchange.einvoice_files import read_one
from encaisse.exchange.einvoice_terms import Term
from encaisse.exchange.problems import Problem
from encaisse.exchange.safe_xml import Node
from encaisse.exchange.xml_values import amount_of

_EMPTY = Node("", "", 0, {})
_HEADER = ("ExchangedDocument", "HeaderExchangedDocument")
_CONTEXT = ("ExchangedDocumentContext", "SpecifiedExchangedDocumentContext")
_TRADE = ("SupplyChainTradeTransaction", "SpecifiedSupplyChainTradeTransaction")
_AGREEMENT = ("ApplicableHeaderTradeAgreement", "ApplicableSupplyChainTradeAgreement")
_DELIVERY = ("ApplicableHeaderTradeDelivery", "ApplicableSupplyChainTradeDelivery")
_SETTLEMENT = ("ApplicableHeaderTradeSettlement", "ApplicableSupplyChainTradeSettlement")
_TOTALS = ("SpecifiedTradeSettlementHeaderMonetarySummation", "SpecifiedTradeSettlementMonetarySummation")
_LINE_AGREEMENT = ("SpecifiedLineTradeAgreement", "SpecifiedSupplyChainTradeAgreement")
_LINE_DELIVERY = ("SpecifiedLineTradeDelivery", "SpecifiedSupplyChainTradeDelivery")
_LINE_SETTLEMENT = ("SpecifiedLineTradeSettlement", "SpecifiedSupplyChainTradeSettlement")
_LINE_TOTALS = ("SpecifiedTradeSettlementLineMonetarySummation", "SpecifiedTradeSettlementMonetarySummation")
_BEFORE = "InvoiceReferencedDocument"
# UN/ECE recommendation 20: how many days a unit of a discount's period stands for.
_UNIT_DAYS = {"DAY": 1, "WEE": 7, "MON": 30, "ANN": 365}


def read_cii(data: bytes, *, language: str = "fr") -> InvoiceFile:
    """Read one CII document. Amounts are decimals of its currency, signed (see ``einvoice``); problems in ``language``.

    Never raises for what is in ``data``; limits: ``safe_xml.MAX_BYTES``, ``MAX_DEPTH``, ``MAX_ELEMENTS``.
    """
    return read_one(data, {"cii": invoice_in}, language=language)


def invoice_in(root: Node) -> tuple[EInvoice | None, list[Problem]]:
    """The invoice under a CII root, or None when it lacks what makes one; and the problems."""
    header = root.first(*_HEADER) or _EMPTY
    trade = root.first(*_TRADE) or _EMPTY
    agreement = trade.first(*_AGREEMENT) or _EMPTY
    settlement = trade.first(*_SETTLEMENT) or _EMPTY
    guideline = "GuidelineSpecifiedDocumentContextParameter/ID"
    draft = Draft(
        syntax="cii", line=root.line,
        number=header.value("ID"), type_code=header.value("TypeCode"),
        profile=root.value(*(f"{name}/{guideline}" for name in _CONTEXT)),
        seller=_party(agreement.first("SellerTradeParty")), buyer=_party(agreement.first("BuyerTradeParty")),
        order_ref=agreement.value("BuyerOrderReferencedDocument/IssuerAssignedID", "BuyerOrderReferencedDocument/ID"),
        contract_ref=agreement.value("ContractReferencedDocument/IssuerAssignedID", "ContractReferencedDocument/ID"),
        buyer_reference=agreement.value("BuyerReference"),
        notes=[_note(note) for note in header.all("IncludedNote")],
    )  # fmt: skip
    draft.issued_on = _day(draft, header.first("IssueDateTime"))
    for name in _DELIVERY:
        event = trade.first(f"{name}/ActualDeliverySupplyChainEvent/OccurrenceDateTime")
        draft.delivered_on = draft.delivered_on or _day(draft, event)
    _settlement(draft, settlement)
    lines = list(trade.all("IncludedSupplyChainTradeLineItem"))
    draft.lines = [_line(draft, line) for line in lines]
    # Where the document names no earlier invoice, its lines may.
    named = list(settlement.all(_BEFORE)) or [
        one for line in lines for name in _LINE_SETTLEMENT for one in line.all(f"{name}/{_BEFORE}")
    ]
    draft.preceding = [one for one in (_preceding(draft, document) for document in named) if one.number]
    return finish(draft)


def _settlement(draft: Draft, settlement: Node) -> None:
    payee = settlement.first("PayeeTradeParty")
    draft.payee = _party(payee) if payee else None
    draft.currency = settlement.value("InvoiceCurrencyCode")
    draft.payment_reference = settlement.value("PaymentReference")
    for means in settlement.all("SpecifiedTradeSettlementPaymentMeans"):
        draft.means += [code.text for code in means.all("TypeCode") if code.text]
        account = means.value(
            "PayeePartyCreditorFinancialAccount/IBANID", "PayeePartyCreditorFinancialAccount/ProprietaryID"
        )
        draft.ibans += [account.replace(" ", "")] if account else []
    _totals(draft, settlement.first(*_TOTALS))
    draft.taxes = [_tax(draft, tax) for tax in settlement.all("ApplicableTradeTax")]
    draft.vat_point = settlement.value("ApplicableTradeTax/DueDateTypeCode")
    for terms in settlement.all("SpecifiedTradePaymentTerms"):
        draft.terms.append(_term(draft, terms))
        draft.mandate = draft.mandate or terms.value("DirectDebitMandateID")


def _totals(draft: Draft, totals: Node | None) -> None:
    if totals is None:
        return
    draft.totals_line = totals.line
    draft.currency = draft.currency or _currency_in(totals)
    draft.net = draft.total(totals.all("TaxBasisTotalAmount"))
    draft.gross = draft.total(totals.all("GrandTotalAmount"))
    draft.tax = draft.tax_total(totals.all("TaxTotalAmount"))
    draft.prepaid = draft.total(totals.all("TotalPrepaidAmount"))
    draft.rounding = draft.total(totals.all("RoundingAmount"))
    draft.payable = draft.total(totals.all("DuePayableAmount"))


def _currency_in(totals: Node) -> str:
    found = (child.attributes.get("currencyID") for child in totals.children)
    return next((code for code in found if code), "")


def _term(draft: Draft, terms: Node) -> Term:
    return Term(
        text="\n".join(text.text for text in terms.all("Description") if text.text),
        due_on=_day(draft, terms.first("DueDateDateTime")),
        amount=draft.amount(terms.first("PartialPaymentAmount")),
        discounts=tuple(_discount(draft, one) for one in terms.all("ApplicableTradePaymentDiscountTerms")),
        line=terms.line,
    )


def _discount(draft: Draft, terms: Node) -> Discount:
    period = terms.first("BasisPeriodMeasure")
    unit = _UNIT_DAYS.get(period.attributes.get("unitCode", "DAY")) if period else None
    count = draft.amount(period)
    days = int(count * unit) if count is not None and unit and 0 <= count <= 366 else None
    basis = _day(draft, terms.first("BasisDateTime"))
    # A date without a number of days is the last day to pay; with one, the day they are counted from.
    until = basis if days is None else None
    if basis and days is not None and basis.toordinal() + days < date.max.toordinal():
        until = date.fromordinal(basis.toordinal() + days)
    return Discount(
        percent=draft.amount(terms.first("CalculationPercent")),
        amount=draft.amount(terms.first("ActualDiscountAmount")),
        base=draft.amount(terms.first("BasisAmount")),
        days=days,
        until=until,
    )


def _tax(draft: Draft, tax: Node) -> Tax:
    return Tax(
        tax.value("CategoryCode"),
        draft.amount(tax.first("RateApplicablePercent", "ApplicablePercent")),
        draft.amount(tax.first("BasisAmount")),
        draft.amount(tax.first("CalculatedAmount")),
    )


def _preceding(draft: Draft, document: Node) -> Preceding:
    return Preceding(
        document.value("IssuerAssignedID", "ID"),
        _day(draft, document.first("FormattedIssueDateTime", "IssueDateTime")),
        document.value("TypeCode"),
    )


def _line(draft: Draft, line: Node) -> Line:
    agreement = line.first(*_LINE_AGREEMENT) or _EMPTY
    settlement = line.first(*_LINE_SETTLEMENT) or _EMPTY
    quantity = line.first(*(f"{name}/BilledQuantity" for name in _LINE_DELIVERY))
    return Line(
        id=line.value("AssociatedDocumentLineDocument/LineID"),
        name=line.value("SpecifiedTradeProduct/Name"),
        quantity=draft.amount(quantity),
        unit=quantity.attributes.get("unitCode", "") if quantity else "",
        price=draft.amount(agreement.first("NetPriceProductTradePrice/ChargeAmount")),
        net=draft.amount(settlement.first(*(f"{name}/LineTotalAmount" for name in _LINE_TOTALS))),
        tax_rate=_percent(settlement),
        tax_category=settlement.value("ApplicableTradeTax/CategoryCode"),
        note=line.value("AssociatedDocumentLineDocument/IncludedNote/Content", "SpecifiedTradeProduct/Description"),
    )


def _percent(settlement: Node) -> Decimal | None:
    text = settlement.value("ApplicableTradeTax/RateApplicablePercent", "ApplicableTradeTax/ApplicablePercent")
    return amount_of(text)


def _note(note: Node) -> Note:
    return Note(note.value("SubjectCode"), note.value("Content"))


def _party(party: Node | None) -> Party:
    if party is None:
        return Party()
    legal = party.first("SpecifiedLegalOrganization/ID")
    endpoint = party.first("URIUniversalCommunication/URIID")
    contact = party.first("DefinedTradeContact") or _EMPTY
    address = party.first("PostalTradeAddress") or _EMPTY
    registrations = {one.attributes.get("schemeID", ""): one.text for one in party.all("SpecifiedTaxRegistration/ID")}
    lines = (address.value(name) for name in ("LineOne", "LineTwo", "LineThree"))
    ids = [*party.all("GlobalID"), *party.all("ID")]
    return Party(
        name=party.value("Name", "SpecifiedLegalOrganization/TradingBusinessName"),
        legal_id=legal.text if legal else "",
        legal_scheme=legal.attributes.get("schemeID", "") if legal else "",
        vat_id=registrations.get("VA", ""),
        tax_id=registrations.get("FC", ""),
        ids=tuple((one.attributes.get("schemeID", ""), one.text) for one in ids if one.text),
        endpoint=endpoint.text if endpoint else "",
        endpoint_scheme=endpoint.attributes.get("schemeID", "") if endpoint else "",
        contact=contact.value("PersonName", "DepartmentName"),
        email=contact.value("EmailURIUniversalCommunication/URIID"),
        phone=contact.value("TelephoneUniversalCommunication/CompleteNumber"),
        address=tuple(text for text in lines if text),
        postcode=address.value("PostcodeCode"),
        city=address.value("CityName"),
        country=address.value("CountryID"),
    )


def _day(draft: Draft, node: Node | None) -> date | None:
    """A day is in a child (DateTimeString, DateTime or Date), or, in some old files, in the element itself."""
    if node is None:
        return None
    return draft.day(node.first("DateTimeString", "DateTime", "DateString", "Date") or node)
