"""Hold an invoice against the table of rules. Pure and in this process; ``checking`` does it in one of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import localcontext

from encaisse.exchange.rules.checks import Broken
from encaisse.exchange.rules.table import Rule, Set, rules
from encaisse.exchange.rules.view import Group, View
from encaisse.exchange.xml_values import day_of

FRENCH_FROM = date(2026, 9, 1)
"""From this day on, invoices between companies in France follow the rules of the reform (CGI art. 289 bis)."""
MAX_EACH = 100
"""So many places of one rule are told."""
_DIGITS = 80  # wide enough for any product of two amounts of 18 digits and 12 decimals


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is broken: where, and what its sentence needs. ``line_id`` is the invoice line (BT-126), if one."""

    rule: str
    line: int
    values: Mapping[str, str]
    line_id: str = ""
    variant: str = ""


def evaluate(view: View) -> list[Finding]:
    """What of the rules for its profile an invoice breaks, rule by rule; at most ``MAX_EACH`` places of each."""
    wanted = sets_for(view)
    with localcontext() as context:
        context.prec = _DIGITS
        asked = (rule for rule in rules().values() if rule.set in wanted and rule.holds_at(view.level))
        return [one for rule in asked for one in broken(rule, view)]


def sets_for(view: View) -> set[Set]:
    """EN 16931 always; the French rules between companies in France since the reform, or in its profile."""
    found: set[Set] = {"en16931"}
    issued = day_of(view.text("document", "BT-2"))
    at_home = view.text("seller", "BT-40") == "FR" == view.text("buyer", "BT-55")
    to_company = view.has("buyer", "BT-46", "BT-47", "BT-48", "BT-49")  # a consumer has none of these numbers
    if (at_home and to_company and issued is not None and issued >= FRENCH_FROM) or "ctc-fr" in view.profile.lower():
        found.add("fr")
    return found


def broken(rule: Rule, view: View) -> Iterator[Finding]:
    """Where an invoice breaks one rule, whether the rule is for its profile or not; at most ``MAX_EACH`` places."""
    told = 0
    groups = view.all(rule.group)
    if not groups and rule.terms and rule.group in _ALWAYS:
        groups = [Group(rule.group, view.root, view.syntax)]
    for group in groups:
        for one in rule.check(view, group):
            yield _finding(rule, group, one)
            told += 1
            if told == MAX_EACH:
                return


# Every invoice has these: where they are missing, so is all that must be in them.
_ALWAYS = frozenset(("seller", "buyer", "totals"))


def _finding(rule: Rule, group: Group, one: Broken) -> Finding:
    return Finding(rule.id, one.line, dict(one.values), group.line_id, one.variant)
