"""What the French rules (BR-FR, ``french.toml``) look at. Each yields what it finds broken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from encaisse.exchange.rules.checks import Broken, codes
from encaisse.exchange.rules.view import Group, View
from encaisse.exchange.safe_xml import Node
from encaisse.exchange.xml_values import day_of

SIREN, SIRET, GROUP_MEMBER, PRIVATE, DIRECTORY = "0002", "0009", "0231", "0224", "0225"
"""Schemes of identifiers (ISO 6523) and addresses (EAS) that the French rules name."""
_NUMBER = re.compile(r"[A-Za-z0-9+\-_/]+")
_ADDRESS = re.compile(r"[A-Za-z0-9+\-_./]+")
_NINE = re.compile(r"[0-9]{9}")
_FOURTEEN = re.compile(r"[0-9]{14}")
_AMOUNT = re.compile(r"-?[0-9]{1,19}(\.[0-9]{1,2})?")
_QUANTITY = re.compile(r"-?[0-9]{1,19}(\.[0-9]{1,4})?")
_PRICE = re.compile(r"-?[0-9]{1,19}(\.[0-9]{1,6})?")
_RATE = re.compile(r"[0-9]{1,4}(\.[0-9]{1,2})?")
_LONGEST_NUMBER, _LONGEST_ADDRESS, _LONGEST_PRIVATE, _LONGEST_FIGURE, _LONGEST_RATE = 35, 125, 100, 19, 4

_COMPULSORY = ("PMT", "PMD", "AAB")
_ONCE = (*_COMPULSORY, "TXD")

_Places = Sequence[tuple[str, str]]
_NUMBERS: _Places = (("document", "BT-1"), ("preceding", "BT-25"))
_DATES: _Places = (
    ("document", "BT-2"), ("document", "BT-7"), ("document", "BT-9"), ("preceding", "BT-26"), ("document", "BT-72"),
    ("period", "BT-73"), ("period", "BT-74"), ("line_period", "BT-134"), ("line_period", "BT-135"),
)  # fmt: skip
_CATEGORY_TERMS: _Places = (("allowance", "BT-95"), ("charge", "BT-102"), ("tax", "BT-118"), ("line", "BT-151"))
_RATE_TERMS: _Places = (("allowance", "BT-96"), ("charge", "BT-103"), ("tax", "BT-119"), ("line", "BT-152"))
_ADDRESSES: _Places = (("seller", "BT-34"), ("buyer", "BT-49"))
_IDS: _Places = (("seller", "BT-29"), ("buyer", "BT-46"), ("payee", "BT-60"))
_LEGAL: _Places = (("seller", "BT-30"), ("buyer", "BT-47"), ("payee", "BT-61"))
_AMOUNTS: _Places = (
    ("allowance", "BT-92"), ("allowance", "BT-93"), ("charge", "BT-99"), ("charge", "BT-100"), ("totals", "BT-106"),
    ("totals", "BT-107"), ("totals", "BT-108"), ("totals", "BT-109"), ("tax_total", "BT-110"), ("totals", "BT-112"),
    ("totals", "BT-113"), ("totals", "BT-114"), ("totals", "BT-115"), ("tax", "BT-116"), ("tax", "BT-117"),
    ("line", "BT-131"), ("line_allowance", "BT-136"), ("line_allowance", "BT-137"), ("line_charge", "BT-141"),
    ("line_charge", "BT-142"),
)  # fmt: skip


def _nodes(view: View, places: _Places) -> Iterator[tuple[str, Node]]:
    for kind, term in places:
        for group in view.all(kind):
            for node in group.nodes(term):
                yield term, node


def _broken(node: Node, term: str) -> Broken:
    return Broken(node.line, {"value": node.text, "term": term})


# ---------------------------------------------------------------------------------------- numbers, dates and types


def numbers_not_too_long(view: View, _: Group) -> Iterator[Broken]:
    return (_broken(node, term) for term, node in _nodes(view, _NUMBERS) if len(node.text) > _LONGEST_NUMBER)


def numbers_of_plain_characters(view: View, _: Group) -> Iterator[Broken]:
    return (_broken(node, term) for term, node in _nodes(view, _NUMBERS) if not _NUMBER.fullmatch(node.text))


def dates_of_this_century(view: View, _: Group) -> Iterator[Broken]:
    for term, node in _nodes(view, _DATES):
        day = day_of(node.text)
        if day is None or not 2000 <= day.year <= 2099:
            yield _broken(node, term)


def french_type(_: View, group: Group) -> Iterator[Broken]:
    return (_broken(node, "BT-3") for node in group.nodes("BT-3") if node.text not in codes("french_types"))


def billing_frame(_: View, group: Group) -> Iterator[Broken]:
    if group.text("BT-23") not in codes("french_frames"):
        yield Broken(group.line, {"value": group.text("BT-23")})


def due_not_before_issue(view: View, group: Group) -> Iterator[Broken]:
    issued = day_of(group.text("BT-2"))
    exempt = group.text("BT-3") in codes("french_deposits") or group.text("BT-23") in codes("french_frames_paid")
    for node in () if exempt else group.nodes("BT-9"):
        due = day_of(node.text)
        if due and issued and due < issued:
            yield Broken(node.line, {"value": due.isoformat(), "issued": issued.isoformat()})


# ------------------------------------------------------------------------------------------------------------ notes


def compulsory_mentions(view: View, group: Group) -> Iterator[Broken]:
    subjects = {note.text("BT-21") for note in view.all("note")}
    return (Broken(group.line, {"subject": one, "what": one}) for one in _COMPULSORY if one not in subjects)


def mentions_once(view: View, _: Group) -> Iterator[Broken]:
    for subject in _ONCE:
        notes = [note for note in view.all("note") if note.text("BT-21") == subject]
        if len(notes) > 1:
            yield Broken(notes[1].line, {"subject": subject})


def _flows(view: View) -> list[str]:
    return [note.text("BT-22") for note in view.all("note") if note.text("BT-21") == "BAR"]


def kind_of_flow(_: View, group: Group) -> Iterator[Broken]:
    if group.text("BT-21") == "BAR" and group.text("BT-22") not in codes("french_flows"):
        yield Broken(group.line, {"value": group.text("BT-22")})


def one_kind_of_flow(view: View, group: Group) -> Iterator[Broken]:
    known = [flow for flow in _flows(view) if flow in codes("french_flows")]
    if len(known) > 1:
        yield Broken(group.line, {"value": ", ".join(known)})


# ---------------------------------------------------------------------------------------------------------- parties


def _with_scheme(group: Group | None, term: str, scheme: str) -> str:
    nodes = group.nodes(term) if group else []
    return next((one.text for one in nodes if one.attributes.get("schemeID") == scheme), "")


def siret_of_its_siren(view: View, _: Group) -> Iterator[Broken]:
    for (kind, ids), (_same, legal) in zip(_IDS, _LEGAL, strict=True):
        for group in view.all(kind):
            siren = _with_scheme(group, legal, SIREN)
            for node in group.nodes(ids):
                own = node.attributes.get("schemeID") == SIRET
                # Of a payee, who may be anybody, the SIREN need not be given besides.
                right = _FOURTEEN.fullmatch(node.text) and (node.text[:9] == siren or (kind == "payee" and not siren))
                if own and not right:
                    yield Broken(node.line, {"value": node.text, "term": ids, "siren": siren or "—"})


def seller_siren(_: View, group: Group) -> Iterator[Broken]:
    siren = _with_scheme(group, "BT-30", SIREN)
    if not _NINE.fullmatch(siren):
        yield Broken(group.line, {"value": siren or group.text("BT-30")})


def buyer_siren(view: View, group: Group) -> Iterator[Broken]:
    siren = _with_scheme(group, "BT-47", SIREN)
    if "B2B" in _flows(view) and not _NINE.fullmatch(siren):
        yield Broken(group.line, {"value": siren or group.text("BT-47")})


def buyer_address_of_siren(view: View, group: Group) -> Iterator[Broken]:
    if "B2B" in _flows(view) and view.text("document", "BT-3") not in codes("french_self_billed"):
        yield from _address_of_siren(group, "BT-49", "BT-47")


def seller_address_of_siren(view: View, group: Group) -> Iterator[Broken]:
    if "B2B" in _flows(view) and view.text("document", "BT-3") in codes("french_self_billed"):
        yield from _address_of_siren(group, "BT-34", "BT-30")


def _address_of_siren(group: Group, address: str, legal: str) -> Iterator[Broken]:
    siren, value = group.text(legal), group.text(address)
    if not value.startswith(siren) or group.text(f"{address}-1") != DIRECTORY:
        yield Broken(group.line, {"value": value or "—", "siren": siren})


def address_of_plain_characters(view: View, _: Group) -> Iterator[Broken]:
    for term, node in _nodes(view, _ADDRESSES):
        if node.attributes.get("schemeID") == DIRECTORY and not _ADDRESS.fullmatch(node.text):
            yield _broken(node, term)


def address_not_too_long(view: View, _: Group) -> Iterator[Broken]:
    return (_broken(node, term) for term, node in _nodes(view, _ADDRESSES) if len(node.text) > _LONGEST_ADDRESS)


def private_id_of_plain_characters(view: View, _: Group) -> Iterator[Broken]:
    return (_broken(node, term) for term, node in _private(view) if not _ADDRESS.fullmatch(node.text))


def private_id_not_too_long(view: View, _: Group) -> Iterator[Broken]:
    return (_broken(node, term) for term, node in _private(view) if len(node.text) > _LONGEST_PRIVATE)


def _private(view: View) -> Iterator[tuple[str, Node]]:
    own = (("seller", "BT-29"), ("buyer", "BT-46"))
    return ((term, node) for term, node in _nodes(view, own) if node.attributes.get("schemeID") == PRIVATE)


def siren_of_nine_digits(view: View, _: Group) -> Iterator[Broken]:
    for places, schemes in ((_LEGAL, {SIREN}), (_IDS, {SIREN, GROUP_MEMBER})):
        for term, node in _nodes(view, places):
            if node.attributes.get("schemeID") in schemes and not _NINE.fullmatch(node.text):
                yield _broken(node, term)


def ids_have_their_scheme(view: View, _: Group) -> Iterator[Broken]:
    for kind, term in _IDS:
        for group in view.all(kind):
            seen: set[str] = set()
            for node in group.nodes(term):
                # A number the seller gives without a scheme has, in CII, an element of its own.
                plain = node.name == "ID" and view.syntax == "cii"
                scheme = node.attributes.get("schemeID", "")
                if not plain and (not scheme or scheme in seen):
                    yield _broken(node, term)
                seen.add(scheme)


def _is_group_member(view: View) -> bool:
    return bool(_with_scheme(view.one("seller"), "BT-29", GROUP_MEMBER))


def member_of_single_taxpayer_says_so(view: View, group: Group) -> Iterator[Broken]:
    said = {(note.text("BT-21"), note.text("BT-22")) for note in view.all("note")}
    if _is_group_member(view) and ("TXD", "MEMBRE_ASSUJETTI_UNIQUE") not in said:
        yield Broken(group.line)


def single_taxpayer_is_named(view: View, group: Group) -> Iterator[Broken]:
    if _is_group_member(view) and not view.has("representative", "BT-63"):
        yield Broken(group.line)


# ------------------------------------------------------------------------------------------------ VAT, attachments


def french_categories(view: View, _: Group) -> Iterator[Broken]:
    return (
        _broken(node, term)
        for term, node in _nodes(view, _CATEGORY_TERMS)
        if node.text not in codes("french_categories")
    )


def french_rates(view: View, _: Group) -> Iterator[Broken]:
    return (
        _broken(node, term)
        for term, node in _nodes(view, _RATE_TERMS)
        if _plain(node.text) not in codes("french_rates")
    )


def _plain(rate: str) -> str:
    """A rate with at most two decimals, without the zeros at its end."""
    whole, point, part = rate.partition(".")
    return rate if len(part) > 2 else whole + (f".{part.rstrip('0')}" if point and part.strip("0") else "")


def vat_in_euros(view: View, group: Group) -> Iterator[Broken]:
    currency = group.text("BT-5")
    in_euros = any(one.text("BT-110-1") == "EUR" and one.text("BT-110") for one in view.all("tax_total"))
    if currency and currency != "EUR" and not (group.text("BT-6") == "EUR" and in_euros):
        yield Broken(group.line, {"value": currency})


def kind_of_attachment(_: View, group: Group) -> Iterator[Broken]:
    value = group.text("BT-123")
    # In CII this element also names tenders (50) and objects (130): only attachments (916) have a kind.
    plain = group.syntax == "ubl" or any(one.name == "TypeCode" and one.text == "916" for one in group.node.children)
    if plain and value and value not in codes("french_attachments"):
        yield Broken(group.line, {"value": value})


def one_readable_copy(view: View, _: Group) -> Iterator[Broken]:
    copies = [one for one in view.all("attachment") if one.text("BT-123") == "LISIBLE"]
    return (Broken(one.line) for one in copies[1:2])


# ------------------------------------------------------------------------------------------------- types and frames


def _dated(groups: Sequence[Group]) -> list[Group]:
    return [one for one in groups if one.nodes("BT-25") and one.nodes("BT-26")]


def correction_names_one_invoice(view: View, group: Group) -> Iterator[Broken]:
    kind, named = group.text("BT-3"), len(_dated(view.all("preceding")))
    if kind in codes("french_corrections") and named != 1:
        yield Broken(group.line, {"value": kind, "count": str(named)})


def credit_note_names_invoice(view: View, group: Group) -> Iterator[Broken]:
    kind = group.text("BT-3")
    if kind in codes("french_credit_notes") and not _dated(view.all("preceding")) and not _each_line_names_one(view):
        yield Broken(group.line, {"value": kind})


def _each_line_names_one(view: View) -> bool:
    path = "SpecifiedLineTradeSettlement/InvoiceReferencedDocument"
    if view.syntax == "ubl":
        path = "BillingReference/InvoiceDocumentReference"
    lines = view.all("line")
    return bool(lines) and all(line.node.first(path) for line in lines)


def global_rebate_has_contract_and_period(view: View, group: Group) -> Iterator[Broken]:
    dated = view.has("period", "BT-73") and view.has("period", "BT-74")
    if group.text("BT-3") == "262" and not (group.has("BT-12") and dated):
        yield Broken(group.line)


def final_invoice_is_no_deposit(_: View, group: Group) -> Iterator[Broken]:
    frame, kind = group.text("BT-23"), group.text("BT-3")
    if frame in codes("french_frames_final") and kind in codes("french_deposits"):
        yield Broken(group.line, {"frame": frame, "value": kind})


def paid_invoice_is_paid(view: View, group: Group) -> Iterator[Broken]:
    frame = group.text("BT-23")
    if frame not in codes("french_frames_paid"):
        return
    wrong = {
        "not_all": view.amount("totals", "BT-113") != view.amount("totals", "BT-112"),
        "still_due": bool(view.amount("totals", "BT-115")),
        "no_day": not group.has("BT-9"),
    }
    yield from (Broken(group.line, {"frame": frame, "what": what}) for what, found in wrong.items() if found)


# ---------------------------------------------------------------------------------------------------------- figures


def _misfits(node: Node, form: re.Pattern[str], longest: int) -> bool:
    return not form.fullmatch(node.text) or len(node.text.replace(".", "")) > longest


def amounts_of_nineteen_digits(view: View, _: Group) -> Iterator[Broken]:
    found = _nodes(view, _AMOUNTS)
    return (_broken(node, term) for term, node in found if _misfits(node, _AMOUNT, _LONGEST_FIGURE))


def quantities_of_four_decimals(_: View, group: Group) -> Iterator[Broken]:
    for term in ("BT-129", "BT-149"):
        for node in group.nodes(term):
            if _misfits(node, _QUANTITY, _LONGEST_FIGURE):
                yield _broken(node, term)


def prices_of_six_decimals(view: View, group: Group) -> Iterator[Broken]:
    both_ways = view.text("document", "BT-23") in codes("french_frames_both_ways")
    for term in ("BT-146", "BT-147", "BT-148"):
        for node in group.nodes(term):
            negative = node.text.startswith("-") and not both_ways
            if negative or _misfits(node, _PRICE, _LONGEST_FIGURE):
                yield _broken(node, term)


def rates_of_four_digits(view: View, _: Group) -> Iterator[Broken]:
    found = _nodes(view, _RATE_TERMS)
    return (_broken(node, term) for term, node in found if _misfits(node, _RATE, _LONGEST_RATE))
