"""The program's commands: one typer application, options every command shares, and how troubles are told."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text
from typer.core import TyperCommand, TyperGroup

from encaisse.cli import say
from encaisse.cli.trouble import MISUSE, REFUSED, Trouble
from encaisse.cli.words import _


def _own_words(option: Any) -> Any:
    if option is not None:
        option.help = _("Show this help and exit.")
    return option


class Command(TyperCommand):
    """A command whose --help is described in the reader's language."""

    def get_help_option(self, ctx: Any) -> Any:
        return _own_words(super().get_help_option(ctx))


class Group(TyperGroup):
    """A group of commands in the order in which they were added, --help in the reader's language."""

    def get_help_option(self, ctx: Any) -> Any:
        return _own_words(super().get_help_option(ctx))

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)


EXIT_CODES = _("Exit codes: 0 done, 1 something was refused or differs, 2 wrong use or something missing.")

app = typer.Typer(
    cls=Group,
    name="encaisse",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["--help", "-h"]},
)

SET_UP = _("Set up")
EVERY_DAY = _("Every day")
HOLD_BACK = _("Hold back")
PROVE = _("Prove")
TRY_OUT = _("Try out")

Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        help=_("Folder of the installation (default: ENCAISSE_HOME, else ./encaisse-data)."),
        show_default=False,
    ),
]
CreditorName = Annotated[
    str | None, typer.Option("--creditor", help=_("Name or SIREN of the creditor, when there are several."))
]
OnDay = Annotated[str | None, typer.Option("--on", help=_("Day to look at, like 2026-03-31 (default: today)."))]
AsJson = Annotated[bool, typer.Option("--json", help=_("Print JSON alone on standard output."))]
CustomerName = Annotated[
    str, typer.Argument(help=_("Code of the customer as in the books, or its name."), metavar="CUSTOMER")
]


def command(
    panel: str, help: str, *, name: str | None = None, to: typer.Typer = app
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add a function as a command whose troubles are told in words."""

    def add(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def told(*args: Any, **kwargs: Any) -> None:
            try:
                function(*args, **kwargs)
            except Trouble as trouble:
                tell(trouble)
                raise typer.Exit(trouble.code) from None
            except Exception as error:
                known = _known(error)
                if known is None:
                    raise
                tell(known)
                raise typer.Exit(known.code) from None

        to.command(name, cls=Command, help=f"{help}\n\n{EXIT_CODES}", short_help=help, rich_help_panel=panel)(told)
        return told

    return add


def tell(trouble: Trouble) -> None:
    """Say on standard error what happened and what to do next."""
    console = say.err()
    console.print(Text.assemble((_("Error") + ": ", "bold red"), trouble.message))
    if trouble.hint:
        console.print(Text(trouble.hint))


def _known(error: Exception) -> Trouble | None:
    """Errors of the machine and refusals of the program, in words; None for what must not happen."""
    if os.environ.get("ENCAISSE_DEBUG") == "1":
        return None
    if isinstance(error, BrokenPipeError):
        return None
    from django.core.exceptions import ImproperlyConfigured
    from django.db import DatabaseError, OperationalError, ProgrammingError

    from encaisse.recovery.refusal import Refused

    if isinstance(error, Refused):
        return Trouble(error.text, code=REFUSED)
    if isinstance(error, (OperationalError, ProgrammingError)):
        return _database_trouble(error)
    if isinstance(error, (ImproperlyConfigured, DatabaseError)):
        return Trouble(
            _("The database cannot be used: {reason}").format(reason=_first_line(error)),
            _("`encaisse doctor` looks closer."),
        )
    if isinstance(error, OSError) and error.filename:
        return Trouble(f"{error.filename}: {error.strerror}", _("Look at the path and at who may read and write it."))
    return None


def _database_trouble(error: Exception) -> Trouble:
    reason = _first_line(error)
    if any(words in reason for words in ("no such table", "no such column", "does not exist", "has no column")):
        return Trouble(
            _("The database is not ready for this version of encaisse."),
            _("Run `encaisse init` again: it brings the database up to date and changes nothing else."),
        )
    if "locked" in reason:
        return Trouble(_("The database is busy with another program."), _("Wait for it to end, then try again."))
    return Trouble(
        _("The database cannot be reached: {reason}").format(reason=reason),
        _("Look at DATABASE_URL, and whether the database server runs."),
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _version(wanted: bool) -> None:
    if wanted:
        from encaisse import __version__

        say.line(f"encaisse {__version__}")
        raise typer.Exit


@app.callback(
    help=_(
        "Credit control and debt recovery on your own machine: from your books to the right next step, sent and proven."
    )
    + f"\n\n{EXIT_CODES}"
)
def everything(
    home: Home = None,
    lang: Annotated[
        str | None, typer.Option("--lang", help=_("Language of the words: fr or en (also: ENCAISSE_LANG)."))
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help=_("Show the version and exit."))
    ] = False,
) -> None:
    """Take what holds for every command; `--lang` is read before (see `encaisse.cli.main`)."""
    if home is not None:
        os.environ["ENCAISSE_HOME"] = str(home)


def misuse(message: str, hint: str = "") -> Trouble:
    """It was asked for in a way that cannot be."""
    return Trouble(message, hint, code=MISUSE)
