"""`letters`: what left by post on a day, as one file for the printer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from encaisse.cli import say
from encaisse.cli.app import EVERY_DAY, CreditorName, Home, OnDay, command
from encaisse.cli.desk import at_desk
from encaisse.cli.trouble import Trouble
from encaisse.cli.words import _, ngettext


@command(EVERY_DAY, _("Write the letters of a day as one PDF, to print and post."))
def letters(
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help=_("The PDF to write (default: letters-DAY.pdf)."))
    ] = None,
    duplex: Annotated[bool, typer.Option("--duplex", help=_("Begin each letter on the front of a sheet."))] = False,
    force: Annotated[bool, typer.Option("--force", help=_("Overwrite the file."))] = False,
    on: OnDay = None,
    home: Home = None,
    creditor: CreditorName = None,
) -> None:
    """Join the pages kept for each letter; the letters themselves stay as they are."""
    with at_desk(home, creditor, on) as desk:
        from encaisse.channels.whole import write_whole
        from encaisse.recovery.print_batch import letters_of, print_batch

        target = out or Path(f"letters-{desk.day.isoformat()}.pdf")
        if target.exists() and not force:
            raise Trouble(
                _("{path} exists already.").format(path=target), _("Choose another name with --out, or --force.")
            )
        count = len(letters_of(desk.creditor, desk.day))
        write_whole(target.parent, target.name, print_batch(desk.creditor, desk.day, duplex=duplex))
        say.line(
            ngettext("{path}: {count} letter.", "{path}: {count} letters.", count).format(path=target, count=count)
        )
