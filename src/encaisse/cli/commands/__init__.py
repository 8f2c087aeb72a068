"""The commands, one module per kind of work; importing this package defines them all, in the order of --help."""

from encaisse.cli.app import app

from encaisse.cli.commands import set_up  # isort: skip
from encaisse.cli.commands import books  # isort: skip
from encaisse.cli.commands import inspect_files  # isort: skip
from encaisse.cli.commands import mapping  # isort: skip
from encaisse.cli.commands import matches  # isort: skip
from encaisse.cli.commands import decisions  # isort: skip
from encaisse.cli.commands import actions  # isort: skip
from encaisse.cli.commands import letters  # isort: skip
from encaisse.cli.commands import hold  # isort: skip
from encaisse.cli.commands import limitation  # isort: skip
from encaisse.cli.commands import charges  # isort: skip
from encaisse.cli.commands import quality  # isort: skip
from encaisse.cli.commands import watch  # isort: skip
from encaisse.cli.commands import proof  # isort: skip
from encaisse.cli.commands import plans  # isort: skip
from encaisse.cli.commands import law  # isort: skip
from encaisse.cli.commands import law_time  # isort: skip
from encaisse.cli.commands import law_rates  # isort: skip
from encaisse.cli.commands import law_own  # isort: skip
from encaisse.cli.commands import law_routes  # isort: skip
from encaisse.cli.commands import law_acts  # isort: skip
from encaisse.cli.commands import law_terms  # isort: skip
from encaisse.cli.commands import law_texts  # isort: skip
from encaisse.cli.commands import try_out  # isort: skip
from encaisse.cli.commands import serve  # isort: skip
from encaisse.cli.commands import doctor  # isort: skip

__all__ = [
    "actions",
    "app",
    "books",
    "charges",
    "decisions",
    "doctor",
    "hold",
    "inspect_files",
    "law",
    "law_acts",
    "law_own",
    "law_rates",
    "law_routes",
    "law_terms",
    "law_texts",
    "law_time",
    "letters",
    "limitation",
    "mapping",
    "matches",
    "plans",
    "proof",
    "quality",
    "serve",
    "set_up",
    "try_out",
    "watch",
]
