"""OFX 1 and 2, as banks write them: unclosed tags, commas, other alphabets, answers that are errors."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from encaisse.exchange.bank import BankFile, Transaction
from encaisse.exchange.bank_keys import keys
from encaisse.exchange.bank_kinds import bank_kind
from encaisse.exchange.ofx import read_ofx

HEADER = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n"
ACCOUNT = "<BANKACCTFROM><BANKID>30003<BRANCHID>03010<ACCTID>00020012345<ACCTTYPE>CHECKING</BANKACCTFROM>\n"
LEDGER = "<LEDGERBAL><BALAMT>1 234,50<DTASOF>20260303</LEDGERBAL>\n"


def movement(amount: str = "12,50", day: str = "20260302", more: str = "<NAME>VIR DUPONT\n<MEMO>FACTURE 12\n") -> str:
    return f"<STMTTRN>\n<TRNTYPE>CREDIT\n<DTPOSTED>{day}\n<TRNAMT>{amount}\n<FITID>F1\n{more}</STMTTRN>\n"


def document(*parts: str, currency: str = "EUR") -> str:
    body = "".join(parts) or movement()
    return (
        f"{HEADER}<OFX><BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS><CURDEF>{currency}\n"
        f"{ACCOUNT}<BANKTRANLIST><DTSTART>20260301<DTEND>20260303\n{body}</BANKTRANLIST>\n{LEDGER}"
        "</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    )


def read(*parts: str) -> BankFile:
    return read_ofx(document(*parts).encode())


def one(*parts: str) -> Transaction:
    (found,) = read(*parts).transactions
    return found


def codes(found: BankFile) -> list[str]:
    return [each.code for each in found.problems]


def test_a_statement() -> None:
    found = read()
    (statement,) = found.statements
    assert (statement.iban, statement.account) == ("FR7630003030100002001234549", "00020012345")
    assert (statement.currency, statement.id) == ("EUR", "20260301 20260303")
    closing = statement.balance("closing")
    assert closing is not None
    assert (closing.amount, closing.on) == (Decimal("1234.50"), date(2026, 3, 3))
    (payment,) = found.transactions
    assert (payment.amount, payment.booked_on, payment.bank_id) == (Decimal("12.50"), date(2026, 3, 2), "F1")
    assert (payment.counterparty, payment.reference, payment.code) == ("VIR DUPONT", "FACTURE 12", "CREDIT")
    assert codes(found) == []


def test_the_same_as_xml_and_on_one_line() -> None:
    closed = document()
    for tag in ("CODE", "SEVERITY", "CURDEF", "BANKID", "BRANCHID", "ACCTID", "ACCTTYPE", "DTSTART", "DTEND", "TRNTYPE",
                "DTPOSTED", "TRNAMT", "FITID", "NAME", "MEMO", "BALAMT", "DTASOF", "TRNUID"):  # fmt: skip
        head, *rest = closed.split(f"<{tag}>")
        closed = head + "".join(
            f"<{tag}>{part[: (at := min(part.find('<') % 10**6, part.find(chr(10)) % 10**6))]}</{tag}>{part[at:]}"
            for part in rest
        )
    xml = '<?xml version="1.0"?><?OFX OFXHEADER="200" VERSION="211"?>' + closed.partition("\n\n")[2]
    for text in (xml, xml.replace("\n", ""), document().replace("\n", "\r\n")):
        found = read_ofx(text.encode())
        assert [each.amount for each in found.transactions] == [Decimal("12.50")]
        assert found.transactions[0].counterparty == "VIR DUPONT"
        assert found.statements[0].iban == "FR7630003030100002001234549"


@pytest.mark.parametrize(
    ("written", "amount"),
    [("-12.5", "-12.5"), ("+0012.3400", "12.3400"), ("-1 234,56", "-1234.56"), ("1.234,56", "1234.56"), ("5", "5")],
)
def test_amounts(written: str, amount: str) -> None:
    assert one(movement(written)).amount == Decimal(amount)


@pytest.mark.parametrize(
    "day", ["20260302", "20260302120000.000[+1:CET]", "2026-03-02", "02/03/2026", "20260302093914:014"]
)
def test_days(day: str) -> None:
    assert one(movement(day=day)).booked_on == date(2026, 3, 2)


@pytest.mark.parametrize("day", ["2026/03/02", "02.03.2026", "02-03-2026"])
def test_days_with_other_marks(day: str) -> None:
    assert one(movement(day=day)).booked_on == date(2026, 3, 2)


def test_namespaces_comments_and_units() -> None:
    text = document().replace("<OFX>", '<ns:OFX xmlns:ns="http://ofx.net/2003/04"><!-- a <STMTTRN>\n -->')
    text = text.replace("</OFX>", "</ns:OFX>").replace("12,50", "EUR 12,50<!-- = -->")
    text = text.replace("<NAME>VIR DUPONT", "<EXTDNAME>LE CLIENT<CHECKNUM>0001000")
    assert bank_kind(text.partition("\n\n")[2].encode()) == "ofx"
    found = read_ofx(text.encode())
    assert [(each.amount, each.counterparty, each.reference, each.line) for each in found.transactions] == [
        (Decimal("12.50"), "LE CLIENT", "FACTURE 12 1000", 11)
    ]
    assert codes(found) == []


def test_movements_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("encaisse.exchange.ofx.MAX_TRANSACTIONS", 3)
    found = read(*[movement()] * 9)
    assert (len(found.transactions), codes(found)[-2:]) == (3, ["too_many_transactions", "statement_cut"])


def test_numbers_that_change_at_each_download_do_not_matter() -> None:
    (early,) = read(movement(), movement(more="<NAME>OTHER\n")).statements
    (late,) = read(movement().replace("F1", "G7"), movement(), movement(more="<NAME>OTHER\n")).statements
    assert {*keys(early)} < {*keys(late)}
    assert len({*keys(late)}) == 3


@pytest.mark.parametrize("other", [":20:X\n:25:Y\n:61:260302C5,NTRF\n", "0130003    03010EUR2 00020012345\n"])
def test_another_format_before_or_behind_is_said(other: str) -> None:
    for text in (other + document(), document() + other):
        found = read_ofx(text.encode())
        assert (len(found.transactions), codes(found)) == (1, ["unknown_record"])
    assert codes(read_ofx((document() + document()).encode())) == ["statement_twice"]


def test_another_day_of_a_movement_and_numbers_told_twice() -> None:
    found = read(movement(day="20260231", more="<DTUSER>20260228\n"), movement("7"))
    assert [each.booked_on for each in found.transactions] == [date(2026, 2, 28), date(2026, 3, 2)]
    assert codes(found) == ["date_taken_from_elsewhere", "repeated_number"]


def test_marks_inside_texts() -> None:
    found = one(movement(more="<NAME>A & B < C &amp; D\n<MEMO><![CDATA[FA <12> & co]]>\n"))
    assert (found.counterparty, found.reference) == ("A & B < C & D", "FA <12> & co")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings_whatever_the_header_says(encoding: str) -> None:
    found = read_ofx(document(movement(more="<NAME>Société œuvre\n")).encode(encoding))
    assert found.transactions[0].counterparty == "Société œuvre"


def test_currency_of_one_movement_and_the_other_account() -> None:
    more = "<NAME>X\n<BANKACCTTO><BANKID>1<ACCTID>DE89370400440532013000<ACCTTYPE>CHECKING</BANKACCTTO>\n"
    found = one(movement(more=more + "<CURRENCY><CURRATE>1.1<CURSYM>USD</CURRENCY>\n"))
    assert (found.currency, found.iban) == ("USD", "DE89370400440532013000")


def test_pending_and_unpaid() -> None:
    assert one(movement().replace("STMTTRN>", "STMTTRNP>").replace("DTPOSTED", "DTTRAN")).pending
    found = one(movement("-120", more="<NAME>PRLV IMPAYE DUPONT\n<MEMO>REJET PRLV AM04\n"))
    assert found.returned == "AM04"


def test_a_movement_left_open_is_closed_by_the_next() -> None:
    found = read(movement().replace("</STMTTRN>\n", ""), movement("7"))
    assert [each.amount for each in found.transactions] == [Decimal("12.50"), Decimal(7)]


def test_a_truncated_file_keeps_what_is_complete() -> None:
    text = document(movement(), movement("7"))
    found = read_ofx(text[: text.index("<TRNAMT>7") + 9].encode())
    assert [each.amount for each in found.transactions] == [Decimal("12.50")]
    assert codes(found) == ["statement_cut"]


def test_a_bad_movement_leaves_the_others() -> None:
    found = read(movement("douze"), movement(day="20260231"), movement(day=""), movement("7"))
    assert codes(found) == ["bad_operation_amount", "bad_operation_date", "bad_operation_date"]
    assert [each.line for each in found.problems] == [10, 18, 26]
    assert [each.amount for each in found.transactions] == [Decimal(7)]


def test_the_bank_may_answer_with_an_error() -> None:
    text = (
        f"{HEADER}<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>15500<SEVERITY>ERROR<MESSAGE>Bad password</STATUS></SONRS>"
    )
    found = read_ofx(text.encode(), language="en")
    assert codes(found) == ["bank_refused"]
    assert "15500" in found.problems[0].message


def test_document_types_and_entities_do_nothing() -> None:
    bomb = '<!DOCTYPE OFX [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    found = read_ofx((bomb + document(movement(more="<NAME>&b;\n"))).encode())
    assert found.transactions[0].counterparty == "&b;"


@pytest.mark.parametrize(
    ("data", "code"), [(b"", "empty_file"), (b"a;b\n", "not_a_statement"), (b"\0" * 999, "binary_file")]
)
def test_refused_by_name(data: bytes, code: str) -> None:
    assert codes(read_ofx(data)) == [code]


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("encaisse.exchange.ofx.MAX_STATEMENTS", 5)
    assert "too_many_statements" in codes(read_ofx(b"<OFX>" + b"<STMTRS>" * 100))
    monkeypatch.setattr("encaisse.exchange.bank_text.MAX_BYTES", 1000)
    assert codes(read_ofx(b"<OFX>" + b" " * 1000)) == ["file_too_large"]
    found = one(movement(more="<NAME>" + "x" * 100))
    assert len(found.counterparty) == 100
