"""`mapping show`, `mapping set`, `mapping list`, `mapping forget`: which column of a table means what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from encaisse.cli import say
from encaisse.cli.app import EVERY_DAY, AsJson, CreditorName, Group, Home, app, command
from encaisse.cli.desk import ACTOR, at_desk
from encaisse.cli.trouble import REFUSED, Trouble
from encaisse.cli.words import _, pgettext

if TYPE_CHECKING:
    from encaisse.exchange.tables import TableFile
    from encaisse.ledger.models import TableMapping
    from encaisse.ledger.table_mappings import Chosen

mapping = typer.Typer(cls=Group, no_args_is_help=True, help=_("Say which column of a table means what."))
app.add_typer(mapping, name="mapping", rich_help_panel=EVERY_DAY)

Table = Annotated[Path, typer.Argument(help=_("A table: CSV, TSV, XLSX or ODS."), metavar="FILE")]
KINDS = "invoices, payments, aged, bank, contacts"


@command(
    EVERY_DAY, _("Show how the columns of a table are read, with examples; changes nothing."), name="show", to=mapping
)
def mapping_show(path: Table, home: Home = None, creditor: CreditorName = None, json: AsJson = False) -> None:
    """Exit code 1 when it cannot be imported before something is said."""
    with at_desk(home, creditor) as desk:
        from encaisse.ledger.import_tables import look

        table, chosen, problems = look(desk.creditor, _bytes(path), path.name)
        if json:
            say.as_json(_as_json(path, table, chosen, problems))
        else:
            _show(path, table, chosen)
            _say_problems(problems)
    if problems:
        raise typer.Exit(REFUSED)


@command(
    EVERY_DAY,
    _(
        "Say what columns of a table mean, each as “Header=meaning” (without meaning: not read), and remember it for "
        "every table with the same headers. Without any: what `mapping show` shows is right."
    ),
    name="set",
    to=mapping,
)
def mapping_set(
    path: Table,
    said: Annotated[
        list[str] | None,
        typer.Argument(help=_("A header (or #1, #2…) and its meaning."), metavar="[HEADER=MEANING]..."),
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help=_("What the table is: {kinds}.").format(kinds=KINDS))
    ] = None,
    dates: Annotated[
        str, typer.Option("--dates", help=_("Order of its dates: dmy (day, month, year), mdy or ymd."))
    ] = "",
    decimals: Annotated[str, typer.Option("--decimals", help=_("Decimal mark of its amounts: , or ."))] = "",
    home: Home = None,
    creditor: CreditorName = None,
    json: AsJson = False,
) -> None:
    """Nothing is imported by it."""
    with at_desk(home, creditor) as desk:
        from encaisse.ledger import table_mappings
        from encaisse.ledger.import_tables import look
        from encaisse.ledger.table_meanings import field_of

        table, chosen, _problems = look(desk.creditor, _bytes(path), path.name)
        try:
            mine = table_mappings.as_kind(table, chosen.mapping, kind) if kind else chosen.mapping
            meanings = {
                table_mappings.place_of(table, header): field_of(meaning, mine.kind)
                for header, meaning in map(_pair, said or ())
            }
            if meanings or mine.kind == "unknown":
                mine = table_mappings.corrected(table, mine, meanings)
            mine = table_mappings.with_said_forms(mine, dates=dates, decimals=decimals)
            table_mappings.remember(desk.creditor, table, mine, name=path.name, at=desk.at, actor=ACTOR)
        except table_mappings.MappingRefused as refused:
            raise Trouble(str(refused), _("`encaisse mapping show FILE` shows its columns."), code=REFUSED) from None
        table, chosen, problems = look(desk.creditor, _bytes(path), path.name)
        if json:
            say.as_json(_as_json(path, table, chosen, problems))
            return
        _show(path, table, chosen)
        say.line(_("Remembered for tables with the same headers. Now: `encaisse import {file}`").format(file=path))


@command(EVERY_DAY, _("List the tables whose columns were said, newest first."), name="list", to=mapping)
def mapping_list(home: Home = None, creditor: CreditorName = None, json: AsJson = False) -> None:
    """List what is remembered."""
    with at_desk(home, creditor) as desk:
        from encaisse.ledger.table_mappings import listing

        rows = listing(desk.creditor)
        if json:
            say.as_json({"mappings": [_kept(one) for one in rows]})
            return
        if not rows:
            say.line(_("Nothing is remembered: tables are read as their headers tell."))
            return
        from encaisse.ledger.table_meanings import KINDS as NAMES

        heads = ("", _("said of"), _("what it is"), _("columns"), pgettext("column", "on"), _("by"))
        say.table(
            heads,
            [
                (
                    str(one.pk), one.name, str(NAMES.get(one.kind, one.kind)),
                    ", ".join(column["header"] or f"#{column['place'] + 1}" for column in _read(one)),
                    say.day(one.recorded_at.date()), say.who(one.actor),
                )
                for one in rows
            ],
        )  # fmt: skip


@command(EVERY_DAY, _("Forget what was said of a table: its columns are guessed again."), name="forget", to=mapping)
def mapping_forget(
    number: Annotated[int, typer.Argument(help=_("Number of it, as `mapping list` shows it."), metavar="N")],
    home: Home = None,
    creditor: CreditorName = None,
) -> None:
    """Forget one mapping."""
    with at_desk(home, creditor) as desk:
        from encaisse.ledger import table_mappings

        try:
            table_mappings.forget(desk.creditor, number, at=desk.at, actor=ACTOR)
        except table_mappings.MappingRefused as refused:
            raise Trouble(str(refused), _("`encaisse mapping list` lists them."), code=REFUSED) from None
        say.line(_("Forgotten."))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Trouble(_("There is no file {path}.").format(path=path)) from None
    except IsADirectoryError:
        raise Trouble(_("{path} is a folder: name one table in it.").format(path=path)) from None
    except OSError as error:
        raise Trouble(_("{file} cannot be read: {why}.").format(file=path, why=error.strerror or error)) from None


def _pair(said: str) -> tuple[str, str]:
    header, mark, meaning = said.rpartition("=")
    if not mark or not header.strip():
        raise Trouble(
            _("“{said}” says no meaning.").format(said=said),
            _('Write a header and what it means, such as "Échéance=due_on".'),
        )
    return header.strip(), meaning.strip()


def _as_json(path: Path, table: TableFile, chosen: Chosen, problems: Any) -> dict[str, Any]:
    from encaisse.ledger.import_tables import told
    from encaisse.ledger.table_meanings import choices

    return {
        "file": str(path),
        **told(table, chosen),
        "remembered": chosen.kept.pk if chosen.kept else None,
        "meanings": [field for field, _words in choices(chosen.mapping.kind)],
        "problems": [
            {"line": one.line, "code": one.code, "message": one.message, "hint": one.hint} for one in problems
        ],
    }


def _show(path: Path, table: TableFile, chosen: Chosen) -> None:
    from encaisse.ledger.table_meanings import KINDS as NAMES
    from encaisse.ledger.table_meanings import SOURCES, meaning

    mine = chosen.mapping
    how = f"{SOURCES[chosen.source]}" + (f" ({mine.program})" if mine.program and chosen.source == "ready" else "")
    say.line(f"{path}: {NAMES[mine.kind]}, {how}", style="bold")
    rows = [
        (
            f"#{one.place + 1}", one.header, f"{one.field}" if one.field else "-", meaning(one.field),
            f"{one.confidence}" if one.field else "", " · ".join(example for example in one.examples if example),
        )
        for one in mine.columns
    ]  # fmt: skip
    say.table(("", _("header"), _("meaning"), _("in words"), _("sure"), _("examples")), rows, right=(4,))
    forms = [
        _("dates: {order}").format(order=mine.date_order) if mine.date_order else "",
        _("decimal mark: {mark}").format(mark=mine.decimal_mark) if mine.decimal_mark else "",
        _("currency: {currency}").format(currency=mine.currency) if mine.currency else "",
    ]
    say.line("  " + "; ".join(one for one in forms if one), style="dim")
    for need in chosen.missing:
        say.line("  " + _("Missing: {need}").format(need=need.replace("|", _(" or "))), style="yellow")


def _say_problems(problems: Any) -> None:
    from encaisse.cli.words import language

    for one in problems:
        shown = one.in_language(language())
        say.line(f"{shown.message} {shown.hint}", style="yellow")


def _read(row: TableMapping) -> list[dict[str, Any]]:
    return [column for column in row.mapping["columns"] if column["field"]]


def _kept(row: TableMapping) -> dict[str, Any]:
    return {
        "id": row.pk, "name": row.name, "sheet": row.sheet, "kind": row.kind,
        "date_order": row.mapping["date_order"], "decimal_mark": row.mapping["decimal_mark"],
        "columns": {column["header"] or f"#{column['place'] + 1}": column["field"] for column in _read(row)},
        "by": row.actor, "on": row.recorded_at.date().isoformat(),
    }  # fmt: skip
