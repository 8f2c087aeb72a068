"""From the lines of a FEC to one frame of typed columns. Odd lines are mended or set aside one by one, with a problem.

Source of the columns: LPF A47 A-1 (18 fields, 22 for cash-basis books); forms met outside the letter of the text (other
separators, other date forms, missing columns) are read when there is only one way to read them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from encaisse.exchange.fec_bytes import MAX_LINE
from encaisse.exchange.fec_header import FIELDS, Header
from encaisse.exchange.problems import Problem, problem

_SIGNS = {
    "d": 1, "c": -1, "+1": 1, "-1": -1, "1": 1, "+": 1, "-": -1, "debit": 1, "credit": -1, "db": 1, "cr": -1,
}  # fmt: skip
_PLAIN_AMOUNT = r"^\d{1,11}[.,]\d\d$"
_NO_DIGITS = re.compile(r"[\s\u00a0\u202f'\u2019\u20ac]|EUR(?:OS?)?\s*$", re.IGNORECASE)
_AMOUNT = re.compile(r"([+-]?)(?:0+(?=\d))?(\d{0,11})(?:[.,](\d{0,2})0*)?([+-]?)")
_DATE_FORMS = (
    (re.compile(r"(\d{4})(\d\d)(\d\d)"), (1, 2, 3)),
    (re.compile(r"(\d{4})[-/.](\d\d?)[-/.](\d\d?)(?:[T ].*)?"), (1, 2, 3)),
    (re.compile(r"(\d\d?)[-/.](\d\d?)[-/.](\d{4})(?:[T ].*)?"), (3, 2, 1)),
    (re.compile(r"(\d\d?)[-/.](\d\d?)[-/.](\d\d)"), (3, 2, 1)),
    (re.compile(r"(\d\d)(\d\d)(\d{4})"), (3, 2, 1)),
)
_DASHES = frozenset("-\u2013\u2014")


@dataclass(slots=True)
class Lines:
    """What came out of the lines read so far."""

    frames: list[pl.DataFrame] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    read: int = 0
    aside: int = 0
    drafts: int = 0
    foreign: int = 0


def read_lines(chunks: Iterator[bytes], header: Header, first_line: int) -> Lines:
    """Parse every chunk of data lines (UTF-8, ``\\n``); ``first_line`` is the number of the first one."""
    out = Lines()
    at = first_line
    for chunk in chunks:
        count = chunk.count(b"\n") + (not chunk.endswith(b"\n"))
        frame = _split(_mended(chunk, header, at, out), header, at)
        out.frames.append(_typed(frame, header, out))
        at += count
    return out


def with_quotes(header: Header, body: bytes) -> Header:
    """The header, knowing that values stand in quotes where the names do not: told by the day of the first line."""
    cells = body.partition(b"\n")[0].split(header.separator.encode())
    place = header.places["EcritureDate"] if "EcritureDate" in header.places else len(cells)
    day = cells[place].strip() if place < len(cells) else b""
    quoted = len(day) > 1 and day.startswith(b'"') and day.endswith(b'"')
    return replace(header, quoted=True) if quoted else header


def _mended(chunk: bytes, header: Header, first_line: int, out: Lines) -> bytes:
    """The chunk with its odd lines mended, or blanked when they cannot be; the number of lines does not change."""
    if b"\x01" in chunk:
        chunk = chunk.replace(b"\x01", b" ")
    lines = _as_lines(chunk)
    separators = pl.col("line").str.count_matches(header.separator, literal=True)
    ragged = (separators != header.width - 1) & pl.lit(not header.quoted)
    too_long = pl.col("line").str.len_bytes() > MAX_LINE
    odd = lines.with_row_index("at").filter(pl.col("line").is_not_null() & (ragged | too_long))["at"].to_list()
    out.read += lines.height - lines["line"].null_count()
    if not odd:
        return chunk
    parts = chunk.split(b"\n")
    _mend(parts, odd, header, first_line, out)
    return b"\n".join(parts)


def _as_lines(chunk: bytes) -> pl.DataFrame:
    return pl.read_csv(
        chunk, separator="\x01", has_header=False, quote_char=None, infer_schema=False, truncate_ragged_lines=True,
        new_columns=["line"], schema={"line": pl.String},
    )  # fmt: skip


def _mend(parts: list[bytes], odd: list[int], header: Header, first_line: int, out: Lines) -> None:
    mark = header.separator.encode()
    done = -1
    for place, at in enumerate(odd):
        if at <= done:
            continue
        cells = parts[at].split(mark)
        if not parts[at].strip(b" \t|;,~"):
            parts[at] = b""
            out.read -= 1
        elif len(parts[at]) > MAX_LINE:
            _set_aside(parts, at, problem("line_too_long", first_line + at, limit=MAX_LINE), out)
        elif _fits(trimmed := cells[: header.width], header) and not b"".join(cells[header.width :]).strip():
            parts[at] = mark.join(trimmed)
        elif (joined := _text_joined(cells, header)) is not None:
            parts[at] = mark.join(joined)
            out.problems.append(problem("separator_in_text", first_line + at))
        elif _only_tail_missing(len(cells), header):
            parts[at] = mark.join(cells + [b""] * (header.width - len(cells)))
        elif place + 1 < len(odd) and odd[place + 1] == at + 1 and _halves(cells, parts[at + 1].split(mark), header):
            parts[at], parts[at + 1] = parts[at] + b" " + parts[at + 1], b""
            done = at + 1
            out.read -= 1
            out.problems.append(problem("broken_line", first_line + at))
        else:
            why = problem("column_count", first_line + at, found=len(cells), expected=header.width)
            _set_aside(parts, at, why, out)


def _set_aside(parts: list[bytes], at: int, why: Problem, out: Lines) -> None:
    parts[at] = b""
    out.aside += 1
    out.problems.append(why)


def _only_tail_missing(found: int, header: Header) -> bool:
    """True when only the last columns are missing and none of them is needed (some programs drop empty ones)."""
    needed = [place for name, place in header.places.items() if name not in ("ValidDate", "Montantdevise", "Idevise")]
    return max(needed) < found < header.width


def _fits(cells: list[bytes], header: Header) -> bool:
    """True when the cells have a date and amounts where these belong."""
    if len(cells) != header.width:
        return False
    text = {name: cells[place].decode("utf-8", "replace").strip() for name, place in header.places.items()}
    amounts = ("Montant",) if header.signed_by_side else ("Debit", "Credit")
    dates = _day(text["EcritureDate"]) and (not text.get("PieceDate") or _day(text["PieceDate"]))
    return bool(dates and text["CompteNum"][:1].isdigit()) and all(cents(text[name]) is not None for name in amounts)


def _text_joined(cells: list[bytes], header: Header) -> list[bytes] | None:
    """The cells with one text column put together again, when a separator inside it cut it; None when none fits."""
    extra = len(cells) - header.width
    if not 0 < extra <= 3:
        return None
    for name in ("EcritureLib", "CompAuxLib", "CompteLib"):
        place = header.places.get(name)
        if place is not None:
            joined = [*cells[:place], b" ".join(cells[place : place + extra + 1]), *cells[place + extra + 1 :]]
            if _fits(joined, header):
                return joined
    return None


def _halves(first: list[bytes], second: list[bytes], header: Header) -> bool:
    """True when a line break inside a text cut one line in two."""
    return len(first) + len(second) - 1 == header.width


def _split(chunk: bytes, header: Header, first_line: int) -> pl.DataFrame:
    by_place = sorted((place, name) for name, place in header.places.items())
    # A first line of empty cells: the reader takes the number of columns from it, whatever the chunk begins with.
    shape = header.separator.encode() * (header.width - 1) + b"\n"
    frame = pl.read_csv(
        shape + chunk, separator=header.separator, has_header=False, quote_char='"' if header.quoted else None,
        infer_schema=False, truncate_ragged_lines=True, ignore_errors=True,
        schema={f"c{place}": pl.String for place in range(header.width)}, columns=[place for place, _ in by_place],
    )  # fmt: skip
    frame = frame.slice(1).rename({f"c{place}": name for place, name in by_place})
    missing = [name for name in FIELDS if name not in header.places]
    return frame.with_columns(pl.lit("").alias(name) for name in missing).with_row_index("line", first_line)


def _typed(frame: pl.DataFrame, header: Header, out: Lines) -> pl.DataFrame:
    """Typed columns of the lines that can be read; problems for the others."""
    frame = frame.filter(pl.col("CompteNum").is_not_null() | pl.col("JournalCode").is_not_null())
    texts = [name for name in FIELDS if name not in ("Debit", "Credit", "Montant", "Sens")]
    frame = frame.with_columns(pl.col(texts).fill_null("").str.strip_chars())
    days = [_dates(frame, name) for name in ("EcritureDate", "PieceDate", "DateLet")]
    frame = frame.with_columns([column for pair in days for column in pair])
    frame = frame.with_columns(_amount(frame, header))
    bad_date, bad_amount = pl.col("EcritureDate").is_null(), pl.col("amount").is_null()
    no_account = ~pl.col("CompteNum").str.contains(r"^[0-9]")
    bad = frame.filter(bad_date | bad_amount | no_account)
    _report(bad, header, out)
    out.aside += bad.height
    good = frame.filter(~(bad_date | bad_amount | no_account))
    wrong_piece = good.filter(pl.col("PieceDate").is_null() & (pl.col("PieceDate_text") != ""))
    for line, text in wrong_piece.select("line", "PieceDate_text").iter_rows():
        out.problems.append(problem("bad_piece_date", line, column="PieceDate", value=text))
    out.drafts += good.filter(pl.col("ValidDate") == "").height if "ValidDate" in header.places else 0
    out.foreign += good.filter(~pl.col("Idevise").is_in(["", "EUR", "eur", "\u20ac"])).height
    return good.select(
        "line", journal="JournalCode", journal_lib="JournalLib", num="EcritureNum", day="EcritureDate",
        account="CompteNum", account_lib="CompteLib", aux="CompAuxNum", aux_lib="CompAuxLib", ref="PieceRef",
        ref_day="PieceDate", label="EcritureLib", amount="amount", let_day="DateLet",
        letter=pl.when(pl.col("EcritureLet").str.contains("[A-Za-z1-9]")).then("EcritureLet").otherwise(pl.lit("")),
    )  # fmt: skip


def _report(bad: pl.DataFrame, header: Header, out: Lines) -> None:
    for row in bad.iter_rows(named=True):
        if row["EcritureDate"] is None:
            why = problem("bad_date", row["line"], column="EcritureDate", value=row["EcritureDate_text"])
        elif row["amount"] is None:
            sides = ("Montant", "Sens") if header.signed_by_side else ("Debit", "Credit")
            shown = " / ".join(row[side] or "" for side in sides)
            why = problem("bad_amount", row["line"], column=sides[0], value=shown)
        else:
            why = problem("bad_account", row["line"], column="CompteNum", value=row["CompteNum"])
        out.problems.append(why)


def _dates(frame: pl.DataFrame, name: str) -> list[pl.Series]:
    texts = frame[name]
    values = texts.unique().to_list()
    days = [_day(text) for text in values]
    if not values:
        return [texts.cast(pl.Date).alias(name), texts.alias(f"{name}_text")]
    parsed = texts.replace_strict(values, pl.Series(days, dtype=pl.Date), return_dtype=pl.Date)
    return [parsed.alias(name), texts.alias(f"{name}_text")]


def _day(text: str) -> date | None:
    for form, (year, month, day) in _DATE_FORMS:
        found = form.fullmatch(text)
        if not found:
            continue
        try:
            parsed = date(int(found[year]) + (2000 if len(found[year]) == 2 else 0), int(found[month]), int(found[day]))
        except ValueError:
            continue
        if 1950 <= parsed.year <= 2200:
            return parsed
    return None


def _amount(frame: pl.DataFrame, header: Header) -> pl.Series:
    """Debit less credit, in cents; null when it cannot be read."""
    if not header.signed_by_side:
        return (_cents(frame["Debit"]) - _cents(frame["Credit"])).alias("amount")
    sides = frame["Sens"].fill_null("").str.strip_chars().str.to_lowercase().str.replace("\u00e9", "e")
    signs = sides.replace_strict(list(_SIGNS), list(_SIGNS.values()), default=None, return_dtype=pl.Int64)
    return (_cents(frame["Montant"]) * signs).alias("amount")


def _cents(texts: pl.Series) -> pl.Series:
    """Exact cents: the usual form in one sweep without floating point, every other form once per distinct text."""
    plain = texts.str.contains(_PLAIN_AMOUNT).fill_null(False)
    digits = texts.str.replace(r"[.,]", "").cast(pl.Int64, strict=False)
    odd = texts.filter(~plain).fill_null("").unique().to_list()
    if not odd:
        return digits
    rest = texts.fill_null("").replace_strict(odd, [cents(text) for text in odd], default=None, return_dtype=pl.Int64)
    return pl.select(pl.when(plain).then(digits).otherwise(rest)).to_series()


def cents(text: str) -> int | None:
    """The amount in cents; blank is 0; None when the text is no amount, is ambiguous, or has parts of a cent."""
    plain = _NO_DIGITS.sub("", text).replace("\u2212", "-")
    if not plain or plain in _DASHES:
        return 0
    if "." in plain and "," in plain:
        last = max(plain.rfind("."), plain.rfind(","))
        plain = re.sub(r"[.,]", "", plain[:last]) + "." + plain[last + 1 :]
    found = _AMOUNT.fullmatch(plain)
    if not found or not (found[2] or found[3]) or (found[1] and found[4]):
        return None
    value = int(found[2] or "0") * 100 + int((found[3] or "").ljust(2, "0"))
    return -value if "-" in (found[1], found[4]) else value
