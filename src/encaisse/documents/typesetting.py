"""Typst, driven so that the same data gives the same bytes: own fonts only, no clock, no network, data as JSON."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
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
_TEMPLATES = frozenset({"letter", "statement", "worksheet"})


def typeset(template: str, data: Mapping[str, object], day: date) -> bytes:
    """Render one of the bundled templates to PDF (PDF/A-2a, PDF/UA-1).

    ``data`` is plain JSON data. ``day`` is the date the document bears, also as the PDF's creation date. The compiler
    is kept for the life of the process; it is not meant to be shared by threads. Raises KeyError for an unknown
    template and TypstError when the data does not fit it.
    """
    if template not in _TEMPLATES:
        raise KeyError(template)
    result = _compiler().compile(
        input=_MAIN.replace("{template}", template).replace("{data}", _packed(data)).encode("utf-8"),
        format="pdf",
        # PDF/A-2a keeps for decades; PDF/UA-1 is read aloud properly.
        pdf_standards=["a-2a", "ua-1"],
        timestamp=datetime(day.year, day.month, day.day, tzinfo=UTC),
    )
    if not isinstance(result, bytes):
        raise TypeError(f"{template}: one PDF was expected")
    return result


def _packed(data: Mapping[str, object]) -> str:
    text = json.dumps(data, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return text.replace('"', _QUOTE).replace("\\", _BACKSLASH)


@cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(
        root=_FOLDER,
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=True),
        ignore_system_fonts=True,
    )
