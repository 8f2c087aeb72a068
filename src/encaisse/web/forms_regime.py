"""The form that corrects the law a receivable is under."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from encaisse.law.regimes import find_regime
from encaisse.recovery.record_regime import LONGEST_REASON
from encaisse.web import formats

BY_RULE = "by-rule"
"""The value of giving the choice back to the program."""


class RegimeForm(forms.Form):
    """`codes`: regimes that may be given; `otherwise`: the label of what the program would choose."""

    regime = forms.ChoiceField(label=_("Regime"))
    everything = forms.BooleanField(label=_("For all that is open of this customer"), required=False)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Kept with your name, for instance the clause of the contract."),
    )

    def __init__(self, *args: Any, codes: tuple[str, ...], otherwise: str, **options: Any) -> None:
        options.setdefault("auto_id", "regime-%s")
        super().__init__(*args, **options)
        field = self.fields["regime"]
        assert isinstance(field, forms.ChoiceField)
        language = formats.language()
        named = [(code, find_regime(code).label[language]) for code in codes]
        field.choices = [(BY_RULE, otherwise), *named]

    def clean_regime(self) -> str:
        """The code of the regime; empty for the program's own choice."""
        chosen = str(self.cleaned_data["regime"])
        return "" if chosen == BY_RULE else chosen
