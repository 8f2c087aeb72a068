"""What a command says: results on standard output, words and progress on standard error."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from encaisse.cli.words import _, language, pgettext

LEAST_WIDTH_OF_A_PIPE = 140
MINUS, NOTHING = "−", "–"

Tell = Callable[..., None]


def out() -> Console:
    """Standard output; wide enough for whole tables when it is not a terminal."""
    return Console(file=sys.stdout, width=_width(sys.stdout), highlight=False, soft_wrap=not sys.stdout.isatty())


def err() -> Console:
    """Standard error."""
    return Console(file=sys.stderr, width=_width(sys.stderr), highlight=False)


def _width(stream: Any) -> int | None:
    if stream.isatty() or os.environ.get("COLUMNS"):
        return None
    return max(shutil.get_terminal_size().columns, LEAST_WIDTH_OF_A_PIPE)


def line(text: str = "", *, style: str = "") -> None:
    """One line of result; the text is shown as it is, brackets too."""
    out().print(Text(text, style=style))


def aside(text: str, *, style: str = "dim") -> None:
    """A remark beside the result, on standard error."""
    err().print(Text(text, style=style))


def as_json(values: dict[str, Any]) -> None:
    """The JSON of a command, alone on standard output: readable, accents kept."""
    import orjson

    sys.stdout.write(orjson.dumps(values, option=orjson.OPT_INDENT_2).decode() + "\n")
    sys.stdout.flush()


def table(
    heads: Sequence[str], rows: Sequence[Sequence[str | Text]], *, right: Sequence[int] = (), title: str = ""
) -> None:
    """A table; `right`: places of the columns with figures. Cells are shown as they are, never as markup."""
    grid = Table(
        title=Text(title) if title else None,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=None,
        pad_edge=False,
    )
    for place, head in enumerate(heads):
        grid.add_column(Text(head), justify="right" if place in right else "left", no_wrap=place in right)
    for row in rows:
        grid.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    out().print(grid)


@contextmanager
def progress(title: str) -> Iterator[Tell]:
    """A bar on standard error for long work. Gives a function to call with the stage and the part done, 0 to 1."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=err(),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task(title, total=None)

        def tell(stage: object = None, part: float | None = None) -> None:
            words = f"{title}: {stage_label(stage)}" if isinstance(stage, str) and stage else title
            bar.update(task, description=words, completed=part or 0.0, total=1.0 if part else None)

        yield tell


def stage_label(stage: str) -> str:
    """A stage of long work, as words."""
    labels = {
        "reading": _("reading"),
        "comparing": _("comparing with what is known"),
        "writing": _("writing"),
        "rereading": _("reading later books again"),
        "facts": _("reading the facts"),
        "decide": _("deciding"),
        "write": _("writing"),
    }
    return labels.get(stage, stage)


def channel(code: str | None) -> str:
    """A channel, as a word."""
    return {"email": pgettext("channel", "e-mail"), "letter": _("letter"), "phone": _("call")}.get(
        code or "", code or ""
    )


def money(minor: int | str, currency: str = "EUR") -> str:
    """An amount for a reader, from minor units or from the decimal text of our JSON."""
    from encaisse.documents import words
    from encaisse.money import parse_minor

    value = parse_minor(minor, currency) if isinstance(minor, str) else minor
    return words.money(value, currency, language()).replace("-", MINUS) if value else NOTHING


def day(value: date | str | None) -> str:
    """A date for a reader, from a date or from ISO text."""
    from encaisse.documents import words

    if not value:
        return ""
    return words.short_date(date.fromisoformat(value) if isinstance(value, str) else value, language())


def who(actor: str) -> str:
    """Who did something, for a reader: the command line is nobody's name."""
    return _("command line") if actor == "cli" else actor


def late(days: int) -> str:
    """So many days late, as words; nothing when it is not."""
    return _("{count} d").format(count=days) if days > 0 else ""
