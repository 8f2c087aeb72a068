"""Forms of the settings and of the first run."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from encaisse.parties.models import Creditor, Member
from encaisse.web.fields import BicField, IbanField, MoneyField, SirenField

COUNTRIES = [
    ("FR", _("France")),
    ("BE", _("Belgium")),
    ("LU", _("Luxembourg")),
    ("CH", _("Switzerland")),
    ("DE", _("Germany")),
    ("ES", _("Spain")),
    ("IT", _("Italy")),
    ("NL", _("Netherlands")),
    ("GB", _("United Kingdom")),
]
LANGUAGES = [("fr", _("French")), ("en", _("English"))]


class Identity(forms.ModelForm):
    """Who the creditor is, as letters show it, and where customers pay."""

    siren = SirenField(label="SIREN", required=False, help_text=_("Nine digits."))
    iban = IbanField(
        label="IBAN", required=False, help_text=_("Printed in each message, with a QR code for the customer's bank.")
    )
    bic = BicField(label="BIC", required=False)
    country = forms.ChoiceField(label=_("Country"), choices=COUNTRIES)
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)

    class Meta:
        model = Creditor
        fields: ClassVar = [
            "name", "legal_form", "siren", "vat_number", "address", "postcode", "city", "country", "language",
            "iban", "bic",
        ]  # fmt: skip
        labels: ClassVar = {
            "name": _("Name"),
            "legal_form": _("Legal form and capital"),
            "vat_number": _("VAT number"),
            "address": _("Address"),
            "postcode": _("Postcode"),
            "city": _("City"),
        }
        help_texts: ClassVar = {"legal_form": _("For instance: SARL au capital de 10 000 €, RCS Lille 123 456 789.")}
        widgets: ClassVar = {"address": forms.Textarea(attrs={"rows": 2, "autocomplete": "street-address"})}


class Sender(forms.ModelForm):
    """The person who signs."""

    class Meta:
        model = Creditor
        fields: ClassVar = ["sender_name", "sender_title", "sender_email", "sender_phone", "notify_email"]
        labels: ClassVar = {
            "sender_name": _("Name"),
            "sender_title": _("Function"),
            "sender_email": _("E-mail"),
            "sender_phone": _("Phone"),
            "notify_email": _("Tell this address when something becomes late"),
        }
        help_texts: ClassVar = {
            "sender_name": _("A person, not a department: people pay people."),
            "sender_email": _("Customers answer here; someone should read it."),
            "sender_phone": _("Shown under the signature."),
        }


class MailServer(forms.ModelForm):
    """How messages leave."""

    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Kept sealed. Leave empty to keep the one already known."),
    )

    class Meta:
        model = Creditor
        fields: ClassVar = ["route", "smtp_host", "smtp_port", "smtp_security", "smtp_user"]
        labels: ClassVar = {
            "route": _("Messages go to"),
            "smtp_host": _("Mail server"),
            "smtp_port": _("Port"),
            "smtp_security": _("Encryption"),
            "smtp_user": _("User"),
        }
        help_texts: ClassVar = {
            "smtp_host": _("For instance smtp.example.com, from your mail provider's help pages."),
            "smtp_port": _("587 with STARTTLS, 465 with TLS."),
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("route") == Creditor.Route.SMTP and not data.get("smtp_host"):
            self.add_error("smtp_host", _("Say which server messages go to."))
        return data

    def save(self, commit: bool = True) -> Creditor:
        creditor: Creditor = super().save(commit=False)
        if self.cleaned_data["password"]:
            creditor.smtp_password = self.cleaned_data["password"]
        if commit:
            creditor.save()
        return creditor


class Rules(forms.ModelForm):
    """When and how often customers are contacted."""

    minimum_amount = MoneyField(
        label=_("Least amount"), required=False, help_text=_("Below it nothing is chased. Empty: everything is.")
    )

    class Meta:
        model = Creditor
        fields: ClassVar = [
            "default_terms", "default_strategy", "cap_days", "repeat_days", "hour_from", "hour_until",
            "stale_after_days", "run_hour", "book_above",
        ]  # fmt: skip
        labels: ClassVar = {
            "default_terms": _("Payment terms when nothing else is known"),
            "default_strategy": _("Strategy when nothing else is known"),
            "cap_days": _("Least days between two contacts"),
            "repeat_days": _("Days before the last step is sent again"),
            "hour_from": _("Contact from (hour)"),
            "hour_until": _("Contact until (hour)"),
            "stale_after_days": _("Stop chasing when the books are older than (days)"),
            "run_hour": _("Hour of the daily run"),
        }
        help_texts: ClassVar = {
            "default_terms": _("For instance: 30 jours, 45 jours fin de mois."),
            "cap_days": _("Over all channels and colleagues."),
            "hour_from": _("Where the recipient is. Saturdays, Sundays and public holidays are always quiet."),
        }

    def __init__(self, *args: Any, strategies: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["default_strategy"] = forms.ChoiceField(
            label=self.fields["default_strategy"].label, choices=strategies
        )
        self.fields["minimum_amount"].initial = self.instance.minimum or None
        for name, least, most in (
            ("cap_days", 0, 90), ("repeat_days", 7, 365), ("hour_from", 0, 23), ("hour_until", 1, 24),
            ("stale_after_days", 1, 365), ("run_hour", 0, 23),
        ):  # fmt: skip
            label, text = self.fields[name].label, self.fields[name].help_text
            self.fields[name] = forms.IntegerField(label=label, help_text=text, min_value=least, max_value=most)
        self.fields["book_above"] = _book_above(self.instance.book_above)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("hour_from"), data.get("hour_until")
        if first is not None and last is not None and last <= first:
            self.add_error("hour_until", _("It must be later than the hour contacts begin."))
        return data

    def save(self, commit: bool = True) -> Creditor:
        self.instance.minimum = self.cleaned_data["minimum_amount"] or 0
        creditor: Creditor = super().save(commit)
        return creditor


def _book_above(now: Decimal | None) -> forms.TypedChoiceField:
    """When a payment seen at the bank is booked without a person; a score set elsewhere stays to be chosen."""
    known: list[tuple[str, Any]] = [
        ("", _("never: a person says yes to each payment")),
        ("0.9990", _("when it is nearly certain (score of 0.999 or more)")),
        ("0.9900", _("when it is very likely (score of 0.99 or more)")),
    ]
    if now is not None and str(now) not in dict(known):
        known.append((str(now), str(now)))
    return forms.TypedChoiceField(
        label=_("Payments book themselves"),
        choices=known,
        required=False,
        coerce=Decimal,
        empty_value=None,
        help_text=_("Each of them can be undone, and what it pays is not chased meanwhile in any case."),
    )


class Invitation(forms.Form):
    """Someone who shall work here."""

    email = forms.EmailField(label=_("E-mail"))
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=Member.Role.choices, initial=Member.Role.CONTROLLER)


class RoleChange(forms.Form):
    """Another role for a member, and whether copies of mails go to them."""

    role = forms.ChoiceField(choices=Member.Role.choices)
    copies = forms.BooleanField(required=False)


class Writing(forms.Form):
    """First run, third question: how should we write?"""

    tone = forms.ChoiceField(label=_("Tone"), widget=forms.RadioSelect)
    sender_name = forms.CharField(
        label=_("Who signs?"), max_length=120, help_text=_("A person, not a department: people pay people.")
    )
    sender_email = forms.EmailField(label=_("Where do answers arrive?"))
    sender_phone = forms.CharField(label=_("Phone under the signature"), max_length=30, required=False)


class WhoAreYou(forms.ModelForm):
    """First run, first question: only what a first message needs."""

    siren = SirenField(label="SIREN", required=False, help_text=_("Nine digits."))
    iban = IbanField(label="IBAN", required=False, help_text=_("Where customers pay. You can give it later."))

    class Meta:
        model = Creditor
        fields: ClassVar = ["name", "siren", "address", "postcode", "city", "iban"]
        labels: ClassVar = {
            "name": _("Name of your company"),
            "address": _("Address"),
            "postcode": _("Postcode"),
            "city": _("City"),
        }
        widgets: ClassVar = {"address": forms.Textarea(attrs={"rows": 2})}


class Account(forms.Form):
    """What a person says of themselves."""

    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    language = forms.ChoiceField(label=_("Language of the pages"), choices=LANGUAGES)
