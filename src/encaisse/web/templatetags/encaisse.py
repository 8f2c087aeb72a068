"""Filters and tags of the pages."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import urlencode

import heroicons
from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from encaisse.documents import words
from encaisse.web import formats, outcomes, say

register = template.Library()

ICON_SIZES = {"outline": 24, "mini": 20, "micro": 16}
CHANNEL_ICONS = {
    "email": "envelope",
    "letter": "document-text",
    "phone": "phone",
    "sms": "chat-bubble-left",
    "visit": "map-pin",
}


@register.filter
def money(minor: int | None, currency: str = "EUR") -> str:
    """Amount in minor units with its currency."""
    return formats.money(minor, currency)


@register.filter
def amount(minor: int | None, currency: str = "EUR") -> str:
    """Amount in minor units without its currency."""
    return formats.amount(minor, currency)


@register.filter
def number(value: int | None) -> str:
    """A count, grouped."""
    return "" if value is None else formats.number(int(value))


@register.filter
def day(value: date | str | None) -> str | SafeString:
    """A `<time>` with the short day."""
    if isinstance(value, str):
        value = date.fromisoformat(value) if value else None
    if value is None:
        return ""
    return format_html('<time datetime="{}" class="nowrap">{}</time>', value.isoformat(), formats.day(value))


@register.filter
def weekday(value: date | None) -> str | SafeString:
    """A `<time>` with the day of the week."""
    if value is None:
        return ""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), formats.weekday(value))


@register.filter
def moment(value: datetime | None) -> str | SafeString:
    """A `<time>` with day and minute."""
    if value is None:
        return ""
    return format_html('<time datetime="{}" class="nowrap">{}</time>', value.isoformat(), formats.moment(value))


@register.filter
def late(days: int | None) -> str | SafeString:
    """Lateness as word, number and tone."""
    if days is None:
        return ""
    return format_html('<span class="late age-{}">{}</span>', formats.age(days), formats.days_late(days))


@register.filter
def iban(value: str) -> str:
    """An IBAN in groups of four."""
    return words.grouped(value)


@register.filter
def channel_icon(channel: str | None) -> str:
    """Name of the icon of a channel."""
    return CHANNEL_ICONS.get(channel or "", "ellipsis-horizontal-circle")


@register.filter
def channel_name(channel: str | None) -> str:
    """A channel in the reader's words."""
    names = {
        "email": pgettext("channel", "e-mail"),
        "letter": _("letter"),
        "phone": _("call"),
        "sms": _("text message"),
        "visit": _("visit"),
    }
    return names.get(channel or "", channel or "")


@register.filter
def undo_address(message: Any) -> str:
    """The address that takes back what a message tells of, or nothing."""
    tags = message.extra_tags or ""
    return tags.removeprefix(say.UNDO) if tags.startswith(say.UNDO) else ""


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """A value of a mapping by a key that is a variable."""
    return mapping.get(key) if mapping else None


@register.filter
def bound(form: Any, name: str) -> Any:
    """A field of a form by a name that is a variable."""
    return form[name]


@register.simple_tag
def icon(name: str, style: str = "outline", size: int = 0) -> SafeString:
    """A drawing of the heroicons set (outline, mini, micro), hidden from screen readers: words stand beside it."""
    return _icon(name, style, size or ICON_SIZES[style])


@cache
def _icon(name: str, style: str, size: int) -> SafeString:
    return mark_safe(heroicons._render_icon(style, name, size, {"aria_hidden": "true"}))  # noqa: S308 - ours


@register.simple_tag(takes_context=True)
def to(context: template.Context, name: str, *args: Any, **query: Any) -> str:
    """The address of a page, which keeps the day shown when that is not today."""
    address = reverse(name, args=[arg for arg in args if arg != ""])
    if context.get("other_day") and context.get("day"):
        query["on"] = context["day"].isoformat()
    parts = {key: value for key, value in query.items() if value not in ("", None)}
    return address + (f"?{urlencode(parts)}" if parts else "")


@register.filter
def outcome(code: str) -> str:
    """What became of an action, in the reader's words."""
    return outcomes.text(code)


@register.filter
def subtract(value: int, other: int) -> int:
    """A difference, for places in drawings."""
    return value - other


@register.filter
def percent(value: Decimal) -> str:
    """A rate in percent as the reader's language writes it."""
    return formats.percent(value)


@register.filter
def tone_name(tone: str) -> str:
    """The tone of a step in the reader's words."""
    names = {"friendly": _("friendly"), "neutral": _("neutral"), "firm": _("firm"), "formal": _("formal")}
    return names.get(tone, tone)


@register.filter
def profile_name(profile: str) -> str:
    """What past payments show about a payer, in the reader's words."""
    names = {
        "new": _("new: too few payments to say"),
        "unknown": _("too few payments to say"),
        "reliable": _("pays on time"),
        "forgetful": _("pays late, then pays"),
        "in_trouble": _("pays in parts, in trouble"),
        "evasive": _("avoids paying"),
    }
    return names.get(profile, profile)


@register.filter
def terms(text: str) -> str:
    """Payment terms; a bare number is a number of days."""
    return ngettext("%(days)s day", "%(days)s days", int(text)) % {"days": text} if text.isdigit() else text


@register.filter
def phone(number: str) -> str:
    """A phone number in the groups of its country, without the prefix at home."""
    return formats.phone(number)


@register.filter
def rate_source(source: Any) -> str:
    """Where a rate comes from, in the reader's language."""
    return str(source.text(formats.language()))
