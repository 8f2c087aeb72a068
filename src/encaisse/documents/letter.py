"""Letters on paper: a composed message laid out for a window envelope, as PDF."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from encaisse.documents import payment, words
from encaisse.documents.context import Context
from encaisse.documents.library import labels
from encaisse.documents.mail import signature
from encaisse.documents.tables import invoice_table
from encaisse.documents.template import Value, render
from encaisse.documents.texts import CLAIM, INVOICES, PAYMENT, Text, asked, safe
from encaisse.documents.typesetting import draw, printable, typeset


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to print. ``delivery`` is the postal service named on it, such as "Lettre recommandée avec AR"."""

    text: Text
    context: Context
    delivery: str = ""

    @property
    def language(self) -> str:
        """The language of the letter: that of its text."""
        return self.text.language


def render_letter(letter: Letter) -> bytes:
    """One letter as PDF/A; the same letter always gives the same bytes."""
    return render_letters((letter,))


def render_letters(letters: Sequence[Letter]) -> bytes:
    """Several letters as one PDF/A for printing, each on new pages numbered from 1. Raises ValueError for none.

    One compile holds all pages in memory, about 2 MB a letter: hand over some hundreds at a time.
    """
    day = max((letter.context.day for letter in letters), default=date.min)
    return typeset("letter", _document(letters, day), day)


def preview_letter(letter: Letter, *, ppi: float = 96) -> tuple[bytes, ...]:
    """The pages of a letter as PNG pictures, exactly as they will print, for a screen."""
    return draw("letter", _document((letter,), letter.context.day), ppi=ppi)


def _document(letters: Sequence[Letter], day: date) -> dict[str, object]:
    if not letters:
        raise ValueError("there is no letter to print")
    first = letters[0]
    # PDF/UA wants a title even where an edit left the subject empty.
    title = printable(safe(first.text.subject)).strip() or labels(first.language)["untitled"]
    return {
        "title": title if len(letters) == 1 else f"{title} (+ {len(letters) - 1})",
        "author": safe(first.context.creditor.name),
        "date": {"year": day.year, "month": day.month, "day": day.day},
        "letters": [letter_data(letter) for letter in letters],
    }


def letter_data(letter: Letter) -> dict[str, object]:
    """What the Typst template reads for one letter: words only, nothing to compute."""
    context, text, language = letter.context, letter.text, letter.language
    label = labels(language)
    return {
        "language": language,
        "sender": sender_lines(context),
        "references": references(context, language),
        "recipient": recipient_lines(context, language),
        "delivery": safe(letter.delivery),
        "date-line": date_line(context, language),
        "subject": safe(text.subject),
        "subject-line": with_colon(label["subject"], language) + safe(text.subject),
        "greeting": text.greeting,
        "blocks": [block for part in text.paragraphs if (block := _block(part, text, context, language))],
        "closing": text.closing,
        "signature": list(signature(context)[:2]),
        "annexes-label": with_colon(label["annexes"], language),
        "annexes": [safe(annex) for annex in context.annexes],
        "imprint": footer_line(context),
        "page-label": label["page"],
    }


def sender_lines(context: Context) -> list[str]:
    """The letterhead: name, address, phone and e-mail of the creditor."""
    creditor = context.creditor
    return [safe(line) for line in (creditor.name, *creditor.address, creditor.phone, creditor.email) if line]


def footer_line(context: Context) -> str:
    """The creditor's name and compulsory mentions; its address stands in the letterhead."""
    return " · ".join(safe(part) for part in (context.creditor.name, context.creditor.legal) if part)


def recipient_lines(context: Context, language: str) -> list[str]:
    """The lines for the window, at most six as the post asks: name, person, address."""
    person = f"{labels(language)['attention']} {safe(context.contact)}" if context.contact else ""
    if words.plain(context.contact) == words.plain(context.customer):
        person = ""
    lines = [safe(line) for line in (context.customer, person, *context.address) if line]
    return lines if len(lines) <= 6 else [*lines[:1], *lines[-5:]]


def references(context: Context, language: str) -> list[tuple[str, str]]:
    """The pairs at the top right: account, reference, and the person to ask."""
    label = labels(language)
    pairs = (
        ("ref_customer", context.customer_code),
        ("ref_payment", context.payment_reference),
        ("ref_contact", context.sender.name),
        ("ref_phone", context.sender.phone),
        ("ref_email", context.sender.email),
    )
    return [(label[key], safe(value)) for key, value in pairs if value]


def date_line(context: Context, language: str) -> str:
    """Place and date, as a letter is headed."""
    city = safe(context.creditor.city)
    values = {"city": Value(city, int(bool(city))), "day": Value(words.long_date(context.day, language), 1)}
    return render(labels(language)["date_line"], values, language)


def with_colon(label: str, language: str) -> str:
    """A label, its colon and a space, spaced as the language asks."""
    return f"{label}{words.NBSP if language == 'fr' else ''}: "


def payment_block(context: Context, language: str, due: int) -> dict[str, object] | None:
    """The payment block of a printed document, or None without bank details."""
    lines = payment.payment_lines(context, language, due)
    if not lines:
        return None
    payload = payment.epc_payload(context, due)
    label = labels(language)
    return {
        "kind": "payment",
        "title": label["pay_title"],
        "lines": lines,
        "qr": payment.qr_svg(payload) if payload else None,
        "qr-alt": label["pay_qr"],
        "hint": label["pay_qr_hint"],
    }


def _block(part: str, text: Text, context: Context, language: str) -> dict[str, object] | None:
    if part == PAYMENT:
        return payment_block(context, language, asked(text, context))
    if part not in (INVOICES, CLAIM):
        return {"kind": "text", "text": part}
    table = invoice_table(context, language, claims=part == CLAIM)
    return {
        "kind": "table",
        "heads": table.heads,
        "numeric": table.numeric,
        "rows": table.rows,
        "sums": table.sums,
        "note": table.note,
    }
