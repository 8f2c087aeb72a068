"""What waits on a tray, as a person looks at it: what each file is and would change, alike files in one group."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django.db import DatabaseError
from django.utils.translation import gettext as _

from encaisse.exchange import arrivals
from encaisse.exchange.problems import problem
from encaisse.ledger.taking import Preview
from encaisse.web import reports
from encaisse.web.uploads import Tray, Upload, problem_rows

log = logging.getLogger(__name__)

State = Literal["ready", "later", "unchanged", "already", "unclear", "refused", "alone", "unlooked"]
WANTED: frozenset[State] = frozenset({"ready", "later", "unlooked", "unchanged"})
"""What is offered for import."""
AT_ONCE = 40
"""Files looked at in one request; the page asks again for the rest."""
SECONDS = 2.0
"""No other file is begun in a request after so long."""
CARDS = 4
"""Up to so many files of one kind each have a card of their own; more share one."""
FIRST_PROBLEMS = 5
_BRINGS_INVOICES = frozenset({"fec", "table", "workbook", "xml", "pdf"})
_WAITS_FOR_BOOKS = frozenset({"document_without_invoice"})
_UNCLEAR = frozenset(
    {"table_kind_unclear", "table_lacks", "table_unsure", "table_dates_unclear", "table_amounts_unclear"}
)  # fmt: skip
"""What a person can settle by saying what the columns are."""
_FORMS = {
    "contacts": "contacts", "cdar": "cdar", "statuses-csv": "status-csv", "statuses-json": "status-json", "pdf": "pdf",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Looked:
    """One file, and what is known of what it would change (`row`; empty while nobody looked)."""

    upload: Upload
    state: State
    row: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """What it is; while it was not looked at, what it seems to be."""
        if self.state == "alone":
            return "unknown"
        known = str(self.row.get("kind", ""))
        what = self.upload.file.what
        return known or _FORMS.get(what.form, what.kind)

    @property
    def kind_name(self) -> str:
        """What it is, in words."""
        return reports.kind_name(self.kind)

    @property
    def state_word(self) -> str:
        """Its state, in words."""
        return STATES[self.state]()

    @property
    def tone(self) -> str:
        """How its state is shown."""
        return TONES.get(self.state, "")

    @property
    def wanted(self) -> bool:
        """It is offered for import."""
        return self.state in WANTED

    @property
    def read(self) -> str:
        """How much was read."""
        return reports.read_line(self.row.get("counts", {}))

    @property
    def new(self) -> list[reports.Line]:
        """What would be new."""
        return reports.new_lines(self.row)

    @property
    def changed(self) -> list[reports.Line]:
        """What would be different."""
        return reports.changed_lines(self.row)

    @property
    def days(self) -> tuple[date, date] | None:
        """First and last day it tells of."""
        first, last = self.row.get("first_day"), self.row.get("last_day")
        return (date.fromisoformat(first), date.fromisoformat(last)) if first and last else None

    @property
    def problems(self) -> list[Mapping[str, Any]]:
        """Its problems, for the reader."""
        return reports.problems(self.row.get("problems", []))

    @property
    def older(self) -> bool:
        """Refused only because it ends before what is known: a person may say that the books do."""
        return self.state == "refused" and {one["code"] for one in self.row.get("problems", [])} == {"older_export"}

    @property
    def is_table(self) -> bool:
        """Its columns can be said by a person."""
        return self.upload.file.what.form in ("table", "workbook")


@dataclass(frozen=True, slots=True)
class Group:
    """Files of one kind, with the sums of what they would change."""

    key: str
    files: Sequence[Looked]

    @property
    def name(self) -> str:
        """The kind, in words."""
        return _("Left alone: nothing that is imported") if self.key == "alone" else reports.kind_name(self.key)

    @property
    def cards(self) -> bool:
        """So few that each has a card of its own."""
        return len(self.files) <= CARDS and self.key != "alone"

    @property
    def read(self) -> str:
        """How much was read in all."""
        return reports.read_line(added(one.row.get("counts", {}) for one in self.files))

    @property
    def new(self) -> list[reports.Line]:
        """What would be new in all; not customers, since the same new one may be in many of the files."""
        sums = added(one.row.get("new", {}) for one in self.files)
        return reports.new_lines({"new": {key: value for key, value in sums.items() if key != "customers"}})

    @property
    def invoiced(self) -> int:
        """What the new invoices come to, in minor units."""
        return int(added(one.row.get("new", {}) for one in self.files).get("invoiced", 0))

    @property
    def changed(self) -> list[reports.Line]:
        """What would be different in all."""
        return reports.changed_lines({"changed": added(one.row.get("changed", {}) for one in self.files)})

    @property
    def states(self) -> list[tuple[str, str, int]]:
        """How many files are in each state: tone, words, number."""
        found: dict[State, int] = {}
        for one in self.files:
            found[one.state] = found.get(one.state, 0) + 1
        return [(TONES.get(state, ""), STATES[state](), found[state]) for state in STATES if state in found]

    @property
    def wanted(self) -> int:
        """How many are offered for import."""
        return sum(one.wanted for one in self.files)

    @property
    def first_problems(self) -> list[tuple[Looked, Mapping[str, Any]]]:
        """The first problem of each of the first files that have one, the refused first."""
        marred = [(one, one.problems[0]) for one in self.files if one.row.get("problems") and one.state != "later"]
        return sorted(marred, key=lambda pair: pair[0].state not in ("refused", "unclear"))[:FIRST_PROBLEMS]

    @property
    def more_problems(self) -> int:
        """How many other files have a problem."""
        marred = sum(bool(one.row.get("problems")) and one.state != "later" for one in self.files)
        return max(marred - FIRST_PROBLEMS, 0)


STATES: Mapping[State, Callable[[], str]] = {
    "ready": lambda: _("ready"),
    "later": lambda: _("attached once its invoice is in"),
    "unchanged": lambda: _("changes nothing"),
    "already": lambda: _("imported before"),
    "unclear": lambda: _("say what its columns are"),
    "refused": lambda: _("cannot be taken"),
    "unlooked": lambda: _("recognised, not looked at yet"),
    "alone": lambda: _("left alone"),
}
TONES: Mapping[State, str] = {"ready": "good", "later": "good", "unclear": "warn", "refused": "bad"}


def look_on(tray: Tray, inspect: Callable[[Upload], Preview]) -> int:
    """Look at some files that nobody looked at, of each kind first; return how many are left."""
    left = _fairly([one for one in tray.waiting if one.token not in tray.looked and one.file.taken])
    until, done = time.monotonic() + SECONDS, []
    for one in left[:AT_ONCE]:
        done.append((one.token, looked_row(_inspected(one, inspect))))
        if time.monotonic() > until:
            break
    tray.add_looks(done)
    return len(left) - len(done)


def _inspected(one: Upload, inspect: Callable[[Upload], Preview]) -> Preview:
    """A preview, whatever the reader does: a file on which it fails would else hide all the others."""
    try:
        return inspect(one)
    except (OSError, DatabaseError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # the frames' library panics outside Exception
        log.exception("a reader failed on %s", one.file.what.form)
        fault = problem("reader_failed", None, reason=f"{type(error).__name__}: {error}")
        return Preview(one.file.what.kind, problems=(fault,), refused=True)


def _fairly(files: Iterable[Upload]) -> list[Upload]:
    """The first file of each form, then the second of each: a few of everything are looked at first."""
    seen: dict[str, int] = {}
    ranked = []
    for place, one in enumerate(files):
        rank = seen[one.file.what.form] = seen.get(one.file.what.form, 0) + 1
        ranked.append((rank, place, one))
    return [one for _rank, _place, one in sorted(ranked, key=lambda row: row[:2])]


def looked_row(preview: Preview) -> dict[str, Any]:
    """A preview as it is kept on a tray: numbers and problems, not each change."""
    would = preview.would
    return {
        "kind": preview.kind,
        "counts": preview.counts,
        "new": would.get("new", {}),
        "changed": {key: value for key, value in would.get("changed", {}).items() if key != "items"},
        "unchanged": bool(would.get("unchanged")),
        "already": preview.already,
        "refused": preview.refused,
        "first_day": preview.first_day and preview.first_day.isoformat(),
        "last_day": preview.last_day and preview.last_day.isoformat(),
        "problems": problem_rows(preview.problems),
    }


def looked_at(tray: Tray, language: str) -> list[Looked]:
    """Every file that waits, with its state."""
    waiting, known = tray.waiting, tray.looked
    brings = any(
        one.file.what.form in _BRINGS_INVOICES
        and not known.get(one.token, {"refused": one.file.what.form == "pdf"})["refused"]
        for one in waiting
        if one.file.taken
    )
    return [_looked(one, known.get(one.token, {}), brings, language) for one in waiting]


def _looked(one: Upload, row: Mapping[str, Any], brings: bool, language: str) -> Looked:
    if one.file.left_alone:
        return Looked(one, "alone", {})
    if not one.file.taken:
        told = problem_rows(arrivals.why_not(one.file, language=language))
        return Looked(one, "refused", {"kind": "unknown", "problems": told})
    return Looked(one, _state(row, brings=brings), row)


def _state(row: Mapping[str, Any], *, brings: bool) -> State:
    if not row:
        return "unlooked"
    if row["refused"]:
        codes = {one["code"] for one in row["problems"]}
        if codes & _UNCLEAR:
            return "unclear"
        return "later" if brings and codes and codes <= _WAITS_FOR_BOOKS else "refused"
    if row["already"]:
        return "already"
    return "unchanged" if row["unchanged"] else "ready"


def groups(files: Iterable[Looked]) -> list[Group]:
    """The files by kind, in the order in which they would be taken; what is left alone comes last."""
    found: dict[str, list[Looked]] = {}
    for one in files:
        found.setdefault("alone" if one.state == "alone" else one.kind, []).append(one)
    ordered = sorted(found, key=lambda key: (key == "alone", key == "unknown"))
    return [Group(key, found[key]) for key in ordered]


def added(counts: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The numbers of several reports, added up by name."""
    total: dict[str, int] = {}
    for one in counts:
        for key, value in one.items():
            if isinstance(value, int):
                total[key] = total.get(key, 0) + value
    return total
