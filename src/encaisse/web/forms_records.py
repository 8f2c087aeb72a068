"""Forms that write down what a customer said or what holds chasing back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from encaisse.recovery.models import Dispute
from encaisse.web.fields import DayField, MoneyField

CALL_RESULTS = [
    ("reached", _("Spoke with the right person")),
    ("promise", _("Promised to pay")),
    ("dispute", _("Objects to something")),
    ("voicemail", _("Left a message")),
    ("no_answer", _("No answer")),
    ("wrong_number", _("Wrong number")),
    ("wrong_person", _("Wrong person")),
]
STANDING = [
    ("insolvent", _("Insolvency proceedings opened")),
    ("deceased", _("The customer has died")),
    ("debit_pending", _("A direct debit is under way")),
]


class Receivables(forms.MultipleChoiceField):
    """Some of the open receivables of the customer; none chosen means all."""

    widget = forms.CheckboxSelectMultiple


class RecordForm(forms.Form):
    """A form about one customer on one day. `items` are (id, label) of the open receivables."""

    def __init__(self, *args: Any, day: date, items: list[tuple[int, str]], **options: Any) -> None:
        options.setdefault("auto_id", f"{self.slug}-%s")
        super().__init__(*args, **options)
        self.day, self.items = day, items
        self.prepare()

    slug = "record"

    def prepare(self) -> None:
        """Fill choices and first values."""

    def choose_one(self, name: str, everything: Any) -> None:
        """Offer all of the customer or one receivable."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", everything), *[(str(pk), label) for pk, label in self.items]]


class Pause(RecordForm):
    slug = "pause"
    receivable = forms.ChoiceField(label=_("What is paused"), required=False)
    ends_on = DayField(
        label=_("Until"), required=False, help_text=_("First day that is chased again. Empty: until you end it.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def prepare(self) -> None:
        self.choose_one("receivable", _("The whole customer"))


class PromiseForm(RecordForm):
    slug = "promise"
    amount = MoneyField(label=_("Amount"))
    promised_for = DayField(label=_("Will be paid by"))
    person = forms.CharField(label=_("Who promised"), max_length=120, required=False)
    receivables = forms.MultipleChoiceField(
        label=_("For which invoices"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all of them."),
    )
    grace_days = forms.IntegerField(label=_("Grace in days"), min_value=0, max_value=30, initial=2)

    def prepare(self) -> None:
        field = self.fields["receivables"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(str(pk), label) for pk, label in self.items]
        self.fields["promised_for"].initial = self.day + timedelta(days=7)


class DisputeForm(RecordForm):
    slug = "dispute"
    receivable = forms.ChoiceField(label=_("Invoice"))
    amount = MoneyField(
        label=_("Disputed part"), required=False, help_text=_("Empty: all of it. The rest is still chased.")
    )
    ground = forms.ChoiceField(label=_("Ground"), choices=Dispute.Ground.choices)
    reason = forms.CharField(label=_("What they say"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
    owner = forms.CharField(label=_("Who answers it"), max_length=120, required=False)
    answer_by = DayField(label=_("Answer by"), required=False)

    def prepare(self) -> None:
        field = self.fields["receivable"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(pk), label) for pk, label in self.items]
        self.fields["answer_by"].initial = self.day + timedelta(days=14)


class CallForm(RecordForm):
    slug = "call"
    result = forms.ChoiceField(label=_("Result"), choices=CALL_RESULTS)
    note = forms.CharField(
        label=_("What was said"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    amount = MoneyField(label=_("Promised amount"), required=False)
    promised_for = DayField(label=_("Promised for"), required=False)
    person = forms.CharField(label=_("With whom"), max_length=120, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("result") == "promise":
            for name in ("amount", "promised_for"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, _("A promise has an amount and a day."))
        return data


class NoteForm(RecordForm):
    slug = "note"
    text = forms.CharField(label=_("Note"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))


class PlanForm(RecordForm):
    slug = "plan"
    first_on = DayField(label=_("First instalment on"))
    count = forms.IntegerField(label=_("How many, one a month"), min_value=2, max_value=60, initial=3)
    amount = MoneyField(label=_("Total of the plan"))
    acknowledged = forms.BooleanField(label=_("The customer signed an acknowledgement of debt"), required=False)
    reason = forms.CharField(label=_("Remark"), max_length=300, required=False)

    def prepare(self) -> None:
        self.fields["first_on"].initial = self.day + timedelta(days=7)


class HandoverForm(RecordForm):
    slug = "handover"
    recipient = forms.CharField(label=_("To whom"), max_length=200)
    reference = forms.CharField(label=_("Their reference"), max_length=100, required=False)
    reason = forms.CharField(label=_("Reason"), max_length=300)


class HoldForm(RecordForm):
    slug = "hold"
    ends_on = DayField(label=_("Until"), required=False, help_text=_("Empty: until you end it."))
    reason = forms.CharField(label=_("Reason"), max_length=300)


class StandingForm(RecordForm):
    slug = "standing"
    kind = forms.ChoiceField(label=_("What happened"), choices=STANDING)
    starts_on = DayField(label=_("Since"))
    ends_on = DayField(label=_("Until"), required=False, help_text=_("Empty: until you end it."))
    reason = forms.CharField(label=_("Reference or source"), max_length=300)

    def prepare(self) -> None:
        self.fields["starts_on"].initial = self.day


class ContactForm(RecordForm):
    slug = "contact"
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    role = forms.CharField(label=_("Role"), max_length=60, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not (data.get("email") or data.get("phone")) and not self.errors:
            self.add_error("email", _("Give an e-mail or a phone number."))
        return data
