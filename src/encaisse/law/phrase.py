"""Phrases a jurist can write, and finding them in a text whatever its accents, case, apostrophes and spaces.

The notation (explained at the head of ``phrases/fr.yaml``): ``huissier*`` any ending, ``(vos|votre)`` one of them,
``(the)?`` perhaps, ``…`` at most five words within a sentence, ``<amount>``, ``<forty>``, ``<date>``, ``<delay>``,
``<reference>``. A phrase begins and ends at whole words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from encaisse.law.schema import BadParameter

_GAP = r"(?:\S*[^\s.!?] ){0,5}"
_SPACE = r",? "
_ATOM = re.compile(r"\((?P<choice>[^()]*)\)(?P<perhaps>\?)?|(?P<named><\w+>)|(?P<gap>…|\.\.\.)|(?P<word>[^\s()<>…]+)")
_NUMBER = r"\d(?:[\d .,']*\d)?"
_CURRENCY = r"(?:€|eur|euros?|£|gbp|chf|\$|usd)"
_MONTH = (
    r"(?:janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre|january|february|march"
    r"|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
)
_COUNT = (
    r"(?:\d{1,3}|huit|dix|quinze|vingt|trente|quarante cinq|soixante|seven|eight|ten|fourteen|fifteen|twenty|thirty)"
)
_NAMED = {
    "<amount>": rf"(?:{_CURRENCY} ?{_NUMBER}|{_NUMBER} ?{_CURRENCY})",
    "<forty>": r"(?:€ ?40(?:[.,]00?)?(?![.,]?\d)|40(?:[.,]00?)? ?(?:€|eur|euros?)|(?:quarante|forty) euros)",
    "<date>": rf"(?:\d{{1,2}}(?:er|st|nd|rd|th)? {_MONTH}(?: \d{{4}})?|{_MONTH} \d{{1,2}}(?:,? \d{{4}})?"
    r"|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|\d{4} \d\d \d\d)",
    "<delay>": rf"{_COUNT} (?:working |calendar |clear )?(?:jours?|days?|mois|months?|semaines?|weeks?)",
    "<reference>": r"\S*\d\S*",
}
_APOSTROPHES = "'’‘ʼ′`´"
_DASHES = "-‐‑‒–—―−"
_DROPPED = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")
_SEPARATORS = frozenset('()[]{}«»“”„"*_|:;') | frozenset(_DASHES)
_LIGATURES = {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae"}


@dataclass(frozen=True, slots=True)
class Folded:
    """A text reduced for comparison, with the place of each of its characters in the original."""

    text: str
    places: tuple[int, ...]
    original: str

    def passage(self, start: int, end: int) -> str:
        """The words of the original between two places of the reduced text."""
        return " ".join(self.original[self.places[start] : self.places[end - 1] + 1].split())


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase that was read. ``stems``: for each of its parts, the beginnings one of which the text must hold."""

    source: str
    pattern: str
    stems: tuple[tuple[str, ...], ...]

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the phrase stands in a reduced text. Looking for the stems first keeps long lists cheap."""
        for stems in self.stems:
            for stem in stems:
                if stem in text:
                    break
            else:
                return
        for match in _compiled(self.pattern).finditer(text):
            yield match.span()


def fold(text: str) -> Folded:
    """Reduce a text: no accents or case, one kind of apostrophe, hyphens and spaces as one space."""
    letters: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        for letter in _fold_char(char):
            if letter != " " or (letters and letters[-1] != " "):
                letters.append(letter)
                places.append(place)
    return Folded("".join(letters), tuple(places), text)


@lru_cache(maxsize=4096)
def compile_phrase(source: str, where: str) -> Phrase:
    """Read a phrase as a jurist writes it. Raises BadParameter, naming ``where``, when it cannot be read."""
    if not source.strip():
        raise BadParameter(f"{where}: a phrase is a text that is not empty")
    if source.count("(") != source.count(")"):
        raise BadParameter(f"{where}: {source!r} has a parenthesis too many or too few")
    pattern, last = "", ""
    stems: list[tuple[str, ...]] = []
    for atom in _ATOM.finditer(source):
        kind = atom.lastgroup if atom["choice"] is None else "choice"
        written, found = _part(atom, where)
        if kind == "gap":
            pattern += (_SPACE if last else "") + _GAP
        elif atom["perhaps"]:
            pattern += (_SPACE if last not in ("", "gap", "perhaps") else "") + f"(?:{written}{_SPACE})?"
        else:
            pattern += (_SPACE if last not in ("", "gap", "perhaps") else "") + written
            stems += [found] if found else []
        last = "perhaps" if atom["perhaps"] else str(kind)
    if last in ("gap", "perhaps", ""):
        raise BadParameter(f"{where}: {source!r} must end with a word")
    # The rarest part first, as far as its length tells: most texts are then passed over at the first look.
    stems.sort(key=lambda found: -min(map(len, found)))
    return Phrase(source, rf"(?<!\w){pattern}(?!\w)", tuple(stems))


def _part(atom: re.Match[str], where: str) -> tuple[str, tuple[str, ...]]:
    """The pattern of one part of a phrase, and the beginnings it needs (none: it may be anything)."""
    if atom["gap"]:
        return "", ()
    choices = atom["choice"].split("|") if atom["choice"] is not None else [atom["named"] or atom["word"]]
    patterns = [_choice(choice, where) for choice in choices]
    stems = tuple(_stem(choice) for choice in choices)
    return f"(?:{'|'.join(patterns)})", stems if all(stems) else ()


def _choice(choice: str, where: str) -> str:
    words = [_word(word, where) for word in choice.split()]
    if not words:
        raise BadParameter(f"{where}: an empty choice; write (the)? for a word that may be missing")
    return _SPACE.join(words)


def _word(word: str, where: str) -> str:
    if word.startswith("<"):
        if word not in _NAMED:
            raise BadParameter(f"{where}: {word} is not known: use one of {', '.join(_NAMED)}")
        return _NAMED[word]
    body = _SPACE.join(re.escape(part) for part in fold(word.rstrip("*")).text.split())
    return body + (r"\w*" if word.endswith("*") else "")


def _stem(choice: str) -> str:
    """The longest literal of a choice; empty when it holds none."""
    literals = chain.from_iterable(
        fold(word.rstrip("*")).text.split() for word in choice.split() if not word.startswith("<")
    )
    return max(literals, key=len, default="")


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    """The pattern of a phrase whose stems all stand in a text: most are never needed."""
    return re.compile(pattern)


@lru_cache(maxsize=4096)
def _fold_char(char: str) -> str:
    if char in _DROPPED:
        return ""
    if char.isspace() or char in _SEPARATORS:
        return " "
    if char in _APOSTROPHES:
        return "' "
    plain = unicodedata.normalize("NFKD", _LIGATURES.get(char, char))
    return "".join(
        " " if letter.isspace() else letter for letter in plain if not unicodedata.combining(letter)
    ).casefold()
