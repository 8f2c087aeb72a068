"""The form that adds a rate of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from encaisse.law.overlay import RefusedPoint
from encaisse.law.own import next_days, read_percent
from encaisse.law.series import all_series, load_series
from encaisse.law.status import status
from encaisse.parties.own_rates import LONGEST_REFERENCE
from encaisse.web import formats, rates
from encaisse.web.fields import DayField

REFUSED_AT: Mapping[str, str] = {
    "not_dates": "first",
    "ends_before_start": "last",
    "not_half_years": "first",
    "already_known": "first",
    "already_known_for_good": "first",
    "leaves_a_gap": "first",
    "below_zero": "value",
    "too_fine": "value",
    "too_high": "value",
    "not_exact": "value",
    "no_reference": "reference",
    "reference_too_long": "reference",
}
"""The field beside which each refusal is said; the others are about the series."""


class PercentField(forms.CharField):
    """A rate as people write it (`2,65`, `2.65 %`), cleaned to an exact Decimal."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(max_length=20, **options)

    def clean(self, value: Any) -> Decimal:
        text = super().clean(value)
        try:
            return read_percent(text)
        except ValueError as error:
            raise forms.ValidationError(_("Write a rate in percent per year, such as 2,65.")) from error


class RateForm(forms.Form):
    """A rate, the days it covers, and where it was read. Must be used inside the creditor's own rates."""

    series = forms.ChoiceField(label=_("Rate"))
    first = DayField(label=_("From"), help_text=_("The first day on which the value counts."))
    last = DayField(label=_("To"), help_text=_("The last day on which the value is known to count."))
    value = PercentField(label=_("Percent per year"), help_text=_("For instance 2,65."))
    reference = forms.CharField(
        label=_("Where it is published"),
        max_length=LONGEST_REFERENCE,
        help_text=_("The order with its date, or the page of the central bank and the day you read it."),
    )

    def __init__(self, *args: Any, day: date, in_use: Iterable[str], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["series"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = _offered(day, frozenset(in_use))

    def refuse(self, refused: RefusedPoint) -> None:
        """Say a refusal beside the field it is about."""
        text = refused.text(formats.language(), rates.written, _name(refused.series))
        self.add_error(REFUSED_AT.get(refused.code, "series"), text)


def first_values(series: str, day: date, in_use: frozenset[str]) -> dict[str, Any]:
    """What the form for the next value of a series begins with; without one, of the rate that presses most."""
    wanted = [series] if series in all_series() else _pressing(day, in_use)[:1]
    days = next_days(load_series(wanted[0])) if wanted else None
    return {"series": wanted[0], "first": days[0], "last": days[1]} if days else {}


def _pressing(day: date, in_use: frozenset[str]) -> list[str]:
    """The series to which a missing value is added, those of the regimes in use first."""
    found = sorted((one for one in status(day) if one.presses), key=lambda one: in_use.isdisjoint(one.regimes))
    return list(dict.fromkeys(one.add_to for one in found))


def _offered(day: date, in_use: frozenset[str]) -> list[Any]:
    """The rates that can have a next value: those that are missing or end soon first."""
    soon = _pressing(day, in_use)
    known = [name for name in all_series() if next_days(load_series(name))]
    groups = [
        (_("Missing or ending soon"), [name for name in soon if name in known]),
        (_("Others"), sorted((name for name in known if name not in soon), key=rates.name_of)),
    ]
    return [(title, [(name, rates.name_of(name)) for name in names]) for title, names in groups if names]


def _name(series: str) -> str:
    return rates.name_of(series) if series in all_series() else series
