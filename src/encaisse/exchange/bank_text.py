"""What the bank formats share: bytes to text, amounts, dates, account numbers, references.

Every function here takes what a file holds, so none raises for it: what cannot be read is None or ``""``.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from encaisse.exchange import fec_bytes
from encaisse.exchange.bank import Notes
from encaisse.exchange.fec_bytes import Source
from encaisse.exchange.problems import Problem, problem

MAX_BYTES = 64 * 1024 * 1024
"""Largest MT940, OFX or CFONB file read, in bytes. CAMT is read piece by piece and has a limit of its own."""
MAX_LINE = 64 * 1024
"""Longest line of a file made of lines, in bytes."""
MAX_NULS = 20
"""A text file may be damaged by one NUL in so many bytes; more of them make it binary."""

_CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127], None)
_C1 = bytes(range(0x80, 0xA0))
_UNDEFINED = b"\x81\x8d\x8f\x90\x9d"
_IN_NUMBERS = str.maketrans("\u2212", "-", " \u00a0\u202f'")
_PLAIN_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,10})?", re.ASCII)
_NUMBER = re.compile(r"0*[0-9]{0,15}(?:\.[0-9]{0,10})?", re.ASCII)
_IBAN_SHAPE = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}", re.ASCII)
_IBAN_IN_TEXT = re.compile(
    r"(?<![A-Z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Z0-9])", re.ASCII
)
_RF = re.compile(r"(?<![A-Z0-9])RF[0-9]{2}(?: ?[A-Z0-9]{1,4}){1,6}(?![A-Z0-9])", re.ASCII)
_RF_TIGHT = re.compile(r"(?<![A-Z0-9])RF[0-9]{2}[A-Z0-9]{1,21}(?![A-Z0-9])", re.ASCII)
_BELGIAN = re.compile(r"(?:\+{3}|\*{3})\s?([0-9]{3})/?([0-9]{4})/?([0-9]{5})\s?(?:\+{3}|\*{3})", re.ASCII)
_NOTHING = frozenset(
    {
        "NONREF", "NOTPROVIDED", "NOT PROVIDED", "NONE", "KREF", "KREF+", "EREF", "EREF+", "MREF+", "PREF", "MARF",
        "N/A", "NOREF", ".",
    }
)  # fmt: skip
# Length of an IBAN by country: in running text the next word may look like more of it.
_COUNTRIES_BY_LENGTH = {
    15: "NO", 16: "BE", 18: "DK FI FO GL NL", 19: "MK SI", 20: "AT BA EE LT LU XK", 21: "CH HR LI LV",
    22: "BG DE GB GE IE ME RS", 23: "AE GI IL", 24: "AD CZ ES MD PK RO SA SE SK TN", 26: "IS TR",
    27: "FR GR IT MC MR SM", 28: "AL CY HU LB MA PL", 29: "UA", 31: "MT",
}  # fmt: skip
_IBAN_LENGTHS = {code: length for length, codes in _COUNTRIES_BY_LENGTH.items() for code in codes.split()}
_OF_RIB = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")
_FRENCH_ACCOUNT = re.compile(r"([0-9]{5})([0-9]{5})([0-9A-Z]{11})([0-9]{2})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Text:
    """A whole file as text, with ``\\n`` line ends no control characters; ``notes``: what was met on the way."""

    text: str
    encoding: str
    notes: Notes = field(default_factory=Notes)


def read_text(source: Source, *, by_lines: bool) -> Text | Problem:
    """Decode a file of at most ``MAX_BYTES``, or the problem why not. ``by_lines``: no line over ``MAX_LINE`` bytes.

    Raises OSError only when a path cannot be opened or read.
    """
    stream = fec_bytes.opened(source)
    try:
        stream.seek(0)
        data = stream.read(MAX_BYTES + 1)
    finally:
        if isinstance(source, str | Path):
            stream.close()
    if len(data) > MAX_BYTES:
        return problem("file_too_large", None, limit=MAX_BYTES // (1024 * 1024))
    text, encoding, bad = _decoded(data)
    if text is None:
        return problem("binary_file", None)
    if "\r" in text:
        text = text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
    if by_lines and _longest(text) > MAX_LINE:
        return problem("line_too_long", None, limit=MAX_LINE)
    text = text.translate(_CONTROLS)
    if not text.strip():
        return problem("empty_file", None)
    found = Text(text, encoding)
    if bad:
        found.notes.add("bad_bytes", None, encoding=encoding)
    return found


def _decoded(data: bytes) -> tuple[str | None, str, bool]:
    """Text, encoding, and whether bytes were lost. UTF-16 by its mark or its NULs, then UTF-8, then one byte a sign."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            text = data.decode(name, "replace")
            return text, name, "\N{REPLACEMENT CHARACTER}" in text
    nuls = data.count(b"\0")
    if nuls * MAX_NULS > len(data):
        wide = _unmarked_utf16(data)
        return (data.decode(wide, "replace"), wide, False) if wide else (None, "", True)
    if nuls:
        data = data.replace(b"\0", b"")
    if data[:4] in (b"PK\x03\x04", b"%PDF"):
        return None, "", True
    try:
        return data.decode("utf-8"), "utf-8", bool(nuls)
    except UnicodeDecodeError:
        pass
    text = data.decode("utf-8", "replace")
    wrong = text.count("\N{REPLACEMENT CHARACTER}")
    if wrong * 10 <= len(data) - len(text) + wrong:
        return text, "utf-8", True
    name = "cp1252" if len(data.translate(None, _C1)) != len(data) else "iso-8859-15"
    undefined = name == "cp1252" and len(data.translate(None, _UNDEFINED)) != len(data)
    return data.decode(name, "replace"), name, bool(nuls) or undefined


def _unmarked_utf16(data: bytes) -> str:
    """``utf-16-le`` or ``-be`` when every second byte of the head is NUL, the others not."""
    even, odd = data[0:200:2], data[1:200:2]
    if odd and not odd.strip(b"\0") and b"\0" not in even:
        return "utf-16-le"
    return "utf-16-be" if even and not even.strip(b"\0") and b"\0" not in odd else ""


def _longest(text: str) -> int:
    at = longest = 0
    while (end := text.find("\n", at)) >= 0:
        longest, at = max(longest, end - at), end + 1
    return max(longest, len(text) - at)


def lines(text: str) -> Iterator[tuple[int, str]]:
    """Each line with its number, from 1, without its end."""
    at, number = 0, 1
    while (end := text.find("\n", at)) >= 0:
        yield number, text[at:end]
        at, number = end + 1, number + 1
    if at < len(text):
        yield number, text[at:]


def amount(text: str) -> Decimal | None:
    """A number written by a bank: ``1234,5``, ``1.234,56``, ``1,234.56``, ``-00012.3400``, ``12,``; None otherwise.

    A single comma or point begins the decimals, whatever follows: banks do not group thousands.
    """
    if _PLAIN_NUMBER.fullmatch(text):
        return Decimal(text)
    body = text.strip().translate(_IN_NUMBERS)
    sign = -1 if body.startswith("-") or body.endswith("-") else 1
    body = body.strip("+-") if body[:1] in "+-" or body[-1:] in "+-" else body
    if "," in body and "." in body:
        grouping = "." if body.rfind(",") > body.rfind(".") else ","
        body = body.replace(grouping, "")
    body = body.replace(",", ".")
    if body.count(".") > 1:
        body = body.replace(".", "")
    if not _NUMBER.fullmatch(body) or not body.strip("."):
        return None
    return sign * Decimal(body.removesuffix("."))


def day(year: str, month: str, number: str) -> date | None:
    """A date from its digits; a year of two digits is this side of 1980. None when there is no such day."""
    if not (year + month + number).isascii() or not (year + month + number).isdigit():
        return None
    full = int(year) if len(year) == 4 else int(year) + (2000 if int(year) < 80 else 1900)
    try:
        return date(full, int(month), int(number))
    except ValueError:
        return None


def is_iban(text: str) -> bool:
    """Whether the text has the shape of an IBAN and its two check digits are right."""
    return bool(_IBAN_SHAPE.fullmatch(text)) and int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


def account(text: str) -> tuple[str, str]:
    """An account as (IBAN, other number): an IBAN by its shape, even when its check digits are wrong.

    Written with blanks or small letters, it must also have the length of its country: else it may be more than that.
    """
    if len(text) >= 15 and _IBAN_SHAPE.fullmatch(text) and not text.startswith("RF"):
        return text, ""
    tight = re.sub(r"[\s./-]", "", text.upper()) if len(text) <= 80 else ""
    fits = _IBAN_SHAPE.fullmatch(tight) and _IBAN_LENGTHS.get(tight[:2], max(len(tight), 15)) == len(tight)
    return (tight, "") if fits else ("", text.strip())


def iban_in(text: str) -> str:
    """The first right IBAN inside a text, or ``""``."""
    for found in _IBAN_IN_TEXT.finditer(text):
        tight = found[0].replace(" ", "")
        length = _IBAN_LENGTHS.get(tight[:2], len(tight))
        if tight[:2] != "RF" and is_iban(tight[:length]) and _ends_a_word(found[0], length):
            return tight[:length]
    return ""


def _ends_a_word(spaced: str, length: int) -> bool:
    """Whether a word ends after so many signs, blanks not counted."""
    for place, sign in enumerate(spaced):
        length -= sign != " "
        if not length:
            return spaced[place + 1 : place + 2] in ("", " ")
    return False


def french_iban(bank: str, branch: str, number: str) -> str:
    """The IBAN of a French account from its bank (5 digits), branch (5) and number (11 signs), or ``""``."""
    found = _FRENCH_ACCOUNT.fullmatch((bank + branch + number).strip().upper())
    if not found:
        return ""
    plain = [int(part.translate(_OF_RIB)) for part in found.group(1, 2, 3)]
    key = 97 - (89 * plain[0] + 15 * plain[1] + 3 * plain[2]) % 97
    body = f"{found[1]}{found[2]}{found[3]}{key:02d}"
    check = 98 - int("".join(str(int(sign, 36)) for sign in body + "FR00")) % 97
    return f"FR{check:02d}{body}"


def creditor_reference(text: str) -> str:
    """The structured reference inside a text: ISO 11649 (RF) or Belgian (+++123/4567/89012+++), check digits right."""
    upper = text.upper()
    for pattern in (_RF_TIGHT, _RF) if "RF" in upper else ():
        for found in pattern.finditer(upper):
            tight = found[0].replace(" ", "")
            if int("".join(str(int(c, 36)) for c in tight[4:] + tight[:4])) % 97 == 1:
                return tight
    belgian = _BELGIAN.search(text)
    if belgian:
        digits = "".join(belgian.groups())
        if int(digits[10:]) == (int(digits[:10]) % 97 or 97):
            return digits
    return ""


def said(text: str) -> str:
    """A reference, or ``""`` for the words banks use when there is none."""
    plain = text.strip()
    return "" if plain.upper() in _NOTHING else plain


def flat(text: str) -> str:
    """A text on one line with single spaces."""
    return " ".join(text.split())
