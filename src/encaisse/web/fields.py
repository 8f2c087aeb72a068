"""Form fields for money, days, IBANs and SIRENs, as people write them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException
from stdnum.fr import siren

from encaisse import money
from encaisse.documents import words
from encaisse.web import formats


class MoneyField(forms.CharField):
    """An amount as people write it (`1 234,56`), cleaned to minor units; empty gives None."""

    def __init__(self, *, currency: str = "EUR", positive: bool = True, **options: Any) -> None:
        self.currency, self.positive = currency, positive
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        return words.amount(value, self.currency, formats.language()) if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            minor = money.parse_minor(text, self.currency)
        except ValueError as error:
            raise forms.ValidationError(_("Write an amount such as 1 234,56.")) from error
        if self.positive and minor <= 0:
            raise forms.ValidationError(_("The amount must be more than zero."))
        if abs(minor) >= 10**15:
            raise forms.ValidationError(_("This amount is too high."))
        return minor


class DayField(forms.DateField):
    """A calendar day, by the browser's own picker; also read as 24/11/2026."""

    def __init__(self, *, least: date | None = None, **options: Any) -> None:
        attrs = {"type": "date"} | ({"min": least.isoformat()} if least else {})
        options.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs=attrs))
        super().__init__(input_formats=["%Y-%m-%d", "%d/%m/%Y"], **options)


class IbanField(forms.CharField):
    """An IBAN, checked by its own digits and kept without spaces."""

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        try:
            return str(IBAN(text).compact)
        except SchwiftyException as error:
            raise forms.ValidationError(
                _("This IBAN is not right: a digit is missing or mistyped. Copy it from your bank details.")
            ) from error

    def prepare_value(self, value: Any) -> Any:
        return words.grouped(value).replace("\u00a0", " ") if value else value


class BicField(forms.CharField):
    """A BIC of 8 or 11 characters."""

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        try:
            return str(BIC(text).compact)
        except SchwiftyException as error:
            raise forms.ValidationError(_("A BIC has 8 or 11 letters and digits.")) from error


class SirenField(forms.CharField):
    """The nine digits of a French company, checked by their own sum."""

    def clean(self, value: Any) -> str:
        text = "".join(str(super().clean(value) or "").split())
        if text and not siren.is_valid(text):
            raise forms.ValidationError(_("A SIREN has nine digits; this one is mistyped."))
        return text
