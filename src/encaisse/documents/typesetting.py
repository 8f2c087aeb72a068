"""Typst, driven so that the same data gives the same bytes: own fonts only, no clock, no network, data as JSON."""

import json
import re
import threading
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import typst

_FOLDER = Path(__file__).parent / "typst"
# Data travels as ASCII JSON in one Typst string. The two characters that mean something inside such a string are
# swapped for private-use ones, which ASCII JSON never holds, and swapped back inside the template: so no value can
# end the string or be read as code. Handing the data over as sys.inputs is as safe but twice as slow, because
# Typst then forgets all it knows about the templates (17 ms against 8 ms a letter).
_QUOTE, _BACKSLASH = "\ue000", "\ue001"
_MAIN = """#import "house.typ": unpack
#import "{template}.typ": render
#render(unpack("{data}"))
"""
# What the embedded fonts can draw: Latin, Greek, Cyrillic, Hebrew, punctuation, currencies, arrows, mathematics. PDF/A
# refuses a page with any other character; see tests/documents/test_typesetting.py, which draws them all.
PRINTABLE = (
    (0x20, 0x7E),
    (0xA0, 0xAC),
    (0xAE, 0x377),
    (0x384, 0x38A),
    (0x38C, 0x38C),
    (0x38E, 0x3A1),
    (0x3A3, 0x4FF),
    (0x5D0, 0x5EA),
    (0x1E00, 0x1EFF),
    (0x2000, 0x200A),
    (0x2010, 0x2027),
    (0x202F, 0x2040),
    (0x2070, 0x2071),
    (0x2074, 0x208E),
    (0x20A0, 0x20BF),
    (0x2100, 0x211E),
    (0x2122, 0x2122),
    (0x2126, 0x2126),
    (0x2190, 0x22FF),
    (0x2500, 0x25FF),
)
_UNPRINTABLE = re.compile("[^\\n" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in PRINTABLE) + "]")
_TEMPLATES = frozenset({"letter", "statement", "worksheet"})


def typeset(template: str, data: Mapping[str, object], day: date) -> bytes:
    """Render one of the bundled templates to PDF (PDF/A-2a, PDF/UA-1).

    ``data`` is plain JSON data. ``day`` is the date the document bears, also as the PDF's creation date. The compiler
    is kept for the life of the thread. Raises KeyError for an unknown
    template and TypstError when the data does not fit it.
    """
    result = _compiler().compile(
        input=_source(template, data),
        format="pdf",
        # PDF/A-2a keeps for decades; PDF/UA-1 is read aloud properly.
        pdf_standards=["a-2a", "ua-1"],
        timestamp=datetime(day.year, day.month, day.day, tzinfo=UTC),
    )
    if not isinstance(result, bytes):
        raise TypeError(f"{template}: one PDF was expected")
    return result


def draw(template: str, data: Mapping[str, object], *, ppi: float = 96) -> tuple[bytes, ...]:
    """The pages of the same document as PNG pictures, for a screen. Errors as ``typeset``."""
    result = _compiler().compile(input=_source(template, data), format="png", ppi=ppi)
    if isinstance(result, bytes):
        return (result,)
    return tuple(result or ())


def _source(template: str, data: Mapping[str, object]) -> bytes:
    if template not in _TEMPLATES:
        raise KeyError(template)
    return _MAIN.replace("{template}", template).replace("{data}", _packed(data)).encode("utf-8")


def printable(text: str) -> str:
    """Text with every character that the fonts lack replaced: by its plain form, else by a hollow square."""
    return _UNPRINTABLE.sub(_replaced, unicodedata.normalize("NFC", text))


def _replaced(match: re.Match[str]) -> str:
    character = match.group()
    if unicodedata.category(character) in {"Cc", "Cf", "Mn", "Me"}:
        return ""
    plain = unicodedata.normalize("NFKD", character)
    return plain if plain != character and not _UNPRINTABLE.search(plain) else "□"


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {key: _cleaned(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cleaned(item) for item in value]
    return value


def _packed(data: Mapping[str, object]) -> str:
    text = json.dumps(_cleaned(data), ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return text.replace('"', _QUOTE).replace("\\", _BACKSLASH)


def _compiler() -> typst.Compiler:
    """This thread's compiler: pages preview letters while the delivery thread writes them."""
    compiler: typst.Compiler | None = getattr(_of_thread, "compiler", None)
    if compiler is None:
        compiler = _of_thread.compiler = typst.Compiler(
            root=_FOLDER,
            font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=True),
            ignore_system_fonts=True,
        )
    return compiler


_of_thread = threading.local()
