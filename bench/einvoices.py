"""Import many Factur-X files into a new SQLite database, against what the bare libraries need for the same bytes.

    python bench/einvoices.py [--files 10000] [--json]

The files are made from one sample (tests/exchange/einvoices): each is the sample with an update at its end that
replaces the embedded XML by one with its own number and total, and with one of a hundred buyers. The raw limits are
measured in the same run: reading the bytes, and the least that finds the totals (open the PDF with pypdf, unpack its
attachment, parse it with the standard library, look up one element). Reading alone, without the ledger, is measured
beside. Seconds are those of the processor; each of the four runs in a process of its own, so that the memory said is
its own.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from time import process_time
from typing import Any

SAMPLE = Path(__file__).parents[1] / "tests" / "exchange" / "einvoices" / "Facture_UE_MINIMUM.pdf"
RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"
NUMBER, TOTAL, PAYABLE, BUYER = b"FA-2017-0008", b"2076.76", b"1453.76", b"ESA12345674"
SELLER = "999999998"
BUYERS = 100
AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class Maker:
    """Makes one PDF after the other from the sample."""

    def __init__(self) -> None:
        from pypdf import PdfReader

        self.sample = SAMPLE.read_bytes()
        reader = PdfReader(io.BytesIO(self.sample))
        (attached,) = reader.attachment_list
        self.stream = attached.pdf_object["/EF"].raw_get("/F").idnum
        self.xml = attached.content
        root, size = reader.trailer.raw_get("/Root").idnum, int(reader.trailer["/Size"])
        before = int(self.sample.rpartition(b"startxref")[2].split()[0])
        self.trailer = b"trailer\n<</Root %d 0 R/Size %d/Prev %d>>\n" % (root, size, before)
        if not all(self.xml.count(mark) for mark in (NUMBER, TOTAL, PAYABLE, BUYER)):
            sys.exit("the sample is not the one this was written for")

    def file(self, place: int) -> bytes:
        """A PDF with the number and total of `place`."""
        amount = str(total(place)).encode()
        xml = self.xml.replace(NUMBER, number(place).encode()).replace(TOTAL, amount).replace(PAYABLE, amount)
        packed = zlib.compress(xml.replace(BUYER, b"ESA%08d" % (place % BUYERS)))
        start = len(self.sample) + 1
        head = b"\n%d 0 obj\n<</Type/EmbeddedFile/Filter/FlateDecode/Length %d>>\nstream\n" % (self.stream, len(packed))
        body = head + packed + b"\nendstream\nendobj\n"
        table = b"xref\n%d 1\n%010d 00000 n \n" % (self.stream, start)
        end = b"startxref\n%d\n%%%%EOF\n" % (len(self.sample) + len(body))
        return self.sample + body + table + self.trailer + end


def number(place: int) -> str:
    return f"B-{place:08}"


def total(place: int) -> Decimal:
    return Decimal(place) + Decimal("0.76")


def reading(files: list[Path]) -> dict[str, Any]:
    """Read the bytes."""
    begun = process_time()
    size = sum(len(path.read_bytes()) for path in files)
    return {"seconds": process_time() - begun, "megabytes": round(size / 1e6, 1)}


def bare(files: list[Path]) -> dict[str, Any]:
    """Find the totals with the bare libraries."""
    from pypdf import PdfReader

    begun = process_time()
    for place, path in enumerate(files):
        (content,) = next(iter(PdfReader(path).attachments.values()))
        element = ET.fromstring(content).find(f".//{RAM}GrandTotalAmount")
        if element is None or Decimal(element.text or "") != total(place):
            sys.exit("the bare libraries do not find the total: the figures would mean nothing")
    return {"seconds": process_time() - begun}


def parsed(files: list[Path]) -> dict[str, Any]:
    """Read the invoices, without the ledger."""
    from encaisse.exchange.facturx import read_facturx

    begun = process_time()
    for place, path in enumerate(files):
        found = read_facturx(path.read_bytes())
        if [(one.number, one.gross) for one in found.invoices] != [(number(place), total(place))]:
            sys.exit(f"{path.name}: {found.problems or found.invoices}")
    return {"seconds": process_time() - begun}


def taken(files: list[Path]) -> dict[str, Any]:
    """Import the invoices into a new database."""
    with tempfile.TemporaryDirectory(prefix="encaisse-bench-") as folder:
        os.environ |= {"ENCAISSE_HOME": folder, "DJANGO_SETTINGS_MODULE": "encaisse.config.settings"}
        os.environ.pop("DATABASE_URL", None)
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        from django.db.models import Sum
        from django_scopes import scope

        from encaisse.ledger.import_many import import_many
        from encaisse.ledger.models import Receivable
        from encaisse.parties.models import Creditor, Customer

        creditor = Creditor.objects.create(name="Au bon moulin", siren=SELLER)
        with scope(creditor=creditor):
            begun = process_time()
            import_many(creditor, [(path, path.name) for path in files], at=AT, actor="bench")
            seconds = process_time() - begun
            begun = process_time()
            import_many(creditor, [(path, path.name) for path in files], at=AT, actor="bench")
            again = process_time() - begun
            owed = Receivable.objects.filter(creditor=creditor).aggregate(Sum("amount"))["amount__sum"]
            if owed != sum(int(total(place) * 100) for place in range(len(files))):
                sys.exit(f"{owed} is not what the files say: the figures would mean nothing")
            customers = Customer.objects.filter(creditor=creditor).count()
    return {"seconds": seconds, "same_content_again": round(again, 2), "customers": customers}


MEASURES: dict[str, Callable[[list[Path]], dict[str, Any]]] = {
    "reading": reading, "bare": bare, "parsed": parsed, "taken": taken,
}  # fmt: skip


def in_its_own_process(what: str, folder: Path) -> dict[str, Any]:
    """Run one measure apart, so that its memory is its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--measure", what, "--folder", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure(files: int) -> dict[str, Any]:
    """Make the files, then all measures."""
    with tempfile.TemporaryDirectory(prefix="encaisse-bench-") as folder:
        maker = Maker()
        for place in range(files):
            (Path(folder) / f"{number(place)}.pdf").write_bytes(maker.file(place))
        found = {what: in_its_own_process(what, Path(folder)) for what in MEASURES}
    seconds = {what: one["seconds"] for what, one in found.items()}
    return {
        "files": files,
        "megabytes": found["reading"]["megabytes"],
        "customers": found["taken"]["customers"],
        "seconds": {what: round(one, 3) for what, one in seconds.items()},
        "memory_mb": {what: one["memory_mb"] for what, one in found.items()},
        "same_content_again": found["taken"]["same_content_again"],
        "files_per_second": round(files / seconds["taken"]),
        "milliseconds_beyond_parsing": round(1000 * (seconds["taken"] - seconds["parsed"]) / files, 2),
        "ratio_to_reading": round(seconds["taken"] / seconds["reading"], 1),
        "ratio_to_bare": round(seconds["taken"] / seconds["bare"], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the import of Factur-X files.")
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON only")
    parser.add_argument("--measure", choices=MEASURES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.files < 1:
        parser.error("--files is one or more")
    if options.measure:
        found = MEASURES[options.measure](sorted(options.folder.iterdir()))
        found["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(json.dumps(found))
        return
    figures = measure(options.files)
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    seconds, memory = figures["seconds"], figures["memory_mb"]
    print(f"{figures['files']:,} Factur-X files, {figures['megabytes']:,} MB (seconds of the processor)")
    print(
        f"  imported       {seconds['taken']} s, {memory['taken']} MB, {figures['files_per_second']:,} files a second, "
        f"{figures['milliseconds_beyond_parsing']} ms each beyond reading the invoice"
    )
    print(f"  read only      {seconds['parsed']} s, {memory['parsed']} MB")
    print(f"  bare libraries {seconds['bare']} s, {memory['bare']} MB; bytes alone {seconds['reading']} s")
    print(f"  ratio          {figures['ratio_to_bare']} x the bare libraries")
    print(f"  again          {figures['same_content_again']} s for the same files, which change nothing")


if __name__ == "__main__":
    main()
