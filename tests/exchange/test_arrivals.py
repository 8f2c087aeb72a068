"""One front door: what came in, whatever it lay in, in the order in which it is taken."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from encaisse.exchange import arrivals, zips
from encaisse.exchange.arrivals import Given

CONTACTS = b"customer_code;name;email;terms\nKILO;Kilo Bois;compta@kilo.example;30 jours\n"
STATUS = b"invoice;code;on\nF-1;205;2026-01-19\n"
TABLE = b"numero;client;montant\nF-1;Kilo;12,00\nF-2;Kilo;13,00\n"
MT940 = b":20:A\n:25:FR1420041010050500013M02606\n:28C:1/1\n:60F:C260101EUR1,00\n:62F:C260102EUR1,00\n-"


def packed(**members: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return made.getvalue()


def opened(tmp_path: Path, **files: bytes) -> list[arrivals.Arrived]:
    there, folder = tmp_path / "in", tmp_path / "out"
    there.mkdir()
    folder.mkdir()
    for name, content in files.items():
        (there / name).write_bytes(content)
    given = [Given(path, path.name) for path in sorted(there.iterdir())]
    return arrivals.in_order(arrivals.arrived(given, folder, language="en"))


def test_what_one_thing_needs_comes_before_it_in_archives_too(tmp_path: Path) -> None:
    inner = packed(**{"b__releve.sta": MT940, "b__F-1.pdf": b"%PDF-1.7", "table": TABLE})
    found = opened(tmp_path, **{"a.sta": MT940, "m.zip": packed(inner=inner, status=STATUS), "z.csv": CONTACTS})
    assert [(one.what.form, one.shown) for one in found] == [
        ("contacts", "z.csv"), ("table", "m.zip/inner/table"), ("pdf", "m.zip/inner/b/F-1.pdf"),
        ("statuses-csv", "m.zip/status"), ("bank", "a.sta"), ("bank", "m.zip/inner/b/releve.sta"),
    ]  # fmt: skip
    assert {one.origin for one in found} == {"a.sta", "m.zip", "z.csv"}
    assert found[0].path.read_bytes() == CONTACTS
    assert found[2].name == "F-1.pdf"


def test_what_cannot_be_read_is_there_with_its_reason(tmp_path: Path) -> None:
    found = opened(tmp_path, **{"a.zip": packed(), "b.zip": b"PK\x03\x04 broken", "c.zip": packed(**{"..__x": b"1"})})
    assert [(one.shown, one.problems[0].code, one.left_alone) for one in found] == [
        ("a.zip", "zip_empty", False), ("b.zip", "zip_broken", False), ("c.zip/../x", "zip_unsafe_name", False),
    ]  # fmt: skip
    missing = Given(tmp_path / "nothing", "nothing")
    (one,) = arrivals.arrived([missing], tmp_path, language="en")
    assert arrivals.why_not(one, language="en")[0].code == "unreadable"


def test_one_budget_may_hold_for_all_archives(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(packed(x=TABLE, y=TABLE))
    given = [Given(tmp_path / name, name) for name in ("a", "b")]
    found = list(arrivals.arrived(given, tmp_path, budget=zips.Budget(members=3)))
    assert [bool(one.problems) for one in found] == [False, False, False, True]


def test_every_form_that_is_read_has_its_place() -> None:
    from typing import get_args

    from encaisse.exchange.detect import Form

    assert {form for form in get_args(Form) if form not in arrivals.ORDER} == {
        "zip", "other", "archive", "empty", "none"
    }  # fmt: skip
