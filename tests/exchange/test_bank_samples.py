"""Real and broken statements of other projects: each is read in full, or says by name what is wrong with it."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from encaisse.exchange import bank, problems
from encaisse.exchange.bank_kinds import bank_kind, read_bank

FOLDER = Path(__file__).parent / "bank"
FILES = sorted(path for path in FOLDER.glob("*/**/*") if path.is_file())
ROOM = Path(bank.__file__).parent
SOURCES = sorted(path for name in ("bank*", "camt*", "cfonb*", "mt*", "ofx") for path in ROOM.glob(f"{name}.py"))

# What is wrong with the samples, in the order of the file; those not named here are right in every way.
WRONG: dict[str, list[str]] = {
    "camt052.v2.with-account-name.xml": ["date_taken_from_elsewhere"],
    "camt052.v4.xml": ["pending_operations"],
    "camt052.v6.Amt-zero.xml": ["pending_operations"],
    "camt052.v6.xml": ["pending_operations"],
    "camt053.v2.minimal.xml": ["balance_currencies"],
    "camt053.v2.wrong.xml": ["no_statement"],
    "camt053.v8.xml": ["balance_currencies"],
    "camt054.v4.xml": ["batch_total"],
    "camt054.v8-with-financial-institution.xml": ["date_taken_from_elsewhere"],
    "end_of_statement_without_beginning.txt": ["balance_mismatch", "record_out_of_place", "no_opening_balance"],
    "invalid_date.txt": ["bad_balance_date", "balance_mismatch", "record_out_of_place", "no_opening_balance"],
    "operation.txt": ["record_out_of_place", "no_opening_balance", "no_closing_balance"],
    "operation_detail_without_operation.txt": ["record_out_of_place", "balance_mismatch"],
    "operation_unstarted.txt": ["record_out_of_place"] * 4,
    "171011_01234945.sta": [],
    "abnamro.sta": ["balance_mismatch", "balance_mismatch"],
    "account_balance_credit.sta": ["no_closing_balance", "no_account"],
    "amount_formats.sta": ["no_closing_balance", "no_account"],
    "closing_balance.sta": ["no_opening_balance", "no_account"],
    "currency_in_25.sta": ["no_opening_balance", "no_closing_balance"],
    "details_60-63.sta": ["balance_mismatch"],
    "empty_86.sta": ["no_opening_balance", "no_closing_balance", "no_account"],
    "empty_entry_date.sta": ["no_opening_balance", "no_closing_balance", "no_account", "no_currency"],
    "empty_line.sta": ["no_opening_balance", "no_closing_balance", "no_account"],
    "empty_non_swift.sta": ["no_opening_balance", "no_closing_balance", "no_account"],
    "gv_codes.sta": ["no_closing_balance"],
    "ing.sta": ["balance_mismatch"],
    "knab.sta": ["balance_mismatch"],
    "malformed_details.sta": ["balance_mismatch"],
    "overly_long_details.sta": ["balance_mismatch"],
    "rabobank.sta": ["balance_mismatch", "balance_mismatch"],
    "reference.sta": ["no_opening_balance", "no_closing_balance", "no_account"],
    "sepa_snippet_broken.sta": ["wrong_tag", "balance_mismatch"],
    "sparkassen.sta": ["no_opening_balance", "no_closing_balance", "no_account", "no_currency"],
    "statement_line.sta": ["no_opening_balance", "no_closing_balance", "no_account", "no_currency"],
    "triodos.sta": ["balance_mismatch"],
    "with_newline_in_tnr.sta": ["balance_mismatch"],
    "account_listing_aggregation.ofx": ["no_statement"],
    "bank_small.ofx": ["no_statement"],
    "error_message.ofx": ["bank_refused"],
    "fidelity.ofx": ["investments_ignored"],
    "investment_401k.ofx": ["investments_ignored"],
    "ofx-v102-empty-tags.ofx": ["bad_balance"],
    "signon_fail.ofx": ["bank_refused"],
    "signon_success.ofx": ["no_statement"],
    "vanguard.ofx": ["investments_ignored"],
    "vanguard401k.ofx": ["investments_ignored"],
    "date_missing.ofx": ["bad_operation_date"] * 3,
    "empty_balance.ofx": ["bad_balance", "bad_balance"],
}
# What marks one movement in each folder, for a count that owes nothing to the readers.
MARKS = {
    "camt": rb"<Ntry>",
    "cfonb-pennylane": rb"(?m)^04",
    "cfonb-silarhi": rb"(?m)^04",
    "mt940": rb"(?m)^:61:",
    "ofx": rb"<STMTTRN>",
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_movement_is_read_or_set_aside_by_name(path: Path) -> None:
    data = path.read_bytes()
    found = read_bank(data, language="en")
    assert found.kind == bank_kind(data) != "unknown"
    folder = path.relative_to(FOLDER).parts[0]
    aside = sum(one.code in ("bad_operation", "bad_operation_date", "bad_operation_amount") for one in found.problems)
    assert len(found.transactions) + aside == len(re.findall(MARKS[folder], data))
    assert [one.code for one in found.problems] == WRONG.get(path.name, [])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_problems_say_where_and_what_to_do_in_both_languages(path: Path) -> None:
    french, english = read_bank(path), read_bank(path, language="en")
    assert [one.code for one in french.problems] == [one.code for one in english.problems]
    for one, other in zip(french.problems, english.problems, strict=True):
        assert one.message != other.message
        assert one.hint != other.hint
        assert "{" not in one.message + other.message
        assert "?" not in one.message
    nowhere = {"no_statement", "investments_ignored"}
    assert all(one.line for one in french.problems if one.code not in nowhere)
    assert french.statements == tuple(
        bank.Statement(*(getattr(one, name) for name in bank.Statement.__slots__[:-1]), problems=told.problems)
        for one, told in zip(english.statements, french.statements, strict=True)
    )


def test_a_stream_and_a_path_read_like_bytes() -> None:
    for name in ("camt/camt053.v8.xml", "mt940/generic.sta", "ofx/suncorp.ofx", "cfonb-pennylane/example.txt"):
        path = FOLDER / name
        with path.open("rb") as stream:
            assert read_bank(stream) == read_bank(path) == read_bank(path.read_bytes())


def test_statements_that_agree() -> None:
    found = read_bank(FOLDER / "mt940" / "sepa_mt9401.sta")
    assert len(found.statements) == 26
    for one in found.statements:
        opening, closing = one.balance("opening"), one.balance("closing")
        assert opening is not None
        assert closing is not None
        assert opening.amount + sum((each.amount for each in one.transactions), Decimal(0)) == closing.amount


def test_every_code_noted_has_its_words() -> None:
    """Codes given to ``add`` and ``refuse`` too, which the test of ``problem`` calls does not see."""
    used = set()
    for path in SOURCES:
        used |= set(re.findall(r"(?:\.add|\brefuse|Refused)\(\s*\"([a-z_]+)\"", path.read_text(encoding="utf-8")))
    assert len(used) > 25
    assert used <= problems.catalogue().keys()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\r\n \n", "empty_file"),
        (b"nom;adresse\nDupont;Lyon\n", "not_a_statement"),
        (b"%PDF-1.7\n:20:x\n", "not_a_statement"),
        (b"PK\x03\x04" + bytes(200), "not_a_statement"),
        (b"<html><body>Session expir\xe9e</body></html>", "not_a_statement"),
        (b"\0" * 100_000, "not_a_statement"),
    ],
)
def test_what_is_no_statement_is_refused(data: bytes, code: str) -> None:
    found = read_bank(data)
    assert found.kind == "unknown"
    assert [one.code for one in found.problems] == [code]
