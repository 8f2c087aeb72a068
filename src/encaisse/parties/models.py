"""Creditors with their members, customers with their contacts."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from encaisse.storage.text import seal, unseal

MINOR_UNITS = "minor units of the currency (cents)"


class UserManager(BaseUserManager["User"]):
    """Makes users; the address is the name they sign in with."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=5, default="fr")
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    def __str__(self) -> str:
        return self.name or self.email


class Creditor(models.Model):
    """The company that is owed: the tenant. Every other row belongs to one."""

    class Route(models.TextChoices):
        """Where messages go once they are approved."""

        LOCAL = "local", _("local mailbox: nothing leaves this machine")
        SMTP = "smtp", _("mail server")

    class Security(models.TextChoices):
        STARTTLS = "starttls", "STARTTLS"
        TLS = "tls", "TLS"
        NONE = "none", _("none")

    name = models.CharField(_("name"), max_length=200)
    siren = models.CharField("SIREN", max_length=9, blank=True)
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    legal_form = models.CharField(_("legal form and capital"), max_length=120, blank=True)
    address = models.TextField(_("address"), blank=True)
    postcode = models.CharField(_("postcode"), max_length=12, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    country = models.CharField(_("country"), max_length=2, default="FR")
    language = models.CharField(_("language"), max_length=5, default="fr")
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    iban = models.CharField("IBAN", max_length=34, blank=True)
    bic = models.CharField("BIC", max_length=11, blank=True)

    sender_name = models.CharField(_("sender's name"), max_length=120, blank=True)
    sender_title = models.CharField(_("sender's function"), max_length=120, blank=True)
    sender_email = models.EmailField(_("sender's e-mail, where answers arrive"), blank=True)
    sender_phone = models.CharField(_("sender's phone"), max_length=30, blank=True)
    notify_email = models.EmailField(_("tell this address when something becomes late"), blank=True)

    route = models.CharField(_("messages go to"), max_length=10, choices=Route, default=Route.LOCAL)
    smtp_host = models.CharField(_("mail server"), max_length=200, blank=True)
    smtp_port = models.PositiveIntegerField(_("port"), default=587)
    smtp_security = models.CharField(_("encryption"), max_length=10, choices=Security, default=Security.STARTTLS)
    smtp_user = models.CharField(_("user"), max_length=200, blank=True)
    smtp_password_sealed = models.TextField(blank=True)

    default_terms = models.CharField(_("payment terms when nothing else is known"), max_length=60, default="30 jours")
    default_strategy = models.CharField(_("strategy"), max_length=60, default="standard")
    cap_days = models.PositiveSmallIntegerField(_("least days between two contacts"), default=7)
    repeat_days = models.PositiveSmallIntegerField(_("days before the last step is sent again"), default=30)
    minimum = models.BigIntegerField(default=0, help_text=MINOR_UNITS)
    stale_after_days = models.PositiveSmallIntegerField(_("books may be this old, in days"), default=35)
    hour_from = models.PositiveSmallIntegerField(_("contact from (hour)"), default=8)
    hour_until = models.PositiveSmallIntegerField(_("contact until (hour)"), default=20)
    book_above = models.DecimalField(
        _("book a payment by itself from this score on"), max_digits=5, decimal_places=4, null=True, blank=True
    )
    drop_key_sealed = models.TextField(blank=True, help_text="what a scheduled export proves itself with")
    run_hour = models.PositiveSmallIntegerField(_("hour of the daily run"), default=6)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    @property
    def smtp_password(self) -> str:
        return unseal(self.smtp_password_sealed)

    @smtp_password.setter
    def smtp_password(self, password: str) -> None:
        self.smtp_password_sealed = seal(password)


class Member(models.Model):
    """A user's place at a creditor, with what they may do there."""

    class Role(models.TextChoices):
        OWNER = "owner", _("owner: everything, also settings and team")
        CONTROLLER = "controller", _("credit controller: decides and sends")
        READER = "reader", _("reader: sees, changes nothing")

    creditor = models.ForeignKey(Creditor, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=12, choices=Role, default=Role.CONTROLLER)
    copies = models.BooleanField(_("gets a copy of each mail"), default=False)

    objects = ScopedManager(creditor="creditor")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["creditor", "user"], name="one_membership_each")]


class Customer(models.Model):
    """Who buys from a creditor."""

    class Kind(models.TextChoices):
        COMPANY = "company", _("company")
        SOLE_TRADER = "sole_trader", _("sole trader")
        CONSUMER = "consumer", _("consumer")
        PUBLIC = "public", _("public body")
        ASSOCIATION = "association", _("association")

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="customers")
    code = models.CharField(_("code"), max_length=60, help_text=_("auxiliary account, else account"))
    name = models.CharField(_("name"), max_length=200)
    siren = models.CharField("SIREN", max_length=9, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.COMPANY)
    language = models.CharField(_("language"), max_length=5, default="fr")
    address = models.TextField(_("address"), blank=True)
    postcode = models.CharField(_("postcode"), max_length=12, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    country = models.CharField(_("country"), max_length=2, default="FR")
    region = models.CharField(max_length=8, default="FR", help_text="whose holidays count; from country and postcode")
    terms = models.CharField(_("payment terms"), max_length=60, blank=True)
    strategy = models.CharField(_("strategy"), max_length=60, blank=True)
    shows_charges = models.BooleanField(
        _("interest and indemnity are asked of this customer"), default=True, db_default=True
    )
    profile = models.CharField(max_length=20, blank=True, help_text="derived from past payments; see profiles")
    tags = models.JSONField(_("tags"), default=list, blank=True)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="merged", help_text="the twin that stands for both"
    )
    search = models.CharField(max_length=300, default="", help_text="name and code without accents, lower case")

    objects = ScopedManager(creditor="creditor")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["creditor", "code"], name="one_customer_per_code")]
        indexes = [models.Index(fields=["creditor", "search"], name="customer_by_search")]

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """A person or an address at a customer; tried in order of `position`."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts")
    position = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(_("name"), max_length=120, blank=True)
    role = models.CharField(_("role"), max_length=60, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    email_failed_on = models.DateField(_("e-mail refused on"), null=True, blank=True)
    phone_failed_on = models.DateField(_("phone found wrong on"), null=True, blank=True)

    objects = ScopedManager(creditor="creditor")

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["creditor", "customer", "position"], name="one_contact_per_position")
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.phone


class OwnRate(models.Model):
    """A rate the creditor read before the package knew it, with its source; never changed, only withdrawn."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    series = models.CharField(max_length=60, help_text="id of the series in encaisse.law")
    first_on = models.DateField(_("from"))
    last_on = models.DateField(_("to"))
    value = models.DecimalField(_("rate, percent per year"), max_digits=9, decimal_places=4)
    reference = models.CharField(_("where it is published"), max_length=300)
    actor = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    objects = ScopedManager(creditor="creditor")

    class Meta:
        indexes = [models.Index(fields=["creditor", "series", "first_on"], name="own_rate_by_series")]
