"""How to pay: the lines of a bank transfer, and its EPC QR code (EPC069-12, version 002)."""

import io

import segno

from encaisse.documents import words
from encaisse.documents.context import Context
from encaisse.documents.library import labels
from encaisse.documents.texts import safe
from encaisse.money import to_decimal_text

_MOST = 99_999_999_999


def payment_lines(context: Context, language: str, asked: int) -> tuple[tuple[str, str], ...]:
    """Labels and values of a transfer of ``asked`` (minor units); nothing when the creditor has no IBAN."""
    if not context.iban:
        return ()
    label = labels(language)
    lines = (
        ("pay_amount", words.money(asked, context.currency, language)),
        ("pay_to", safe(context.creditor.name)),
        ("pay_iban", words.grouped(context.iban)),
        ("pay_bic", safe(context.bic)),
        ("pay_reference", safe(context.payment_reference)),
    )
    return tuple((label[key], value) for key, value in lines if value)


def epc_payload(context: Context, asked: int) -> str | None:
    """The text of the QR code, or None where the standard has no place for the transfer (not euros, no IBAN)."""
    if not context.iban or context.currency != "EUR" or not 0 < asked <= _MOST:
        return None
    return "\n".join(
        (
            "BCD",
            "002",
            "1",
            "SCT",
            "".join(context.bic.split()).upper(),
            safe(context.creditor.name)[:70],
            "".join(context.iban.split()).upper(),
            "EUR" + to_decimal_text(asked, "EUR"),
            "",
            "",
            safe(context.payment_reference)[:140],
        )
    )


def qr_svg(payload: str) -> str:
    """The QR code as SVG without its quiet zone: the page leaves room around it."""
    return str(_symbol(payload).svg_inline(border=0, omitsize=True))


def qr_png(payload: str) -> bytes:
    """The QR code as PNG with its quiet zone, for a mail."""
    out = io.BytesIO()
    _symbol(payload).save(out, kind="png", scale=4, border=4)
    return out.getvalue()


def _symbol(payload: str) -> segno.QRCode:
    """Error correction M, as EPC069-12 asks. One mask for all: trying eight costs four times as much, reads alike."""
    return segno.make(payload, error="m", micro=False, boost_error=False, mask=2, encoding="utf-8")
