"""`verify`, `evidence`: the journal is whole, and what it says of one customer."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated, Any

import typer

from encaisse.cli import say
from encaisse.cli.app import PROVE, AsJson, CreditorName, CustomerName, Home, command
from encaisse.cli.desk import ACTOR, at_desk, find_customer
from encaisse.cli.trouble import REFUSED, Trouble
from encaisse.cli.words import _


@command(PROVE, _("Check that no byte of the journal and of its documents was changed."))
def verify(home: Home = None, creditor: CreditorName = None, json: AsJson = False) -> None:
    """List the faults found; exit 1 when there is any."""
    with at_desk(home, creditor) as desk:
        from encaisse.journal.verify import verify as check

        with say.progress(_("Checking")):
            result = check(desk.creditor)
        if json:
            say.as_json(
                {
                    "ok": not result.faults,
                    "entries": result.entries,
                    "chains": result.chains,
                    "documents": result.documents,
                    "faults": [_fault(one) for one in result.faults],
                }
            )
        else:
            say.line(
                _("Journal of {name}: {entries} lines in {chains} chains, {documents} documents.").format(
                    name=desk.creditor.name, entries=result.entries, chains=result.chains, documents=result.documents
                )
            )
            for one in result.faults:
                fault = _fault(one)
                say.line(
                    f"  {fault['chain'] or '–'} {fault['sequence']}: {fault['code']} {fault['text']}".rstrip(),
                    style="red",
                )
            say.line(
                _("Faults: {count}").format(count=len(result.faults))
                if result.faults
                else _("Everything is as it was written.")
            )
        if result.faults:
            raise typer.Exit(REFUSED)


def _fault(one: Any) -> dict[str, Any]:
    return {
        "chain": one.chain,
        "sequence": one.sequence,
        "code": one.code,
        "text": getattr(one, "text", None) or one.detail,
    }


@command(PROVE, _("Write a customer's file of evidence: timeline, documents, hashes, and a program that checks them."))
def evidence(
    customer: CustomerName,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help=_("The zip file to write (default: evidence-CODE.zip)."))
    ] = None,
    force: Annotated[bool, typer.Option("--force", help=_("Overwrite the file."))] = False,
    home: Home = None,
    creditor: CreditorName = None,
) -> None:
    """Write a zip that proves itself without encaisse."""
    with at_desk(home, creditor) as desk:
        from encaisse.channels.whole import write_whole
        from encaisse.journal.evidence import write

        found = find_customer(customer)
        safe = "".join(char if char.isalnum() or char in "-_" else "-" for char in found.code)
        target = out or Path(f"evidence-{safe}.zip")
        if target.exists() and not force:
            raise Trouble(
                _("{path} exists already.").format(path=target), _("Choose another name with --out, or --force.")
            )
        content = io.BytesIO()
        count = write(desk.creditor, found.code, found.name, content)
        write_whole(target.parent, target.name, content.getvalue())
        say.line(_("{path}: {count} journal lines of {name}.").format(path=target, count=count, name=found.name))
        say.line(_("To check it anywhere: unpack it and run `python3 verify.py`."))


@command(PROVE, _("Erase what one line of a customer's journal says about a person; the chain stays whole."))
def erase(
    customer: CustomerName,
    line: Annotated[
        int, typer.Argument(help=_("The line's number, as the evidence file counts them."), metavar="LINE")
    ],
    reason: Annotated[str, typer.Option("--reason", help=_("Why, for the journal."))],
    yes: Annotated[bool, typer.Option("--yes", help=_("Yes, erase it for good."))] = False,
    home: Home = None,
    creditor: CreditorName = None,
) -> None:
    """Erase a payload for good (GDPR, article 17); that it was erased is itself a line."""
    with at_desk(home, creditor) as desk:
        from encaisse.journal.erase import erase as erased
        from encaisse.journal.models import Entry

        found = find_customer(customer)
        if not yes:
            raise Trouble(_("What is erased does not come back."), _("Repeat the command with --yes."))
        try:
            erased(desk.creditor, found.code, line, reason, at=desk.at, actor=ACTOR)
        except Entry.DoesNotExist:
            raise Trouble(_("{name} has no line {number}.").format(name=found.name, number=line)) from None
        say.line(_("Line {number} of {name} was erased.").format(number=line, name=found.name))
