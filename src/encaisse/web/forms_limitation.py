"""The form that writes down what interrupts or suspends limitation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from encaisse.law.limitation import event_kinds
from encaisse.web import formats
from encaisse.web.fields import DayField
from encaisse.web.forms_records import RecordForm


def kind_choices(family: str) -> list[tuple[Any, list[tuple[str, str]]]]:
    """The kinds of events, apart by what they do under the law of this family, in the reader's language."""
    spoken = formats.language()
    moving: list[tuple[str, str]] = []
    idle: list[tuple[str, str]] = []
    for kind in event_kinds().values():
        moves = kind.effects[family].code != "nothing"
        (moving if moves else idle).append((kind.id, kind.label[spoken]))
    return [(_("Moves the date"), moving), (_("Does not move it; kept for the record"), idle)]


class LimitationForm(RecordForm):
    """What happened, when, of which invoice, and where it is written."""

    slug = "limitation"
    family = "fr"
    kind = forms.ChoiceField(label=_("What happened"))
    happened_on = DayField(label=_("Happened on"))
    until_on = DayField(
        label=_("Until"),
        required=False,
        help_text=_("Only for what lasts: a case in court, a mediation. Empty: it still goes on."),
    )
    receivable = forms.ChoiceField(label=_("Which invoice"), required=False)
    note = forms.CharField(
        label=_("Where it is written"),
        max_length=300,
        help_text=_("Letter, e-mail, judgment, agreement: what you would show a court."),
    )

    def prepare(self) -> None:
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = kind_choices(self.family)
        self.fields["happened_on"].initial = self.day
        self.choose_one("receivable", _("All that was owed on that day"))


def form_for(family: str) -> type[LimitationForm]:
    """The form with the kinds of events sorted for one law."""
    return type("LimitationForm", (LimitationForm,), {"family": family})
