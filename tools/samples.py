"""Makes the table of samples in `docs/imports.md`: `python -m tools.samples FOLDER [--document FILE]`.

Every file below FOLDER is looked at as `encaisse inspect` does, and one line says whether it is read or refused. What
was read is checked in a second way: the totals of an invoice against those its XML bears, taken by their element names
alone; the movements of a statement against its balances; the open items of books against the `.truth.json` beside them.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET  # nosec - samples we chose

from pypdf import PdfReader

from encaisse.exchange.inspecting import Inspected, files_in, inspect
from encaisse.exchange.problems import Problem, Severity

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "imports.md"
BEGIN, END = "<!-- samples: begin -->", "<!-- samples: end -->"
LEFT_OUT = {".md", ".bin"}
UNCHECKED_BALANCES = {"no_opening_balance", "no_closing_balance", "balance_currencies"}
# The total with tax and the amount payable, in CII (2.x, then ZUGFeRD 1.0) and in UBL.
TOTALS = (("GrandTotalAmount", "TaxInclusiveAmount"), ("DuePayableAmount", "PayableAmount"))
SUMMARIES = re.compile(r"(Specified.*MonetarySummation|LegalMonetaryTotal)$")


class Line(NamedTuple):
    """A line of the table. `outcome`: read, read in part, or refused."""

    path: str
    kind: str
    outcome: str
    holds: str
    check: str


def samples(folder: Path) -> Iterator[Path]:
    """The files below the folder that are samples, in order."""
    for path in files_in(folder):
        if path.suffix not in LEFT_OUT and not path.name.endswith(".truth.json"):
            yield path


def line_of(path: Path, folder: Path) -> Line:
    """What became of one sample."""
    found = inspect(path, language="en")
    return Line(path.relative_to(folder).as_posix(), found.kind, outcome(found), holds(found), check(found, path))


def outcome(found: Inspected) -> str:
    """Whether a file is read, and which problems it has."""
    codes = list(dict.fromkeys(_named(one) for one in found.problems if one.severity is not Severity.INFO))
    nothing = not (found.invoices or found.transactions or found.balances or found.kind in ("csv", "xlsx", "zip"))
    if nothing and codes:
        return "refused: " + ", ".join(codes)
    return "read, with " + ", ".join(codes) if codes else "read"


def holds(found: Inspected) -> str:
    """How much is in it."""
    shown = ("statements", "transactions", "invoices", "lines", "entries", "customers", "open_items", "rows", "columns")
    counts = {name: found.counts[name] for name in shown if found.counts.get(name)}
    return ", ".join(f"{count} {_counted(name, count)}" for name, count in counts.items())


def check(found: Inspected, path: Path) -> str:
    """What a second reading says."""
    if found.kind == "fec":
        return _against_truth(found, path)
    if found.invoices and found.kind in ("factur-x", "cii", "ubl"):
        return _against_xml(found, path)
    if found.counts.get("statements"):
        return _balances(found)
    return ""


def table(lines: list[Line]) -> str:
    """The table, one part for each folder at the top, with a sum before it."""
    sums = Counter(line.outcome.partition(":")[0].partition(",")[0] for line in lines)
    told = ", ".join(f"{count} {name}" for name, count in sorted(sums.items()))
    parts = [f"{len(lines)} samples: {told}.\n"]
    for top in dict.fromkeys(line.path.partition("/")[0] for line in lines):
        inside = [line for line in lines if line.path.partition("/")[0] == top]
        parts.append(f"\n### {top}\n\n| sample | kind | outcome | holds | check |\n| --- | --- | --- | --- | --- |\n")
        parts += [_row(line) for line in inside]
    return "".join(parts)


def written(document: str, made: str) -> str:
    """The document with the table between its marks. Raises ValueError when it has no marks."""
    before, begin, rest = document.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document lacks the marks {BEGIN} and {END}: put them where the table is to stand")
    return f"{before}{BEGIN}\n\n{made}\n{END}{after}"


def _named(one: Problem) -> str:
    name = one.values.get("name", "")
    return f"`{one.code}` ({name})" if one.code in ("format_not_read", "other_format") else f"`{one.code}`"


def _counted(name: str, count: int) -> str:
    plain = name.replace("_", " ")
    return (plain[:-3] + "y" if plain.endswith("ies") else plain.removesuffix("s")) if count == 1 else plain


def _row(line: Line) -> str:
    name = (line.path.partition("/")[2] or line.path).replace("|", "\\|")
    return f"| {name} | `{line.kind}` | {line.outcome} | {line.holds} | {line.check} |\n"


def _balances(found: Inspected) -> str:
    codes = {one.code for one in found.problems}
    if "balance_mismatch" in codes:
        return "balances do not agree: said"
    if codes & UNCHECKED_BALANCES:
        return "no balances to check: said"
    kinds = {row["kind"] for row in found.balances}
    return "balances agree" if {"opening", "closing"} <= kinds else "its kind has no two balances"


def _against_truth(found: Inspected, path: Path) -> str:
    truth = path.with_suffix(".truth.json")
    if not truth.exists():
        return ""
    customers = json.loads(truth.read_text(encoding="utf-8"))["customers"]
    expected = sorted((code, one["ref"], one["open"]) for code, who in customers.items() for one in who["open"])
    left = sorted(
        (str(row["buyer_id"]), str(row["number"]), str(row["payable"]))
        for row in found.invoices
        if Decimal(row["payable"] or 0)
    )
    return "open items as in its truth" if left == expected else "OPEN ITEMS DIFFER"


def _against_xml(found: Inspected, path: Path) -> str:
    told = [Decimal(found.invoices[0][key] or 0) for key in ("gross", "payable")]
    documents = list(_documents(path))
    if not documents:
        return "not checked: the XML has to be mended first"
    for totals in documents:
        if all(one is None or one == other for one, other in zip(totals, told, strict=True)):
            return "totals as in the XML"
    return "TOTALS DIFFER"


def _documents(path: Path) -> Iterator[list[Decimal | None]]:
    """The totals of each XML document in a file."""
    data = path.read_bytes()
    contents = [data]
    if data[:1024].find(b"%PDF-") >= 0:
        contents = [one for many in PdfReader(io.BytesIO(data)).attachments.values() for one in many]
    for content in contents:
        try:
            root = ET.fromstring(content)
        except (ET.ParseError, ValueError):
            continue
        summary = next((one for one in root.iter() if SUMMARIES.search(one.tag) and "Header" in one.tag), None)
        if summary is None:
            summary = next((one for one in root.iter() if SUMMARIES.search(one.tag)), None)
        if summary is not None:
            yield [_first(summary, names) for names in TOTALS]


def _first(summary: ET.Element, names: tuple[str, ...]) -> Decimal | None:
    for child in summary:
        if child.tag.rpartition("}")[2] in names:
            try:
                return Decimal((child.text or "").strip())
            except InvalidOperation:
                return None
    return None


def main(arguments: list[str] | None = None) -> int:
    """Write the table; 1 when a check differs."""
    parser = argparse.ArgumentParser(prog="python -m tools.samples", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--document", type=Path, default=DOCUMENT)
    given = parser.parse_args(arguments)
    lines = [line_of(path, given.folder) for path in samples(given.folder)]
    if not lines:
        parser.error(f"there is no sample below {given.folder}")
    given.document.write_text(written(given.document.read_text(encoding="utf-8"), table(lines)), encoding="utf-8")
    differing = [line for line in lines if "DIFFER" in line.check]
    for line in differing:
        sys.stderr.write(f"{line.path}: {line.check}\n")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
