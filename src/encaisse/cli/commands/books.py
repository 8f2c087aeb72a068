"""`import`, `receivables`: books in, and what is open by them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from encaisse.cli import incoming, say
from encaisse.cli.app import EVERY_DAY, AsJson, CreditorName, Home, OnDay, command
from encaisse.cli.commands.set_up import say_migrated
from encaisse.cli.desk import ACTOR, Desk, at_desk, require_initialised, set_up
from encaisse.cli.trouble import REFUSED, Trouble
from encaisse.cli.words import _, language, ngettext, pgettext

if TYPE_CHECKING:
    from encaisse.exchange.arrivals import Arrived
    from encaisse.recovery.take_in import Taken

SHOWN_PROBLEMS = 12


@command(
    EVERY_DAY,
    _(
        "Read books: FEC files, contacts and terms, electronic invoices and their statuses, bank files, tables of any "
        "program (CSV, XLSX, ODS), PDFs of invoices named by their number; "
        "folders and zip archives of them."
    ),
    name="import",
)
def import_(
    paths: Annotated[list[Path], typer.Argument(help=_("Files, folders and zip archives."), metavar="PATH...")],
    older: Annotated[
        bool, typer.Option("--allow-older", help=_("Also take an export that ends before what is known."))
    ] = False,
    on: OnDay = None,
    home: Home = None,
    creditor: CreditorName = None,
    json: AsJson = False,
) -> None:
    """Import each file, all of it or nothing. A refused file does not hold back the others."""
    for _path in incoming.named(paths):
        break  # what cannot be is said before anything is opened
    set_up(home)
    require_initialised()
    say_migrated(home)
    with at_desk(home, creditor, on) as desk, _collected(paths) as files:
        records = list(_imported(desk, files, older=older))
        _follow_up(desk, anyway=not all(record["refused"] or record["unchanged"] for record in records))
        if json:
            say.as_json({"imports": records})
        else:
            for record in records:
                _show_import(record)
    if any(record["refused"] for record in records):
        raise typer.Exit(REFUSED)


@contextmanager
def _collected(paths: list[Path]) -> Iterator[list[Arrived]]:
    """The files to import; what was found on the way and is nothing to import is said and left alone."""
    with ExitStack() as stack:
        with say.progress(_("Looking")) as tell:
            found = stack.enter_context(incoming.collected(paths, tell))
        for one in found:
            if one.left_alone:
                say.aside(_("Left alone: {path}, not a kind of file this version imports.").format(path=one.shown))
        files = [one for one in found if not one.left_alone]
        if not files:
            raise Trouble(_("There is nothing to import in {paths}.").format(paths=", ".join(map(str, paths))))
        yield files


def _imported(desk: Desk, files: list[Arrived], *, older: bool) -> Iterator[dict[str, Any]]:
    """Take the files into the ledger one after the other, with a bar, and say what came of each."""
    from encaisse.exchange.inspecting import clean
    from encaisse.recovery.take_in import take_batches

    with say.progress(_("Importing")) as tell:
        done = 0

        def within(stage: str, part: float) -> None:
            tell(stage, (done + part) / len(files))

        stamp: dict[str, Any] = {"at": desk.at, "actor": ACTOR}
        for batch in take_batches(desk.creditor, files, allow_older=older, progress=within, **stamp):
            done += len(batch)
            tell(clean(batch[-1].file.name), done / len(files))
            yield from map(_record, batch)


def _record(one: Taken) -> dict[str, Any]:
    if one.row is None:
        return {"file": one.file.shown, "refused": True, "problems": [_problem(why) for why in one.problems]}
    from encaisse.ledger.report import new_of

    report = one.row.report
    return {
        "file": one.file.shown,
        "refused": False,
        "kind": one.row.kind,
        "unchanged": one.unchanged,
        "first_day": _iso(one.row.first_day),
        "last_day": _iso(one.row.last_day),
        "read": report.get("read", {}),
        "new": new_of(one.row, one.row.creditor.currency),
        "changed": report.get("changed", {}),
        "set_aside": report.get("set_aside", []),
        "notes": report.get("notes", []),
        **_document_of(report),
    }


def _document_of(report: dict[str, Any]) -> dict[str, str]:
    """Which invoice a PDF was attached to, where it was."""
    return next(
        ({"invoice": note["number"]} for note in report.get("notes", []) if note.get("code") == "document_of"), {}
    )


def _follow_up(desk: Desk, *, anyway: bool) -> None:
    """Let recovery follow; also when nothing is new, where an earlier import was cut off before it did."""
    from encaisse.recovery.after_import import after_import, behind

    if not anyway and not behind(desk.creditor):
        return
    called_off = after_import(desk.creditor, desk.day, at=desk.at, actor=ACTOR)
    if called_off:
        say.aside(
            ngettext(
                "{count} waiting action was called off by the new books.",
                "{count} waiting actions were called off by the new books.",
                called_off,
            ).format(count=called_off)
        )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _problem(one: Any) -> dict[str, Any]:
    problem = one.in_language(language()) if _is_known(one.code) else one
    return {"line": problem.line, "code": problem.code, "message": problem.message, "hint": problem.hint}


def _is_known(code: str) -> bool:
    from encaisse.exchange.problems import catalogue

    return code in catalogue()


def _show_import(record: dict[str, Any]) -> None:
    if record["refused"]:
        say.line(_("{file}: refused, nothing of it was taken.").format(file=record["file"]), style="bold red")
        _show_problems(record["problems"])
        return
    say.line(_("{file}: {kind}").format(file=record["file"], kind=_kind(record)), style="bold")
    if record["unchanged"]:
        say.line("  " + _("Nothing in it is new; nothing was changed."))
        return
    for heading, counts in (
        (pgettext("report", "read"), record["read"]),
        (pgettext("report", "new"), record["new"]),
        (pgettext("report", "changed"), record["changed"]),
    ):
        told = ", ".join(f"{_counted(key)} {value}" for key, value in counts.items() if _counted(key) and value)
        if told:
            say.line(f"  {heading}: {told}")
    if record["set_aside"]:
        one, many = _("{count} remark on its lines:"), _("{count} remarks on its lines:")
        say.line(
            "  " + (one if len(record["set_aside"]) == 1 else many).format(count=len(record["set_aside"])),
            style="yellow",
        )
        _show_problems(record["set_aside"])


def _kind(record: dict[str, Any]) -> str:
    kinds = {
        "fec": _("books (FEC)"),
        "contacts": _("contacts and terms"),
        "factur-x": _("electronic invoice (Factur-X)"),
        "cii": _("electronic invoice (CII)"),
        "ubl": _("electronic invoice (UBL)"),
        **dict.fromkeys(("cdar", "status-csv", "status-json"), _("statuses of electronic invoices")),
        "table-open": _("list of what is owed"),
        "table-invoices": _("table of invoices"),
        "table-payments": _("table of payments"),
        "table-aged": _("aged balance"),
        "table-bank": _("table of bank movements"),
        "invoice_pdf": _("document of invoice {number}").format(number=record.get("invoice", "")),
    }
    from encaisse.exchange.detect import NAMES

    kind = kinds.get(record["kind"]) or NAMES.get(record["kind"], record["kind"])
    if record["first_day"] and record["last_day"]:
        kind += " " + _("from {first} to {last}").format(
            first=say.day(record["first_day"]), last=say.day(record["last_day"])
        )
    return kind


def _counted(key: str) -> str:
    """The name of a counter of a report that people want to see; empty for the others."""
    return {
        "lines": _("lines"),
        "rows": _("lines"),
        "entries": _("entries"),
        "customers": _("customers"),
        "contacts": _("contacts"),
        "terms": _("payment terms"),
        "due_dates": _("due dates"),
        "invoices": _("invoices"),
        "payments": _("payments"),
        "allocations": _("allocations"),
        "lines_set_aside": _("lines set aside"),
        "undone": _("allocations undone"),
        "corrections": _("corrections"),
        "completed": _("openings completed"),
        "documents": _("documents attached"),
        "statuses": _("statuses"),
        "statements": _("statements"),
        "movements": _("movements"),
        "booked": _("booked"),
        "proposed": _("waiting for a yes"),
        "in_books": _("known from the books"),
        "returned": _("came back"),
    }.get(key, "")


def _show_problems(problems: list[dict[str, Any]]) -> None:
    for one in problems[:SHOWN_PROBLEMS]:
        place = _("line {number}").format(number=one["line"]) + ": " if one["line"] else ""
        say.line(f"  {place}{one['message']} {one['hint']}".rstrip())
    rest = len(problems) - SHOWN_PROBLEMS
    if rest > 0:
        say.line(
            "  "
            + ngettext("and {count} more (--json lists all)", "and {count} more (--json lists all)", rest).format(
                count=rest
            )
        )


@command(EVERY_DAY, _("List what is open on a day, invoice by invoice."))
def receivables(on: OnDay = None, home: Home = None, creditor: CreditorName = None, json: AsJson = False) -> None:
    """List open receivables with totals per currency."""
    with at_desk(home, creditor, on) as desk:
        from encaisse.ledger.receivables import listing

        values = listing(desk.creditor, desk.day)
        if json:
            say.as_json(values)
            return
        rows = [
            (
                one["customer"]["code"],
                one["customer"]["name"],
                one["number"],
                say.day(one["issued_on"]),
                Text(say.day(one["due_on"]) + (" *" if one["due_from"] == "default" else "")),
                say.money(one["open"], one["currency"]),
                say.late(one["days_overdue"]),
            )
            for one in values["receivables"]
        ]
        heads = (
            _("code"),
            _("customer"),
            _("invoice"),
            _("issued on"),
            _("due on"),
            pgettext("column", "open"),
            pgettext("column", "late"),
        )
        say.table(heads, rows, right=(5, 6), title=_("Open on {day}").format(day=say.day(values["as_of"])))
        for currency, total in values["totals"].items():
            say.line(
                _("Open: {open}, of which overdue: {overdue}").format(
                    open=say.money(total["open"], currency), overdue=say.money(total["overdue"], currency)
                ),
                style="bold",
            )
        if any(one["due_from"] == "default" for one in values["receivables"]):
            say.line(
                _("* due date by your default terms: the books hold none. A contacts and terms CSV mends that."),
                style="dim",
            )
