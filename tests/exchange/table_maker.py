"""Makes small XLSX and ODS workbooks part by part, as programs write them, and broken ones."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

Value = str | int | float | Decimal | date | None
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/>'
    '<numFmt numFmtId="165" formatCode="#,##0.00\\ &quot;day&quot;"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="14"/></cellXfs></styleSheet>'
)

_SHOWN = "<text:p>x</text:p></table:table-cell>"


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    """An archive of these parts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def xlsx(
    *sheets: Sequence[Sequence[Value]], hidden: int = 0, from_1904: bool = False, extra: str = "",
    merged: str = "",
) -> bytes:  # fmt: skip
    """A workbook with these sheets, the first ``hidden`` ones hidden; texts are shared, days are styled numbers.

    ``merged``: cells merged on each sheet, as B2:B3.
    """
    texts: list[str] = []
    names = [f"s{at}" for at in range(1, len(sheets) + 1)]
    parts = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><workbookPr date1904="{int(from_1904)}"/>'
        "<sheets>"
        + "".join(
            f'<sheet name="{name}" sheetId="{at}" r:id="r{at}" state="{"hidden" if at <= hidden else "visible"}"/>'
            for at, name in enumerate(names, 1)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": "<Relationships>"
        + "".join(f'<Relationship Id="r{at}" Target="worksheets/{name}.xml"/>' for at, name in enumerate(names, 1))
        + '<Relationship Id="t" Target="sharedStrings.xml"/><Relationship Id="y" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": _STYLES,
    }
    merges = f'<mergeCells><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
    for name, rows in zip(names, sheets, strict=True):
        body = "".join(_row(at, row, texts, from_1904) for at, row in enumerate(rows, 1))
        parts[f"xl/worksheets/{name}.xml"] = (
            f'<?xml version="1.0" encoding="UTF-8"?>{extra}'
            f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData>{merges}</worksheet>'
        )
    shared = "".join(f"<si><t>{escape(text)}</t><rPh><t>noise</t></rPh></si>" for text in texts)
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{_MAIN}">{shared}</sst>'
    return packed(parts)


def _row(line: int, row: Sequence[Value], texts: list[str], from_1904: bool) -> str:
    start = date(1904, 1, 1) if from_1904 else date(1899, 12, 30)
    cells = ""
    for place, value in enumerate(row):
        reference = f"{chr(65 + place)}{line}"
        if value is None:
            continue
        if isinstance(value, date):
            cells += f'<c r="{reference}" s="1"><v>{(value - start).days}</v></c>'
        elif isinstance(value, str) and value.startswith("<"):
            cells += f'<c r="{reference}">{value}</c>'
        elif isinstance(value, str):
            texts.append(value)
            cells += f'<c r="{reference}" t="s"><v>{len(texts) - 1}</v></c>'
        else:
            cells += f'<c r="{reference}" s="2"><v>{value}</v></c>'
    return f'<row r="{line}">{cells}</row>'


def ods(rows: Iterable[Sequence[Value]], before: str = "") -> bytes:
    """A workbook with one sheet, padded with a million blank rows as spreadsheets do."""
    body = ""
    for row in rows:
        body += "<table:table-row>"
        for value in row:
            if value is None:
                body += "<table:table-cell/>"
            elif isinstance(value, date):
                body += f'<table:table-cell office:value-type="date" office:date-value="{value}T00:00:00">{_SHOWN}'
            elif isinstance(value, str):
                words = escape(value).replace("  ", " <text:s/>")
                body += (
                    '<table:table-cell office:value-type="string"><office:annotation><text:p>aside</text:p>'
                    f"</office:annotation><text:p>{words}</text:p></table:table-cell>"
                )
            else:
                body += f'<table:table-cell office:value-type="float" office:value="{value}">{_SHOWN}'
        body += '<table:table-cell table:number-columns-repeated="16000"/></table:table-row>'
    spaces = " ".join(f'xmlns:{name}="urn:oasis:{name}"' for name in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0"?>{before}<office:document-content {spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="F">{body}'
        '<table:table-row table:number-rows-repeated="1048000">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    return packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content})
