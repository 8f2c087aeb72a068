"""Read a CAMT.053 statement of many entries, and import it; say how long each takes beside parsing the same XML bare.

    python bench/camt_import.py --entries 100000 --json

The statement is made up, the same every time: transfers with references and parties, a batch of ten payments now and
then, a returned direct debit now and then. The raw limits are measured in the same run on the same file: reading its
bytes, and letting ElementTree's own iterparse go over it, forgetting each entry, without looking at anything. The
import goes into a new SQLite database that knows the invoices of some of the payments, matching included. Each of the
three runs in a process of its own, so that the memory said is its own. Seconds are those of the processor.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

FIRST = date(2025, 1, 1)
AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
INVOICES = 2_000
"""So many of the payments are of invoices that the books tell of."""
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
    "<BkToCstmrStmt><GrpHdr><MsgId>BENCH</MsgId><CreDtTm>2026-01-01T06:00:00+01:00</CreDtTm></GrpHdr>\n"
    "<Stmt><Id>BENCH-1</Id><CreDtTm>2026-01-01T06:00:00+01:00</CreDtTm>"
    "<Acct><Id><IBAN>FR7630006000011234567890189</IBAN></Id><Ccy>EUR</Ccy><Ownr><Nm>Banc d’essai</Nm></Ownr></Acct>\n"
)
TAIL = "</Stmt></BkToCstmrStmt></Document>\n"


def balance(code: str, cents: int, day: date) -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{text(cents)}</Amt>'
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>\n"
    )


def text(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def amount_of(number: int) -> int:
    """Cents of one payment; entry 20 of each hundred is a returned debit."""
    return 1_000 + number * 7_919 % 900_000


def detail(number: int, part: int, cents: int, back: str) -> str:
    return (
        f"<TxDtls><Refs><EndToEndId>E2E-{number}-{part}</EndToEndId></Refs>"
        f'<Amt Ccy="EUR">{text(cents)}</Amt><CdtDbtInd>{"DBIT" if back else "CRDT"}</CdtDbtInd>'
        f"<RltdPties><Dbtr><Pty><Nm>Société n° {number % 5000}</Nm></Pty></Dbtr>"
        f"<DbtrAcct><Id><IBAN>FR7630006000011234567890189</IBAN></Id></DbtrAcct></RltdPties>"
        f"<RmtInf><Ustrd>FACTURE FA2025-{number:07d} DU {FIRST}</Ustrd></RmtInf>{back}</TxDtls>"
    )


def entries(count: int) -> Iterator[tuple[int, str]]:
    """Each entry's signed cents and its XML: about thirty elements."""
    for number in range(count):
        day = FIRST + timedelta(days=number * 300 // count)
        cents, returned, parts = amount_of(number), number % 100 == 20, 10 if number % 50 == 7 else 1
        back = "<RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf>" if returned else ""
        each = [cents // parts] * (parts - 1)
        details = "".join(
            detail(number, part, value, back) for part, value in enumerate([*each, cents - sum(each)], start=1)
        )
        xml = (
            f'<Ntry><NtryRef>{number}</NtryRef><Amt Ccy="EUR">{text(cents)}</Amt>'
            f"<CdtDbtInd>{'DBIT' if returned else 'CRDT'}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
            f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>BANK-{number}</AcctSvcrRef>"
            f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{'RDDT' if returned else 'RCDT'}</Cd>"
            f"<SubFmlyCd>{'UPDD' if returned else 'ESCT'}</SubFmlyCd></Fmly></Domn></BkTxCd>"
            f"<NtryDtls>{details}</NtryDtls></Ntry>\n"
        )
        yield -cents if returned else cents, xml


def write_statement(path: Path, count: int) -> None:
    """Write the statement, with balances that agree."""
    opening = 100_000_000_000
    closing = opening + sum(-amount_of(n) if n % 100 == 20 else amount_of(n) for n in range(count))
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(HEAD + balance("OPBD", opening, FIRST) + balance("CLBD", closing, FIRST + timedelta(days=300)))
        file.writelines(entry for _, entry in entries(count))
        file.write(TAIL)


def bare(path: Path) -> dict[str, Any]:
    """Read the bytes, then let ElementTree go over them."""
    from xml.etree import ElementTree as ET

    begun = time.process_time()
    path.read_bytes()
    reading = time.process_time() - begun
    begun = time.process_time()
    count = 0
    for _, element in ET.iterparse(path):
        if element.tag.endswith("}Ntry"):
            element.clear()
            count += 1
    return {"reading": round(reading, 3), "seconds": round(time.process_time() - begun, 2), "entries": count}


def read(path: Path) -> dict[str, Any]:
    """Read the statement as the program does."""
    from encaisse.exchange.camt import read_camt

    begun = time.process_time()
    found = read_camt(path)
    seconds = time.process_time() - begun
    total = sum((one.amount for one in found.transactions), Decimal(0))
    return {
        "seconds": round(seconds, 2),
        "transactions": len(found.transactions),
        "returned": sum(bool(one.returned) for one in found.transactions),
        "total": str(total),
        "problems": [one.code for one in found.problems],
    }


def taken(path: Path) -> dict[str, Any]:
    """Import the statement into a new database that knows some of the invoices it pays."""
    with tempfile.TemporaryDirectory(prefix="encaisse-bench-") as folder:
        os.environ |= {"ENCAISSE_HOME": folder, "DJANGO_SETTINGS_MODULE": "encaisse.config.settings"}
        os.environ.pop("DATABASE_URL", None)
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        from django_scopes import scope

        from encaisse.ledger.import_books import import_file
        from encaisse.parties.models import Creditor

        creditor = Creditor.objects.create(name="Banc d’essai")
        stages: dict[str, float] = {}
        last = ("reading", time.process_time())

        def tell(stage: str, _part: float) -> None:
            nonlocal last
            now = time.process_time()
            stages[last[0]] = round(stages.get(last[0], 0.0) + now - last[1], 2)
            last = (stage, now)

        with scope(creditor=creditor):
            import_file(creditor, books(), "000000018FEC20251231.txt", at=AT, actor="bench")
            before = time.process_time()
            last = ("reading", before)
            row = import_file(creditor, path, path.name, at=AT, actor="bench", progress=tell)
            seconds = time.process_time() - before
            tell("end", 1.0)
    return {"seconds": round(seconds, 2), "stages": stages, "new": row.report["new"]}


def books(count: int = INVOICES) -> bytes:
    """Books with the invoices that the first payments name."""
    columns = (
        "JournalCode JournalLib EcritureNum EcritureDate CompteNum CompteLib CompAuxNum CompAuxLib PieceRef PieceDate "
        "EcritureLib Debit Credit EcritureLet DateLet ValidDate Montantdevise Idevise"
    )
    lines = ["\t".join(columns.split())]
    day = f"{FIRST:%Y%m%d}"
    for number in range(count):
        sale = f"VE\tVentes\t{number}\t{day}"
        piece = f"FA2025-{number:07d}\t{day}\tFacture"
        amount = text(amount_of(number)).replace(".", ",")
        client = f"411\tClients\tC{number % 5000}\tSociété n° {number % 5000}"
        lines.append(f"{sale}\t{client}\t{piece}\t{amount}\t0,00\t\t\t{day}\t\t")
        lines.append(f"{sale}\t706\tVentes\t\t\t{piece}\t0,00\t{amount}\t\t\t{day}\t\t")
    return ("\n".join(lines) + "\n").encode()


MEASURES = {"bare": bare, "read": read, "taken": taken}


def in_its_own_process(what: str, path: Path) -> dict[str, Any]:
    """Run one measure apart, so that its memory is its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--measure", what, "--file", str(path)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--json", action="store_true", help="print only the figures, as JSON")
    parser.add_argument("--measure", choices=MEASURES, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        found = MEASURES[given.measure](given.file)
        found["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(json.dumps(found))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "statement.xml"
        write_statement(path, given.entries)
        limit, found, imported = (in_its_own_process(what, path) for what in MEASURES)
        figures = {
            "entries": given.entries,
            "megabytes": round(path.stat().st_size / 1e6, 1),
            "raw_limit": limit,
            "read": found,
            "ratio": round(found["seconds"] / limit["seconds"], 2),
            "imported": imported,
            "import_ratio": round(imported["seconds"] / limit["seconds"], 2),
        }
    if given.json:
        print(json.dumps(figures))
        return
    print(f"{given.entries:,} entries, {figures['megabytes']} MB (seconds of the processor)")
    print(f"  read           {found['seconds']} s, {found['memory_mb']} MB, {figures['ratio']} x bare parsing")
    print(f"  imported       {imported['seconds']} s, {imported['memory_mb']} MB, {figures['import_ratio']} x")
    print("                 " + ", ".join(f"{stage} {seconds} s" for stage, seconds in imported["stages"].items()))
    print(f"  bare parsing   {limit['seconds']} s, {limit['memory_mb']} MB; bytes alone {limit['reading']} s")


if __name__ == "__main__":
    main()
