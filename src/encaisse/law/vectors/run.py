"""Play worked examples: text in, one result per vector out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from encaisse.law.indemnity import be_consumer_ceiling, nl_costs
from encaisse.law.vectors import dates
from encaisse.law.vectors.compare import Difference, same, written
from encaisse.law.vectors.figures import money_figure, scaled
from encaisse.law.vectors.money import Reckoning
from encaisse.law.vectors.reading import Unclear, Vector, kind_of, read_vectors, spellings
from encaisse.law.vectors.segments import differing_segments, untold_segments

NOT_CHECKED = "not checked: unknown expectation"

_ERRORS = {"error", "raises", "exception", "must_raise", "refused"}
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d{4}-\d\d-\d\d|\d+")
_WRONG = (ValueError, TypeError, LookupError, ArithmeticError)


@dataclass(frozen=True, slots=True)
class Result:
    """How one vector came out. ``published``: figures published by others; ``unused``: inputs not understood."""

    id: str
    title: str
    published: bool
    differences: tuple[Difference, ...]
    unused: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether everything that was expected came out."""
        return not self.differences


def run_vectors(text: str, name: str = "vectors") -> tuple[Result, ...]:
    """Play every vector of a file (YAML text in the form of ``vectors.yaml``).

    An expectation that nobody knows is a difference, and so is a vector that cannot be computed: nothing passes
    unseen. Raises BadVectors when the file itself cannot be read.
    """
    return tuple(play(vector) for vector in read_vectors(text, name))


def play(vector: Vector) -> Result:
    """One vector, computed and compared."""
    try:
        if not vector.expected:
            raise Unclear("nothing is expected: give at least one figure under `expected`")
        differences = _expected_error(vector) if _ERRORS & set(vector.expected) else _differences(vector)
    except _WRONG as error:
        differences = [Difference("error", "a result", _said(error))]
    return Result(vector.id, vector.title, vector.published, tuple(differences), vector.unknown_inputs)


def _differences(vector: Vector) -> list[Difference]:
    return _KINDS[kind_of(vector)](vector)


def _money(vector: Vector) -> list[Difference]:
    reckoning = Reckoning(vector)
    found: list[Difference] = []
    for name, expected in vector.expected.items():
        figure = money_figure(name)
        found += _difference(name, expected, figure and (lambda figure=figure: figure(reckoning)))
    found += differing_segments(reckoning, vector.steps)
    return found + untold_segments(reckoning, vector.steps) if found else []


def _dated(kind: str) -> Callable[[Vector], list[Difference]]:
    def compare(vector: Vector) -> list[Difference]:
        return [
            difference
            for name, expected in vector.expected.items()
            for difference in _difference(name, expected, dates.date_figure(kind, name, vector))
        ]

    return compare


def _scale(scale: Callable[[int], int], words: tuple[str, ...]) -> Callable[[Vector], list[Difference]]:
    def compare(vector: Vector) -> list[Difference]:
        found: list[Difference] = []
        for name, expected in vector.expected.items():
            known = any(word in name for word in words)
            compute = (lambda: scaled(vector, scale)) if known else None
            found += _difference(name, expected, compute)
        return found

    return compare


def _difference(name: str, expected: Any, compute: Callable[[], Any] | None) -> list[Difference]:
    if compute is None:
        return [Difference(name, written(expected), NOT_CHECKED)]
    try:
        got = compute()
    except _WRONG as error:
        return [Difference(name, written(expected), _said(error))]
    return [] if same(expected, got) else [Difference(name, written(expected), written(got))]


def _expected_error(vector: Vector) -> list[Difference]:
    """A vector may expect to be refused: by the name of the error, or by words of what it says."""
    name = next(name for name in vector.expected if name in _ERRORS)
    known: dict[str, Any] = {}
    try:
        kind = kind_of(vector)
        compute = dates.date_figure(kind, "deadline", vector) if kind in dates.KINDS else Reckoning(vector).sheets
        got = "a result" if compute is None or compute() else "nothing"
    except _WRONG as error:
        got = "" if _means(str(vector.expected[name]), error) else _said(error)
        known["known_to"] = getattr(error, "known_to", None)
    found = [Difference(name, written(vector.expected[name]), got)] if got else []
    others = {key: value for key, value in vector.expected.items() if key != name}
    for key, expected in others.items():
        found += _difference(key, expected, partial(known.get, key) if key in known else None)
    return found


def _means(wanted: str, error: Exception) -> bool:
    """Whether the words of a vector name this error: ``UnknownRate``, ``rate not known``, ``true``."""
    name = type(error).__name__
    said = f"{name} {error} {spellings()['errors'].get(name, '')}".casefold()
    words = [word.casefold() for word in _WORD.findall(wanted)]
    return words == ["true"] or (bool(words) and all(word in said for word in words))


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


_KINDS: Mapping[str, Callable[[Vector], list[Difference]]] = {
    "interest": _money,
    "capitalisation": _money,
    "ceiling": _scale(be_consumer_ceiling, ("ceiling", "cap", "maximum", "max", "lump_sum", "indemnity", "limit")),
    "costs": _scale(nl_costs, ("cost", "ceiling", "cap", "maximum", "fee")),
    **{kind: _dated(kind) for kind in dates.KINDS},
}
