"""`strategies show`, `strategies save`: the text of a strategy out, and a changed one in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from encaisse.cli import say
from encaisse.cli.app import SET_UP, CreditorName, Home, command
from encaisse.cli.commands.set_up import strategies
from encaisse.cli.desk import ACTOR, at_desk
from encaisse.cli.trouble import Trouble
from encaisse.cli.words import _, language

MAX_BYTES = 1024 * 1024


@command(SET_UP, _("Print the YAML of a strategy, to start one's own from."), name="show", to=strategies)
def strategies_show(
    name: Annotated[str, typer.Argument(help=_("The strategy."), metavar="STRATEGY")],
    home: Home = None,
    creditor: CreditorName = None,
) -> None:
    """Print the ruling text as it was saved."""
    with at_desk(home, creditor) as desk:
        from encaisse.recovery.strategies import current

        texts = {one.name: one.content for one in current(desk.creditor)}
        if name not in texts:
            raise Trouble(
                _("There is no strategy “{name}”.").format(name=name),
                _("Known: {names}.").format(names=", ".join(texts)),
            )
        sys.stdout.write(texts[name])


@command(SET_UP, _("Save a strategy from a YAML file, as a new one or a new version."), name="save", to=strategies)
def strategies_save(
    file: Annotated[Path, typer.Argument(help=_("The YAML file."), metavar="FILE")],
    home: Home = None,
    creditor: CreditorName = None,
) -> None:
    """Check the file and make it rule; a mistake is told with its line, and nothing is changed."""
    with at_desk(home, creditor) as desk:
        from encaisse.engine import load_strategy
        from encaisse.recovery.strategies import save_version

        text = _text_of(file)
        plan, problems = load_strategy(text, file.stem)
        if plan is None:
            first = problems[0].texts(language())
            place = _("line {number}").format(number=problems[0].line) if problems[0].line else str(file)
            raise Trouble(f"{place}: {first[0]}", first[1])
        version = save_version(desk.creditor, plan.name, text, at=desk.at, actor=ACTOR)
        say.line(_("{name}: version {number} rules from now on.").format(name=plan.name, number=version.number))


def _text_of(file: Path) -> str:
    if not file.is_file():
        raise Trouble(_("There is no file {path}.").format(path=file))
    if file.stat().st_size > MAX_BYTES:
        raise Trouble(_("{path} is too large to be a strategy.").format(path=file))
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError:
        raise Trouble(_("{path} is not text in UTF-8.").format(path=file)) from None
