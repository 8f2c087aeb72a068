"""A verb says no, by name, in words for the person who asked."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

TEXTS: Mapping[str, LazyText] = {
    "paid_meanwhile": _("It has been paid meanwhile."),
    "nothing_owed": _("Nothing is owed any more."),
    "covered_by_credit": _("A credit of the customer covers it."),
    "disputed": _("It is disputed."),
    "promised": _("The customer has promised to pay; chasing waits until that day."),
    "plan_running": _("An instalment plan is running."),
    "paused": _("Chasing is paused."),
    "payment_seen": _("Money that came to the bank seems to pay it; the match waits for a yes."),
    "debit_pending": _("A direct debit is under way."),
    "assigned": _("The receivable is assigned to a factor."),
    "handed_over": _("The case has been handed over."),
    "insolvent": _("The customer is insolvent: individual chasing is forbidden."),
    "deceased": _("The customer has died."),
    "not_yet": _("The day for this step has not come."),
    "case_further_on": _("The case is further on than this step."),
    "below_minimum": _("The amount is below the least amount."),
    "contact_cap": _("The last contact is too recent."),
    "quiet_day": _("Nothing is sent on this day where the recipient is."),
    "quiet_hour": _("It is outside contact hours where the recipient is; it will leave when they begin."),
    "no_reachable_contact": _("No contact can be reached by this channel."),
    "address_invalid": _("The contact's e-mail address is not one; the next run tries the next contact."),
    "unexpected_error": _("Something unexpected went wrong; the log of the program has the details."),
    "stale_books": _("The books are older than you allow."),
    "strategy_finished": _("The strategy is finished; a person decides what comes next."),
    "awaiting_approval": _("Another action of this case is waiting."),
    "step_changed": _("Another step is right now; the action was replaced by today's decision."),
    "facts_changed": _("The amounts changed after the text was edited by hand: read it again and approve it again."),
    "light_off": _("The light of this strategy is off."),
    "not_approved": _("The action is not approved."),
    "call_not_approved": _("A call is made, not approved: record its result."),
    "already_finished": _("The action is already finished."),
    "being_sent": _("The action is being sent right now."),
    "locked_wording": _("An obligatory passage was removed: %(passage)s"),
    "forbidden_wording": _("The law forbids “%(passage)s”. %(why)s %(instead)s (%(article)s)"),
    "regime_wording": _("“%(passage)s” may not be written to this customer. %(why)s %(instead)s (%(article)s)"),
    "missing_wording": _("This must stand in the text: %(passage)s. %(why)s %(instead)s (%(article)s)"),
    "wording_list_broken": _("Your own list of wording cannot be read, so nothing leaves: %(problem)s"),
    "reason_missing": _("Give a reason."),
    "in_the_past": _("It cannot start before today: what was decided earlier stays as it was."),
    "ends_before_start": _("It must end after it starts."),
    "amount_too_high": _("The amount is higher than what is open."),
    "amount_not_positive": _("The amount must be more than zero."),
    "unknown_receivable": _("This receivable does not belong to the customer."),
    "unknown_strategy": _("There is no strategy of this name."),
    "broken_strategy": _("The strategy cannot be used: %(problem)s"),
    "already_ended": _("It has ended already."),
    "instalments_wrong": _("The instalments do not add up to what is open, or their dates do not rise."),
    "no_sender": _("No sender address is set: fill in the sender in the settings."),
    "already_today": _("Something was already done for this customer today: write a note instead."),
    "no_letters": _("No letter left on that day."),
    "unknown_regime": _("There is no regime of this name."),
    "regime_of_judgment": _(
        "Interest on a court decision runs from the day it became enforceable, which is not kept here: reckon it with"
        " `encaisse law interest --regime fr-judgment`."
    ),
    "regime_of_business": _(
        "A consumer owes no fixed indemnity: if this customer is none, correct the kind of customer first."
    ),
    "no_subject": _("The text needs a subject on its first line."),
    "unknown_limitation_event": _("This kind of event is not known: choose one of the list."),
    "proof_missing": _("Say where it is written: letter, e-mail, judgment, agreement."),
    "in_the_future": _("That day has not come yet: write down what has happened."),
    "does_not_last": _("This happens on one day: leave out its end."),
    "before_the_invoice": _("That is before the invoice: check the day or the invoice."),
    "already_withdrawn": _("It was withdrawn already."),
}


class Refused(Exception):
    """A verb did nothing, for the reason named by `code`; `text` says it in the active language."""

    def __init__(self, code: str, **values: str) -> None:
        self.code = code
        self.values = values
        super().__init__(code)

    @property
    def text(self) -> str:
        return refusal_text(self.code, **self.values)

    def __str__(self) -> str:
        return self.text


def refusal_text(code: str, **values: str) -> str:
    """Return the sentence for a refusal's code in the active language."""
    text = str(TEXTS[code])
    return text % values if values else text
