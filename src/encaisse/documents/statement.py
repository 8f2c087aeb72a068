"""Statement of account and interest worksheet, as PDF."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import groupby, pairwise

from encaisse.documents import letter, words
from encaisse.documents.context import Context, InvoiceLine
from encaisse.documents.library import labels
from encaisse.documents.texts import safe
from encaisse.documents.typesetting import typeset
from encaisse.money import exponent, round_half_up

# Days late, lowest of each bucket after the first ("not due"): half-open, [1, 31), [31, 61), [61, 91), [91, …).
_BUCKET_STARTS = (1, 31, 61, 91)
_YEAR = 365


@dataclass(frozen=True, slots=True)
class Credit:
    """A payment or credit note not yet allocated: its words, its day and its amount (minor units, positive)."""

    label: str
    on: date
    amount: int


@dataclass(frozen=True, slots=True)
class WorksheetRow:
    """Days ``start`` to ``end`` (both included) of one invoice at one rate (percent a year) on one base.

    ``base`` is in minor units, ``interest`` exact, in minor units; ``source`` says where the rate is published.
    """

    invoice: str
    start: date
    end: date
    days: int
    rate: Decimal
    base: int
    interest: Fraction
    source: str = ""


def aging(invoices: Iterable[InvoiceLine]) -> tuple[int, ...]:
    """Open amounts (minor units) by lateness: not due, 1 to 30 days, 31 to 60, 61 to 90, beyond."""
    sums = [0] * (len(_BUCKET_STARTS) + 1)
    for line in invoices:
        sums[sum(1 for start in _BUCKET_STARTS if line.days_late >= start)] += line.open
    return tuple(sums)


def render_statement(context: Context, language: str, credits_due: Sequence[Credit] = ()) -> bytes:
    """A statement of account (PDF/A): every line of ``context`` is shown, due or not, and the credits against them.

    Raises ValueError when the credits do not add up to ``context.credit``.
    """
    if sum(credit.amount for credit in credits_due) != context.credit:
        raise ValueError("the credits listed do not add up to the credit of the context")
    language = words.language_of(language)
    return typeset("statement", statement_data(context, language, credits_due), context.day)


def statement_data(context: Context, language: str, credits_due: Sequence[Credit]) -> dict[str, object]:
    """What the Typst template reads for a statement."""
    label = labels(language)
    balance = context.gross - context.credit
    late = sum(line.open for line in context.invoices if line.days_late > 0)
    # Credits go to what is oldest first, so they reduce what can be asked for today.
    now = max(0, late - context.credit)
    heading = f"{label['statement_title']} {label['statement_at']} {words.long_date(context.day, language)}"
    totals = [(label["statement_total"], words.money(balance, context.currency, language))]
    if now:
        totals.append((label["statement_now"], words.money(now, context.currency, language)))
    return {
        "language": language,
        "title": f"{heading} · {safe(context.customer)}",
        "heading": heading,
        "author": safe(context.creditor.name),
        "date": {"year": context.day.year, "month": context.day.month, "day": context.day.day},
        "sender": letter.sender_lines(context),
        "references": letter.references(context, language),
        "recipient": letter.recipient_lines(context, language),
        "open": _open_table(context, language),
        "credits": _credit_table(context, language, credits_due),
        "aging": {"title": label["statement_aging"], "buckets": _buckets(context, language)},
        "totals": totals,
        "payment": letter.payment_block(context, language, now) if now else None,
        "note": label["in_currency"].replace("{currency}", safe(context.currency)),
        "imprint": letter.footer_line(context),
        "page-label": label["page"],
    }


def render_worksheet(
    context: Context, language: str, rows: Sequence[WorksheetRow], *, known_to: date | None = None
) -> bytes:
    """The annex that shows how interest was reckoned (PDF/A). ``known_to`` is the last day whose rate is known, when
    interest had to stop there. Raises ValueError without rows.
    """
    if not rows:
        raise ValueError("there is no interest to show")
    language = words.language_of(language)
    return typeset("worksheet", worksheet_data(context, language, rows, known_to), context.day)


def worksheet_data(
    context: Context, language: str, rows: Sequence[WorksheetRow], known_to: date | None
) -> dict[str, object]:
    """What the Typst template reads for a worksheet: rows grouped by invoice, each rounded once."""
    label = labels(language)
    groups, total = [], 0
    for number, group in groupby(rows, key=lambda row: row.invoice):
        lines = list(group)
        interest = round_half_up(sum((row.interest for row in lines), Fraction(0)))
        total += interest
        groups.append(
            {
                "rows": [_worksheet_row(row, context.currency, language) for row in lines],
                "label": label["worksheet_subtotal"].replace("{number}", safe(number)),
                "amount": words.amount(interest, context.currency, language),
            }
        )
    notes = [label["worksheet_formula"].replace("{year}", str(_YEAR))]
    if known_to is not None:
        notes.append(label["worksheet_known_to"].replace("{day}", words.long_date(known_to, language)))
    names = ("invoice", "from", "to", "days", "rate", "base", "amount", "source")
    at = f"{label['statement_at']} {words.long_date(context.day, language)}"
    return {
        "language": language,
        "title": f"{label['worksheet_title']} {at}",
        "author": safe(context.creditor.name),
        "date": {"year": context.day.year, "month": context.day.month, "day": context.day.day},
        "subtitle": [safe(context.customer), label["in_currency"].replace("{currency}", safe(context.currency))],
        "heads": [label[f"worksheet_{name}"] for name in names],
        "numeric": [name in ("days", "rate", "base", "amount") for name in names],
        "groups": groups,
        "total": [label["worksheet_total"], words.amount(total, context.currency, language)],
        "notes": [words.spaced(note, language) for note in notes],
        "imprint": letter.footer_line(context),
        "page-label": label["page"],
    }


def _worksheet_row(row: WorksheetRow, currency: str, language: str) -> list[str]:
    # Four decimals beyond the rounding, so that a reader can check each stretch and the sum.
    places = exponent(currency) + 2
    exact = Decimal(round_half_up(row.interest * 100)).scaleb(-places)
    percent = words.NBSP + "%" if language == "fr" else "%"
    return [
        safe(row.invoice),
        words.short_date(row.start, language),
        words.short_date(row.end, language),
        str(row.days),
        words.decimal_text(row.rate, language, 2) + percent,
        words.amount(row.base, currency, language),
        words.decimal_text(exact, language, places),
        safe(row.source),
    ]


def _open_table(context: Context, language: str) -> dict[str, object]:
    label = labels(language)
    lines = sorted(context.invoices, key=lambda line: (line.due_on, line.issued_on, line.number))
    late = label["statement_late_days"]
    return {
        "title": label["statement_open"],
        "heads": [label[name] for name in ("invoice", "issued", "due", "statement_late", "amount", "open")],
        "numeric": [False, False, False, False, True, True],
        "rows": [
            [
                safe(line.number),
                words.short_date(line.issued_on, language),
                words.short_date(line.due_on, language),
                late.replace("{days}", str(line.days_late)) if line.days_late > 0 else label["statement_not_due"],
                words.amount(line.amount, context.currency, language),
                words.amount(line.open, context.currency, language),
            ]
            for line in lines
        ],
        "sums": [[label["statement_gross"], words.money(context.gross, context.currency, language)]],
    }


def _credit_table(context: Context, language: str, credits_due: Sequence[Credit]) -> dict[str, object]:
    label = labels(language)
    return {
        "title": label["statement_credits"],
        "heads": [label["statement_label"], label["statement_day"], label["amount"]],
        "numeric": [False, False, True],
        "rows": [
            [
                safe(credit.label),
                words.short_date(credit.on, language),
                words.amount(-credit.amount, context.currency, language),
            ]
            for credit in credits_due
        ],
    }


def _buckets(context: Context, language: str) -> list[dict[str, object]]:
    label = labels(language)
    ranges = [
        label["aging_range"].replace("{low}", str(low)).replace("{high}", str(high - 1))
        for low, high in pairwise(_BUCKET_STARTS)
    ]
    names = [label["aging_not_due"], *ranges, label["aging_beyond"].replace("{low}", str(_BUCKET_STARTS[-1] - 1))]
    return [
        {"label": name, "amount": words.amount(minor, context.currency, language), "share": minor}
        for name, minor in zip(names, aging(context.invoices), strict=True)
    ]
