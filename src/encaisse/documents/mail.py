"""A message as e-mail content: subject, plain text and HTML that say the same. Nothing is fetched, nothing tracks."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

import css_inline

from encaisse.documents import payment, words
from encaisse.documents.context import Context
from encaisse.documents.library import labels
from encaisse.documents.tables import Table, invoice_table
from encaisse.documents.texts import CLAIM, INVOICES, PAYMENT, Text, asked, safe

QR_CONTENT_ID = "virement-qr"
_WIDTH = 76


@dataclass(frozen=True, slots=True)
class InlineImage:
    """A picture to send with the message (multipart/related), named in its HTML as ``cid:<content_id>``."""

    content_id: str
    png: bytes
    alt: str


@dataclass(frozen=True, slots=True)
class Mail:
    """What a channel needs to build the message."""

    subject: str
    text_plain: str
    html: str
    images: tuple[InlineImage, ...] = ()


def render_mail(text: Text, context: Context, language: str = "", *, qr: bool = False) -> Mail:
    """Lay out a message. ``language`` is that of the text unless given.

    With ``qr`` the HTML shows the transfer QR code and ``images`` carries it; a channel that asks for it must attach
    the images under their content ids.
    """
    language = words.language_of(language or text.language)
    due = asked(text, context)
    payload = payment.epc_payload(context, due) if qr else None
    images: tuple[InlineImage, ...] = ()
    if payload:
        images = (InlineImage(QR_CONTENT_ID, payment.qr_png(payload), labels(language)["pay_qr"]),)
    return Mail(
        subject=safe(text.subject),
        text_plain=_plain(text, context, language, due),
        html=_html(text, context, language, due, images),
        images=images,
    )


def plain_text(text: Text, context: Context, language: str = "") -> str:
    """Everything the recipient reads, as plain text: also that of a letter, which is laid out elsewhere."""
    return _plain(text, context, words.language_of(language or text.language), asked(text, context))


def signature(context: Context) -> tuple[str, ...]:
    """The lines under a message: who signs, for whom, and how to reach that person."""
    sender = context.sender
    name = ", ".join(part for part in (safe(sender.name), safe(sender.title)) if part)
    reach = " · ".join(
        part
        for part in (safe(sender.phone or context.creditor.phone), safe(sender.email or context.creditor.email))
        if part
    )
    return tuple(line for line in (name, safe(context.creditor.name), reach) if line)


def imprint(context: Context) -> str:
    """The creditor's address and compulsory mentions on one line."""
    creditor = context.creditor
    return " · ".join(safe(part) for part in (creditor.name, *creditor.address, creditor.legal) if part)


def _plain(text: Text, context: Context, language: str, due: int) -> str:
    blocks = [text.greeting]
    for part in text.paragraphs:
        if part in (INVOICES, CLAIM):
            blocks.append(_plain_table(invoice_table(context, language, claims=part == CLAIM)))
        elif part == PAYMENT:
            blocks.append(_plain_payment(context, language, due))
        else:
            blocks.append(part)
    blocks += [text.closing, "\n".join(signature(context))]
    blocks.append(_annexes(context, language))
    blocks.append("-- \n" + imprint(context))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _plain_table(table: Table) -> str:
    rows = [table.heads, *table.rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.heads))]
    if sum(widths) + 2 * len(widths) > _WIDTH:
        return _plain_list(table)
    drawn = [_plain_row(row, widths, table.numeric) for row in rows]
    drawn.insert(1, "  " + "-" * (sum(widths) + 2 * (len(widths) - 1)))
    width = len(drawn[1])
    return "\n".join([*drawn, *_plain_sums(table.sums, width)])


def _plain_row(row: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    cells = [
        cell.rjust(width) if flush else cell.ljust(width)
        for cell, width, flush in zip(row, widths, numeric, strict=True)
    ]
    return "  " + "  ".join(cells).rstrip()


def _plain_sums(sums: Sequence[tuple[str, str]], width: int) -> list[str]:
    if not sums:
        return []
    longest = max(len(value) for _, value in sums)
    return ["", *(f"{label}  {value.rjust(longest)}".rjust(width) for label, value in sums)]


def _plain_list(table: Table) -> str:
    """A table too wide for plain text, as one short paragraph per row."""
    longest = max(len(head) for head in table.heads)
    rows = [
        "\n".join(f"  {head.ljust(longest)}  {cell}" for head, cell in zip(table.heads, row, strict=True))
        for row in table.rows
    ]
    sums = "\n".join(_plain_sums(table.sums, 60)[1:])
    return "\n\n".join(part for part in (*rows, sums) if part)


def _plain_payment(context: Context, language: str, due: int) -> str:
    lines = payment.payment_lines(context, language, due)
    if not lines:
        return ""
    longest = max(len(label) for label, _ in lines)
    space = words.NBSP if language == "fr" else ""
    return "\n".join(
        [labels(language)["pay_title"] + space + ":", *(f"  {label.ljust(longest)}  {value}" for label, value in lines)]
    )


def _annexes(context: Context, language: str) -> str:
    if not context.annexes:
        return ""
    space = words.NBSP if language == "fr" else ""
    return f"{labels(language)['annexes']}{space}: {', '.join(safe(annex) for annex in context.annexes)}"


def _html(text: Text, context: Context, language: str, due: int, images: tuple[InlineImage, ...]) -> str:
    parts = [_paragraph(text.greeting)]
    for part in text.paragraphs:
        if part in (INVOICES, CLAIM):
            parts.append(_html_table(invoice_table(context, language, claims=part == CLAIM)))
        elif part == PAYMENT:
            parts.append(_html_payment(context, language, due, images))
        else:
            parts.append(_paragraph(part))
    parts.append(_paragraph(text.closing, "sign"))
    parts.append(_paragraph("\n".join(signature(context))))
    annexes = _annexes(context, language)
    parts.append(_paragraph(annexes) if annexes else "")
    parts.append(_paragraph(imprint(context), "small"))
    page = _page().substitute(language=language, subject=escape(text.subject), body="\n".join(filter(None, parts)))
    return css_inline.inline(page, keep_style_tags=False, load_remote_stylesheets=False)


@cache
def _page() -> Template:
    return Template((files("encaisse.documents") / "html" / "mail.html").read_text(encoding="utf-8"))


def _paragraph(text: str, name: str = "") -> str:
    attribute = f' class="{name}"' if name else ""
    return f"<p{attribute}>{escape(text).replace(chr(10), '<br>')}</p>"


def _html_table(table: Table) -> str:
    def row(tag: str, cells: Sequence[str]) -> str:
        marks = [' class="n"' if flush else "" for flush in table.numeric]
        drawn = (f"<{tag}{mark}>{escape(cell)}</{tag}>" for mark, cell in zip(marks, cells, strict=True))
        return f"<tr>{''.join(drawn)}</tr>"

    span = len(table.heads) - 1
    sums = []
    for index, (label, value) in enumerate(table.sums):
        last = " total" if index == len(table.sums) - 1 else ""
        sums.append(
            f'<tr><td class="sum{last}" colspan="{span}">{escape(label)}</td>'
            f'<td class="n sum{last}">{escape(value)}</td></tr>'
        )
    body = "".join(row("td", cells) for cells in table.rows)
    return f'<table class="figures"><thead>{row("th", table.heads)}</thead><tbody>{body}{"".join(sums)}</tbody></table>'


def _html_payment(context: Context, language: str, due: int, images: tuple[InlineImage, ...]) -> str:
    lines = payment.payment_lines(context, language, due)
    if not lines:
        return ""
    rows = "".join(f'<tr><td>{escape(label)}</td><td class="v">{escape(value)}</td></tr>' for label, value in lines)
    picture = "".join(
        f'<img class="qr" src="cid:{image.content_id}" width="132" height="132" alt="{escape(image.alt)}">'
        for image in images
    )
    title = f'<p class="pay-title">{escape(labels(language)["pay_title"])}</p>'
    return f'{title}<table class="pay"><tbody>{rows}</tbody></table>{picture}'
