"""What ``inspect`` does with each kind of file: one reader each, from an open file to its record."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, BinaryIO

from encaisse.exchange import detect, facturx, fec_bytes, inspect_rows, lifecycle, safe_xml, table_records, tables, zips
from encaisse.exchange.bank_kinds import read_bank
from encaisse.exchange.contacts import read_contacts
from encaisse.exchange.detect import FrontKind, Recognised
from encaisse.exchange.fec import read_fec
from encaisse.exchange.inspect_rows import Row
from encaisse.exchange.inspected import Inspected
from encaisse.exchange.problems import MAX_SHOWN, Problem, problem

MAX_LISTED = 100_000
"""Most rows of each list of one file."""
MAX_TABLE = 8 * 1024 * 1024
"""Of a text larger than this, in bytes, the rows are counted and not listed: to guess at columns takes time."""
_MEBIBYTE = 1024 * 1024


Rules = Callable[[bytes], list[Problem]]
"""Says which business rules an electronic invoice breaks."""


@dataclass(frozen=True, slots=True)
class _File:
    """An open file with what it was recognised as."""

    stream: BinaryIO
    path: str
    what: Recognised
    language: str
    rules: Rules | None = None

    def say(self, code: str, **values: Any) -> Problem:
        """A problem of the whole file."""
        return problem(code, None, language=self.language, **values)

    def whole(self, limit: int) -> bytes | Problem:
        """All its bytes, or the problem that they are too many; the size is looked at first."""
        if self.stream.seek(0, 2) > limit:
            return self.say("document_too_large", limit=limit // _MEBIBYTE)
        self.stream.seek(0)
        return self.stream.read(limit)

    def result(
        self, kind: FrontKind, problems: Iterable[Problem] = (), counts: Mapping[str, int] | None = None,
        *, recognised: bool = True, invoices: Iterable[Row] = (), transactions: Iterable[Row] = (),
        balances: Iterable[Row] = (),
    ) -> Inspected:  # fmt: skip
        """The record, its lists kept to their limit."""
        told = list(problems)
        lists = {"invoices": invoices, "transactions": transactions, "balances": balances}
        kept = {what: tuple(islice(rows, MAX_LISTED)) for what, rows in lists.items()}
        for what, rows in kept.items():
            more = (counts or {}).get(what, 0) - len(rows)
            if len(rows) == MAX_LISTED and more > 0:
                told.append(self.say("not_listed", count=more, what=what, limit=MAX_LISTED))
        name = detect.NAMES.get(kind, self.what.name) if self.what.form in ("pdf", "xml") else self.what.name
        return Inspected(self.path, kind, recognised, name, counts or {}, problems=tuple(told), **kept)


def read(stream: BinaryIO, path: str, what: Recognised, language: str, rules: Rules | None = None) -> Inspected:
    """Read a file that was recognised as ``what``; problems in ``language``. Raises what a faulty reader raises."""
    return _READERS[what.form](_File(stream, path, what, language, rules))


def _fec(file: _File) -> Inspected:
    books = read_fec(file.stream, file.path.rpartition("/")[2], language=file.language)
    counts = {key: value for key, value in books.counts.items() if not key.startswith("problem:")}
    if books.first_day is not None:
        counts["open_items"] = sum(left != 0 for left in books.open_amounts())
        counts["unallocated_credits"] = sum(left != 0 for left in books.unallocated())
    return file.result("fec", books.problems, counts, invoices=inspect_rows.invoices_of_books(books))


def _invoice(file: _File) -> Inspected:
    """A PDF or an XML document."""
    is_pdf = file.what.form == "pdf"
    data = file.whole(facturx.MAX_BYTES if is_pdf else safe_xml.MAX_BYTES)
    if isinstance(data, Problem):
        return file.result(file.what.kind, [data])
    found = facturx.read_einvoice(data, language=file.language)
    kind: FrontKind = file.what.kind if found.kind == "unknown" else found.kind
    counts = {"invoices": len(found.invoices), "lines": sum(len(one.lines) for one in found.invoices)}
    rows = map(inspect_rows.invoice, found.invoices)
    broken = file.rules(data) if file.rules and kind != "unknown" else []
    return file.result(kind, [*found.problems, *broken], counts, recognised=kind != "unknown", invoices=rows)


def _bank(file: _File) -> Inspected:
    found = read_bank(file.stream, language=file.language)
    statements = found.statements
    counts = {
        "statements": len(statements),
        "accounts": len({one.iban or one.account for one in statements}),
        "transactions": sum(len(one.transactions) for one in statements),
        "balances": sum(len(one.balances) for one in statements),
    }
    kind: FrontKind = file.what.kind if found.kind == "unknown" else found.kind
    moved = (inspect_rows.transaction(one) for statement in statements for one in statement.transactions)
    left = (inspect_rows.balance(one) for statement in statements for one in statement.balances)
    return file.result(kind, found.problems, counts, transactions=moved, balances=left)


def _contacts(file: _File) -> Inspected:
    found = read_contacts(file.stream, language=file.language)
    return file.result("csv", found.problems, found.counts)


def _statuses(file: _File) -> Inspected:
    data = file.whole(lifecycle.MAX_BYTES)
    if isinstance(data, Problem):
        return file.result(file.what.kind, [data])
    found = lifecycle.read_statuses(data, language=file.language)
    if found.kind == "unknown" and file.what.form == "statuses-json":
        broken = [one for one in found.problems if one.code == "json_broken"]
        return file.result("unknown", broken or [file.say("format_not_read", name="JSON")], recognised=False)
    problems = list(found.problems)
    if found.statuses:
        problems.insert(0, file.say("status_messages", name=file.what.name, count=len(found.statuses)))
    return file.result(file.what.kind, problems, {"statuses": len(found.statuses)})


def _table(file: _File) -> Inspected:
    """A table with its columns as they seem to be meant; of a large one only how many rows and columns it has."""
    if file.stream.seek(0, 2) > MAX_TABLE:
        return _counted(file)
    found = fec_bytes.scan(file.stream)
    if found.refusal:
        return file.result("csv", [fec_bytes.refused(found).in_language(file.language)])
    return _guessed(file) or _counted(file)


def _workbook(file: _File) -> Inspected:
    data = file.whole(tables.MAX_BYTES)
    if isinstance(data, Problem):
        return file.result("xlsx", [data])
    return _laid_out(file, tables.read_table(data, language=file.language))


def _guessed(file: _File) -> Inspected | None:
    """A text laid out as a table; None when it is none."""
    data = file.whole(MAX_TABLE)
    if isinstance(data, Problem):
        return None
    table = tables.read_table(data, language=file.language)
    return _laid_out(file, table) if table.grid.rows else None


def _laid_out(file: _File, table: tables.TableFile) -> Inspected:
    found = table_records.records(table, language=file.language)
    counts = {"rows": len(table.grid.rows), "columns": len(table.grid.headers)}
    kept = {key: value for key, value in found.counts.items() if value and not key.startswith("problem:")}
    counts |= kept
    counts["transactions"] = len(found.transactions) + len(found.payments)
    moved = chain(map(inspect_rows.transaction, found.transactions), map(inspect_rows.payment_of_table, found.payments))
    kind: FrontKind = "xlsx" if file.what.kind == "xlsx" else "csv"
    return file.result(
        kind, [*table.problems, *found.problems], counts, transactions=moved,
        invoices=map(inspect_rows.invoice_of_table, found.invoices),
        balances=map(inspect_rows.balance, found.balances),
    )  # fmt: skip


def _counted(file: _File) -> Inspected:
    """How many rows and columns a table has. A row may go over several lines of the file."""
    found = fec_bytes.scan(file.stream)
    if found.refusal:
        return file.result("csv", [fec_bytes.refused(found).in_language(file.language)])
    file.stream.seek(0)
    text = detect.text_of(file.stream.read(detect.HEAD)) or ""
    separator = detect.separator_of(text, cut=True) or max(";\t,|", key=text.partition("\n")[0].count)
    problems = [file.say("table_only_counted", limit=MAX_TABLE // _MEBIBYTE)] if found.size > MAX_TABLE else []
    problems += [file.say("bad_bytes", encoding=found.encoding)] if found.bad_bytes else []
    lines = _lines(file.stream, found)
    rows = columns = 0
    reader = csv.reader(lines, delimiter=separator)
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            if len(problems) < MAX_SHOWN:
                problems.append(problem("bad_row", reader.line_num, language=file.language))
            continue
        if row is None:
            break
        if any(cell.strip() for cell in row):
            columns = columns or len(row)
            rows += 1
    return file.result("csv", problems, {"rows": max(rows - 1, 0), "columns": columns})


def _lines(stream: BinaryIO, found: fec_bytes.Scan) -> Iterator[str]:
    for chunk in fec_bytes.chunks(stream, found):
        yield from io.StringIO(chunk.decode("utf-8", "replace"), newline="\n")


def _zip(file: _File) -> Inspected:
    try:
        files = zips.count(file.stream)
    except zips.Refused as refused:
        return file.result("zip", [refused.problem.in_language(file.language)])
    return file.result("zip", [] if files else [file.say("zip_empty")], {"files": files})


def _other(file: _File) -> Inspected:
    """Known by name, and not read."""
    code = "archive_not_read" if file.what.form == "archive" else "format_not_read"
    return file.result("unknown", [file.say(code, name=file.what.name)], recognised=False)


def _unknown(file: _File) -> Inspected:
    """Nothing known by its marks; perhaps a table all the same, below lines of title or without headers."""
    file.stream.seek(0)
    head = file.stream.read(detect.HEAD)
    if file.what.form == "none" and detect.text_of(head) is not None:
        found_table = _perhaps_table(file)
        if found_table:
            return found_table
    found = fec_bytes.scan(io.BytesIO(head))
    code = found.refusal if found.refusal in ("empty_file", "ebcdic") else "unrecognised"
    return file.result("unknown", [file.say(code)], recognised=False)


def _perhaps_table(file: _File) -> Inspected | None:
    data = file.whole(MAX_TABLE)
    if isinstance(data, Problem):
        return None
    table = tables.read_table(data, language=file.language)
    return _laid_out(file, table) if table.grid.rows and table.guess.kind != "unknown" else None


_READERS: dict[detect.Form, Callable[[_File], Inspected]] = {
    "fec": _fec,
    "contacts": _contacts,
    "statuses-csv": _statuses,
    "statuses-json": _statuses,
    "cdar": _statuses,
    "table": _table,
    "pdf": _invoice,
    "xml": _invoice,
    "bank": _bank,
    "workbook": _workbook,
    "zip": _zip,
    "other": _other,
    "archive": _other,
    "empty": _unknown,
    "none": _unknown,
}
