"""Workbooks into rows: which one an archive is, and its first sheet that holds data."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Literal
from xml.parsers import expat  # nosec - only its error is used

from encaisse.exchange.problems import problem
from encaisse.exchange.table_archive import MAX_PARTS, MAX_UNPACKED, Parts, Refused
from encaisse.exchange.table_ods import read_ods
from encaisse.exchange.table_text import MAX_CELLS, RawTable
from encaisse.exchange.table_xlsx import read_xlsx

Container = Literal["xlsx", "ods", "xlsb", ""]
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError,
           struct.error, LookupError, OverflowError, MemoryError, expat.ExpatError)  # fmt: skip


def container(data: bytes) -> Container:
    """Which workbook an archive is, by its parts; ``""`` when it is none or no archive at all."""
    if data[:4] != b"PK\x03\x04":
        return ""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist()[:MAX_PARTS])
            if "xl/workbook.bin" in names:
                return "xlsb"
            if any(name.endswith("workbook.xml") for name in names) and "[Content_Types].xml" in names:
                return "xlsx"
            if "content.xml" in names and "mimetype" in names:
                with archive.open("mimetype") as part:
                    return "ods" if b"opendocument.spreadsheet" in part.read(200) else ""
    except _BROKEN:
        return ""
    return ""


def read_book(data: bytes, kind: Container) -> RawTable:
    """The rows of the first visible sheet that holds data. Never raises for what is in the file."""
    if kind == "xlsb":
        return RawTable(problems=[problem("other_workbook", None, name="XLSB")])
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if len(archive.namelist()) > MAX_PARTS:
                raise Refused("workbook_bomb")
            parts = Parts(archive)
            return read_xlsx(parts) if kind == "xlsx" else read_ods(parts)
    except Refused as refused:
        limit = MAX_CELLS if refused.args[0] == "table_too_large" else MAX_UNPACKED // (1024 * 1024)
        return RawTable(problems=[problem(refused.args[0], None, limit=limit)])
    except _BROKEN as error:
        return RawTable(problems=[problem("workbook_broken", None, reason=str(error)[:80] or type(error).__name__)])
