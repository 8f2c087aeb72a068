"""The blocks of figures a message shows, laid out once for mail, plain text and letter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from encaisse.documents import words
from encaisse.documents.context import Context, InvoiceLine
from encaisse.documents.library import labels
from encaisse.documents.texts import safe


@dataclass(frozen=True, slots=True)
class Table:
    """Heads, rows and closing sums, as words. ``numeric`` marks the columns set flush right."""

    heads: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    sums: tuple[tuple[str, str], ...]
    note: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the invoice table: its head (a label key), its side, and how a line fills it."""

    label: str
    numeric: bool
    cell: Callable[[InvoiceLine], str]


def invoice_table(context: Context, language: str, *, claims: bool) -> Table:
    """The listed invoices, oldest first; with ``claims``, their interest and indemnity and the total."""
    label = labels(language)
    columns = _columns(context, language, claims)
    lines = sorted(context.invoices, key=lambda line: (line.due_on, line.issued_on, line.number))
    sums = _claim_sums(context, label, language) if claims else _plain_sums(context, label, language)
    note = label["in_currency"].replace("{currency}", safe(context.currency))
    return Table(
        heads=tuple(label[column.label] for column in columns),
        numeric=tuple(column.numeric for column in columns),
        rows=tuple(tuple(column.cell(line) for column in columns) for line in lines),
        sums=sums,
        note=note,
    )


def _columns(context: Context, language: str, claims: bool) -> list[Column]:
    def minor(of: Callable[[InvoiceLine], int]) -> Callable[[InvoiceLine], str]:
        return lambda line: words.amount(of(line), context.currency, language)

    part_paid = any(line.amount != line.open for line in context.invoices)
    charged = claims and context.interest != 0
    consumer = "_consumer" if context.is_consumer else ""
    wanted = [
        (True, Column("invoice", False, lambda line: safe(line.number))),
        (True, Column("issued", False, lambda line: words.short_date(line.issued_on, language))),
        (True, Column("due", False, lambda line: words.short_date(line.due_on, language))),
        (part_paid, Column("amount", True, minor(lambda line: line.amount))),
        (True, Column("open" if part_paid else "to_pay", True, minor(lambda line: line.open))),
        (charged, Column("days", True, lambda line: str(line.days_late))),
        (charged, Column("interest" + consumer, True, minor(lambda line: line.interest))),
        (claims and context.indemnity != 0, Column("indemnity", True, minor(lambda line: line.indemnity))),
    ]
    return [column for shown, column in wanted if shown]


def _plain_sums(context: Context, label: Mapping[str, str], language: str) -> tuple[tuple[str, str], ...]:
    adjusted = [("line_disputed", -context.disputed), ("line_credit", -context.credit)]
    sums = [(label[key], words.money(minor, context.currency, language)) for key, minor in adjusted if minor]
    if not sums and len(context.invoices) == 1:
        return ()
    return (*sums, (label["line_total"], words.money(context.principal, context.currency, language)))


def _claim_sums(context: Context, label: Mapping[str, str], language: str) -> tuple[tuple[str, str], ...]:
    consumer = "_consumer" if context.is_consumer else ""
    parts = [
        ("line_principal", context.gross if context.total != context.gross else 0),
        ("line_disputed", -context.disputed),
        ("line_credit", -context.credit),
        ("line_interest" + consumer, context.interest),
        ("line_indemnity", context.indemnity),
        ("line_total", context.total),
    ]
    return tuple((label[key], words.money(minor, context.currency, language)) for key, minor in parts if minor)
