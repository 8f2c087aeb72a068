"""What is given to `import` and `inspect` on the command line: paths that must exist, opened by `exchange.arrivals`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from encaisse.cli.trouble import Trouble
from encaisse.cli.words import _, language

if TYPE_CHECKING:
    from encaisse.exchange.arrivals import Arrived, Given


def named(paths: Sequence[Path]) -> Iterator[Given]:
    """Every file of `paths`, each once. Ends the command when a path is missing or there is no file."""
    from encaisse.exchange import arrivals

    missing = next((path for path in paths if not path.exists()), None)
    if missing is not None:
        raise Trouble(_("There is no file {path}.").format(path=missing), _("Nothing was read."))
    nothing = True
    for one in arrivals.given(paths):
        nothing = False
        yield one
    if nothing:
        raise Trouble(_("There is nothing to read in {paths}.").format(paths=", ".join(map(str, paths))))


@contextmanager
def collected(paths: Sequence[Path], tell: Callable[[str], None]) -> Iterator[list[Arrived]]:
    """The files to import, in the order they are taken; members of archives lie in a folder removed at the end."""
    from encaisse.exchange import arrivals

    with TemporaryDirectory(prefix="encaisse-") as folder:
        found = arrivals.arrived(_told(named(paths), tell), Path(folder), language=language())
        yield arrivals.in_order(found)


def _told(files: Iterator[Given], tell: Callable[[str], None]) -> Iterator[Given]:
    for one in files:
        tell(one.path.name)
        yield one
