"""Read a FEC (fichier des ecritures comptables, LPF A47 A-1): bytes in, records and problems out.

``read_fec`` never raises for what is in the file: what is wrong becomes a :class:`Problem`, what is good is kept.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from encaisse.exchange import fec_build, fec_bytes, fec_entries, fec_header, fec_lines
from encaisse.exchange.fec_build import CURRENCY, NOTHING
from encaisse.exchange.fec_records import Books, FecAllocation, FecCustomer, FecInvoice, FecPayment
from encaisse.exchange.problems import Problem, bounded, problem

__all__ = ["Books", "FecAllocation", "FecCustomer", "FecInvoice", "FecPayment", "read_fec"]

_NAME = re.compile(r"(?<![0-9])(\d{9})FEC(\d{8})", re.IGNORECASE)


def read_fec(source: fec_bytes.Source, name: str | None = None, *, language: str = "fr") -> Books:
    """Read one FEC from bytes, a path or a binary stream.

    ``name`` is the file's name, for the SIREN and the closing date it bears; the path's own name by default.
    ``language`` is that of the problems' words (``fr`` or ``en``). Amounts are integer cents. Limits:
    ``fec_bytes.MAX_BYTES``, ``fec_bytes.MAX_LINE``. Raises OSError only when a path cannot be opened or read.
    """
    if name is None and isinstance(source, str | Path):
        name = Path(source).name
    stream = fec_bytes.opened(source)
    try:
        return _read(stream, name or "", language)
    finally:
        if isinstance(source, str | Path):
            stream.close()


def _read(stream: Any, name: str, language: str) -> Books:
    found = fec_bytes.scan(stream)
    if found.refusal:
        return _nothing([fec_bytes.refused(found)], found.encoding, {}, name, language)
    chunks = fec_bytes.chunks(stream, found)
    first = next(chunks, b"")
    start, body = _after_blank_lines(first)
    place = fec_header.header_in(body)
    if place is None:
        return _nothing([problem("not_a_fec", start)], found.encoding, {}, name, language)
    titles, header = place
    body = body.split(b"\n", titles + 1)[-1] if b"\n" in body else b""
    start += titles
    header = fec_lines.with_quotes(header, body)
    dialect = header.dialect() | {"line_end": found.line_end}
    if any(one.code == "required_column" for one in header.problems):
        return _nothing(list(header.problems), found.encoding, dialect, name, language)
    lines = fec_lines.read_lines(_chain(body, chunks), header, start + 1)
    problems = [*header.problems, *lines.problems]
    if found.bad_bytes:
        problems.append(problem("bad_bytes", None, encoding=found.encoding))
    if lines.drafts:
        problems.append(problem("draft_entries", None, count=lines.drafts))
    if lines.foreign:
        problems.append(problem("foreign_currency", None, count=lines.foreign, currency=CURRENCY))
    frame = pl.concat(lines.frames) if lines.frames else None
    if frame is None or frame.is_empty():
        return _nothing([*problems, problem("no_entries", None)], found.encoding, dialect, name, language)
    return _books(frame, lines, problems, found.encoding, dialect, name, language)


def _books(
    frame: pl.DataFrame, lines: fec_lines.Lines, problems: list[Problem], encoding: str, dialect: dict[str, str],
    name: str, language: str,
) -> Books:  # fmt: skip
    good, unbalanced, aside = fec_entries.balanced(frame)
    problems += unbalanced
    moves = fec_entries.movements(good)
    lettered = bool((moves["letter"] != "").any())
    aux = bool((good["aux"] != "").any())
    dialect |= {
        "customers": "auxiliary accounts" if aux else "one account per customer",
        "lettering": "yes" if lettered else "no",
    }
    found = fec_build.records(moves, lettered=lettered)
    problems += found.problems
    if found.frames.customers.is_empty():
        problems.append(problem("no_customers", None))
    kept, by_code = bounded((one if language == "fr" else one.in_language(language) for one in problems), language)
    siren, closing = _from_name(name)
    sizes = {name: table.height for name, table in found.frames._asdict().items()}
    read = {"lines": lines.read, "lines_set_aside": lines.aside + aside, "drafts": lines.drafts}
    counts = read | {"entries": good["entry"].n_unique()} | sizes
    counts |= {f"problem:{code}": count for code, count in by_code.items()}
    return Books(
        first_day=_day(frame["day"].min()), last_day=_day(frame["day"].max()), siren=siren, closing=closing,
        frames=found.frames, problems=kept,
        counts=counts, encoding=encoding, dialect=dialect,
    )  # fmt: skip


def _nothing(problems: list[Problem], encoding: str, dialect: dict[str, str], name: str, language: str) -> Books:
    kept, by_code = bounded((one if language == "fr" else one.in_language(language) for one in problems), language)
    siren, closing = _from_name(name)
    counts = {f"problem:{code}": count for code, count in by_code.items()}
    return Books(None, None, siren, closing, NOTHING, kept, counts, encoding, dialect)


def _after_blank_lines(chunk: bytes) -> tuple[int, bytes]:
    body = chunk.lstrip(b" \r\n")
    return 1 + chunk[: len(chunk) - len(body)].count(b"\n"), body


def _chain(first: bytes, rest: Any) -> Any:
    if first:
        yield first
    yield from rest


def _from_name(name: str) -> tuple[str | None, date | None]:
    found = _NAME.search(name)
    if not found:
        return None, None
    try:
        return found[1], date.fromisoformat(found[2])
    except ValueError:
        return found[1], None


def _day(value: Any) -> date | None:
    return value if isinstance(value, date) else None
