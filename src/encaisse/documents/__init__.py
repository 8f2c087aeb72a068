"""Words and pages: what a step says, as mail, letter, statement or call script. Pure: data in, text or bytes out.

>>> from encaisse.documents import Context, compose, render_mail, render_letter
"""

from encaisse.documents.context import Context, Creditor, InvoiceLine, Sender
from encaisse.documents.letter import Letter, preview_letter, render_letter, render_letters
from encaisse.documents.library import UnknownTemplate, resolve
from encaisse.documents.mail import InlineImage, Mail, render_mail
from encaisse.documents.rates import rate_words
from encaisse.documents.statement import Credit, WorksheetRow, aging, render_statement, render_worksheet
from encaisse.documents.texts import (
    Script,
    Text,
    apply_edit,
    asked,
    compose,
    missing_locked,
    script,
    to_editable,
)

__all__ = [
    "Context",
    "Credit",
    "Creditor",
    "InlineImage",
    "InvoiceLine",
    "Letter",
    "Mail",
    "Script",
    "Sender",
    "Text",
    "UnknownTemplate",
    "WorksheetRow",
    "aging",
    "apply_edit",
    "asked",
    "compose",
    "missing_locked",
    "preview_letter",
    "rate_words",
    "render_letter",
    "render_letters",
    "render_mail",
    "render_statement",
    "render_worksheet",
    "resolve",
    "script",
    "to_editable",
]
