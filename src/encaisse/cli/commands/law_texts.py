"""`law wording`, `law mentions`: what a text may not say, and what a document must say on a day."""

from __future__ import annotations

import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from encaisse.cli import say
from encaisse.cli.app import AsJson, command
from encaisse.cli.commands.law import LAW, law
from encaisse.cli.desk import read_day
from encaisse.cli.law_input import choice, day_or_today, lawful
from encaisse.cli.law_input import rate as read_rate
from encaisse.cli.law_show import confidence, reference
from encaisse.cli.trouble import REFUSED, Trouble
from encaisse.cli.words import _, language

if TYPE_CHECKING:
    from encaisse.law.mentions import Mention
    from encaisse.law.wording import Finding, WordingRule

MAX_BYTES = 1024 * 1024
LANGUAGES = ("fr", "en")
STANDARD_INPUT = "-"
_YES = ("yes", "oui", "true", "1")


@command(LAW, _("Check a text: forbidden phrases and missing obligatory ones, with what to write instead."), to=law)
def wording(
    file: Annotated[
        Path, typer.Argument(help=_("The text, as a file; - reads standard input."), metavar="FILE", allow_dash=True)
    ],
    written_in: Annotated[
        str | None, typer.Option("--text-lang", help=_("Language of the text: fr or en (default: yours)."))
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help=_("Kind of document: reminder, notice, call, invoice, general_terms…"))
    ] = None,
    regime: Annotated[str | None, typer.Option(help=_("The regime of the debt, like fr-b2c."))] = None,
    charges: Annotated[
        bool, typer.Option("--charges/--no-charges", help=_("Whether this customer may see interest and costs."))
    ] = True,
    phrases: Annotated[
        list[Path] | None, typer.Option("--list", help=_("A list of phrases of your own (YAML). Can be repeated."))
    ] = None,
    json: AsJson = False,
) -> None:
    """Exit 1 when something is wrong."""
    with lawful():
        from encaisse.law import all_regimes
        from encaisse.law import wording as rules

        own: list[WordingRule] = []
        for each in phrases or ():
            own += rules.load_list(_read(each), each.name)
        found = rules.check_wording(
            _read(file),
            choice(written_in, LANGUAGES, "--text-lang") if written_in else language(),
            kind=choice(kind, rules.KINDS, "--kind") if kind else None,
            regime=choice(regime, tuple(all_regimes()), "--regime") if regime else None,
            charges=charges,
            reader=language(),
            extra=own,
        )
    if json:
        say.as_json({"ok": not found, "findings": [_finding_record(one) for one in found]})
    else:
        for one in found:
            _show_finding(one)
        if not found:
            say.line(_("Nothing forbidden is found, and nothing obligatory is missing."), style="green")
    if found:
        raise typer.Exit(REFUSED)


def _read(file: Path) -> str:
    if str(file) == STANDARD_INPUT:
        return sys.stdin.read()
    if not file.is_file():
        raise Trouble(_("There is no file {path}.").format(path=file))
    if file.stat().st_size > MAX_BYTES:
        raise Trouble(_("{path} is too large.").format(path=file))
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise Trouble(_("{path} is not text in UTF-8.").format(path=file)) from None


def _finding_record(one: Finding) -> dict[str, Any]:
    names = ("kind", "rule", "phrase", "why", "instead", "article", "confidence")
    return {name: getattr(one, name) for name in names}


def _show_finding(one: Finding) -> None:
    labels = {"forbidden": _("forbidden"), "must_not": _("not here"), "missing": _("missing")}
    say.line(_("{kind}: {phrase}").format(kind=labels[one.kind], phrase=one.phrase), style="bold red")
    say.line("    " + _("Why: {why} ({article})").format(why=one.why, article=reference(one.article)))
    say.line("    " + _("Instead: {instead}").format(instead=one.instead))
    if one.confidence != "sure":
        say.line("    " + confidence(one.confidence), style="dim")


@command(LAW, _("What a document must say on a day: invoice, general terms, notice, first letter, duplicate."), to=law)
def mentions(
    kind: Annotated[str, typer.Argument(help=_("invoice, general_terms, notice, vat_recovery_duplicate…"))],
    on: Annotated[str | None, typer.Option(help=_("Day of the document (default: today)."))] = None,
    written_in: Annotated[
        str | None, typer.Option("--text-lang", help=_("Language of the text: fr or en (default: yours)."))
    ] = None,
    regime: Annotated[str | None, typer.Option(help=_("The regime, like fr-b2b."))] = None,
    fact: Annotated[
        list[str] | None,
        typer.Option(
            help=_("A fact to write, like net=1000.00 or debtor=Morel. Can be repeated; --facts lists them."),
            metavar="NAME=VALUE",
        ),
    ] = None,
    facts: Annotated[bool, typer.Option("--facts", help=_("List the facts that can be given."))] = False,
    json: AsJson = False,
) -> None:
    """The texts, in the order in which they are read; what nobody said stands in brackets."""
    with lawful():
        from encaisse.law import all_regimes
        from encaisse.law import mentions as texts

        if facts:
            _list_facts(json)
            return
        found = texts.mentions(
            choice(kind, texts.KINDS, "KIND"),
            day_or_today(on),
            choice(written_in, LANGUAGES, "--text-lang") if written_in else language(),
            regime=choice(regime, tuple(all_regimes()), "--regime") if regime else None,
            **dict(_fact(text) for text in fact or ()),
        )
        if json:
            say.as_json({"kind": kind, "mentions": [_mention_record(one) for one in found]})
            return
        for one in found:
            say.line(one.text, style="" if one.obligatory else "dim")
            duty = _("obligatory") if one.obligatory else _("advised")
            say.line(f"    {duty} · {reference(one.reference)} · {confidence(one.confidence)}", style="dim")


def _fact(text: str) -> tuple[str, object]:
    """A fact with the type that its name asks for."""
    from encaisse.law.mentions import known_facts

    name, sign, value = text.partition("=")
    if not sign:
        raise Trouble(
            _("--fact: “{text}” does not say a name and a value.").format(text=text),
            _("Write it like --fact net=1000.00."),
        )
    name = choice(name, tuple(known_facts()), "--fact")
    return name, _FACT_READERS.get(known_facts()[name][0], str)(value.strip())


def _money(text: str) -> object:
    from encaisse.cli.law_input import Money as Reader
    from encaisse.money import Money

    reader = Reader(None)
    minor = reader.amount(text, "--fact")
    return Money(minor, reader.currency or "EUR")


def _percent(text: str) -> Decimal | None:
    return read_rate(text, "--fact")


def _flag(text: str) -> bool:
    return text.casefold() in _YES


def _day(text: str) -> date:
    return read_day(text)


def _whole(text: str) -> int:
    if not text.isdigit():
        raise Trouble(_("--fact: “{text}” is not a whole number.").format(text=text), _("Write it like 30."))
    return int(text)


_FACT_READERS = {
    "date": _day,
    "money": _money,
    "euros": _money,
    "rate": _percent,
    "days": _whole,
    "flag": _flag,
}


def _list_facts(json: bool) -> None:
    from encaisse.law.mentions import known_facts

    rows = [(name, kind, label[language()]) for name, (kind, label) in known_facts().items()]
    if json:
        say.as_json({"facts": [{"name": name, "kind": kind, "label": label} for name, kind, label in rows]})
    else:
        say.table([_("Fact"), _("Kind"), _("What")], rows)


def _mention_record(one: Mention) -> dict[str, Any]:
    return {
        "id": one.id,
        "text": one.text,
        "obligatory": one.obligatory,
        "missing": list(one.missing),
        "reference": reference(one.reference),
        "confidence": one.confidence,
    }
