"""Field :86: of MT940 and MT942: the free text of a movement, as German, French, Dutch and other banks structure it.

Four ways are known, tried in this order: German sub-fields (``166?00GUTSCHRIFT?20SVWZ+...``, with any separator),
SWIFT code words between slashes (``/EREF/.../REMI/...``), French words after a slash (``/DE DUPONT /MOTIF FA 12``) or
before a colon (``DE: DUPONT MOTIF: FA 12``), and the lines of ``:NS:`` fields (``01Purpose``). What matches none is
kept whole as the reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from encaisse.exchange import bank_text
from encaisse.exchange.bank import UNKNOWN_REASON, Nature

WIDTH = 65
"""SWIFT cuts a field into lines of so many signs, in the middle of words."""
_LOOKED_AT = 300
_ACCOUNT = re.compile(r"[0-9]{7,12}|[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)
_DUTCH = re.compile(r"\sREK: ?([A-Z0-9]{5,34})/NAAM: ?(.{1,140})$", re.ASCII)
PART = 27
"""German banks cut the purpose into pieces of so many signs, in the middle of words."""

_GERMAN = re.compile(r"([0-9]{3})([^\w\s/])(?=[0-9]{2})", re.ASCII)
_BARE_GERMAN = re.compile(r"()([?>~^|@#])(?=[0-9]{2}[^?>~^|@#]*\2[0-9]{2})", re.ASCII)
_SEPA = re.compile(
    r"(?<![A-Z])(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC|PURP|RREF)(?:\+|:(?= ))|(?<![A-Z])(MTLG):"
)
_TAGGED = re.compile(r"(?<![A-Z])(?:EREF|SVWZ)(?:\+|:(?= ))")
_SLASHED = re.compile(
    r"/(TRTP|IBAN|BIC|NAME|REMI|EREF|IREF|KREF|MARF|CSID|ORDP|BENM|ISDT|RTRN|RETN|UDTR|UCRD|ULTD|ULTB|ULTC|PREF|SVCL|NRTX|"
    r"PURP|ADDR|CNTP|OCMT|EXCH|CHGS|CRED|DBTR|ACCW|SVWZ|ABWA|MREF|INFO|PY|BY|CREF|"
    r"NPY|NBE|NPO|NBU|LCC|LC2|LCS|LIB|RCN|REF|RUM|IPY|IBE|CPY|CBE|RET|FEE|MMO)(?=/)"
)
_FRENCH_WORDS = (
    r"MOTIF DU REJET|MOTIF REJET|REF ?DO|REF ?BEN|MOTIF|LIBELLE|OBJET|DONNEUR D.ORDRE|EMETTEUR|DEBITEUR|BENEFICIAIRE|"
    r"DEB|DE|FRM|RNF|EID|BENEF|BEN|POUR|NOM|ID EMETTEUR|ID|REF|RUM|MDT|MANDAT|ICS|LIB|IBAN|FRAIS|REJET"
)
_FRENCH = re.compile(
    rf"(?:(?:^|\s)/\s?({_FRENCH_WORDS})\b\s?:?|(?:^|\s)({_FRENCH_WORDS})\s?:\s|\s(MANDAT)\s(?=[^\s:]{{1,35}}$))"
)
# Words before a slash, as for direct debits: these two show that it is so.
_MANDATED = re.compile(r"\s(?:ID EMETTEUR|MDT)/")
_FRENCH_SLASHED = re.compile(r"(?:^|\s)(ECH|ID EMETTEUR|MDT|REF|LIB|DEB|BEN|MOTIF|ICS|RUM)/")
_KIND_OF_LABEL = re.compile(
    r"(?:VIR(?:EMENT)?|PRLV|PRELEVEMENT)(?:\s(?:SEPA|INST|RECU|EMIS|EUROPEEN|IMPAYE|REJETE|RETOURNE|B2B|CORE))*(?:\s|$)"
)
_REASON = re.compile(
    r"(?<![A-Z0-9])(A[CGM][0-9]{2}|(?:BE|DT|FF|MD|MS|RC|RR|SL|TM)[0-9]{2}|CNOR|DNOR|FOCR|CUST|DUPL|FRAD|TECH|UPAY|NOAS|"
    r"NOOR|ARDT|LEGL)(?![A-Z0-9])",
    re.ASCII,
)
# Words for a payment that came back. "Retour" and "rejet" alone may be about goods or invoices; fees for an unpaid
# payment are no unpaid payment.
_MEANS = r"(?:PRLV|PR[EÉ]L[EÈ]VEMENTS?|PREL|VIR|VIREMENTS?|SEPA|CHQ|CH[EÈ]QUES?|LCR|CB|SDD)"
_UNPAID = re.compile(
    r"\bIMPAY[EÉ]E?S?\b|\b(?:REJET|RETOUR)(?:[EÉ]E?S?)? (?:DE |D')?" + _MEANS + r"\b|"
    r"\b" + _MEANS + r"\b(?: [A-Z]{2,12}){0,2} (?:REJET|RETOUR)(?:[EÉ]E?S?|N[EÉ]E?S?)?\b|"
    r"\b(?:RETOURE|REJECT(?:ED)?|R[ÜU]E?CKLASTSCHRIFT|R[ÜU]E?CK[ÜU]E?BERWEISUNG|TERUGBOEKING|RETURNED)\b"
)
_FEE = re.compile(r"\b(?:FRAIS|COMMISSIONS?|COM|COTISATION|GEB[ÜU]E?HR(?:EN)?|FEES?)\b")
# German transaction codes that undo a payment, and what kind of money the others are.
GERMAN_RETURNS = frozenset({"108", "109", "159", "184", "185"})
GERMAN_NATURES: dict[str, Nature] = {
    "104": "direct_debit", "105": "direct_debit", "171": "direct_debit", "174": "direct_debit", "106": "card",
    "107": "card", "116": "transfer", "117": "transfer", "118": "transfer", "119": "transfer", "152": "transfer",
    "153": "transfer", "166": "transfer", "168": "transfer", "169": "transfer", "177": "transfer", "191": "transfer",
    "101": "cheque", "102": "cheque", "805": "fee", "808": "fee", "814": "interest", "835": "direct_debit",
}  # fmt: skip
# German reasons of return that have one ISO code each.
_GERMAN_REASONS = {"901": "AC01", "902": "AC04", "903": "AC06", "914": "MS03"}
# From the words of each style to ours.
_WORDS = {
    "EREF": "eref", "RCN": "eref", "REFDO": "eref", "REMI": "reference", "SVWZ": "reference", "MOTIF": "reference",
    "LCC": "reference", "LC2": "reference", "LIB": "reference", "LCS": "structured", "MARF": "mandate",
    "MREF": "mandate", "LIBELLE": "reference", "OBJET": "reference", "EMETTEUR": "name", "DEBITEUR": "name",
    "DEB": "name", "BENEFICIAIRE": "name", "DONNEUR D'ORDRE": "name", "NOM": "name", "REF DO": "eref",
    "RUM": "mandate", "MDT": "mandate", "MANDAT": "mandate", "NAME": "name", "NPY": "name",
    "NBE": "name", "DE": "name", "BEN": "name", "BENEF": "name", "POUR": "name", "IBAN": "iban", "CPY": "iban",
    "CBE": "iban", "RTRN": "returned", "RETN": "returned", "RET": "returned", "MOTIF REJET": "returned",
    "MOTIF DU REJET": "returned", "REJET": "returned", "CNTP": "counterparty", "ORDP": "party", "BENM": "party",
    "PY": "reference", "FRM": "name",
    "RNF": "reference", "EID": "eref", "REF": "more", "MTLG": "note", "INFO": "note",
}  # fmt: skip
_PLACEHOLDERS = frozenset({"USTD", "STRD", "CUR", "ISO"})


@dataclass(frozen=True, slots=True)
class Details:
    """What a field :86: says; ``""`` where it does not. ``code`` is the bank's own code of the movement."""

    reference: str = ""
    name: str = ""
    iban: str = ""
    other_account: str = ""
    end_to_end_id: str = ""
    structured: str = ""
    mandate: str = ""
    code: str = ""
    label: str = ""
    returned: str = ""
    nature: Nature = ""


def details(lines: list[str]) -> Details:
    """Read the lines of one or several fields :86:, without their tags."""
    whole = _rejoined(lines)
    german = _GERMAN.match(whole) or _BARE_GERMAN.match(whole)
    if german:
        return _german("".join(lines), german[1], german[2])
    if _SLASHED.search(whole):
        return _worded(_SLASHED, _rejoined(lines, WIDTH - len(":86:")))
    if _MANDATED.search(whole):
        return _with_name(_worded(_FRENCH_SLASHED, whole))
    if _FRENCH.search(whole) and not _TAGGED.search(whole):
        return _worded(_FRENCH, whole)
    return _plain(whole)


def is_worded(line: str) -> bool:
    """Whether a line is made of code words between slashes, from its first sign."""
    return bool(_SLASHED.match(line))


def party_before(parts: list[str], lines: list[str]) -> Details | None:
    """The other party where field :61: names its account, then its name, and field :86: begins with both again.

    ``parts``: the references and second line of :61:. What follows in ``lines`` is the reference.
    """
    if len(parts) < 2 or not _ACCOUNT.fullmatch(parts[0]):
        return None
    text = bank_text.flat(" ".join(lines))
    begun = f"{parts[0]} {parts[1]}"
    if not text.startswith(begun):
        return None
    iban, other = bank_text.account(parts[0])
    return Details(reference=text[len(begun) :].strip(), name=parts[1], iban=iban, other_account=other)


def reason_in(text: str) -> str:
    """The ISO 20022 reason code inside a text, or ``""``."""
    found = _REASON.search(text.upper())
    return found[0] if found else ""


def says_unpaid(text: str) -> bool:
    """Whether a text says that a payment came back, in French, German, Dutch or English."""
    upper = bank_text.flat(text.upper()[:_LOOKED_AT])
    return bool(_UNPAID.search(upper)) and not _FEE.search(upper)


def numbered(lines: Iterable[str]) -> Details:
    """Read the lines of a field :NS: after a movement: two digits, then text."""
    parts: dict[int, str] = {}
    for line in lines:
        if line[:2].isascii() and line[:2].isdigit():
            parts.setdefault(int(line[:2]), line[2:].strip())
    purpose = [parts[number] for number in range(1, 15) if parts.get(number)]
    reference = bank_text.flat(" ".join(purpose))
    iban, other = bank_text.account(parts.get(34, ""))
    return Details(
        reference=reference or parts.get(17, ""),
        name=bank_text.flat(f"{parts.get(15, '')}{parts.get(16, '')}"),
        iban=iban,
        other_account=other,
        structured=bank_text.creditor_reference(reference),
        label=parts.get(17, ""),
    )


def _rejoined(lines: list[str], first: int = WIDTH) -> str:
    """Lines put together: without a blank where SWIFT cut a full line. Some banks count the tag in the first one."""
    text = ""
    for place, line in enumerate(lines):
        if place and len(lines[place - 1]) < (first if place == 1 else WIDTH):
            text += " "
        text += line
    return text


def _german(whole: str, code: str, separator: str) -> Details:
    parts = re.split(re.escape(separator) + r"([0-9]{2})", whole[len(code) :])
    fields: dict[str, str] = {}
    for number, content in zip(parts[1::2], parts[2::2], strict=True):
        fields[number] = fields.get(number, "") + content
    numbers = [f"{number}" for number in (*range(20, 30), *range(60, 64))]
    purpose = ""
    for number in numbers:
        piece = fields.get(number, "").rstrip(separator)
        purpose += piece if len(piece) >= PART else piece + " "
    tagged = _sepa(purpose)
    iban, other = bank_text.account(fields.get("31", "") or tagged.get("IBAN", ""))
    label = bank_text.flat(fields.get("00", ""))
    extra = fields.get("34", "").strip()
    first_name = fields.get("32", "")
    name = bank_text.flat(first_name + ("" if len(first_name) >= PART else " ") + fields.get("33", ""))
    returned = ""
    if code in GERMAN_RETURNS or says_unpaid(label):
        returned = _GERMAN_REASONS.get(extra, extra) if extra.strip("0") else UNKNOWN_REASON
        returned = reason_in(purpose) or returned
    reference = bank_text.flat(tagged.get("SVWZ", "") or tagged.get("", "") or tagged.get("MTLG", ""))
    return Details(
        reference=reference or label,
        name=name.rstrip("/ ") or bank_text.flat(tagged.get("ABWA", "")),
        iban=iban,
        other_account=other,
        end_to_end_id=bank_text.said(bank_text.flat(tagged.get("EREF", ""))),
        structured=bank_text.creditor_reference(reference),
        mandate=bank_text.said(bank_text.flat(tagged.get("MREF", ""))),
        code=code,
        label=label,
        returned=returned,
        nature=GERMAN_NATURES.get(code, ""),
    )


def _sepa(purpose: str) -> dict[str, str]:
    """The purpose by its SEPA words (EREF+, SVWZ+, ...); what stands before the first is under ``""``."""
    places = [*_SEPA.finditer(purpose)]
    ends = [*(one.start() for one in places), len(purpose)]
    found = {"": purpose[: ends[0]].strip()}
    for one, end in zip(places, ends[1:], strict=True):
        found.setdefault(one[1] or one[2], purpose[one.end() : end].strip())
    return found


def _worded(words: re.Pattern[str], whole: str) -> Details:
    """Read code words and what follows each."""
    found: dict[str, list[str]] = {}
    places = [*words.finditer(whole)]
    before = whole[: places[0].start()]
    for place, match in enumerate(places):
        end = places[place + 1].start() if place + 1 < len(places) else len(whole)
        content = bank_text.flat(whole[match.end() : end].strip("/ "))
        meant = _WORDS.get(match[match.lastindex or 1])
        if meant and content:
            found.setdefault(meant, []).append(content)
    said = {meant: " ".join(contents) for meant, contents in found.items()}
    account, name = _counterparty(found)
    label = bank_text.flat(before)
    reference = _without_placeholders(said.get("reference", "")) or said.get("note", "") or label
    reference = bank_text.flat(f"{reference} {bank_text.said(said.get('more', ''))}")
    returned = _returned(said.get("returned", ""), label, reference)
    structured = said.get("structured", "") or bank_text.creditor_reference(reference)
    iban, other = bank_text.account(account)
    return Details(
        reference=reference or ("" if found else bank_text.flat(whole)),
        name=name,
        iban=iban,
        other_account=other,
        end_to_end_id=bank_text.said(found.get("eref", [""])[0]),
        structured=structured,
        mandate=bank_text.said(found.get("mandate", [""])[0]),
        label=label,
        returned=returned,
        nature=_nature(label),
    )


def _counterparty(found: dict[str, list[str]]) -> tuple[str, str]:
    """Account and name, which some banks write as one: account/bank/name/town."""
    account = found.get("iban", [""])[0]
    name = found.get("name", [""])[0]
    if "counterparty" in found:
        parts = found["counterparty"][0].split("/")
        account = account or parts[0]
        name = name or (parts[2] if len(parts) > 2 else "")
    if not name and "party" in found:
        first = found["party"][0].strip("/ ")
        parts = first.split("/")
        if len(parts) > 2 and bank_text.account(parts[0])[0]:
            return parts[0], parts[2]
        account_first, _, rest = first.partition(" ")
        iban, _ = bank_text.account(account_first)
        account, name = (account or iban, rest) if iban else (account, first)
    return account.partition(" ")[0] if account else "", name


def _with_name(found: Details) -> Details:
    """With the name that stands behind the kind of movement, where no word gives one."""
    kind = _KIND_OF_LABEL.match(found.label)
    return replace(found, name=found.label[kind.end() :]) if kind and not found.name else found


def _without_placeholders(text: str) -> str:
    """Remittance without the words that only say its form (``USTD//FACTURE 12``)."""
    parts = [part for part in text.split("/") if part.strip() and part.strip() not in _PLACEHOLDERS]
    return bank_text.flat("/".join(parts))


def _plain(whole: str) -> Details:
    text = bank_text.flat(whole)
    tagged = _sepa(text)
    dutch = _DUTCH.search(text)
    iban, other = bank_text.account(dutch[1]) if dutch else (bank_text.iban_in(text), "")
    return Details(
        reference=tagged.get("SVWZ", "") or (text[: dutch.start()] if dutch else text),
        name=dutch[2] if dutch else tagged.get("ABWA", ""),
        iban=iban,
        other_account=other,
        end_to_end_id=bank_text.said(tagged.get("EREF", "")),
        mandate=bank_text.said(tagged.get("MREF", "")),
        structured=bank_text.creditor_reference(text),
        label=text,
        returned=_returned("", text),
        nature=_nature(text),
    )


def _returned(told: str, label: str, reference: str = "") -> str:
    """The reason code when the movement undoes a payment."""
    if _FEE.search(label.upper()[:_LOOKED_AT]) or not (told or says_unpaid(label)):
        return ""
    return reason_in(told) or reason_in(label) or reason_in(reference) or UNKNOWN_REASON


def _nature(label: str) -> Nature:
    """What kind of money it is, from the first words banks put before the details."""
    upper = label.upper()
    for words, nature in _LABELS:
        if upper.startswith(words):
            return nature
    return ""


_LABELS: tuple[tuple[tuple[str, ...], Nature], ...] = (
    (("VIR", "SEPA OVERBOEKING", "SEPA CREDIT", "TRANSFER", "VRT"), "transfer"),
    (("PRLV", "PRELEV", "PREL ", "SEPA INCASSO", "DIRECT DEBIT"), "direct_debit"),
    (("REMISE CB", "REM CB", "CARTE", "CB ", "FACT CB", "REMISE CARTE", "BEA", "PAIEMENT CB"), "card"),
    (("REM CHQ", "REMISE CHEQUE", "REMISE CHQ", "CHEQUE", "CHQ"), "cheque"),
    (("COM ", "COMMISSION", "FRAIS", "COTISATION"), "fee"),
)
