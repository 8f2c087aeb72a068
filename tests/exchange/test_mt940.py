"""MT940 and MT942: dialects of field :86:, signs, dates, balances, and damage."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from encaisse.exchange.bank import BankFile, Transaction
from encaisse.exchange.bank_keys import keys, keys_of_all
from encaisse.exchange.mt940 import read_mt940


def statement(*fields: str, opening: str = "C260301EUR100,00", closing: str = "") -> str:
    end = [f":62F:{closing}"] if closing else []
    return "\n".join([":20:STMT", ":25:30003/03010/00020012345", ":28C:12/1", f":60F:{opening}", *fields, *end, "-"])


def read(*fields: str, closing: str = "") -> BankFile:
    return read_mt940(statement(*fields, closing=closing).encode())


def one(*fields: str) -> Transaction:
    (found,) = read(*fields).transactions
    return found


def codes(found: BankFile) -> list[str]:
    return [each.code for each in found.problems]


@pytest.mark.parametrize(
    ("field", "amount", "extra"),
    [
        ("2603020302C12,5NTRFNONREF", "12.5", ""),
        ("2603020302CR12,NTRFNONREF", "12", ""),
        ("2603020302D1234,56NTRFNONREF", "-1234.56", ""),
        ("2603020302DR0,01NTRFNONREF", "-0.01", ""),
        ("2603020302RC5,00NTRFNONREF", "-5.00", "reversal"),
        ("2603020302RCR5,00NTRFNONREF", "-5.00", "reversal"),
        ("2603020302RD5,00NTRFNONREF", "5.00", "reversal"),
        ("2603020302EC5,00NTRFNONREF", "5.00", "pending"),
        ("260302C5,00NTRFNONREF", "5.00", ""),
        ("2603020302C500NTRFNONREF", "500", ""),
    ],
)
def test_signs_funds_codes_and_decimals(field: str, amount: str, extra: str) -> None:
    found = one(f":61:{field}")
    assert found.amount == Decimal(amount)
    assert found.reversal == (extra == "reversal")
    assert found.pending == (extra == "pending")


def test_the_booking_day_is_of_the_year_nearest() -> None:
    assert one(":61:2512311231C1,NTRF").booked_on == date(2025, 12, 31)
    assert one(":61:2512310102C1,NTRF").booked_on == date(2026, 1, 2)
    found = one(":61:2601021231C1,NTRF")
    assert (found.booked_on, found.value_on) == (date(2025, 12, 31), date(2026, 1, 2))


def test_the_thirtieth_of_february_is_the_last_day() -> None:
    assert one(":61:2602300301C1,NTRF").value_on == date(2026, 2, 28)


def test_one_day_that_exists_is_enough() -> None:
    """The booking day without its value day, in the year of the balance; the value day without a booking day."""
    for day, booked, value_on in (
        ("2602310301", date(2026, 3, 1), None),
        ("2613401231", date(2025, 12, 31), None),
        ("2603020231", date(2026, 3, 2), date(2026, 3, 2)),
    ):
        found = read(f":61:{day}C1,NTRF", closing="C260301EUR101,")
        assert [(each.booked_on, each.value_on) for each in found.transactions] == [(booked, value_on)]
        assert [(each.line, each.code) for each in found.problems] == [(5, "date_taken_from_elsewhere")]
    assert codes(read(":61:2602319999C1,NTRF"))[-1] == "bad_operation_date"
    assert codes(read(":61:261340C1,NTRF"))[-1] == "bad_operation_date"


def test_balances_agree_or_not() -> None:
    assert codes(read(":61:2603020302C12,5NTRF", closing="C260302EUR112,50")) == []
    found = read(":61:2603020302C12,5NTRF", closing="C260302EUR112,00")
    assert codes(found) == ["balance_mismatch"]
    assert found.problems[0].line == 6
    assert codes(read(":61:2603020302D150,NTRF", closing="D260302EUR50,")) == []


def test_the_french_account_has_its_iban() -> None:
    (found,) = read(closing="C260301EUR100,00").statements
    assert (found.iban, found.account) == ("FR7630003030100002001234549", "30003/03010/00020012345")
    assert found.id == "STMT 12/1"


@pytest.mark.parametrize(
    "details",
    [
        "VIR SEPA RECU /DE DUPONT SARL /MOTIF FACTURE FA-2026-001 /REF NOTPROVIDED",
        "VIR SEPA RECU\n/DE DUPONT SARL\n/MOTIF FACTURE FA-2026-001\n/REFDO E2E-1",
        "VIR RECU 123456S DE: DUPONT SARL MOTIF: FACTURE FA-2026-001 REF: X1",
        "/TRTP/VIR/NPY/DUPONT SARL/LCC/FACTURE FA-2026-001/RCN/E2E-1",
        "/EREF/E2E-1/ORDP//NAME/DUPONT SARL/REMI//FACTURE FA-2026-001",
    ],
)
def test_french_details(details: str) -> None:
    found = one(":61:2603020302C12,NTRFNONREF//BANK1", f":86:{details}")
    assert found.counterparty == "DUPONT SARL"
    assert found.reference == "FACTURE FA-2026-001" + (" X1" if "X1" in details else "")
    assert found.bank_id == "BANK1"
    assert found.end_to_end_id == ("E2E-1" if "E2E-1" in details else "")
    assert found.nature == "transfer"


def test_a_french_unpaid_direct_debit() -> None:
    found = one(":61:2603020302D120,NRTINONREF", ":86:PRLV SEPA IMPAYE /DE DUPONT SARL /MOTIF DU REJET AM04 /REF FA-1")
    assert (found.returned, found.nature, found.counterparty) == ("AM04", "direct_debit", "DUPONT SARL")
    assert one(":61:2603020302D120,NRTINONREF", ":86:whatever").returned == "MS03"


@pytest.mark.parametrize(
    ("words", "back"),
    [
        ("PRLV SEPA IMPAYE DUPONT", True),
        ("PRELEVEMENT SEPA RETOURNE", True),
        ("REJET DE PRELEVEMENT DUPONT", True),
        ("VIR SEPA REJETE", True),
        ("RETOUR MARCHANDISE FACTURE 12", False),
        ("FRAIS SUR PRLV IMPAYE DUPONT", False),
        ("FRAIS PRLV /MOTIF DU REJET AM04 /REF 1", False),
        ("VIR DUPONT REGLEMENT FACTURES SANS REJET", False),
    ],
)
def test_words_of_what_came_back(words: str, back: bool) -> None:
    assert bool(one(":61:2603020302D120,NMSC", f":86:{words}").returned) == back


def test_both_kinds_of_message_in_one_file() -> None:
    day = ":20:A\n:25:X1\n:28C:1\n:34F:EURD0,\n:61:2603020302C5,NTRF\n-\n"
    found = read_mt940((day + statement(closing="C260301EUR100,")).encode())
    assert [each.kind for each in found.statements] == ["mt942", "mt940"]
    assert codes(found) == []


def test_german_details() -> None:
    text = (
        ":86:166?00GUTSCHRIFT?109075/643?20EREF+RE-2026-77?21SVWZ+Rechnung 2026-77 vom 0\n"
        "?221.03.2026 RF18539007547034?30DEUTDEFF?31DE89370400440532013000?32Muster Gm\nbH?34000"
    )
    found = one(":61:2603020302CR12,NTRFNONREF", text)
    assert (found.counterparty, found.iban) == ("Muster GmbH", "DE89370400440532013000")
    assert found.end_to_end_id == "RE-2026-77"
    assert found.reference == "Rechnung 2026-77 vom 01.03.2026 RF18539007547034"
    assert found.structured == "RF18539007547034"
    assert (found.code, found.nature) == ("166", "transfer")


def test_a_german_return_says_why() -> None:
    found = one(":61:2603020302DR12,NRTINONREF", ":86:109?00RUECKLASTSCHRIFT?20EREF+X1?21SVWZ+AC04 KONTO?34902")
    assert found.returned == "AC04"
    assert one(":61:2603020302DR12,NTRF", ":86:109?00RETOURE?20EREF+X1?34903").returned == "AC06"


def test_other_structures() -> None:
    dutch = one(
        ":61:2603020302C5,NTRF", ":86:/TRTP/SEPA OVERBOEKING/IBAN/DE89370400440532013000/NAME/J DOE/REMI/FA 1/EREF/E9"
    )
    assert (dutch.counterparty, dutch.iban, dutch.end_to_end_id) == ("J DOE", "DE89370400440532013000", "E9")
    words = one(":61:2603020302C5,NTRF", ":86:EREF+E9 SVWZ+FACT 12")
    assert (words.end_to_end_id, words.reference) == ("E9", "FACT 12")
    lines = one(":61:2603020302C5,NTRF", ":NS:01Facture 12", "02suite", "15DUPONT", "33x")
    assert (lines.counterparty, lines.reference) == ("DUPONT", "Facture 12 suite")


def test_references_of_field_61_stay_whole_and_are_told_once() -> None:
    assert one(":61:2603020302CD5,NTRF***090/9337/55493***//KBC1").reference == "***090/9337/55493***"
    assert one(":61:260302D5,FTRFREF:BANK/081203/0003//59512092915002").bank_id == "59512092915002"
    assert one(":61:260302D5,N038MARF//00001", "/TRCD/00190/").reference == ""
    found = one(":61:260302D5,NCOMOPH478", "25-Commission", ":86:000+20Commission", "+2325-Commission")
    assert found.reference == "Commission 25-Commission OPH478"
    found = one(":61:260302C5,NTRFEREF+E9//B", "/OCMT/USD6,00//CHGS/EUR1,00/", ":86:SVWZ+FACT 1")
    assert (found.end_to_end_id, found.reference, found.charges) == ("E9", "FACT 1", Decimal("1.00"))
    found = one(":61:260302C5,NTRFNONREF//B", "/EREF/E9/REMI/FACT 1/")
    assert (found.end_to_end_id, found.reference) == ("E9", "FACT 1")


@pytest.mark.parametrize(
    ("fields", "name", "iban", "reference"),
    [
        ([":61:260302C5,NIOBNL56ASNB9999999999", "a b c", ":86:NL56ASNB9999999999 a b c", "", "LOYER"], "a b c",
         "NL56ASNB9999999999", "LOYER"),
        ([":61:260302C5,NTRF", ":86:FACTUUR 1", "REK: NL65INGB0123456789/NAAM: PICQER"], "PICQER",
         "NL65INGB0123456789", "FACTUUR 1"),
        ([":61:260302C5,N0440121470966      W.P. Jansen   ", ":86:Terug"], "W.P. Jansen", "", "Terug 0121470966"),
        ([":61:260302C5,N102EREF", "NL70ABNA0987654321", ":86:/EREF/X/BENM//NAME/ACCOUNT HOLDER/REMI/"],
         "ACCOUNT HOLDER", "NL70ABNA0987654321", ""),
        ([":61:260302C5,N036", ":86:/BENM/NL50INGB0001234567/INGBNL2A/ING Bank///REMI///FA 1/"], "ING Bank",
         "NL50INGB0001234567", "FA 1"),
        ([":61:260302CR5,NTRF", ":86:EREF: NOTPROVIDED SVWZ: Rg. 77 IBAN: DE89370400440532013000 ABWA: Firma Y"],
         "Firma Y", "DE89370400440532013000", "Rg. 77"),
        ([":61:260302C5,NTRF", ":86:VAN BE71 0961 2345 6769 DUPONT SPRL"], "", "BE71096123456769",
         "VAN BE71 0961 2345 6769 DUPONT SPRL"),
        ([":61:260302C5,NTRF", ":86:000+20Plata+31RO89RZBR0000060003480121+32SRL+33/"], "SRL",
         "RO89RZBR0000060003480121", "Plata"),
        ([":61:260302D5,NDDT", ":86:PRLV 60 DE: EDF ID: FR12ZZZ1 MOTIF: ELEC REF: 9 MANDAT M2"], "EDF", "", "ELEC 9"),
        ([":61:260302C5,NTRF", ":86:VIR CPTE A CPTE RECU /FRM JEAN MARTIN /RNF FACTURE 88 /EID NOTPROVIDED"],
         "JEAN MARTIN", "", "FACTURE 88"),
        ([":61:260302D5,NDDT", "/CTC/05/PRLV SEPA", ":86:PRLV SEPA ORANGE SA ECH/020326 MDT/X REF/9 LIB/MARS"],
         "ORANGE SA", "", "MARS 9"),
        ([":61:260302C5,NTRF", ":86:?00VIREMENT RECU?20FACTURE 13?32CLIENT X?31DE89370400440532013000"], "CLIENT X",
         "DE89370400440532013000", "FACTURE 13"),
        ([":61:260302C5,NTRF", ":86:/PT/FT/PY/Rechnung 78"], "", "", "Rechnung 78"),
        ([":61:260302C5,NTRF", "CH0209000000100013997", ":86:MUELLER RF18539007547034"], "", "CH0209000000100013997",
         "MUELLER RF18539007547034"),
        ([":61:260302D5,NRTI", ":86:REJET PRLV /DEB BETA SARL /MOTIF AM04 /REF FA-2"], "BETA SARL", "", "AM04 FA-2"),
    ],
)  # fmt: skip
def test_the_other_party_wherever_banks_put_it(fields: list[str], name: str, iban: str, reference: str) -> None:
    found = one(*fields)
    assert (found.counterparty, found.iban, found.reference) == (name, iban, reference)


def test_intraday_totals_are_checked() -> None:
    text = ":20:A\n:25:X1\n:28C:1\n:34F:EURD0,\n:13D:2603021200+0100\n:61:2603020302C5,NTRF\n:90D:0EUR0,\n:90C:{}\n-"
    good = read_mt940(text.format("1EUR5,").encode())
    assert (good.kind, codes(good)) == ("mt942", [])
    assert good.transactions[0].currency == "EUR"
    assert codes(read_mt940(text.format("2EUR15,").encode())) == ["announced_total"]


def test_swift_blocks_windows_ends_and_other_encodings() -> None:
    body = statement(":61:2603020302C5,NTRF", ":86:/DE SOCIÉTÉ X /MOTIF FA 1", closing="C260302EUR105,")
    text = f"{{1:F01AAAA}}{{2:I940BBBB}}{{4:\n{body}}}{{5:}}\n" * 2
    for data in (text.encode(), text.replace("\n", "\r\n").encode("cp1252"), text.encode("utf-16")):
        found = read_mt940(data)
        assert [each.counterparty for each in found.transactions] == ["SOCIÉTÉ X"] * 2
        assert codes(found) == ["statement_twice"]


def test_a_bad_movement_leaves_the_others() -> None:
    found = read(":61:2603020302X12,5NTRF", ":86:lost", ":61:2613409902C1,NTRF", ":61:2603020302C2,NTRF", ":86:kept")
    assert [(each.line, each.code) for each in found.problems][1:] == [(5, "bad_operation"), (7, "bad_operation_date")]
    assert [each.reference for each in found.transactions] == ["kept"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"hello\n", "not_a_statement"),
        (b"\0" * 5000, "binary_file"),
        (b":20:x\n:61:" + b"1" * 100_000, "line_too_long"),
    ],
)
def test_refused_by_name(data: bytes, code: str) -> None:
    assert codes(read_mt940(data)) == [code]


def test_blanks_and_other_formats_around() -> None:
    text = statement(":61:2603020302 C 5,00 NTRF NONREF//B", closing="C260302EUR105,")
    found = read_mt940("\n".join(f"\t {line}" for line in text.split("\n")).encode())
    assert ([each.amount for each in found.transactions], codes(found)) == ([Decimal("5.00")], [])
    found = read_mt940(f"{text}\n<?xml version='1.0'?>\n<Document/>".encode())
    assert [(each.line, each.code) for each in found.problems][:1] == [(8, "unknown_record")]
    assert [each.line for each in read_mt940(f"{text}\n{text}".encode()).problems] == [8], "the same again"


def test_statements_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("encaisse.exchange.mt940.MAX_STATEMENTS", 10)
    assert "too_many_statements" in codes(read_mt940(b":20:x\n:25:y\n" * 100))


def test_movements_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("encaisse.exchange.mt940.MAX_TRANSACTIONS", 10)
    found = read(*[":61:260302C1,NTRF"] * 100, closing="C260302EUR200,")
    assert (len(found.transactions), codes(found)) == (11, ["too_many_transactions"])


def test_pages_of_one_statement_number_their_movements_together() -> None:
    page = ":20:X\n:25:Y\n:60{}:C260301EUR{},\n:61:260302C5,NTRF\n:62{}:C260302EUR{},\n-\n"
    pages = page.format("F", 0, "M", 5), page.format("M", 5, "F", 10)
    first, second = keys_of_all(read_mt940("".join(pages).encode()).statements)
    assert first != second
    assert len({*keys_of_all(read_mt940((pages[0] * 2).encode()).statements)}) == 1, "the same page twice"


def test_statements_that_overlap_share_their_keys() -> None:
    first, second, third = ":61:2603020302C5,NTRF", ":61:2603020302C5,NTRF", ":61:2603030303C5,00NTRF"
    (early,) = read(first).statements
    (late,) = read(first, second, third, ":86:FACTURE 1").statements
    assert len({*keys(late)}) == 3
    assert keys(early)[0] == keys(late)[0]
    (other,) = read_mt940(statement(first).replace("00020012345", "00020012346").encode()).statements
    assert not {*keys(other)} & {*keys(late)}
