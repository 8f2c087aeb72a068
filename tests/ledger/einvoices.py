"""Small electronic invoices of one seller, written as CII."""

from __future__ import annotations

from tests.exchange.einvoice_samples import CII_NAMESPACES, amounts, cii_terms

SELLER = "732829320"
BUYER = "552100554"


def cii(
    number: str = "F-1",
    amount: str = "1200.00",
    *,
    code: str = "380",
    issued: str = "20260115",
    due: str = "20260228",
    parts: tuple[tuple[str, str], ...] = (),
    names: str = "",
    buyer: str = "Alpha SARL",
    buyer_id: str = BUYER,
    seller: str = "Menuiserie Lefèvre",
    seller_id: str = SELLER,
    more: str = "",
    totals: str = "",
    terms: str = "",
    delivered: str = "",
    means: str = "",
) -> bytes:
    """An invoice. `parts`: its instalments (day, amount); `names`: the invoice it speaks of."""
    dated = "".join(cii_terms(day, amount=part) for day, part in parts) or cii_terms(due, terms, more=more)
    reference = f"<ram:InvoiceReferencedDocument><ram:IssuerAssignedID>{names}</ram:IssuerAssignedID>"
    reference = f"{reference}</ram:InvoiceReferencedDocument>" if names else ""
    legal = '<ram:SpecifiedLegalOrganization><ram:ID schemeID="0002">{}</ram:ID></ram:SpecifiedLegalOrganization>'
    seller_number, buyer_number = (legal.format(one) if one else "" for one in (seller_id, buyer_id))
    event = (
        "<ram:ActualDeliverySupplyChainEvent><ram:OccurrenceDateTime>"
        f'<udt:DateTimeString format="102">{delivered}</udt:DateTimeString>'
        "</ram:OccurrenceDateTime></ram:ActualDeliverySupplyChainEvent>"
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice {CII_NAMESPACES}>
 <rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter>
  <ram:ID>urn:cen.eu:en16931:2017</ram:ID></ram:GuidelineSpecifiedDocumentContextParameter>
 </rsm:ExchangedDocumentContext>
 <rsm:ExchangedDocument><ram:ID>{number}</ram:ID><ram:TypeCode>{code}</ram:TypeCode>
  <ram:IssueDateTime><udt:DateTimeString format="102">{issued}</udt:DateTimeString></ram:IssueDateTime>
 </rsm:ExchangedDocument>
 <rsm:SupplyChainTradeTransaction>
  <ram:ApplicableHeaderTradeAgreement>
   <ram:SellerTradeParty><ram:Name>{seller}</ram:Name>{seller_number}</ram:SellerTradeParty>
   <ram:BuyerTradeParty><ram:Name>{buyer}</ram:Name>{buyer_number}</ram:BuyerTradeParty>
  </ram:ApplicableHeaderTradeAgreement>
  <ram:ApplicableHeaderTradeDelivery>{event if delivered else ""}</ram:ApplicableHeaderTradeDelivery>
  <ram:ApplicableHeaderTradeSettlement>
   <ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>{means}{dated}
   <ram:SpecifiedTradeSettlementHeaderMonetarySummation>
    {totals or amounts(net=amount, tax="0.00", gross=amount, payable=amount)}
   </ram:SpecifiedTradeSettlementHeaderMonetarySummation>{reference}
  </ram:ApplicableHeaderTradeSettlement>
 </rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>""".encode()
