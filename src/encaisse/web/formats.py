"""How amounts, days and lateness are written for a reader, per language. Languages: `fr`, else English."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import phonenumbers
from babel.dates import format_date, format_datetime
from django.utils import timezone, translation
from django.utils.translation import ngettext

from encaisse.documents import words

NBSP = "\u00a0"
LOCALES = {"fr": "fr_FR", "en": "en_GB"}
AGE_LIMITS = (0, 30, 60, 90)
RATE_DECIMALS = 2


def language() -> str:
    """The reader's language as the formatting tables know it."""
    return words.language_of(translation.get_language() or "fr")


def money(minor: int | None, currency: str = "EUR") -> str:
    """An amount with its currency: `1 234,56 €`; nothing known is an empty text, zero an en dash."""
    if minor is None:
        return ""
    return words.money(int(minor), currency, language()) if minor else "–"


def amount(minor: int | None, currency: str = "EUR") -> str:
    """An amount without its currency, for a column whose head names it; zero is an en dash."""
    return "" if minor is None else words.amount(int(minor), currency, language())


def day(value: date | None, *, today: date | None = None) -> str:
    """`18 nov.`, with the year only when it is not this one."""
    if value is None:
        return ""
    today = today or timezone.localdate()
    pattern = "d MMM" if value.year == today.year else "d MMM y"
    text = format_date(value, pattern, locale=LOCALES[language()])
    if language() == "fr" and value.day == 1:
        text = text.replace("1 ", "1er ", 1)
    return text.replace(" ", NBSP)


def weekday(value: date) -> str:
    """`mardi 24 novembre`, with the year only when it is not this one."""
    pattern = "EEEE d MMMM" if value.year == timezone.localdate().year else "EEEE d MMMM y"
    return format_date(value, pattern, locale=LOCALES[language()])


def moment(value: datetime | None) -> str:
    """`18 nov. 14:05`, in the time zone of the installation."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    return f"{day(local.date())} {format_datetime(local, 'HH:mm', locale=LOCALES[language()])}"


def days_late(days: int) -> str:
    """`12 j` as the reader's language abbreviates it; `due today`; `in 5 d`."""
    if days > 0:
        return ngettext("%(days)s d", "%(days)s d", days) % {"days": number(days)}
    if days == 0:
        return translation.gettext("due today")
    return ngettext("in %(days)s d", "in %(days)s d", -days) % {"days": number(-days)}


def number(value: int) -> str:
    """A whole number grouped as the language groups it."""
    return f"{value:,}".replace(",", NBSP if language() == "fr" else ",")


def age(days: int) -> int:
    """The age step of a lateness in days: 0 not due, 1 to 30, 31 to 60, 61 to 90, 91 and more."""
    return sum(1 for limit in AGE_LIMITS if days > limit)


def percent(value: Decimal) -> str:
    """A rate such as `12,15 %`: two decimals, more only where it has them."""
    exponent = value.normalize().as_tuple().exponent
    places = max(RATE_DECIMALS, -exponent) if isinstance(exponent, int) else RATE_DECIMALS
    return words.decimal_text(value, language(), places) + (NBSP + "%" if language() == "fr" else "%")


HOME = "FR"


def phone(number: str) -> str:
    """A phone number in groups: `01 99 00 11 10` at home, `+44 20 7946 0958` abroad; what is no number stays."""
    try:
        parsed = phonenumbers.parse(number, HOME)
    except phonenumbers.NumberParseException:
        return number
    if not phonenumbers.is_possible_number(parsed):
        return number
    styles = phonenumbers.PhoneNumberFormat
    at_home = parsed.country_code == phonenumbers.country_code_for_region(HOME)
    grouped = phonenumbers.format_number(parsed, styles.NATIONAL if at_home else styles.INTERNATIONAL)
    return grouped.replace(" ", NBSP)
