"""Invoices that keep every rule, in both syntaxes, with every group a rule looks at; and ways of spoiling them."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from pathlib import Path

from encaisse.exchange.rules.view import Group, View, kinds, view_of
from encaisse.exchange.safe_xml import Node, read_xml

FOLDER = Path(__file__).with_name("rules")
EN16931 = "urn:cen.eu:en16931:2017"
# What of an invoice may be left out, in each syntax.
PARTS = {
    "cii": {
        "percent": "<ram:RateApplicablePercent>{}</ram:RateApplicablePercent>",
        "reason": "<ram:ExemptionReason>{}</ram:ExemptionReason>",
        "vat_number": "<ram:SpecifiedTaxRegistration><ram:ID schemeID='VA'>{}</ram:ID></ram:SpecifiedTaxRegistration>",
        "representative": "<ram:SellerTaxRepresentativeTradeParty><ram:Name>Représentant</ram:Name>"
        "<ram:PostalTradeAddress><ram:CountryID>FR</ram:CountryID></ram:PostalTradeAddress>{}</ram:SellerTaxRepresentativeTradeParty>",
    },
    "ubl": {
        "percent": "<cbc:Percent>{}</cbc:Percent>",
        "reason": "<cbc:TaxExemptionReason>{}</cbc:TaxExemptionReason>",
        "vat_number": "<cac:PartyTaxScheme><cbc:CompanyID>{}</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID>"
        "</cac:TaxScheme></cac:PartyTaxScheme>",
        "representative": "<cac:TaxRepresentativeParty><cac:PartyName><cbc:Name>Représentant</cbc:Name></cac:PartyName>"
        "<cac:PostalAddress><cac:Country><cbc:IdentificationCode>FR</cbc:IdentificationCode></cac:Country></cac:PostalAddress>"
        "{}</cac:TaxRepresentativeParty>",
    },
}


def invoice(
    syntax: str = "cii", *, category: str = "S", rate: str = "20.00", vat: str = "19.00", reason: str = "",
    numbered: bool = True, profile: str = EN16931, french: bool = True,
) -> bytes:  # fmt: skip
    """An invoice of 95.00 and its VAT. ``numbered``: the parties have VAT numbers; ``rate`` may be ``""`` for none."""
    parts = PARTS[syntax]
    numbers = {
        name: parts["vat_number"].format(number) if numbered else ""
        for name, number in (("seller_vat", "FR11111111111"), ("buyer_vat", "FR22222222222"))
    }
    text = (FOLDER / f"{syntax}.xml").read_text(encoding="utf-8")
    return text.format(
        category=category, vat=vat, total=f"{Decimal(vat) + 95}", profile=profile, country="FR" if french else "DE",
        percent=parts["percent"].format(rate) if rate else "", reason=parts["reason"].format(reason) if reason else "",
        representative=parts["representative"].format(parts["vat_number"].format("FR99999999999")) if numbered else "",
        **numbers,
    ).encode()  # fmt: skip


def tree(content: bytes) -> Node:
    root, problems = read_xml(content)
    assert root is not None, problems
    return root


def seen(root: Node) -> View:
    view = view_of(root)
    assert view is not None
    return view


def spoil(root: Node, kind: str, term: str, value: str | None) -> None:
    """Give a term of the first group of a kind another text; ``None`` takes it out, wherever it stands."""
    group = seen(root).all(kind)[0]
    for found in group.nodes(term) if value is None else group.nodes(term)[:1]:
        if found.name.startswith("@"):
            _attribute(group, found, value)
        elif value is None:
            _parent(root, found).children.remove(found)
        else:
            found.text = value


def drop(root: Node, kind: str) -> None:
    """Take every group of a kind out."""
    for group in seen(root).all(kind):
        _parent(root, group.node).children.remove(group.node)


def double(root: Node, kind: str) -> Group:
    """A second group of a kind beside the first, the same as that."""
    group = seen(root).all(kind)[0]
    _parent(root, group.node).children.append(copy := deepcopy(group.node))
    return Group(kind, copy, group.syntax)


def add(root: Node, kind: str, term: str, value: str) -> None:
    """A term the first group of a kind does not have yet, where its syntax puts it."""
    group = seen(root).all(kind)[0]
    node = group.node
    for step in kinds()[kind].terms[term][group.syntax][0]:
        found = next((child for child in node.children if child.name == step.name), None)
        if found is None:
            node.children.append(found := Node(node.namespace, step.name, node.line, {}))
        node = found
    node.text = value


def _attribute(group: Group, found: Node, value: str | None) -> None:
    name = found.name[1:]
    waiting = [group.node]
    while waiting:
        node = waiting.pop(0)
        if node.attributes.get(name) == found.text and node.line == found.line:
            attributes = dict(node.attributes)
            if value is None:
                del attributes[name]
            else:
                attributes[name] = value
            node.attributes = attributes
            return
        waiting += node.children


def _parent(root: Node, child: Node) -> Node:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if any(one is child for one in node.children):
            return node
        waiting += node.children
    raise AssertionError(child.name)
