"""Small made-up bank statements, written as CAMT.053."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from xml.sax.saxutils import escape

OURS = "FR7630006000011234567890189"


@dataclass
class Statement:
    """Movements of one account, added one by one; `.bytes()` is the file. Amounts are euros as text, days ISO text."""

    first: str
    last: str
    opening: str = "1000.00"
    account: str = OURS
    entries: list[str] = field(default_factory=list)
    moved: Decimal = Decimal(0)
    name: str = "releve.xml"

    def line(
        self, day: str, amount: str, text: str = "", *, payer: str = "", iban: str = "", ref: str = "",
        end_to_end: str = "", returned: str = "", status: str = "BOOK",
    ) -> Statement:  # fmt: skip
        value = Decimal(amount)
        if status == "BOOK":
            self.moved += value
        side, other = ("CRDT", "Dbtr") if value > 0 else ("DBIT", "Cdtr")
        party = f"<{other}><Nm>{escape(payer)}</Nm></{other}>" if payer else ""
        party += f"<{other}Acct><Id><IBAN>{iban}</IBAN></Id></{other}Acct>" if iban else ""
        refs = f"<Refs><EndToEndId>{escape(end_to_end)}</EndToEndId></Refs>" if end_to_end else ""
        back = f"<RtrInf><Rsn><Cd>{returned}</Cd></Rsn></RtrInf>" if returned else ""
        self.entries.append(
            f'<Ntry><Amt Ccy="EUR">{abs(value)}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts>{status}</Sts>'
            f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>"
            f"<AcctSvcrRef>{escape(ref or f'{day}-{len(self.entries)}')}</AcctSvcrRef>"
            f"<NtryDtls><TxDtls>{refs}<RltdPties>{party}</RltdPties>"
            f"<RmtInf><Ustrd>{escape(text)}</Ustrd></RmtInf>{back}</TxDtls></NtryDtls></Ntry>"
        )
        return self

    def bytes(self) -> bytes:
        closing = Decimal(self.opening) + self.moved
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>'
            f"<GrpHdr><MsgId>M</MsgId><CreDtTm>{self.last}T20:00:00</CreDtTm></GrpHdr>"
            f"<Stmt><Id>{self.first}</Id><CreDtTm>{self.last}T20:00:00</CreDtTm>"
            f"<Acct><Id><IBAN>{self.account}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
            + self._balance("OPBD", Decimal(self.opening), self.first)
            + self._balance("CLBD", closing, self.last)
            + "".join(self.entries)
            + "</Stmt></BkToCstmrStmt></Document>"
        ).encode()

    def _balance(self, kind: str, amount: Decimal, day: str) -> str:
        side = "CRDT" if amount >= 0 else "DBIT"
        return (
            f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>"
            f'<Amt Ccy="EUR">{abs(amount)}</Amt><CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>'
        )
