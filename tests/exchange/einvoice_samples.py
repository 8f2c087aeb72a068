"""Sample invoices copied from public suites (einvoices/NOTICE.md), and small documents made here."""

from __future__ import annotations

import io
from pathlib import Path

from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, create_string_object

FOLDER = Path(__file__).with_name("einvoices")
FILES = sorted(path for path in FOLDER.iterdir() if path.suffix in (".xml", ".pdf"))
REFUSED = {
    "IT01234567890_FPR01.xml": ["other_format"],
    "con-ritenuta-acconto-e-cassa-previdenziale.xml": ["xml_broken", "other_format"],
    "pdf_invalid.pdf": ["pdf_without_invoice"],
    "pdf_plain.pdf": ["pdf_without_invoice"],
    "xml_dummy.xml": ["not_an_invoice"],
    "xml_invalid_2.xml": ["xml_broken"],
}
GOOD = [path for path in FILES if path.name not in REFUSED]

CII_NAMESPACES = (
    'xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100" '
    'xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100" '
    'xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"'
)


def sample(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def cii(
    *, type_code: str = "380", terms: str = "", totals: str | None = None, settlement: str = "", number: str = "F1"
) -> bytes:
    """A CII invoice of 100.00 and 20.00 of tax, with the parts given."""
    if totals is None:
        totals = amounts(net="100.00", tax="20.00", gross="120.00", payable="120.00")
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice {CII_NAMESPACES}>
 <rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter>
  <ram:ID>urn:cen.eu:en16931:2017</ram:ID></ram:GuidelineSpecifiedDocumentContextParameter>
 </rsm:ExchangedDocumentContext>
 <rsm:ExchangedDocument><ram:ID>{number}</ram:ID><ram:TypeCode>{type_code}</ram:TypeCode>
  <ram:IssueDateTime><udt:DateTimeString format="102">20260115</udt:DateTimeString></ram:IssueDateTime>
 </rsm:ExchangedDocument>
 <rsm:SupplyChainTradeTransaction>
  <ram:ApplicableHeaderTradeAgreement>
   <ram:SellerTradeParty><ram:Name>Moulin Été</ram:Name></ram:SellerTradeParty>
   <ram:BuyerTradeParty><ram:Name>Boulangerie</ram:Name>
    <ram:SpecifiedLegalOrganization><ram:ID schemeID="0009">12345678200027</ram:ID></ram:SpecifiedLegalOrganization>
   </ram:BuyerTradeParty>
  </ram:ApplicableHeaderTradeAgreement>
  <ram:ApplicableHeaderTradeDelivery/>
  <ram:ApplicableHeaderTradeSettlement>
   <ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>{settlement}{terms}
   <ram:SpecifiedTradeSettlementHeaderMonetarySummation>{totals}</ram:SpecifiedTradeSettlementHeaderMonetarySummation>
  </ram:ApplicableHeaderTradeSettlement>
 </rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>""".encode()


def amounts(**given: str) -> str:
    """The elements of CII totals: net, tax, gross, prepaid, rounding, payable."""
    names = {
        "net": "TaxBasisTotalAmount", "tax": "TaxTotalAmount", "rounding": "RoundingAmount",
        "gross": "GrandTotalAmount", "prepaid": "TotalPrepaidAmount", "payable": "DuePayableAmount",
    }  # fmt: skip
    return "".join(f"<ram:{names[key]}>{value}</ram:{names[key]}>" for key, value in given.items())


def cii_terms(due: str = "", text: str = "", amount: str = "", more: str = "") -> str:
    day = f'<ram:DueDateDateTime><udt:DateTimeString format="102">{due}</udt:DateTimeString></ram:DueDateDateTime>'
    return (
        f"<ram:SpecifiedTradePaymentTerms><ram:Description>{text}</ram:Description>{day if due else ''}"
        f"{f'<ram:PartialPaymentAmount>{amount}</ram:PartialPaymentAmount>' if amount else ''}{more}"
        "</ram:SpecifiedTradePaymentTerms>"
    )


def ubl(*, credit: bool = False, type_code: str = "", head: str = "", terms: str = "", totals: str = "") -> bytes:
    """A UBL document of 100.00 and 20.00 of tax, with the parts given."""
    name = "CreditNote" if credit else "Invoice"
    code = type_code or ("381" if credit else "380")
    totals = totals or (
        "<cbc:TaxExclusiveAmount>100.00</cbc:TaxExclusiveAmount><cbc:TaxInclusiveAmount>120.00</cbc:TaxInclusiveAmount>"
        "<cbc:PayableAmount>120.00</cbc:PayableAmount>"
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<{name} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{name}-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
 <cbc:ID>U1</cbc:ID><cbc:IssueDate>2026-01-15</cbc:IssueDate>{head}
 <cbc:{name}TypeCode>{code}</cbc:{name}TypeCode><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
 {terms}
 <cac:TaxTotal><cbc:TaxAmount currencyID="EUR">20.00</cbc:TaxAmount></cac:TaxTotal>
 <cac:TaxTotal><cbc:TaxAmount currencyID="SEK">222.00</cbc:TaxAmount></cac:TaxTotal>
 <cac:LegalMonetaryTotal>{totals}</cac:LegalMonetaryTotal>
</{name}>""".encode()


def pdf(*files: tuple[str, bytes], where: str = "names", password: str = "") -> bytes:
    """A one-page PDF with files in it: in the name tree, in a nested tree, associated, clipped, or only lying there."""
    writer = PdfWriter()
    page = writer.add_blank_page(200, 200)
    specifications = ArrayObject()
    names = ArrayObject()
    for name, content in files:
        stream = DecodedStreamObject()
        stream.set_data(content)
        packed = stream.flate_encode()
        packed[NameObject("/Type")] = NameObject("/EmbeddedFile")
        entry = DictionaryObject({NameObject("/F"): writer._add_object(packed)})
        specification = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Filespec"),
                NameObject("/F"): create_string_object(name),
                NameObject("/EF"): entry,
            }
        )
        specifications.append(writer._add_object(specification))
        names += [create_string_object(name), specifications[-1]]
    _hang(writer, page, specifications, names, where)
    if password:
        writer.encrypt(password, algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _hang(
    writer: PdfWriter, page: DictionaryObject, files: ArrayObject, names: ArrayObject, where: str
) -> None:  # fmt: skip
    tree = DictionaryObject({NameObject("/Names"): names})
    if where == "nested":
        for _ in range(3):
            tree = DictionaryObject({NameObject("/Kids"): ArrayObject([writer._add_object(tree)])})
    if where in ("names", "nested"):
        writer.root_object[NameObject("/Names")] = DictionaryObject({NameObject("/EmbeddedFiles"): tree})
    elif where == "associated":
        writer.root_object[NameObject("/AF")] = files
    elif where == "clipped":
        clips = [
            DictionaryObject({NameObject("/Subtype"): NameObject("/FileAttachment"), NameObject("/FS"): one})
            for one in files
        ]
        page[NameObject("/Annots")] = ArrayObject([writer._add_object(clip) for clip in clips])
