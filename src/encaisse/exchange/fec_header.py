"""The header of a FEC: which line it is, which column holds what, and how its columns are separated.

Source of the names: LPF A47 A-1 (18 fields, 22 for cash-basis books). Programs also write them as words, with accents,
in any case and order; a header of such words alone is only one of a FEC when all it needs is there: many a table of a
bank has an account, a label, a debit and a credit.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from encaisse.exchange.fec_bytes import MAX_LINE
from encaisse.exchange.problems import Problem, problem

FIELDS = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "Montant", "Sens", "EcritureLet", "DateLet", "ValidDate",
    "Montantdevise", "Idevise",
)  # fmt: skip
CASH_BASIS_FIELDS = ("DateRglt", "ModeRglt", "NatOp", "IdClient")
REQUIRED = ("JournalCode", "EcritureNum", "EcritureDate", "CompteNum")
WANTED = ("PieceRef", "PieceDate", "EcritureLib", "JournalLib", "CompteLib")
MAX_TITLES = 20
"""The header stands within so many lines: some exports put a title above it."""
MAX_NAME = 100
"""So many characters of a name are looked at."""
_ENOUGH = 4
"""So many names that only a FEC has make a header of one."""
_GENERIC = frozenset({"debit", "credit", "montant", "sens"})
_EXACT = {name.lower(): name for name in FIELDS + CASH_BASIS_FIELDS}
# Field -> the other words for it, without accents, spaces and marks.
_WORDS = {
    "JournalCode": "journal codejournal codedujournal jnl",
    "JournalLib": "libellejournal libelledujournal nomjournal intitulejournal journallibelle",
    "EcritureNum": "numecriture numeroecriture numerodecriture necriture noecriture ecriture ecriturenumero "
    "numeromouvement nmouvement",
    "EcritureDate": "date dateecriture datedecriture datecomptable datecomptabilisation datedecomptabilisation",
    "CompteNum": "compte numcompte numerocompte numerodecompte ncompte nocompte comptegeneral",
    "CompteLib": "libcompte libellecompte libelleducompte libelledecompte intitulecompte intituleducompte nomcompte",
    "CompAuxNum": "comptauxnum compteauxnum compteauxiliaire auxiliaire comptetiers tiers codetiers numeroauxiliaire "
    "numerocompteauxiliaire",
    "CompAuxLib": "comptauxlib compteauxlib libelleauxiliaire libellecompteauxiliaire intituletiers libelletiers "
    "nomtiers intituleauxiliaire",
    "PieceRef": "piece npiece nopiece numpiece numeropiece numerodepiece referencepiece refpiece reference",
    "PieceDate": "datepiece datedepiece datedelapiece",
    "EcritureLib": "libelle libelleecriture libelledecriture ecriturelibelle",
    "EcritureLet": "lettrage lettre codelettrage codedelettrage",
    "DateLet": "datelettrage datedelettrage",
    "ValidDate": "datevalid datevalidation datedevalidation validationdate",
    "Montantdevise": "montantendevise", "Idevise": "devise codedevise",
}  # fmt: skip
_KNOWN = _EXACT | {word: name for name, words in _WORDS.items() for word in words.split()}
_SEPARATORS = ("\t", "|", ";", ",", "~")
_SEPARATOR_NAMES = {"\t": "tab", "|": "pipe", ";": "semicolon", ",": "comma", "~": "tilde"}


@dataclass(frozen=True, slots=True)
class Header:
    """How the columns of this file are to be read. ``places`` maps a field to its column."""

    separator: str
    places: dict[str, int]
    width: int
    quoted: bool
    problems: tuple[Problem, ...] = ()

    @property
    def signed_by_side(self) -> bool:
        """True when amounts are written as Montant and Sens."""
        return "Debit" not in self.places

    def dialect(self) -> dict[str, str]:
        """A readable account of the header."""
        return {
            "separator": _SEPARATOR_NAMES[self.separator],
            "amounts": "montant/sens" if self.signed_by_side else "debit/credit",
            "columns": str(self.width),
            "quoted": "yes" if self.quoted else "no",
        }


def read_header(line: str) -> Header | None:
    """Recognise the header of a FEC, or return None. Names in any case and any order, any known separator."""
    separator = max(_SEPARATORS, key=lambda one: _score(line.split(one)))
    cells = line.split(separator)
    while len(cells) > 1 and not cells[-1].strip():
        cells.pop()
    names = [_known_name(cell) for cell in cells]
    if _own(cells) < _ENOUGH and _lacking(dict.fromkeys(names, 0)):
        return None
    places: dict[str, int] = {}
    problems: list[Problem] = []
    for place, name in enumerate(names):
        if name in places:
            problems.append(problem("repeated_column", 1, column=name, name=name))
        elif name in FIELDS:
            places[name] = place
        elif name not in CASH_BASIS_FIELDS:
            problems.append(problem("unknown_column", 1, column=name, name=name))
    problems += [problem("missing_column", 1, column=name, name=name) for name in WANTED if name not in places]
    problems += [problem("required_column", 1, column=name, name=name) for name in _lacking(places)]
    return Header(separator, places, len(cells), cells[0].strip().startswith('"'), tuple(problems))


def header_in(head: bytes) -> tuple[int, Header] | None:
    """The header within the first lines of a text in UTF-8 with ``\\n``, with the place of its line, from 0."""
    lines = head.split(b"\n", MAX_TITLES)[:MAX_TITLES]
    return find_header(line[:MAX_LINE].decode("utf-8", "replace") for line in lines)


def find_header(lines: Iterable[str]) -> tuple[int, Header] | None:
    """The first of these lines that is the header of a FEC, with its place among them; None when none is."""
    for place, line in enumerate(lines):
        header = read_header(line)
        if header is not None:
            return place, header
    return None


def _score(cells: list[str]) -> int:
    return len({name for name in map(_known_name, cells) if name in FIELDS})


def _own(cells: list[str]) -> int:
    """How many names there are that only a FEC has."""
    plain = {_letters(cell).lower() for cell in cells}
    return len((plain & _EXACT.keys()) - _GENERIC)


def _lacking(places: dict[str, int]) -> list[str]:
    lacking = [name for name in REQUIRED if name not in places]
    if not ({"Debit", "Credit"} <= places.keys() or {"Montant", "Sens"} <= places.keys()):
        lacking.append("Debit/Credit")
    return lacking


def _letters(cell: str) -> str:
    plain = unicodedata.normalize("NFKD", cell.strip()[:MAX_NAME].strip("\ufeff\"' "))
    return "".join(char for char in plain if char.isalnum())


def _known_name(cell: str) -> str:
    """The field of a column, else its own name."""
    letters = _letters(cell)
    return _KNOWN.get(letters.lower(), letters[:40])
