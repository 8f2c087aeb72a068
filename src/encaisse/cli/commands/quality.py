"""`quality`: what is missing or doubtful in the books, worth most first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from encaisse.cli import say
from encaisse.cli.app import EVERY_DAY, AsJson, CreditorName, Home, OnDay, command
from encaisse.cli.desk import at_desk
from encaisse.cli.words import _, ngettext
from encaisse.money import to_decimal_text

if TYPE_CHECKING:
    from encaisse.ledger.quality import Doubt, Section

SHOWN = 5


@command(EVERY_DAY, _("List what is missing or doubtful in the books, worth most first, and how to mend it."))
def quality(on: OnDay = None, home: Home = None, creditor: CreditorName = None, json: AsJson = False) -> None:
    """Look at the books as of a day; changes nothing."""
    with at_desk(home, creditor, on) as desk:
        from encaisse.ledger.quality import quality as look

        sections = look(desk.creditor, desk.day)
        currency = desk.creditor.currency
        if json:
            say.as_json({"as_of": desk.day.isoformat(), "sections": [_as_json(one, currency) for one in sections]})
            return
        if not sections:
            say.line(_("Nothing is missing or doubtful."), style="green")
        for one in sections:
            _show(one, currency)


def _as_json(section: Section, currency: str) -> dict[str, Any]:
    return {
        "kind": section.kind,
        "count": section.count,
        "amount": to_decimal_text(section.amount, currency),
        "lines": [_line(one) for one in section.lines],
    }


def _line(one: Doubt) -> dict[str, Any]:
    customer = {"code": one.code, "name": one.name} if one.code else None
    other = {"code": one.other_code, "name": one.other_name} if one.other else None
    return {
        "customer": customer,
        "other": other,
        "number": one.number,
        "on": one.on.isoformat() if one.on else None,
        "amount": to_decimal_text(one.amount, one.currency),
        "currency": one.currency,
        "detail": one.detail,
    }


def _show(section: Section, currency: str) -> None:
    from encaisse.ledger.quality_words import WORDS

    words = WORDS[section.kind]
    at_stake = say.money(to_decimal_text(section.amount, currency), currency)
    say.line()
    say.line(f"{words.title}: {section.count} · {at_stake}", style="bold")
    say.line(f"  {words.why} {words.repair}", style="dim")
    for one in section.lines[:SHOWN]:
        who = f"{one.code} {one.name}".strip()
        more = f" ↔ {one.other_code} {one.other_name}" if one.other else ""
        number = one.number if one.code and one.number else ""
        amount = say.money(to_decimal_text(one.amount, one.currency), one.currency)
        say.line("  " + "  ".join(part for part in (who + more, number, one.detail, amount) if part))
    rest = section.count - SHOWN
    if rest > 0:
        more = ngettext("and {count} more (--json lists them)", "and {count} more (--json lists them)", rest)
        say.line("  " + more.format(count=rest))
