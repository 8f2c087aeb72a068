"""`inspect`: what any file is, what it holds, and what is wrong with it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from encaisse.cli import incoming, say
from encaisse.cli.app import EVERY_DAY, AsJson, command
from encaisse.cli.trouble import REFUSED
from encaisse.cli.words import _, language, ngettext, pgettext
from encaisse.config.home import rules_folder
from encaisse.exchange.problems import Problem, Severity

if TYPE_CHECKING:
    from encaisse.exchange.inspect_kinds import Rules
    from encaisse.exchange.inspecting import Inspected

SHOWN_PROBLEMS = 12
_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "dim"}


@command(
    EVERY_DAY,
    _("Say of any file, folder or zip archive what it is, what it holds and what is wrong; writes nothing."),
    name="inspect",
)
def inspect_(
    paths: Annotated[list[Path], typer.Argument(help=_("Files, folders and zip archives."), metavar="PATH...")],
    json: AsJson = False,
    rules: Annotated[
        bool, typer.Option("--rules", help=_("Also check invoices against the rules of EN 16931 and the French ones."))
    ] = False,
) -> None:
    """Look at each file. Needs no installation."""
    files = [one.path for one in incoming.named(paths)]
    with _checker(rules) as check:
        looked_at = _inspected(files, check)
        good = _as_json(looked_at) if json else _as_table(looked_at)
    if not good:
        raise typer.Exit(REFUSED)


@contextmanager
def _checker(wanted: bool) -> Iterator[Rules | None]:
    """The check of rules, in a process of its own, with the official rule files that are at hand."""
    if not wanted:
        yield None
        return
    from encaisse.exchange.rules.checking import Checker, rule_files

    with Checker(language(), rule_files(rules_folder())) as checker:
        yield checker.check


def _inspected(files: list[Path], rules: Rules | None) -> Iterator[Inspected]:
    from encaisse.exchange.inspecting import clean, inspect_all

    with say.progress(_("Reading")) as tell:
        for place, path in enumerate(files):
            tell(clean(path.name), place / len(files))
            yield from inspect_all(path, language=language(), rules=rules)


def _as_json(looked_at: Iterator[Inspected]) -> bool:
    """One list, written record by record: what was looked at is not kept."""
    import orjson

    good, between = True, "[\n"
    for one in looked_at:
        good = good and one.ok
        sys.stdout.write(between + orjson.dumps(_record(one), option=orjson.OPT_INDENT_2).decode())
        between = ",\n"
    sys.stdout.write("[]\n" if between == "[\n" else "\n]\n")
    sys.stdout.flush()
    return good


def _record(one: Inspected) -> dict[str, Any]:
    """The record of a file; broken rules say how grave they are by their standard, `fatal` or `warning`."""
    record = one.as_json()
    for told, problem in zip(record["problems"], one.problems, strict=True):
        if grade := getattr(problem, "grade", ""):
            told["severity"] = grade
    return record


def _as_table(looked_at: Iterator[Inspected]) -> bool:
    from encaisse.exchange.inspecting import clean

    rows: list[tuple[str | Text, ...]] = []
    told: list[tuple[str, tuple[Problem, ...], int]] = []
    good = 0
    for one in looked_at:
        rows.append((clean(one.path), one.kind, held(one.counts), _verdict(one)))
        good += one.ok
        if one.problems:
            told.append((clean(one.path), one.problems[:SHOWN_PROBLEMS], len(one.problems)))
    say.table((_("file"), pgettext("column", "kind"), pgettext("column", "holds"), ""), rows)
    for path, problems, count in told:
        say.line()
        say.line(path, style="bold")
        _show(problems, count - len(problems))
    say.line()
    say.line(
        ngettext("{count} file, {good} without error.", "{count} files, {good} without error.", len(rows)).format(
            count=len(rows), good=good
        ),
        style="bold",
    )
    return good == len(rows)


def _verdict(one: Inspected) -> Text:
    errors = sum(problem.severity is Severity.ERROR for problem in one.problems)
    if not one.recognised:
        return Text(_("not read"), style="red")
    if errors:
        return Text(ngettext("{count} error", "{count} errors", errors).format(count=errors), style="red")
    others = len(one.problems)
    if others:
        return Text(ngettext("{count} remark", "{count} remarks", others).format(count=others), style="yellow")
    return Text(_("in order"), style="green")


def _show(problems: tuple[Problem, ...], more: int) -> None:
    for one in problems:
        place = _("line {number}").format(number=one.line) + ": " if one.line else ""
        number = f"{one.code} " if "-" in one.code else ""  # of a rule: a platform that refuses will name it
        say.line(f"  {place}{number}{one.message} {one.hint}", style=_STYLES[one.severity])
    if more > 0:
        text = ngettext("and {count} more (--json lists all)", "and {count} more (--json lists all)", more)
        say.line("  " + text.format(count=more))


def held(counts: Mapping[str, int]) -> str:
    """What a file holds, in words; what there is none of is left out."""
    words = {
        "files": _("files"),
        "statements": _("statements"),
        "accounts": _("accounts"),
        "transactions": _("operations"),
        "entries": _("entries"),
        "customers": _("customers"),
        "contacts": _("contacts"),
        "invoices": _("invoices"),
        "payments": _("payments"),
        "open_items": _("open invoices"),
        "statuses": _("statuses"),
        "rows": _("lines"),
        "lines": _("lines"),
        "columns": _("columns"),
        "lines_set_aside": _("lines set aside"),
    }
    return ", ".join(f"{words[key]} {counts[key]}" for key in words if counts.get(key))
