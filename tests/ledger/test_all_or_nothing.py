"""Everything of one import happens or nothing does: files that cannot be taken, failures half-way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaisse.journal.models import Document, Entry
from encaisse.ledger import import_books, write_plan
from encaisse.ledger.models import Allocation, Import, Invoice, Payment, Receivable
from encaisse.parties.models import Creditor, Customer
from encaisse.storage import bulk
from tests.ledger.books import AT, HEADER, Fec

pytestmark = pytest.mark.django_db


def books() -> Fec:
    return (
        Fec(2025).sale("ALPHA", "F1", "20250110", 10_000).sale("ALPHA", "F2", "20250210", 5_000, "A")
        .paid("ALPHA", "V", "20250301", 5_000, "A").sale("BETA", "F3", "20250115", 700)
    )  # fmt: skip


def counts() -> list[int]:
    models = (Customer, Import, Invoice, Receivable, Payment, Allocation, Entry, Document)
    return [model._base_manager.count() for model in models]


BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty_file"),
    "zeros": (bytes(1 << 20), "binary_file"),
    "binary": (b"\x7fELF\x02\x01\x01\x00" + bytes(range(256)) * 40, "binary_file"),
    "pdf": (b"%PDF-1.7\n" + b"x" * 500, "document_without_invoice"),
    "text": ("Bonjour,\nvoici nos écritures.\n".encode(), "not_a_fec"),
    "header only": (HEADER.encode() + b"\n", "no_entries"),
    "no day is a date": (
        HEADER.encode() + b"\nVE\tV\t1\t2025-99-99\t411\tC\tA\tA\tF\t20250101\tL\t1,00\t0,00\t\t\t\t\t\n", ""
    ),
    "one side only": (
        HEADER.encode() + b"\nVE\tV\t1\t20250101\t411\tC\tA\tA\tF\t20250101\tL\t1,00\t0,00\t\t\t\t\t\n", ""
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_taken_is_refused_with_a_reason_and_a_hint(creditor: Creditor, name: str) -> None:
    content, code = BAD[name]
    before = counts()
    with pytest.raises(import_books.ImportRefused) as refused:
        import_books.import_file(creditor, content, "export.txt", at=AT, actor="test")
    codes = [one.code for one in refused.value.problems]
    assert codes
    assert not code or code in codes
    assert all(one.message and one.hint for one in refused.value.problems)
    seen = import_books.inspect(creditor, content, "export.txt")
    assert seen.refused
    assert [one.code for one in seen.problems] == codes
    assert counts() == before


def test_a_file_that_is_too_large_is_not_read(creditor: Creditor, tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(import_books.ImportRefused) as refused:
        import_books.import_file(creditor, path, path.name, at=AT, actor="test")
    assert refused.value.problems[0].code == "file_too_large"


@given(place=st.integers(0, 900), bad=st.binary(max_size=12), cut=st.integers(0, 40))
def test_damaged_books_are_read_or_refused_and_never_crash(
    django_db_blocker: Any, place: int, bad: bytes, cut: int
) -> None:
    content = books().bytes()
    place = min(place, len(content))
    damaged = content[:place] + bad + content[place + cut :]
    with django_db_blocker.unblock():
        owner = Creditor(pk=0, name="nobody")
        from django_scopes import scope

        with scope(creditor=owner):
            seen = import_books.inspect(owner, damaged, "x.txt")
    assert seen.refused == (not seen.would)
    assert not seen.refused or seen.problems


def test_looking_writes_nothing(creditor: Creditor) -> None:
    before = counts()
    seen = import_books.inspect(creditor, books().bytes(), books().name)
    assert (seen.kind, seen.already) == ("fec", False)
    assert seen.would["new"]["invoices"] == 3
    assert counts() == before
    import_books.import_file(creditor, books().bytes(), books().name, at=AT, actor="test")
    assert import_books.inspect(creditor, books().bytes(), books().name).already


class Broken(RuntimeError):
    """Made to fail."""


def test_a_failure_at_any_write_leaves_nothing(creditor: Creditor, monkeypatch: pytest.MonkeyPatch) -> None:
    before = counts()
    fails_at, count = 0, 0

    def breaking(function: Any) -> Any:
        def instead(*arguments: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            if count > fails_at:
                raise Broken
            return function(*arguments, **named)

        return instead

    for place, name in (
        (bulk, "insert"), (bulk, "update"), (import_books, "keep"), (import_books, "append"),
        (write_plan, "append_many"),
    ):  # fmt: skip
        monkeypatch.setattr(place, name, breaking(getattr(place, name)))
    for fails_at in range(100):  # noqa: B007
        count = 0
        try:
            import_books.import_file(creditor, books().bytes(), books().name, at=AT, actor="test")
        except Broken:
            assert counts() == before
        else:
            break
    assert fails_at > 8
    assert counts() == [2, 1, 3, 3, 1, 1, 3, 1]
