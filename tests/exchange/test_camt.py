"""CAMT.052, .053, .054: versions, batches, returns, charges, and everything that can be wrong with the XML."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from encaisse.exchange import camt_xml, inspect_rows
from encaisse.exchange.bank import BankFile, Statement, Transaction
from encaisse.exchange.camt import read_camt

IBAN = "FR7630006000011234567890189"
PAYER = "DE89370400440532013000"


def entry(amount: str = "100.00", side: str = "CRDT", details: str = "", more: str = "", currency: str = "EUR") -> str:
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts>BOOK</Sts>'
        f"<BookgDt><Dt>2026-03-02</Dt></BookgDt><ValDt><Dt>2026-03-03</Dt></ValDt><AcctSvcrRef>B1</AcctSvcrRef>"
        f"{more}<NtryDtls>{details}</NtryDtls></Ntry>"
    )


def payment(amount: str = "", reference: str = "", name: str = "DUPONT SARL", more: str = "", e2e: str = "E1") -> str:
    money = f'<Amt Ccy="EUR">{amount}</Amt>' if amount else ""
    return (
        f"<TxDtls><Refs><EndToEndId>{e2e}</EndToEndId></Refs>{money}"
        f"<RltdPties><Dbtr><Nm>{name}</Nm></Dbtr><DbtrAcct><Id><IBAN>{PAYER}</IBAN></Id></DbtrAcct>"
        f"<Cdtr><Nm>NOUS</Nm></Cdtr><CdtrAcct><Id><IBAN>{IBAN}</IBAN></Id></CdtrAcct></RltdPties>"
        f"<RmtInf><Ustrd>{reference}</Ustrd></RmtInf>{more}</TxDtls>"
    )


def balance(code: str, amount: str, side: str = "CRDT") -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount}</Amt>'
        f"<CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>2026-03-02</Dt></Dt></Bal>"
    )


def statement(*parts: str, tag: str = "Stmt") -> str:
    owner = "<Ownr><Nm>NOUS</Nm></Ownr>"
    account = f"<Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy>{owner}</Acct>"
    return f"<{tag}><Id>S1</Id><CreDtTm>2026-03-03T06:00:00</CreDtTm>{account}{''.join(parts)}</{tag}>"


def message(*statements: str, kind: str = "053", version: str = "08", root: str = "BkToCstmrStmt") -> str:
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.{version}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{space}">'
        f"<{root}><GrpHdr><MsgId>M</MsgId></GrpHdr>{''.join(statements)}</{root}></Document>"
    )


def read(*parts: str) -> BankFile:
    return read_camt(message(statement(*parts)).encode())


def one(*parts: str) -> Transaction:
    (found,) = read(*parts).transactions
    return found


def codes(found: BankFile | Statement) -> list[str]:
    return [each.code for each in found.problems]


def test_a_payment_received() -> None:
    found = one(entry(details=payment(reference="FACTURE FA-1 RF18 5390 0754 7034")))
    assert (found.booked_on, found.value_on) == (date(2026, 3, 2), date(2026, 3, 3))
    assert (found.amount, found.currency) == (Decimal("100.00"), "EUR")
    assert (found.counterparty, found.iban) == ("DUPONT SARL", PAYER)
    assert found.end_to_end_id == "E1"
    assert found.structured == "RF18539007547034"
    assert found.bank_id == "B1"


@pytest.mark.parametrize("version", [f"{number:02d}" for number in range(2, 14)])
@pytest.mark.parametrize(
    ("kind", "root", "tag"),
    [("052", "BkToCstmrAcctRpt", "Rpt"), ("053", "BkToCstmrStmt", "Stmt"), ("054", "BkToCstmrDbtCdtNtfctn", "Ntfctn")],
)
def test_every_version(kind: str, root: str, tag: str, version: str) -> None:
    text = message(statement(entry(details=payment(reference="x")), tag=tag), kind=kind, root=root, version=version)
    if int(version) >= 8:  # names moved below Pty, statuses below Cd
        text = text.replace("<Dbtr><Nm>DUPONT SARL</Nm>", "<Dbtr><Pty><Nm>DUPONT SARL</Nm></Pty>")
        text = text.replace("<Sts>BOOK</Sts>", "<Sts><Cd>BOOK</Cd></Sts>")
    found = read_camt(text.encode())
    assert found.kind == f"camt{kind}"
    assert [each.counterparty for each in found.transactions] == ["DUPONT SARL"]
    assert not found.transactions[0].pending


def test_prefixes_envelopes_and_no_namespace() -> None:
    plain = message(statement(entry()))
    prefixed = plain.replace("<", "<n:").replace("<n:/", "</n:").replace("<n:?", "<?").replace("xmlns=", "xmlns:n=")
    bare = plain.replace(' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"', "")
    head, _, body = plain.partition("\n")
    wrapped = f"{head}<Envelope><AppHdr><Fr/></AppHdr>{body}{body}</Envelope>"
    for text, count in ((prefixed, 1), (bare, 1), (wrapped, 2), ("\n \n" + plain, 1)):
        found = read_camt(text.encode())
        assert found.kind == "camt053"
        assert len(found.transactions) == count


def test_a_batch_becomes_its_payments() -> None:
    details = "<Btch><PmtInfId>LOT-7</PmtInfId></Btch>" + payment("60.00", "FA-1") + payment("40.00", "FA-2", "DURAND")
    first, second = read(entry(details=details)).transactions
    assert (first.amount, first.reference, first.counterparty) == (Decimal("60.00"), "FA-1", "DUPONT SARL")
    assert (second.amount, second.reference, second.counterparty) == (Decimal("40.00"), "FA-2", "DURAND")
    assert first.batch == second.batch == "LOT-7"


def test_a_batch_less_charges_keeps_them_apart() -> None:
    charges = '<Chrgs><TtlChrgsAndTaxAmt Ccy="EUR">1.20</TtlChrgsAndTaxAmt></Chrgs>'
    details = payment("60.00", "FA-1") + payment("40.00", "FA-2")
    found = read(entry("98.80", details=details, more=charges))
    assert [each.amount for each in found.transactions] == [Decimal("60.00"), Decimal("40.00"), Decimal("-1.20")]
    assert found.transactions[2].nature == "fee"


def test_a_batch_that_does_not_add_up_stays_whole() -> None:
    found = read(entry("100.00", details=payment("60.00", "FA-1") + payment("30.00", "FA-2")))
    assert [each.amount for each in found.transactions] == [Decimal("100.00")]
    assert found.transactions[0].reference == "FA-1 FA-2"
    assert "batch_total" in codes(found)


def test_payments_without_amounts_are_one_entry() -> None:
    found = one(entry(details=payment(reference="FA-1") + payment(reference="FA-2", e2e="E2")))
    assert (found.amount, found.reference, found.end_to_end_id) == (Decimal("100.00"), "FA-1 FA-2", "")


@pytest.mark.parametrize(
    "returned", ["<RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf>", "<RtrInf><RtrRsn><Cd>AM04</Cd></RtrRsn></RtrInf>"]
)
def test_a_returned_direct_debit_says_why_and_whose(returned: str) -> None:
    found = one(entry(side="DBIT", details=payment(reference="FA-1", more=returned)))
    assert (found.amount, found.returned, found.counterparty) == (Decimal("-100.00"), "AM04", "DUPONT SARL")


def test_a_return_known_by_its_code_alone() -> None:
    code = "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RDDT</Cd><SubFmlyCd>UPDD</SubFmlyCd></Fmly></Domn></BkTxCd>"
    found = one(entry(side="DBIT", details=payment(reference="FA-1"), more=code))
    assert (found.returned, found.code, found.nature) == ("MS03", "PMNT/RDDT/UPDD", "direct_debit")


@pytest.mark.parametrize(
    ("code", "issuer", "nature"),
    [("B3", "CFONB", "direct_debit"), ("NRTI+109+9075+914", "DK", ""), ("05", "CFONB", "transfer")],
)
def test_codes_of_a_country(code: str, issuer: str, nature: str) -> None:
    found = one(entry(side="DBIT", more=f"<BkTxCd><Prtry><Cd>{code}</Cd><Issr>{issuer}</Issr></Prtry></BkTxCd>"))
    assert (found.code, found.nature, bool(found.returned)) == (code, nature, code != "05")


def test_reversals_bear_the_sign_of_the_money() -> None:
    found = one(entry(side="DBIT", more="<RvslInd>true</RvslInd>"))
    assert (found.amount, found.reversal) == (Decimal("-100.00"), True)


def test_charges_and_card_settlements() -> None:
    charges = '<Chrgs><Amt Ccy="EUR">0.50</Amt></Chrgs><Chrgs><Amt Ccy="EUR">0.25</Amt></Chrgs>'
    code = "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>MCRD</Cd><SubFmlyCd>POSP</SubFmlyCd></Fmly></Domn></BkTxCd>"
    found = one(entry(more=charges + code))
    assert (found.charges, found.nature) == (Decimal("0.75"), "card")


def test_five_decimals_are_kept_and_agree() -> None:
    found = read(balance("OPBD", "10.00001"), balance("CLBD", "10.12346"), entry("0.12345"))
    assert found.transactions[0].amount == Decimal("0.12345")
    assert codes(found) == []


def test_balances_that_disagree_and_pending_entries() -> None:
    found = read(balance("OPBD", "10.00"), balance("CLBD", "100.00"), entry())
    assert codes(found) == ["balance_mismatch"]
    assert "-10.00" in found.problems[0].message
    waiting = entry().replace("BOOK", "PDNG")
    assert codes(read(balance("OPBD", "10.00"), balance("CLBD", "10.00"), waiting)) == ["pending_operations"]


def test_pages_begin_and_end_with_interim_balances() -> None:
    assert codes(read(balance("OPBD", "10.00"), balance("ITBD", "110.00"), entry())) == []
    assert codes(read(balance("ITBD", "110.00"), balance("CLBD", "210.00"), entry())) == []
    assert codes(read(balance("PRCD", "10.00", "DBIT"), balance("CLBD", "90.00"), entry())) == []


def test_totals_announced_are_checked() -> None:
    total = "<TxsSummry><TtlCdtNtries><NbOfNtries>2</NbOfNtries><Sum>250.00</Sum></TtlCdtNtries></TxsSummry>"
    assert "announced_total" in codes(read(balance("OPBD", "0.00"), balance("CLBD", "100.00"), total, entry()))


def test_several_accounts() -> None:
    second = statement(entry("5.00")).replace(IBAN, PAYER)
    found = read_camt(message(statement(entry()), second).encode())
    assert [each.iban for each in found.statements] == [IBAN, PAYER]
    assert [len(each.transactions) for each in found.statements] == [1, 1]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('<Amt Ccy="EUR">100.00</Amt>', '<Amt Ccy="EUR">cent</Amt>', "bad_operation_amount"),
        ('<Amt Ccy="EUR">100.00</Amt>', "", "bad_operation_amount"),
        ("<CdtDbtInd>CRDT</CdtDbtInd>", "<CdtDbtInd>CREDIT</CdtDbtInd>", "no_direction"),
        ("<Dt>2026-03-02</Dt>", "<Dt>2026-02-30</Dt>", "date_taken_from_elsewhere"),
    ],
)
def test_a_bad_entry_leaves_the_others(old: str, new: str, code: str) -> None:
    found = read(entry().replace(old, new), "\n", entry("7.00"))
    assert code in codes(found)
    assert found.transactions[-1].amount == Decimal("7.00")
    assert found.problems[-1].line == 2 or code in codes(found)


def test_lines_are_those_of_the_file() -> None:
    text = "\n\n" + message(statement("\n", entry(), "\n\n", entry().replace("CRDT", "")))
    found = read_camt(text.encode())
    assert found.transactions[0].line == 5
    assert [(each.line, each.code) for each in found.problems][-1] == (7, "no_direction")


# ------------------------------------------------------------------------------------------------------ wrong XML


def test_document_types_are_refused() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    outside = '<!DOCTYPE x SYSTEM "file:///etc/passwd">'
    for kind in (bomb, outside):
        found = read_camt(message(statement(entry())).replace("\n", kind).encode())
        assert codes(found) == ["statement_doctype"]


def test_a_truncated_file_keeps_its_complete_entries() -> None:
    text = message(statement(balance("OPBD", "0.00"), balance("CLBD", "2.00"), entry("1.00"), entry("1.00")))
    found = read_camt(text[: text.rindex("<ValDt>")].encode())
    assert len(found.transactions) == 1
    assert codes(found) == ["statement_broken"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8", "cp1252", "iso-8859-1"])
def test_encodings_even_when_declared_wrongly(encoding: str) -> None:
    text = message(statement(entry(details=payment(name="Société Générale"))))
    if encoding == "utf-16":
        text = text.replace("UTF-8", "UTF-16")
    assert read_camt(text.encode(encoding)).transactions[0].counterparty == "Société Générale"


@pytest.mark.parametrize("declared", ["klingon", "utf-16", "shift_jis"])
def test_an_encoding_that_is_not_so(declared: str) -> None:
    found = read_camt(message(statement(entry())).replace("UTF-8", declared).encode())
    assert len(found.transactions) == 1


def test_control_characters_are_dropped() -> None:
    found = read_camt(message(statement(entry(details=payment(reference="FA\x1a-1\0")))).encode())
    assert found.transactions[0].reference == "FA-1"
    assert "bad_bytes" in codes(found)


def test_deep_nesting_does_not_matter() -> None:
    deep = "<a>" * 20_000 + "</a>" * 20_000
    found = read(deep, f"<Ntry>{deep}</Ntry>", entry())
    assert found.transactions == () or len(found.transactions) == 1
    outside = message(statement(entry())).replace("<GrpHdr>", "<GrpHdr>" + "<a>" * 30_000)
    assert codes(read_camt(outside.encode())) == ["statement_too_deep"]


class Endless(io.RawIOBase):
    """A gigabyte of one byte after a head, without its memory."""

    def __init__(self, head: bytes, filler: bytes) -> None:
        self.head, self.filler, self.at, self.most = head, filler, 0, 0

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = offset
        return offset

    def read(self, size: int = -1) -> bytes:
        part = self.head[self.at : self.at + size]
        self.at += size
        self.most = max(self.most, self.at)
        return part + self.filler * (size - len(part))


@pytest.mark.parametrize("start", ["", "<Ntry>"])
def test_a_branch_without_end_is_refused_early(start: str) -> None:
    data = message(statement(entry(), start + "<a>" * 100_000))
    assert codes(read_camt(data.encode())) == ["statement_too_deep"]


@pytest.mark.parametrize("form", ["<n{0}/>", "<n x{0}='1'/>"])
def test_names_without_end_are_refused_early(form: str) -> None:
    data = message(statement(entry(), *(form.format(place) for place in range(3_000))))
    assert codes(read_camt(data.encode())) == ["too_many_names"]


@pytest.mark.parametrize("parts", [[entry()] * 30, [entry(details=payment("5.00") * 30)]])
def test_movements_have_a_limit(parts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("encaisse.exchange.camt.MAX_TRANSACTIONS", 10)
    found = read_camt(message(statement(balance("OPBD", "0.00"), *parts)).encode())
    assert codes(found) == ["too_many_transactions"]
    assert len(found.transactions) in (0, 11)


def test_the_opening_balance_is_the_one_that_says_so() -> None:
    for names in (["PRCD", "OPBD"], ["OPBD", "PRCD"]):
        (found,) = read(*(balance(name, "0.00") for name in names), balance("CLBD", "0.00")).statements
        wanted = ["opening" if name == "OPBD" else "other" for name in names]
        assert [each.kind for each in found.balances] == [*wanted, "closing"]


def test_a_text_alone_may_name_the_other_party() -> None:
    words = "VIR SEPA RECU /DE DUPONT SARL /MOTIF FACTURE 12 /REFDO E9"
    found = one(entry(more=f"<AddtlNtryInf>{words}</AddtlNtryInf>"))
    assert (found.reference, found.counterparty, found.end_to_end_id) == (words, "DUPONT SARL", "E9")
    found = one(entry(side="DBIT", more="<AddtlNtryInf>REJET PRLV SEPA /DE DUPONT /MOTIF AM04</AddtlNtryInf>"))
    assert (found.returned, found.counterparty) == ("AM04", "DUPONT")


def test_ampersands_that_are_not_written_out() -> None:
    text = message(statement(*(entry(details=payment(reference=f"R & D {n} A&B &eacute; &#65;")) for n in range(400))))
    found = read_camt(text.encode())
    assert codes(found) == ["bare_ampersands", "no_opening_balance", "no_closing_balance"]
    assert len(found.transactions) == 400
    assert found.transactions[-1].reference == "R & D 399 A&B &eacute; A"
    cut = text[: text.index("<RmtInf>") + 8] + "<<"
    assert codes(read_camt(cut.encode())) == ["statement_broken"], "nothing to write out"


def test_one_document_after_the_other() -> None:
    text = message(statement(entry()))
    found = read_camt(f"{text}\n{text}".encode())
    assert [each.line for each in found.transactions] == [2, 4]
    assert "statement_broken" not in codes(found)
    found = read_camt(f"{text}\nSession closed".encode())
    assert (len(found.transactions), "statement_broken" in codes(found)) == (1, True)


def test_wide_text_declared_as_narrow() -> None:
    found = read_camt(message(statement(entry(details=payment(name="Šárka œuvre")))).encode("utf-16"))
    assert found.transactions[0].counterparty == "Šárka œuvre"
    assert (found.encoding, "bad_bytes" in codes(found)) == ("utf-16", False)


def test_swiss_references_without_the_bank_marks() -> None:
    reference = "210000000003139471430009017"
    mark = f"<Strd><CdtrRefInf><Ref>{reference}</Ref></CdtrRefInf><AddtlRmtInf>?REJECT?0</AddtlRmtInf></Strd>"
    found = one(entry(details=payment().replace("<Ustrd></Ustrd>", mark)))
    assert (found.reference, found.structured) == ("", reference)
    assert inspect_rows.transaction(found)["reference"] == reference
    found = replace(found, reference="FA-1")
    assert inspect_rows.transaction(found)["reference"] == f"FA-1 {reference}"
    found = replace(found, reference="QRR 21 00000 00003 13947 14300 09017")
    assert inspect_rows.transaction(found)["reference"] == found.reference


@pytest.mark.parametrize("start", ["<Ntry><Amt>", '<Ntry a="', "<!--", "<Ntry "])
def test_endless_pieces_are_refused_early(start: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camt_xml, "MAX_PIECE", 4 * 1024 * 1024)
    stream: Any = Endless(message(statement(entry(), start)).partition(start)[0].encode() + start.encode(), b"x")
    found = read_camt(stream)
    assert "piece_too_large" in codes(found)
    assert len(found.transactions) == 1
    assert stream.most < 5 * 1024 * 1024


def test_a_long_batch_is_taken_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camt_xml, "MAX_PIECE", 256 * 1024)
    found = read(entry("15.00", details=payment("0.01", "FA") * 1500))
    assert len(found.transactions) == 1500
    assert sum(each.amount for each in found.transactions) == Decimal("15.00")
