"""What each doubt is called, why it matters, and how it is mended, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Words:
    """Title of a section, why it matters, how a line of it is mended."""

    title: str | Promise
    why: str | Promise
    repair: str | Promise


WORDS: dict[str, Words] = {
    "no_due_date": Words(
        _("Due dates nobody has stated"),
        _("Their invoices count as due by your own default terms."),
        _("Write the terms agreed, or import the invoices themselves."),
    ),
    "no_email": Words(
        _("No e-mail address"),
        _("Reminders by e-mail cannot reach them."),
        _("Write an address."),
    ),
    "bounced_address": Words(
        _("Every address was refused"),
        _("The last messages came back: these customers hear nothing."),
        _("Write another address."),
    ),
    "no_siren": Words(
        _("No SIREN"),
        _("Electronic invoices, statuses and courts know a company by it."),
        _("Write the SIREN."),
    ),
    "wrong_siren": Words(
        _("A SIREN that cannot be right"),
        _("Its check digit is wrong: a figure is mistyped."),
        _("Write the right one."),
    ),
    "negative_open": Words(
        _("Paid too much"),
        _("More was set against these invoices than they come to."),
        _("Look at their payments."),
    ),
    "twin_customers": Words(
        _("Two customers that may be one"),
        _("They are written to twice, and their credit is not counted together."),
        _("See what making them one would change."),
    ),
    "no_document": Words(
        _("Late invoices without their document"),
        _("A reminder without the invoice is answered by asking for it."),
        _("Drop the PDFs, named by their numbers."),
    ),
    "unmatched_money": Words(
        _("Money not matched for more than a week"),
        _("Somebody who has paid may be chased."),
        _("Say what it pays."),
    ),
}

REFUSALS: dict[str, str | Promise] = {
    "bad_email": _("This is not an e-mail address."),
    "bad_siren": _("This is not a SIREN: nine digits, the last one checks the others."),
    "bad_terms": _("These terms are not understood. Write for example “45 days end of month”."),
    "unknown_field": _("This cannot be mended here."),
    "same_customer": _("This is one and the same customer."),
    "merged_already": _("One of the two was merged before."),
    "stands_for_others": _("This customer stands for others already: merge the other way round."),
    "other_siren": _("They have two different SIRENs."),
    "same_number": _("Both have an invoice of the same number."),
    "not_merged": _("This customer was not merged."),
}
