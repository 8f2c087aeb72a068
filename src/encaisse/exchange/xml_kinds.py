"""What an XML document is, from its root element: what is read here, and what is known by name and refused."""

from __future__ import annotations

from typing import Literal, NamedTuple

from encaisse.exchange.safe_xml import Node, read_root

XmlKind = Literal["cii", "ubl", "cdar", "camt", "other", "unknown"]


class Known(NamedTuple):
    """``kind`` says who reads it; ``name`` is what a person calls the format."""

    kind: XmlKind
    name: str


_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_UNECE = "urn:un:unece:uncefact:"
_CEFACT = "urn:un:unece:uncefact:data:standard:"
# Beginning of the namespace, root element ("" for any), and what that is. The first that fits counts.
_ROOTS: tuple[tuple[str, str, Known], ...] = (
    (_CEFACT + "CrossIndustryInvoice:", "CrossIndustryInvoice", Known("cii", "CII")),
    ("urn:ferd:CrossIndustryDocument:invoice:", "CrossIndustryDocument", Known("cii", "ZUGFeRD 1.0")),
    (_CEFACT + "CBFBUY:", "Invoice", Known("cii", "ZUGFeRD 1.0 draft")),
    (_UBL + "Invoice-2", "Invoice", Known("ubl", "UBL Invoice")),
    (_UBL + "CreditNote-2", "CreditNote", Known("ubl", "UBL CreditNote")),
    (_CEFACT + "CrossDomainAcknowledgementAndResponse:", "", Known("cdar", "CDAR")),
    ("urn:iso:std:iso:20022:tech:xsd:camt.", "Document", Known("camt", "CAMT")),
    ("urn:iso:std:iso:20022:tech:xsd:pain.001", "", Known("other", "pain.001 (credit transfers)")),
    ("urn:iso:std:iso:20022:tech:xsd:pain.008", "", Known("other", "pain.008 (direct debits)")),
    ("urn:iso:std:iso:20022:tech:xsd:", "", Known("other", "ISO 20022")),
    ("urn:un:unece:uncefact:data:SCRDMCCBDACIOMessageStructure:", "", Known("other", "Order-X")),
    (_CEFACT + "SCRDMCCBDACIOMessageStructure:", "", Known("other", "Order-X")),
    (_CEFACT + "SCRDMCCBDACIDAMessageStructure:", "", Known("other", "Cross Industry Despatch Advice")),
    ("", "CrossIndustryOrder", Known("other", "Cross Industry Order")),
    ("", "CrossIndustryOrderResponse", Known("other", "Cross Industry Order Response")),
    ("", "CrossIndustryDespatchAdvice", Known("other", "Cross Industry Despatch Advice")),
    ("", "CrossIndustryRemittanceAdvice", Known("other", "Cross Industry Remittance Advice")),
    (_UBL + "ApplicationResponse-2", "", Known("other", "Peppol Invoice Response (UBL ApplicationResponse)")),
    (_UBL + "SelfBilledInvoice-2", "", Known("other", "UBL SelfBilledInvoice")),
    (_UBL + "SelfBilledCreditNote-2", "", Known("other", "UBL SelfBilledCreditNote")),
    ("http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/", "", Known("other", "FatturaPA")),
    ("http://www.fatturapa.gov.it/", "", Known("other", "FatturaPA")),
    ("", "FatturaElettronica", Known("other", "FatturaPA")),
    ("", "FatturaElettronicaSemplificata", Known("other", "FatturaPA")),
    ("http://www.ebinterface.at/schema/", "", Known("other", "ebInterface")),
    ("http://www.facturae.", "", Known("other", "Facturae")),
    ("", "Facturae", Known("other", "Facturae")),
    ("http://crd.gov.pl/wzor/", "Faktura", Known("other", "KSeF FA")),
    ("http://schemas.nav.gov.hu/", "", Known("other", "NAV Online Számla")),
    ("urn:eslog:", "", Known("other", "e-SLOG")),
    ("urn:sfti:documents:", "", Known("other", "Svefaktura")),
    ("http://rep.oio.dk/", "", Known("other", "OIOXML")),
    ("", "Finvoice", Known("other", "Finvoice")),
    ("", "INVOICE_CENTER", Known("other", "TEAPPSXML")),
    ("http://isdoc.cz/", "", Known("other", "ISDOC")),
    ("http://www.sat.gob.mx/cfd/", "Comprobante", Known("other", "CFDI")),
    ("http://www.portalfiscal.inf.br/nfe", "", Known("other", "NF-e")),
    ("urn:schemas-microsoft-com:office:spreadsheet", "Workbook", Known("other", "Excel 2003 XML")),
    ("http://www.gs1.org/", "", Known("other", "GS1 XML")),
    ("urn:ean.ucc:", "", Known("other", "GS1 XML")),
    ("", "cXML", Known("other", "cXML")),
    ("", "ORDERS05", Known("other", "SAP IDoc")),
    ("", "INVOIC02", Known("other", "SAP IDoc")),
    ("http://www.w3.org/1999/xhtml", "", Known("other", "HTML")),
    ("", "html", Known("other", "HTML")),
    ("http://www.w3.org/2000/svg", "", Known("other", "SVG")),
    ("", "OFX", Known("other", "OFX")),
)
_ENVELOPES = frozenset({"StandardBusinessDocument", "SBD"})


def unwrapped(root: Node) -> Node:
    """The document inside a Peppol envelope (StandardBusinessDocument), else the root itself."""
    if root.name not in _ENVELOPES:
        return root
    inside = (child for child in root.children if child.name != "StandardBusinessDocumentHeader")
    return next((child for child in inside if child.name != "BinaryContent"), root)


def known_as(root: Node) -> Known:
    """What the document under ``root`` is; ``unknown`` with the root's own name when nothing is known of it."""
    for namespace, name, known in _ROOTS:
        if root.namespace.startswith(namespace) and name in ("", root.name) and (namespace or name):
            return known
    if root.namespace.startswith(_UBL):
        return Known("other", f"UBL {'1 ' * root.namespace.endswith('-1.0')}{root.name}")
    if root.namespace.startswith(_UNECE):
        return Known("other", f"UN/CEFACT {root.name}")
    return Known("unknown", root.name)


def known_by_head(head: bytes) -> Known | None:
    """What an XML document is, from its first bytes; None when they hold no root element.

    What is in a Peppol envelope is only known once it is opened; it is UBL as a rule, and said to be.
    """
    root = read_root(head)
    if root is None:
        return None
    return Known("ubl", "Peppol envelope") if root.name in _ENVELOPES else known_as(root)
