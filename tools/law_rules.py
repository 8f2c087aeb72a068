"""The page of the rules of law: each rule with the module that applies it, its source, and how sure it is.

    python -m tools.law_rules write     write docs/law-rules.md anew from the tables of the package
    python -m tools.law_rules check     fail when the page is not what the tables say

The page is made from the tables themselves, so that a rule added to one of them cannot be left out of it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from encaisse.law.conditions import all_conditions
from encaisse.law.constants import Constant, all_constants, constant_groups
from encaisse.law.costs import cost_items
from encaisse.law.counting import Figure
from encaisse.law.deadline_rules import LENGTHS, Rule, Version, all_rules
from encaisse.law.indemnity import all_scales
from encaisse.law.limitation_rules import claim_kinds, event_kinds
from encaisse.law.regimes import all_regimes
from encaisse.law.schema import FROM_SURE_TO_DOUBTFUL
from encaisse.law.series import Series, all_series, package_series
from encaisse.law.term_rules import ceilings, clauses

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "encaisse"
LAW = SOURCE / "law"
PAGE = ROOT / "docs" / "law-rules.md"

ID = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")

COUNTED = ("years", "months", "weeks", "days", "hours")
Row = tuple[str, ...]

HEAD = """\
# Every rule of law, the module that applies it, its source

Made by `python -m tools.law_rules write` from the tables of `src/encaisse/law`; a test refuses a page that is behind
them. What the words mean, what is not sure and how to update: [the law it applies](law.md). This is not legal advice.
"""


def page() -> str:
    """The whole page, as the tables say it today."""
    parts = [HEAD]
    for title, lead, heads, rows in (
        _modules(), _regimes(), _series(), _constants(), _scales(), _deadlines(), _claims(), _events(), _terms(),
        _clauses(), _routes(), _conditions(), _courts(), _costs(), _guards(), _wording(), _mentions(),
    ):  # fmt: skip
        parts.append(f"\n## {title}\n\n{lead}\n\n{_table(heads, rows)}")
    return "".join(parts)


Section = tuple[str, str, Row, Sequence[Row]]


def _table(heads: Row, rows: Iterable[Row]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _code(text: str) -> str:
    return f"`{text}`"


# ------------------------------------------------------------------------------------------------------------- modules


def _modules() -> Section:
    found = sorted([*LAW.glob("*.py"), *LAW.glob("vectors/*.py")])
    rows = [(_code(f"law/{path.relative_to(LAW)}"), _first_line(path)) for path in found]
    return "Modules", "What each module of the room is for.", ("module", "what it does"), rows


def _first_line(path: Path) -> str:
    said = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return said.split("\n\n")[0].rstrip(":")


# ----------------------------------------------------------------------------------------------- regimes and parameters


def _regimes() -> Section:
    rows = [
        (_code(one.code), one.label["en"], one.begins["en"], one.rate_text["en"], one.reference, one.confidence)
        for one in all_regimes().values()
    ]
    lead = "`law/regimes.py` reads them from `regimes.yaml`; `law/worksheet.py` and `law/columnar.py` apply them."
    return "Regimes", lead, ("regime", "who", "interest runs from", "rate", "source", "confidence"), rows


def _series() -> Section:
    rows = []
    for name in all_series():
        series = package_series(name)
        rows.append((_code(name), series.label["en"], _known(series), series.reference, _counted(series)))
    lead = (
        "`law/series.py` reads them from `parameters/`, one file each; each value has its own source there. Confidence:"
        " how many values are so sure."
    )
    return "Rates and sums over time", lead, ("series", "what", "known", "source", "confidence"), rows


def _known(series: Series) -> str:
    last = "further notice" if series.last == date.max else series.last.isoformat()
    return f"{series.first.isoformat()} to {last}"


def _counted(series: Series) -> str:
    found = Counter(point.confidence for point in series.points)
    if len(found) == 1:
        return next(iter(found))
    return ", ".join(f"{found[word]} {word}" for word in FROM_SURE_TO_DOUBTFUL if found[word])


def _constants() -> Section:
    titles = constant_groups()
    rows = [
        (
            _code(one.id),
            f"{titles[one.id.partition('.')[0]]['en']}: {one.label['en']}",
            _value(one),
            _applied(one.id),
            one.reference,
            one.confidence if one.known else "not known",
        )
        for one in all_constants()
    ]
    lead = (
        "`law/constants.py` reads them from `constants/`, one file per group. Applied by: the tables and modules that"
        " name the constant; none: it is kept to be read (`constant(name)`), nothing is computed with it."
    )
    return "Constants", lead, ("constant", "what", "value", "applied by", "source", "confidence"), rows


def _value(one: Constant) -> str:
    if not one.known:
        return "not known"
    value = " to ".join(map(str, one.value)) if isinstance(one.value, tuple) else str(one.value)
    if one.unit in COUNTED:
        value = _counting(value, one.unit)
    elif one.kind in ("number", "range") and one.unit:
        value = f"{value} {one.unit}"
    until = f", until {one.last.isoformat()}" if one.last else ""
    since = f", from {one.first.isoformat()}" if one.first else ""
    return value + since + until


@cache
def _texts() -> Mapping[str, str]:
    """Every file of the room that may name a constant: Python and tables, but not the constants themselves."""
    found = [path for path in sorted(LAW.rglob("*")) if path.suffix in (".py", ".yaml")]
    kept = [path for path in found if path.parent.name not in ("constants", "parameters")]
    return {str(path.relative_to(SOURCE)): path.read_text("utf-8") for path in kept}


def _applied(name: str) -> str:
    used = [path for path, text in _texts().items() if name in _names_in(path, text)]
    return ", ".join(_code(path) for path in used) or "none"


@cache
def _names_in(path: str, text: str) -> frozenset[str]:
    """What a file says that may be the id of a constant."""
    return frozenset(ID.findall(text))


def _scales() -> Section:
    rows = [
        (_code(name), one.label["en"], one.kind, one.reference, one.confidence) for name, one in all_scales().items()
    ]
    lead = "`law/indemnity.py` reads them from `scales.yaml`."
    return "Sums by the amount of the debt", lead, ("scale", "what", "kind", "source", "confidence"), rows


# ------------------------------------------------------------------------------------------------- deadlines and terms


@dataclass(frozen=True, slots=True)
class _Length:
    """A number of the law on some days, with its source: from a table, or one value of a constant."""

    number: str
    first: date | None
    last: date | None
    reference: str
    confidence: str


def _lengths(raw: Any, first: date | None = None, last: date | None = None) -> list[_Length]:
    """The values of a figure of a table between two days: each value of a constant, or the one the table gives."""
    if not isinstance(raw, str):
        return [_Length(str(raw["value"]), first, last, raw["reference"], raw["confidence"])]
    found = []
    for one in (each for each in all_constants() if each.id == raw):
        begin = max(one.first or date.min, first or date.min)
        end = min(one.last or date.max, last or date.max)
        if begin <= end:
            days = (begin if begin > date.min else None, end if end < date.max else None)
            found.append(_Length(str(one.value), *days, one.reference, one.confidence))
    return found


def _counting(number: str, unit: str) -> str:
    word = unit.replace("_", " ")
    return f"{number} {word.removesuffix('s') if number == '1' else word}"


def _deadlines() -> Section:
    rows = [row for rule in all_rules().values() for version in rule.versions for row in _deadline(rule, version)]
    lead = (
        "`law/deadline_rules.py` reads them from `deadlines.yaml`; `law/deadlines.py` counts: procedural by CPC 641 and"
        " 642, date to date, or to the end of a year."
    )
    heads = ("deadline", "what", "length", "in force", "counted", "source", "confidence")
    return "Procedural deadlines", lead, heads, rows


def _deadline(rule: Rule, version: Version) -> list[Row]:
    what = "orders" if rule.by_order else "starts"
    given = {name: version.lengths[name] for name in LENGTHS if version.lengths.get(name) is not None}
    rows: list[Row] = []
    for unit, raw in given.items():
        for one in _lengths(raw, version.first, version.last):
            length, days = _counting(one.number, unit), _span(one.first, one.last, what)
            source = version.reference or one.reference
            rows.append((_code(rule.id), rule.label["en"], length, days, rule.counting, source, one.confidence))
    if rows:
        return rows
    days = _span(version.first, version.last, what)
    return [(_code(rule.id), rule.label["en"], "none of its own", days, rule.counting, version.reference, "")]


def _span(first: date | None, last: date | None, what: str) -> str:
    if first is None and last is None:
        return "always"
    return what + (f" from {first.isoformat()}" if first else "") + (f" to {last.isoformat()}" if last else "")


def _claims() -> Section:
    rows = [
        (_code(name), one.label["en"], _counting(str(one.years.value), "years"), *_source(one.years))
        for name, one in claim_kinds().items()
    ]
    lead = "`law/limitation_rules.py` reads them from `limitation.yaml`; `law/limitation.py` applies them."
    return "Limitation, by kind of claim", lead, ("kind", "what", "length", "source", "confidence"), rows


def _source(found: Figure) -> tuple[str, str]:
    return found.reference, found.confidence


def _events() -> Section:
    rows = []
    for name, event in event_kinds().items():
        for family, effect in event.effects.items():
            rows.append((_code(name), event.label["en"], family, effect.code, effect.reference, effect.confidence))
    lead = "What each event does to the time, under each law: the same modules."
    return "Limitation, by event", lead, ("event", "what", "law", "effect", "source", "confidence"), rows


def _terms() -> Section:
    rows = []
    for name, ceiling in ceilings().items():
        for way in ceiling.ways:
            end = ", end of month" if way.end_of_month else ""
            for one in _lengths(way.days):
                length = f"{_counting(one.number, 'days')} from {way.origin.replace('_', ' ')}{end}"
                days = _span(one.first, one.last, "terms")
                rows.append((_code(name), ceiling.label["en"], length, days, one.reference, one.confidence))
    lead = "`law/term_rules.py` reads them from `terms.yaml`; `law/terms.py` applies them."
    return "Payment terms: ceilings", lead, ("ceiling", "what", "length", "in force", "source", "confidence"), rows


def _clauses() -> Section:
    rows = [(_code(name), one.text["en"], one.reference, one.confidence) for name, one in clauses().items()]
    lead = "`law/terms.py`, from `terms.yaml`."
    return "Clauses a contract may not have", lead, ("clause", "what", "source", "confidence"), rows


# ----------------------------------------------------------------------------------------- routes, guards, words to say


def _routes() -> Section:
    rows = [
        (_code(name), raw["label"]["en"], ", ".join(map(_code, raw["conditions"])), raw["reference"], raw["confidence"])
        for name, raw in _read("routes.yaml")["routes"].items()
    ]
    lead = "`law/routes.py`, from `routes.yaml`; deadlines by `law/route_deadlines.py`, the claim by `law/claims.py`."
    return "Routes of recovery", lead, ("route", "what", "open when", "source", "confidence"), rows


def _conditions() -> Section:
    rows = [
        (_code(name), one.holds["en"], one.reference, one.confidence) for name, one in sorted(all_conditions().items())
    ]
    lead = "`law/conditions.py`, from `conditions.yaml`: what the routes ask."
    return "Conditions of the routes", lead, ("condition", "it holds", "source", "confidence"), rows


def _courts() -> Section:
    rows = [
        (_code(name), raw["label"]["en"], raw["reference"], raw["confidence"])
        for name, raw in _read("courts.yaml")["courts"].items()
    ]
    return "Courts", "`law/courts.py`, from `courts.yaml`.", ("court", "what", "source", "confidence"), rows


def _costs() -> Section:
    rows = []
    for name, raw in cost_items().items():
        named = [raw[key] for key in ("amount", "range", "least") if isinstance(raw.get(key), str)]
        named += [band["range"] for band in raw.get("bands", ())]
        rows.append((_code(name), raw["words"]["en"], ", ".join(map(_code, named)) or "open", raw["when"]))
    lead = "`law/costs.py`, from `costs.yaml`; the sums are constants, with their sources above."
    return "Costs of the routes", lead, ("cost", "what", "constant", "when"), rows


def _guards() -> Section:
    table = _read("guards.yaml")
    rows = [
        (_code(f"shared.{group}"), f"{rule['code']}: {rule['reason']['en']}", rule["article"], rule["confidence"])
        for group, rules in table["shared"].items()
        for rule in rules
    ]
    for name, raw in table["acts"].items():
        label = raw["label"]["en"]
        for rule in raw.get("rules", ()):
            told = f"{label}, no: {rule['reason']['en']}"
            rows.append((_code(f"{name}.{rule['code']}"), told, rule["article"], rule["confidence"]))
        last = raw.get("allowed") or raw["rules"][-1]
        told = f"{label}, else: {last['reason']['en']}" if raw.get("allowed") else f"{label}: never allowed"
        rows.append((_code(name), told, last["article"], last["confidence"]))
    lead = "`law/guards.py`, from `guards.yaml`: what a creditor may do to a customer, at what moment."
    return "Guards", lead, ("act", "rule", "source", "confidence"), rows


def _wording() -> Section:
    rows = [
        (_code(name), f"{raw['finding']}: {raw['why']['en']}", raw["article"], raw["confidence"])
        for name, raw in _read("phrases/rules.yaml").items()
    ]
    lead = (
        "`law/wording.py` and `law/phrase.py`, from `phrases/`: what a message may not say, and what it must. Every "
        "message that leaves is read by them."
    )
    return "Wording", lead, ("rule", "why", "source", "confidence"), rows


def _mentions() -> Section:
    rows = []
    for name, raw in _read("mentions.yaml")["mentions"].items():
        for one in raw["sources"]:
            rows.append((_code(name), ", ".join(raw["kinds"]), _dated(one), one["reference"], one["confidence"]))
    lead = "`law/mentions.py`, from `mentions.yaml`: what a document says."
    return "Mentions of documents", lead, ("mention", "documents", "in force", "source", "confidence"), rows


def _dated(raw: Mapping[str, Any]) -> str:
    first = f"from {raw['from']}" if raw["from"] else ""
    last = f"to {raw['to']}" if raw["to"] else ""
    return f"{first} {last}".strip() or "always"


@cache
def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((LAW / name).read_text("utf-8"))
    return content


# ------------------------------------------------------------------------------------------------------------- commands


def write() -> int:
    """Write the page anew."""
    PAGE.write_text(page(), encoding="utf-8")
    return 0


def check() -> int:
    """Say whether the page is what the tables say."""
    if PAGE.read_text("utf-8") == page():
        return 0
    print(f"{PAGE.relative_to(ROOT)} is behind the tables of the law: python -m tools.law_rules write")
    return 1


COMMANDS: Mapping[str, Callable[[], int]] = {"write": write, "check": check}


def main(arguments: Sequence[str]) -> int:
    """Run `write` or `check`."""
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print(__doc__)
        return 2
    return COMMANDS[arguments[0]]()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
