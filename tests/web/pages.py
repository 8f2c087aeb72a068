"""Every page there is, so that no test forgets one."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django_scopes import scope

from encaisse.ledger.models import BankAccount, BankTransaction, Import, Receivable
from encaisse.parties.models import Member, OwnRate
from encaisse.recovery.models import Hold, LimitationEvent, Suspension
from tests.web.factories import Office

PLAIN = (
    "today", "customers", "customers_csv", "actions", "books", "books_template", "strategies", "mailbox", "settings",
    "settings_identity", "settings_sender", "settings_mail", "settings_rules", "settings_team", "settings_rates",
    "settings_drop", "account", "payments", "books_quality", "welcome", "welcome_books", "welcome_tone",
    "welcome_ready",
)  # fmt: skip


def reading(office: Office) -> dict[str, str]:
    """Addresses that only show something, by name: those with an id are of this office's own things."""
    with scope(creditor=office.creditor):
        customer = office.customers["ALPHA"]
        mail, letter, call = office.action(), office.action("letter"), office.action("phone")
        receivable = Receivable.objects.filter(customer=customer).first()
        imported = Import.objects.first()
        movement = _movement(office)
    assert mail
    assert letter
    assert call
    assert receivable
    assert imported
    found = {name: reverse(name) for name in PLAIN}
    for status in ("approved", "uncertain", "failed", "sent", "cancelled"):
        found[f"actions-{status}"] = reverse("actions") + f"?status={status}"
    return found | {
        "customers-search": reverse("customers") + "?q=alpha&sort=name",
        "customers-nobody": reverse("customers") + "?q=zzzz",
        "customer": reverse("customer", args=[customer.pk]),
        "customer-paid": reverse("customer", args=[office.customers["ECHO"].pk]),
        "customer_strategy": reverse("customer_strategy", args=[customer.pk]) + "?strategy=firm",
        "customer_statement": reverse("customer_statement", args=[customer.pk]),
        "customer_evidence": reverse("customer_evidence", args=[customer.pk]),
        "customer_interest": reverse("customer_interest", args=[customer.pk, receivable.pk]),
        "action": reverse("action", args=[mail.pk]),
        "action-edit": reverse("action", args=[mail.pk]) + "?edit=1",
        "action-letter": reverse("action", args=[letter.pk]),
        "action-call": reverse("action", args=[call.pk]),
        "action_mail": reverse("action_mail", args=[mail.pk]),
        "action_letter": reverse("action_letter", args=[letter.pk]),
        "books_quality_merge_preview": reverse(
            "books_quality_merge_preview", args=[customer.pk, office.customers["ECHO"].pk]
        ),
        "payments_choose": reverse("payments_choose", args=[movement.pk]),
        "books_report": reverse("books_report", args=[imported.pk]),
        "books_problems": reverse("books_problems", args=[imported.pk]),
        "strategies_one": reverse("strategies_one", args=["standard"]),
        "strategies_texts": reverse("strategies_texts", args=["standard", "mail"]),
    }


def _movement(office: Office) -> BankTransaction:
    """Money of yesterday that nothing was found for."""
    account, _ = BankAccount.objects.get_or_create(creditor=office.creditor, number="1", currency="EUR")
    day = office.day - timedelta(1)
    told = {"booked_on": day, "amount": 12_000, "currency": "EUR", "payer": "QUIDAM", "recorded_at": timezone.now()}
    return BankTransaction.objects.get_or_create(creditor=office.creditor, account=account, key="pages", defaults=told)[
        0
    ]


def changing(office: Office) -> dict[str, str]:
    """Addresses that change something when posted to."""
    with scope(creditor=office.creditor):
        customer, mail = office.customers["ALPHA"], office.action()
        member = Member.objects.first()
        receivable = Receivable.objects.filter(customer=customer).first()
        suspension = Suspension.objects.first()
        hold = Hold.objects.first()
        event = LimitationEvent.objects.first()
        rate = OwnRate.objects.first()
    assert mail
    assert member
    assert receivable
    found = {
        name: reverse(name)
        for name in ("today_run", "welcome_start", "welcome_later", "books_upload", "books_confirm", "books_leave")
    }
    found |= {
        name: reverse(name, args=[mail.pk])
        for name in ("action_edit", "action_cancel", "action_withdraw", "action_resolve")
    }
    found |= {
        "actions_approve": reverse("actions_approve"),
        "customer_record": reverse("customer_record", args=[customer.pk, "note"]),
        "customer_strategy_assign": reverse("customer_strategy_assign", args=[customer.pk]),
        "customer_charges_shown": reverse("customer_charges_shown", args=[customer.pk]),
        "customer_regime": reverse("customer_regime", args=[customer.pk, receivable.pk]),
        "limitation_record": reverse("limitation_record", args=[customer.pk]),
        "strategies_light": reverse("strategies_light", args=["standard"]),
        "settings_member_role": reverse("settings_member_role", args=[member.pk]),
        "settings_member_remove": reverse("settings_member_remove", args=[member.pk]),
    }
    found |= {name: reverse(name) for name in ("settings_rates_add", "today_rates_seen")}
    found["books_forget_mapping"] = reverse("books_forget_mapping", args=[1])
    found |= {
        name: reverse(name, args=[1])
        for name in (
            "books_forget_mapping",
            "payments_book",
            "payments_refuse",
            "payments_undo",
            "payments_aside",
            "payments_again",
            "payments_pay",
        )
    }
    other = office.customers["ECHO"]
    found |= {
        "books_quality_repair": reverse("books_quality_repair", args=[customer.pk]),
        "books_quality_merge": reverse("books_quality_merge", args=[customer.pk, other.pk]),
        "books_quality_part": reverse("books_quality_part", args=[other.pk]),
    }
    if suspension:
        found["suspension_end"] = reverse("suspension_end", args=[suspension.pk])
    if event:
        found["limitation_withdraw"] = reverse("limitation_withdraw", args=[event.pk])
    if hold:
        found["hold_release"] = reverse("hold_release", args=[hold.pk])
    if rate:
        found |= {name: reverse(name, args=[rate.pk]) for name in ("settings_rates_withdraw", "settings_rates_restore")}
    return found


OWNERS_ONLY = frozenset(
    {
        "settings_identity", "settings_sender", "settings_mail", "settings_rules", "settings_team", "welcome",
        "settings_drop",
        "welcome_books", "welcome_tone", "welcome_ready", "welcome_start", "welcome_later", "settings_member_role",
        "settings_member_remove", "settings_rates_add", "settings_rates_withdraw", "settings_rates_restore",
    }
)  # fmt: skip
FILES = frozenset(
    {
        "customers_csv",
        "books_template",
        "books_problems",
        "customer_statement",
        "customer_evidence",
        "action_letter",
        "action_mail",
    }
)
"""Pages that are no pages: files, and the mail itself."""
