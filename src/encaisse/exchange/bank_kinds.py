"""Which bank format a file is in, from its content, and the one reader for all of them."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from pathlib import Path

from encaisse.exchange import fec_bytes
from encaisse.exchange.bank import BankFile, Kind, refuse
from encaisse.exchange.camt import read_camt
from encaisse.exchange.cfonb import read_cfonb
from encaisse.exchange.mt940 import read_mt940
from encaisse.exchange.ofx import read_ofx

HEAD = 64 * 1024
"""So many bytes are enough."""

_CAMT = re.compile(r"camt\.05[234]\.001\.|<(?:[A-Za-z0-9_.-]{1,40}:)?BkToCstmr(AcctRpt|Stmt|DbtCdtNtfctn)", re.ASCII)
_CAMT_KINDS: dict[str, Kind] = {"AcctRpt": "camt052", "Stmt": "camt053", "DbtCdtNtfctn": "camt054"}
_CAMT_NUMBER = re.compile(r"camt\.(05[234])\.001\.", re.ASCII)
_CAMT_BY_NUMBER: dict[str, Kind] = {"052": "camt052", "053": "camt053", "054": "camt054"}
_OFX = re.compile(r"\A\s*OFXHEADER\s*:|<\?OFX\b|<(?:[a-z][\w.-]{0,20}:)?OFX(?:\s[^<>]{0,400})?>", re.IGNORECASE)
_MT = re.compile(r"^[ \t]{0,40}:(?:20|25P?|28C?|60[FM]|61|62[FM]|64|86|NS|34F|13D?):", re.MULTILINE)
_MT_BLOCK = re.compile(r"\A\s*\{1:F01", re.ASCII)
_MT_DAY = re.compile(r"^:(?:34F|13D?|90[CD]):", re.MULTILINE)
_MT_BALANCE = re.compile(r"^:6[02][FM]:", re.MULTILINE)
_CFONB_120 = re.compile(r"^(?:01|04|05|07)[0-9A-Z]{5}.{9}[A-Z]{3}[0-9 ]", re.ASCII | re.MULTILINE)
_CFONB_240 = re.compile(r"(?:31|34|39)[0-9]{6}[0-9A-Z ]{2}[0-9 ]{6}", re.ASCII)


def bank_kind(head: bytes) -> Kind:
    """Say which bank format a file is in from its first bytes (``HEAD`` of them are enough); ``unknown`` for none."""
    text = _text(head[:HEAD])
    start = text.lstrip("\ufeff \t\r\n\x01")
    if _OFX.search(text):
        return "ofx"
    if start.startswith("<"):
        return _camt(text)
    if _CFONB_120.search(start):
        return "cfonb120"
    if _CFONB_240.match(start) and len(start.partition("\n")[0]) > 120:
        return "cfonb240"
    if _MT_BLOCK.match(start) or (_MT.search(text) and not start.startswith(("{", "[", "%"))):
        return "mt942" if _MT_DAY.search(text) and not _MT_BALANCE.search(text) else "mt940"
    return "unknown"


def read_bank(source: fec_bytes.Source, *, language: str = "fr") -> BankFile:
    """Read a bank file of whichever format it is. ``language``: of the problems' words, fr or en.

    Raises OSError only when a path cannot be opened or read.
    """
    stream = fec_bytes.opened(source)
    try:
        stream.seek(0)
        head = stream.read(HEAD)
        kind = bank_kind(head)
        reader = _READERS.get(kind)
        if reader is None:
            code = "not_a_statement" if head.strip() else "empty_file"
            return refuse(code, language=language, expected="CAMT, MT940, OFX, CFONB")
        return reader(stream, language=language)
    finally:
        if isinstance(source, str | Path):
            stream.close()


_READERS: dict[Kind, Callable[..., BankFile]] = {
    "camt052": read_camt,
    "camt053": read_camt,
    "camt054": read_camt,
    "mt940": read_mt940,
    "mt942": read_mt940,
    "ofx": read_ofx,
    "cfonb120": read_cfonb,
    "cfonb240": read_cfonb,
}


def _text(head: bytes) -> str:
    """Enough of a text to know it by: wide characters narrowed, line ends alike."""
    marked = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = head.decode("utf-16", "replace") if marked else head.replace(b"\0", b"").decode("utf-8", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _camt(text: str) -> Kind:
    found = _CAMT.search(text)
    if not found:
        return "unknown"
    if found[1]:
        return _CAMT_KINDS[found[1]]
    number = _CAMT_NUMBER.search(text)
    return _CAMT_BY_NUMBER[number[1]] if number else "unknown"
