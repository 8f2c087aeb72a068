"""What a person types to ask the law something: amounts with their currency, days, rates, dated amounts, choices.

Each reader ends the command with one sentence and what to write instead; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches

from encaisse.cli.desk import read_day
from encaisse.cli.trouble import Trouble
from encaisse.cli.words import _

_CODE = re.compile(r"^([A-Z]{3})(?=[\s\d−-])\s*|\s*(?<![A-Z])([A-Z]{3})$")
_SIGNS = {"€": "EUR", "£": "GBP", "$": "USD"}


def day_or_today(text: str | None) -> date:
    """The day written, else today: this is a face, so it may look at the clock."""
    return read_day(text) if text else datetime.now().astimezone().date()


def day_or_none(text: str | None) -> date | None:
    """The day written, if any."""
    return read_day(text) if text else None


class Money:
    """Reads the amounts of one command, and holds them to one currency."""

    def __init__(self, currency: str | None) -> None:
        self.currency = currency.upper() if currency else None
        self._named_by = "--currency" if currency else ""

    def amount(self, text: str, option: str) -> int:
        """An amount of zero or more, in minor units; a currency written with it must be that of the others."""
        from encaisse.money import parse_minor

        body, named = _apart(text)
        if named:
            self._hold(named, option)
        try:
            minor = parse_minor(body, self.currency or "EUR")
        except ValueError:
            raise Trouble(
                _("{option}: “{text}” is not an amount.").format(option=option, text=text),
                _("Write it like 1234.56 or 1234,56, with or without its currency."),
            ) from None
        if minor < 0:
            raise Trouble(
                _("{option}: the amount {text} is below zero.").format(option=option, text=text),
                _("Give zero or more; a credit note goes in --credit DAY=AMOUNT."),
            )
        return minor

    def dated(self, texts: Iterable[str], option: str) -> list[tuple[date, int]]:
        """Amounts with their day, each written like 2026-04-01=2500."""
        return [(self._day(text, option), self.amount(text.partition("=")[2], option)) for text in texts]

    def _day(self, text: str, option: str) -> date:
        day, sign, amount = text.partition("=")
        if not (sign and day.strip() and amount.strip()):
            raise Trouble(
                _("{option}: “{text}” does not say a day and an amount.").format(option=option, text=text),
                _("Write it like {option} 2026-04-01=2500.").format(option=option),
            )
        return read_day(day.strip())

    def _hold(self, named: str, option: str) -> None:
        if self.currency is not None and named != self.currency:
            raise Trouble(
                _("{option} is in {one}, {other} in {two}: currencies differ.").format(
                    option=option, one=named, other=self._named_by, two=self.currency
                ),
                _("Convert the amounts yourself, then give them all in one currency; nothing is converted here."),
            )
        self.currency, self._named_by = named, self._named_by or option


def _apart(text: str) -> tuple[str, str | None]:
    """The number of an amount, and the currency written with it."""
    body = text.strip()
    found = _CODE.search(body)
    if found:
        return (body[: found.start()] + body[found.end() :]).strip(), found[1] or found[2]
    for sign, code in _SIGNS.items():
        if sign in body:
            return body.replace(sign, "").strip(), code
    return body, None


def rate(text: str | None, option: str) -> Decimal | None:
    """A rate in percent per year, exact; `8,25`, `8.25` and `8.25 %` are the same."""
    if text is None:
        return None
    try:
        found = Decimal(text.replace("%", "").replace(",", ".").strip())
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        raise Trouble(
            _("{option}: “{text}” is not a rate.").format(option=option, text=text),
            _("Give a number of zero or more, in percent per year, like 8.25."),
        )
    if found * 10_000 % 1:
        raise Trouble(
            _("{option}: {text} % has more than four decimals.").format(option=option, text=text),
            _("Rates are kept to a ten-thousandth of a percent: round it as the contract says."),
        )
    return found


def choice(text: str, known: Sequence[str], option: str, *, also: Mapping[str, str] | None = None) -> str:
    """One of the known words, whatever the capitals and the dashes; else the nearest ones are named."""
    word = text.strip().casefold()
    spelled = {one.casefold().replace("-", "_"): one for one in known}
    spelled |= {other.replace("-", "_"): one for other, one in (also or {}).items()}
    found = spelled.get(word.replace("-", "_"))
    if found is None:
        near = get_close_matches(word, list(known), n=1, cutoff=0.6)
        listed = _("Known: {names}.").format(names=", ".join(known))
        hint = _("Did you mean {name}?").format(name=near[0]) + " " + listed if near else listed
        raise Trouble(_("{option}: “{text}” is not known.").format(option=option, text=text), hint)
    return found


_YES_OR_NO = {"yes": True, "oui": True, "true": True, "no": False, "non": False, "false": False}


def yes_or_no(text: str, option: str) -> bool:
    """An answer in French or English."""
    answer = _YES_OR_NO.get(text.strip().casefold())
    if answer is None:
        raise Trouble(_("{option} is answered by yes or no.").format(option=option))
    return answer


@contextmanager
def lawful() -> Iterator[None]:
    """Tell the errors of the law room in words, with what to do next."""
    from encaisse.law.series import UnknownRate

    try:
        yield
    except UnknownRate as error:
        raise unknown_rate(error.series, error.day, error.known_to) from error
    except (ValueError, TypeError, LookupError) as error:
        raise Trouble(_said(error)) from error


def _said(error: Exception) -> str:
    # str(KeyError("x")) is the repr of x.
    return str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)


def unknown_rate(series: str, day: date, known_to: date) -> Trouble:
    """The rate of a half-year that nobody has published yet, or that this version does not know."""
    return Trouble(
        _("The rate {series} is not known on {day}: it is known to {known_to}, and nothing is extrapolated.").format(
            series=series, day=day.isoformat(), known_to=known_to.isoformat()
        ),
        _("Count to --on {known_to}, or add the published rate with its source: `encaisse law add-rate`.").format(
            known_to=known_to.isoformat()
        ),
    )
