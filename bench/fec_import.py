"""Import a FEC of many lines, from the file on disk to the last row in the database, and say how long it takes.

    python bench/fec_import.py --lines 1000000 --database sqlite --json
    python -m tests.postgres -- python bench/fec_import.py --lines 1000000 --database postgresql

The books are made up, the same every time: sales of three lines, transfers of two that letter about nine sales in ten,
a part payment now and then, a credit note now and then. The raw limit is measured in the same run on the same machine:
reading the bytes of the file, and inserting the same rows into the same tables with `executemany` (SQLite) or COPY
(PostgreSQL), rows ready in memory. The database is a new one in a temporary folder, or the empty one of DATABASE_URL.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

HEADER = (
    "JournalCode\tJournalLib\tEcritureNum\tEcritureDate\tCompteNum\tCompteLib\tCompAuxNum\tCompAuxLib\tPieceRef\t"
    "PieceDate\tEcritureLib\tDebit\tCredit\tEcritureLet\tDateLet\tValidDate\tMontantdevise\tIdevise\n"
)
FIRST = date(2025, 1, 1)
AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
TABLES = ("parties_customer", "ledger_invoice", "ledger_receivable", "ledger_payment", "ledger_allocation",
          "journal_entry", "journal_head")  # fmt: skip


def letters(number: int) -> str:
    """A lettering code: AAAA, AAAB, …"""
    code = ""
    for _ in range(4):
        number, rest = divmod(number, 26)
        code = chr(65 + rest) + code
    return code


def entries(lines: int) -> Iterator[str]:
    """The lines of the books: five per sale, paid or not."""
    sales = lines // 5 + 1
    customers = max(10, sales // 8)
    for number in range(sales):
        day = FIRST + timedelta(days=number * 300 // sales)
        net = 5_000 + number * 7_919 % 900_000
        gross = net + net // 5
        customer = number * 104_729 % customers
        code, name = f"C{customer:06d}", f"Société n° {customer}"
        on, reference = f"{day:%Y%m%d}", f"FA2025-{number:07d}"
        tail = f"{on}\t\t\n"
        open_ = number % 10 == 9
        letter = f"{letters(number)}\t{on}" if not open_ else "\t"
        sale = f"VE\tVentes\t{number:07d}\t{on}"
        book = f"{reference}\t{on}\tFacture {reference}"
        yield f"{sale}\t41100000\tClients\t{code}\t{name}\t{book}\t{text(gross)}\t0,00\t{letter}\t{tail}"
        yield f"{sale}\t70600000\tPrestations\t\t\t{book}\t0,00\t{text(net)}\t\t\t{tail}"
        yield f"{sale}\t44571000\tTVA collectée\t\t\t{book}\t0,00\t{text(gross - net)}\t\t\t{tail}"
        if open_:
            continue
        later = day + timedelta(days=20 + number % 45)
        on, transfer = f"{later:%Y%m%d}", f"VIR{number:07d}"
        paid = gross // 2 if number % 10 == 8 else gross
        tail = f"{on}\t\t\n"
        bank, book = f"BQ\tBanque\tB{number:07d}\t{on}", f"{transfer}\t{on}"
        yield f"{bank}\t51200000\tBanque\t\t\t{book}\tVIR {name}\t{text(paid)}\t0,00\t\t\t{tail}"
        yield f"{bank}\t41100000\tClients\t{code}\t{name}\t{book}\tRèglement\t0,00\t{text(paid)}\t{letter}\t{tail}"


def text(minor: int) -> str:
    return f"{minor // 100},{minor % 100:02d}"


def write_books(path: Path, lines: int) -> int:
    """Write the books and return how many lines they have, without the header."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER)
        for line in entries(lines):
            file.write(line)
            count += 1
            if count == lines:
                break
    return count


def measure(path: Path) -> dict[str, Any]:
    """Import the file into a new creditor; return the seconds of each stage and what came of it."""
    from django_scopes import scope

    from encaisse.ledger import import_books
    from encaisse.parties.models import Creditor

    creditor = Creditor.objects.create(name="Banc d’essai")
    stages: dict[str, float] = {}
    begun = last = time.perf_counter()
    worked = time.process_time()
    name = "start"

    def tell(stage: str, part: float) -> None:
        nonlocal last, name
        now = time.perf_counter()
        stages[name] = stages.get(name, 0.0) + now - last
        last, name = now, stage

    with scope(creditor=creditor):
        row = import_books.import_file(creditor, path, path.name, at=AT, actor="bench", progress=tell)
        seconds, worked = time.perf_counter() - begun, time.process_time() - worked
        tell("end", 1.0)
        begun = time.perf_counter()
        import_books.import_file(creditor, path, path.name, at=AT, actor="bench")
        again = time.perf_counter() - begun
    stages.pop("start", None)
    return {
        "seconds": round(seconds, 2),
        "processor_seconds": round(worked, 2),
        "stages": {stage: round(took, 2) for stage, took in stages.items()},
        "same_content_again": round(again, 2),
        "new": row.report["new"],
    }


def raw_limit(path: Path) -> dict[str, float]:
    """Seconds for reading the file's bytes, and for inserting the same rows again, in one transaction rolled back."""
    from django.db import connection, transaction

    begun = time.perf_counter()
    path.read_bytes()
    reading = time.perf_counter() - begun
    rows: dict[str, tuple[list[str], list[tuple[Any, ...]]]] = {}
    for table in TABLES:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")
            rows[table] = ([column[0] for column in cursor.description], cursor.fetchall())
    writing = 0.0
    with transaction.atomic():
        with connection.cursor() as cursor:
            for table in reversed(TABLES):
                cursor.execute(f"DELETE FROM {table}")
            begun = time.perf_counter()
            for table, (columns, values) in rows.items():
                _insert(cursor, table, columns, values)
            writing = time.perf_counter() - begun
        transaction.set_rollback(True)
    return {"reading": round(reading, 3), "writing": round(writing, 2), "rows": sum(len(v) for _, v in rows.values())}


def _insert(cursor: Any, table: str, columns: list[str], values: list[tuple[Any, ...]]) -> None:
    from django.db import connection

    names = ", ".join(columns)
    if connection.vendor == "postgresql":
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)
        return
    marks = ", ".join(["%s"] * len(columns))
    cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)


def main() -> int:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.database == "postgresql" and not os.environ.get("DATABASE_URL"):
        print("DATABASE_URL is not set: run this under `python -m tests.postgres --`", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="encaisse-bench-") as folder:
        home = Path(folder)
        os.environ["ENCAISSE_HOME"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "encaisse.config.settings"
        if options.database == "sqlite":
            os.environ.pop("DATABASE_URL", None)
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        path = home / "000000018FEC20251231.txt"
        lines = write_books(path, options.lines)
        found = measure(path)
        limit = raw_limit(path)
        raw = limit["reading"] + limit["writing"]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        found = {
            "lines": lines, "bytes": path.stat().st_size, "database": options.database, **found, "raw": limit,
            "ratio": round(found["seconds"] / raw, 2), "lines_per_second": int(lines / found["seconds"]),
            "peak_mib": peak, "promise_seconds": 15,
        }  # fmt: skip
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        print(
            f"{found['lines']:,} lines into {found['database']}: {found['seconds']} s"
            f" ({found['lines_per_second']:,} lines/s, {found['peak_mib']} MiB), raw limit {raw:.2f} s,"
            f" ratio {found['ratio']}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
