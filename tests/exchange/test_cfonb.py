"""CFONB 120 and 240: overpunched signs, complements, returned operations, several accounts, damage."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from encaisse.exchange.bank import BankFile, Transaction
from encaisse.exchange.cfonb import read_cfonb
from encaisse.exchange.cfonb_fields import signed

IBAN = "FR7630003030100002001234549"


def punched(cents: int, width: int = 14) -> str:
    digits = f"{abs(cents):0{width}d}"
    return digits[:-1] + ("}JKLMNOPQR" if cents < 0 else "{ABCDEFGHI")[int(digits[-1])]


def record(
    code: str, cents: int, *, day: str = "020326", op: str = "", label: str = "", tail: str = "", reject: str = "",
    account: str = "00020012345", number: str = "0000000", decimals: str = "2",
) -> str:  # fmt: skip
    middle = f"{day:6}{reject:2}{day if code == '04' else '':6}{label:31}  {number:7}  "
    return f"{code}30003    03010EUR{decimals} {account}{op:2}{middle}{punched(cents)}{tail:16}"


def complement(qualifier: str, text: str) -> str:
    return f"0530003    03010EUR2 00020012345B1020326     {qualifier:3}{text:70}  "


def read(*records: str, opening: int = 10_000, closing: int | None = None) -> BankFile:
    end = [] if closing is None else [record("07", closing)]
    return read_cfonb("\n".join([record("01", opening, day="010326"), *records, *end]).encode())


def one(*records: str) -> Transaction:
    (found,) = read(*records).transactions
    return found


def codes(found: BankFile) -> list[str]:
    return [each.code for each in found.problems]


@pytest.mark.parametrize(
    ("written", "decimals", "amount"),
    [
        ("0000000001904}", "2", "-190.40"),
        ("0000000166956E", "2", "16695.65"),
        ("{", "2", "0"),
        ("}", "2", "0"),
        ("00012J", "0", "-121"),
        ("00012A", "3", "0.121"),
        ("00012\u00e9", "2", "1.20"),
        ("00012\u00e8", "2", "-1.20"),
        ("12x", "2", None),
        ("", "2", None),
    ],
)
def test_overpunched_signs(written: str, decimals: str, amount: str | None) -> None:
    assert signed(written, decimals)[0] == (None if amount is None else Decimal(amount))


def test_a_statement() -> None:
    found = read(record("04", 2_500, op="05", label="VIR SEPA DUPONT SARL", tail="FA-12"), closing=12_500)
    (statement,) = found.statements
    assert (found.kind, statement.iban, statement.account) == ("cfonb120", IBAN, "00020012345")
    assert [(each.kind, each.amount, each.on) for each in statement.balances] == [
        ("opening", Decimal("100.00"), date(2026, 3, 1)),
        ("closing", Decimal("125.00"), date(2026, 3, 2)),
    ]
    (payment,) = found.transactions
    assert (payment.amount, payment.counterparty, payment.nature) == (Decimal("25.00"), "DUPONT SARL", "transfer")
    assert payment.reference == "VIR SEPA DUPONT SARL FA-12"
    assert codes(found) == []


def test_complements() -> None:
    found = one(
        record("04", 2_500, op="05", label="VIR SEPA RECU"),
        complement("NPY", "DUPONT SARL"),
        complement("LCC", "FACTURE FA-2026-001"),
        complement("LC2", "ET FA-2026-002"),
        complement("RCN", f"{'E2E-1':35}FOURNITURES"),
        complement("REF", "BANQUE-9"),
        complement("CPY", "DE89370400440532013000"),
        complement("FEE", "EUR200000000000150"),
        complement("RUM", "MANDAT-1"),
        complement("ZZZ", "AUTRE"),
    )
    assert (found.counterparty, found.end_to_end_id, found.bank_id) == ("DUPONT SARL", "E2E-1", "BANQUE-9")
    assert found.reference == "VIR SEPA RECU FACTURE FA-2026-001 ET FA-2026-002 FOURNITURES AUTRE"
    assert (found.iban, found.mandate, found.charges) == ("DE89370400440532013000", "MANDAT-1", Decimal("1.50"))


@pytest.mark.parametrize(("plain", "spoilt"), [("DéPONT", "DÃ©PONT"), ("DéPôT", "DÃ©PÃ´T")])
def test_an_amount_is_found_where_a_letter_became_two(plain: str, spoilt: str) -> None:
    movement = record("04", 1_234_500, op="05", label=plain, tail="FA-12")
    found = read(movement.replace(plain, spoilt))
    assert [each.amount for each in found.transactions] == [Decimal("12345.00")]


def test_an_amount_may_be_padded_with_blanks() -> None:
    movement = record("04", 12_345, op="05", tail="FA-12")
    assert one(movement.replace(punched(12_345), f"{punched(12_345, 5):>14}")).amount == Decimal("123.45")


def test_a_label_of_words_for_transfers_names_nobody() -> None:
    found = one(record("04", -2_500, op="06", label="VIR EMIS"))
    assert (found.counterparty, found.reference) == ("", "VIR EMIS")


def test_movements_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("encaisse.exchange.cfonb.MAX_TRANSACTIONS", 10)
    found = read(*[record("04", 2_500, op="05")] * 50, closing=0)
    assert (len(found.transactions), codes(found)) == (11, ["too_many_transactions"])


def test_an_unpaid_direct_debit() -> None:
    unpaid = record("04", -2_500, op="B3", label="PRLV SEPA IMPAYE", reject="10")
    found = one(unpaid, complement("NPY", "DUPONT SARL"))
    assert (found.amount, found.returned, found.counterparty) == (Decimal("-25.00"), "10", "DUPONT SARL")
    assert one(unpaid, complement("RET", "AM0410PROVISION INSUFFISANTE")).returned == "AM04"
    assert one(record("04", -2_500, op="27")).returned == "MS03"


def test_card_settlements_and_fees() -> None:
    assert one(record("04", 9_900, op="30", label="REMISE CB")).nature == "card"
    assert one(record("04", -100, op="62", label="COMMISSION")).nature == "fee"


def test_several_accounts_and_balances_that_disagree() -> None:
    first = [record("01", 100), record("04", 100, op="05"), record("07", 200)]
    second = [one.replace("00020012345", "00020012346") for one in (record("01", 0), record("07", 500))]
    found = read_cfonb("\n".join([*first, "", *second]).encode())
    assert [each.account for each in found.statements] == ["00020012345", "00020012346"]
    assert [(each.line, each.code) for each in found.problems] == [(6, "balance_mismatch")]


def test_records_without_line_ends_and_cut_at_the_right() -> None:
    records = [record("01", 100), record("04", 100, op="05", label="VIR X"), record("07", 200)]
    for text in ("".join(records), "\r\n".join(one.rstrip() for one in records), "".join(records) * 30):
        found = read_cfonb(text.encode())
        assert {each.amount for each in found.transactions} == {Decimal("1.00")}
        assert {*codes(found)} <= {"statement_twice"}


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "iso-8859-15", "utf-16"])
def test_encodings_do_not_shift_columns(encoding: str) -> None:
    text = "\n".join([record("01", 100), record("04", 100, op="05", label="VIR SOCIÉTÉ ÉÉÉ"), record("07", 200)])
    found = read_cfonb(text.encode(encoding))
    assert (found.transactions[0].counterparty, codes(found)) == ("SOCIÉTÉ ÉÉÉ", [])


def test_bad_records_leave_the_others() -> None:
    bad_amount = record("04", 100)[:90] + "x" * 14 + record("04", 100)[104:]
    bad_day = record("04", 100, day="320326")
    unsigned = record("04", 100)[:90] + "00000000000100" + record("04", 100)[104:]
    found = read(
        bad_amount, complement("LIB", "a"), bad_day, complement("LIB", "b"), unsigned, "99 quoi", record("04", 7)
    )
    assert [(each.line, each.code) for each in found.problems if each.line != 1] == [
        (2, "bad_operation_amount"), (4, "bad_operation_date"), (6, "unsigned_amount"), (7, "unknown_record"),
    ]  # fmt: skip
    assert [each.amount for each in found.transactions] == [Decimal("1.00"), Decimal("0.07")]


def test_a_movement_of_another_account_is_said() -> None:
    found = read(record("04", 100, account="00099999999"), closing=10_100)
    assert codes(found) == ["other_account"]


# -------------------------------------------------------------------------------------------------------------- 240

US = f"3000303010{'00020012345'}{'NOUS SARL':24}"
THEM = f"3000400000{'00012345678'}{'DUPONT SARL':24}"


def head(code: str, total: int | None = None) -> str:
    end = f"{total:012d}" if total is not None else " " * 12
    return f"{code}00000127020326E    {US}{'':11}{US}{'':6}{'':100}{end}"


def operation(cents: int, *, op: str = "27", text: str = "", initial: str = "", reference: str = "") -> str:
    return f"34000002{op:2}020326E    {US}{'':11}{THEM}{'R00001':6}{text:88}{initial:6}{reference:6}{cents:012d}"


def test_unpaid_direct_debits_given_back() -> None:
    unpaid = operation(12_000, text="PRLV FA-12 IMPAYE AM04", initial="150226", reference="REF001")
    assert len(unpaid) == 240
    found = read_cfonb("\n".join([head("31"), unpaid, operation(3_000, op="12"), head("39", 15_000)]).encode())
    (statement,) = found.statements
    assert (found.kind, statement.iban, statement.owner) == ("cfonb240", IBAN, "NOUS SARL")
    first, second = found.transactions
    assert (first.amount, first.returned, first.counterparty) == (Decimal("-120.00"), "AM04", "DUPONT SARL")
    assert (first.reference, first.iban[:4], first.booked_on) == ("PRLV FA-12 IMPAYE AM04", "FR76", date(2026, 3, 2))
    assert (second.amount, second.returned) == (Decimal("30.00"), "MS03")
    assert codes(found) == []


def test_transfers_received_in_240() -> None:
    found = read_cfonb("\n".join([head("31"), operation(500, op="05", text="FACTURE 9"), head("39", 500)]).encode())
    (payment,) = found.transactions
    assert (payment.amount, payment.returned, payment.nature) == (Decimal("5.00"), "", "transfer")


def test_totals_accounts_and_damage_in_240() -> None:
    good = [head("31"), operation(500), head("39", 400)]
    other = [one.replace("00020012345", "00020012346") for one in (head("31"), operation(700), head("39", 700))]
    found = read_cfonb("".join([*good, *other]).encode())
    assert [each.account for each in found.statements] == ["00020012345", "00020012346"]
    assert codes(found) == ["announced_total"]
    found = read_cfonb("\n".join([operation(500), head("31"), operation(600)[:230], operation(5)]).encode())
    assert set(codes(found)) >= {"record_out_of_place", "bad_operation_amount", "statement_cut"}
    assert len(found.transactions) == 2


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"bonjour\n", "not_a_statement"),
        (b"01" + b"1" * 100_000, "line_too_long"),
        (b"x" * 100_000, "line_too_long"),
        (b"\0" * 999, "binary_file"),
    ],
)
def test_refused_by_name(data: bytes, code: str) -> None:
    assert codes(read_cfonb(data)) == [code]
