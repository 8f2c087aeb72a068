"""Read many Factur-X files, against what the bare libraries need for the same bytes.

    python bench/einvoices.py [--files 10000] [--json]

The files are made in memory from one sample (tests/exchange/einvoices): each is the sample with an update at its end
that replaces the embedded XML by one with its own number and total. The raw limit is the least that finds the totals:
open the PDF with pypdf, unpack its attachment, parse it with the standard library, look up one element.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import xml.etree.ElementTree as ET
import zlib
from decimal import Decimal
from pathlib import Path
from time import process_time
from typing import Any

from pypdf import PdfReader

from encaisse.exchange.facturx import read_facturx

SAMPLE = Path(__file__).parents[1] / "tests" / "exchange" / "einvoices" / "Facture_UE_MINIMUM.pdf"
RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"
NUMBER, TOTAL = b"FA-2017-0008", b"2076.76"


class Maker:
    """Makes one PDF after the other from the sample."""

    def __init__(self) -> None:
        self.sample = SAMPLE.read_bytes()
        reader = PdfReader(io.BytesIO(self.sample))
        (attached,) = reader.attachment_list
        self.stream = attached.pdf_object["/EF"].raw_get("/F").idnum
        self.xml = attached.content
        root, size = reader.trailer.raw_get("/Root").idnum, int(reader.trailer["/Size"])
        before = int(self.sample.rpartition(b"startxref")[2].split()[0])
        self.trailer = b"trailer\n<</Root %d 0 R/Size %d/Prev %d>>\n" % (root, size, before)
        if self.xml.count(NUMBER) < 1 or self.xml.count(TOTAL) < 1:
            sys.exit("the sample is not the one this was written for")

    def file(self, place: int) -> tuple[bytes, str, Decimal]:
        """A PDF, and the number and total in it."""
        number, total = f"B-{place:08}", Decimal(place) + Decimal("0.76")
        xml = self.xml.replace(NUMBER, number.encode()).replace(TOTAL, str(total).encode())
        packed = zlib.compress(xml)
        start = len(self.sample) + 1
        head = b"\n%d 0 obj\n<</Type/EmbeddedFile/Filter/FlateDecode/Length %d>>\nstream\n" % (self.stream, len(packed))
        body = head + packed + b"\nendstream\nendobj\n"
        table = b"xref\n%d 1\n%010d 00000 n \n" % (self.stream, start)
        end = b"startxref\n%d\n%%%%EOF\n" % (len(self.sample) + len(body))
        return self.sample + body + table + self.trailer + end, number, total


def bare(data: bytes) -> Decimal:
    """The total as the bare libraries find it."""
    (content,) = next(iter(PdfReader(io.BytesIO(data)).attachments.values()))
    element = ET.fromstring(content).find(f".//{RAM}GrandTotalAmount")
    if element is None or element.text is None:
        sys.exit("the bare libraries do not find the total: the figures would mean nothing")
    return Decimal(element.text)


def measure(files: int) -> dict[str, Any]:
    """Read the files one by one with both; they take turns, so that both see the same machine."""
    maker = Maker()
    ours = raw = 0.0
    size = 0
    for place in range(files):
        data, number, total = maker.file(place)
        size += len(data)
        start = process_time()
        file = read_facturx(data)
        middle = process_time()
        expected = bare(data)
        raw += process_time() - middle
        ours += middle - start
        if [(one.number, one.gross) for one in file.invoices] != [(number, total)] or expected != total:
            sys.exit(f"file {place}: {file.problems or file.invoices}, {expected} against {number}, {total}")
    return {
        "files": files,
        "megabytes": round(size / 1e6, 1),
        "seconds": round(ours, 3),
        "files_per_second": round(files / ours),
        "raw_limit": "pypdf, ElementTree, one element",
        "raw_seconds": round(raw, 3),
        "ratio_to_raw_limit": round(ours / raw, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the reading of Factur-X files.")
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON only")
    options = parser.parse_args()
    if options.files < 1:
        parser.error("--files is one or more")
    figures = measure(options.files)
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    print(f"{figures['files']:,} Factur-X files, {figures['megabytes']:,} MB (CPU time)")
    print(f"  encaisse       {figures['seconds']:.2f} s, {figures['files_per_second']:,} files a second")
    print(f"  raw limit      {figures['raw_seconds']:.2f} s ({figures['raw_limit']})")
    print(f"  ratio          {figures['ratio_to_raw_limit']:.2f} x the raw limit")


if __name__ == "__main__":
    main()
