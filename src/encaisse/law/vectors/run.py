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
from encaisse.law.vectors.figures import Figure, money_figure, scaled
from encaisse.law.vectors.money import Reckoning
from encaisse.law.vectors.reading import Unclear, Vector, kind_of, read_vectors, spellings
from encaisse.law.vectors.segments import differing_segments, untold_segments

NOT_CHECKED = "not checked: unknown expectation"

_ERRORS = {"error", "raises", "exception", "must_raise", "must_fail", "refused", "expected_error", "error_expected"}
_REFUSALS = {"error", "refused", "unknown", "not known", "raises"}
_KNOWN_TO = {"known_to", "known_until", "rate_known_to", "rate_known_until", "last_known_day", "known_through"}
_SMALL_WORDS = {"a", "an", "be", "for", "in", "is", "must", "of", "on", "the", "to", "yet"}
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
        differences = _expected_error(vector) if _refusal(vector) else _differences(vector)
    except _WRONG as error:
        differences = [Difference("error", "a result", _said(error))]
    return Result(vector.id, vector.title, vector.published, tuple(differences), vector.unknown_inputs)


def _refusal(vector: Vector) -> str | None:
    """The name under which a vector says that it must be refused; None when it expects a result."""
    for name, expected in vector.expected.items():
        if name in _ERRORS or (isinstance(expected, str) and expected.strip().casefold() in _REFUSALS):
            return name
    return None


def _differences(vector: Vector) -> list[Difference]:
    return _KINDS[kind_of(vector)](vector)


def _money(vector: Vector) -> list[Difference]:
    reckoning = Reckoning(vector)
    found: list[Difference] = []
    for name, expected in vector.expected.items():
        figure = money_figure(name)
        found += _difference(name, expected, figure and partial(_in_the_form_of, expected, figure, reckoning))
    found += differing_segments(reckoning, vector.steps)
    return found + untold_segments(reckoning, vector.steps) if found else []


def _in_the_form_of(expected: Any, figure: Figure, reckoning: Reckoning) -> Any:
    """One figure for the whole vector, or one per invoice where a list of them is expected."""
    if not isinstance(expected, list) or not reckoning.several:
        return figure(reckoning)
    got = [figure(one) for one in reckoning.each()]
    return figure(reckoning) if any(isinstance(one, list) for one in got) else got


def _dated(kind: str) -> Callable[[Vector], list[Difference]]:
    def compare(vector: Vector) -> list[Difference]:
        return [
            difference
            for name, expected in vector.expected.items()
            for difference in _difference(name, expected, _as_told(expected, name, kind, vector))
        ]

    return compare


def _as_told(expected: Any, name: str, kind: str, vector: Vector) -> Callable[[], Any] | None:
    """Several days of delivery, as one of them, as a list, or by delivery: in the form that is expected."""
    compute = dates.date_figure(kind, name, vector)

    def told() -> Any:
        got = compute() if compute else None
        if not isinstance(got, list) or isinstance(expected, list):
            return got
        if isinstance(expected, Mapping):
            return dict(zip(map(str, dates.deliveries(vector)), got, strict=True))
        return got[0] if len(set(got)) == 1 else got

    return told if compute else None


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
    name = str(_refusal(vector))
    known: dict[str, Any] = {}
    try:
        kind = kind_of(vector)
        compute = dates.date_figure(kind, "deadline", vector) if kind in dates.KINDS else Reckoning(vector).sheets
        got = "a result" if compute is None or compute() else "nothing"
    except _WRONG as error:
        got = "" if _means(str(vector.expected[name]), error) else _said(error)
        known |= dict.fromkeys(_KNOWN_TO, getattr(error, "known_to", None))
    found = [Difference(name, written(vector.expected[name]), got)] if got else []
    others = {key: value for key, value in vector.expected.items() if key != name}
    for key, expected in others.items():
        if expected is not None:
            found += _difference(key, expected, partial(known.get, key) if key in known else _part(key, vector))
    return found


def _part(name: str, vector: Vector) -> Callable[[], Any] | None:
    """A figure up to a day that is known, beside the refusal to count any further."""
    figure = money_figure(name) if kind_of(vector) == "interest" else None
    return figure and partial(figure, Reckoning(vector))


def _means(wanted: str, error: Exception) -> bool:
    """Whether the words of a vector name this error: ``UnknownRate``, ``rate not known``, ``true``."""
    name = type(error).__name__
    said = f"{name} {error} {spellings()['errors'].get(name, '')}".casefold()
    words = [word.casefold() for word in _WORD.findall(wanted)]
    words = [word for word in words if word not in _SMALL_WORDS]
    if words in (["error"], ["refused"], ["raises"]):
        return True
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
