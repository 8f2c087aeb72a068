"""Reminder letters as PDF/A: one by one, in batches for printing, and a raw limit, in one run.

    python bench/letters.py [--letters 300] [--json]

The promise is 15 ms per letter and core, words, QR code, layout and PDF/A included. Time is processor time of all
threads, so that what else the machine does counts for little; the clock's time is printed beside it. The raw limit
is the least that printing a page with Typst can cost: an empty page as PDF/A by the same compiler, plus writing the
bytes of a letter to a file.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter, process_time

import typst

from encaisse.documents import (
    Context,
    Creditor,
    InvoiceLine,
    Letter,
    Sender,
    compose,
    render_letter,
    render_letters,
)

PROMISE_MS = 15.0
BATCH = 50
DAY = date(2026, 11, 20)
STEPS = ("mail", "firm", "notice")
CREDITOR = Creditor(
    name="Atelier Brunel SARL",
    address=("12 rue des Tanneurs", "69007 LYON"),
    city="Lyon",
    legal="SARL au capital de 20 000 € · RCS Lyon 732 829 320",
    phone="04 78 00 00 00",
    email="contact@brunel.example",
)
SENDER = Sender("Claire Fontaine", "Responsable clients", "04 78 00 00 12", "claire.fontaine@brunel.example")


def context(number: int) -> Context:
    """The case of one customer: one to four invoices, all of them its own."""
    lines = tuple(
        InvoiceLine(
            number=f"F-{number:05d}-{rank}",
            issued_on=DAY - timedelta(days=60 + 9 * rank),
            due_on=DAY - timedelta(days=30 + 9 * rank),
            amount=10_000 + number * 37 % 90_000 + rank,
            open=10_000 + number * 37 % 90_000 + rank,
            days_late=30 + 9 * rank,
            interest=number * 7 % 900 + 1,
            indemnity=4_000,
        )
        for rank in range(1 + number % 4)
    )
    return Context(
        creditor=CREDITOR,
        sender=SENDER,
        customer=f"Client numéro {number}",
        contact=f"Camille Client{number}",
        customer_code=f"411{number:06d}",
        address=(f"{number} rue de la Gare", "38500 VOIRON"),
        invoices=lines,
        day=DAY,
        iban="FR7630006000011234567890189",
        bic="AGRIFRPP",
        payment_reference=f"411{number:06d}-26",
        rate="12,40 % l’an (taux BCE majoré de 10 points)",
        channel="letter",
    )


def letter(number: int) -> Letter:
    """One letter, its words composed: a third each of first reminder, firm letter and formal notice."""
    case = context(number)
    return Letter(compose(STEPS[number % len(STEPS)], "fr", case), case)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Processor and clock time of some work, in milliseconds."""
    clock, processor = perf_counter(), process_time()
    work()
    return (process_time() - processor) * 1e3, (perf_counter() - clock) * 1e3


def raw_limit(pages: int, size: int, folder: Path) -> list[tuple[float, float]]:
    """An empty page each, and a file of the size of a letter."""
    compiler = typst.Compiler(ignore_system_fonts=True)
    data = bytes(size)

    def one(number: int) -> None:
        source = f'#set document(title: "{number}")\n#set page(paper: "a4")\n'.encode()
        compiler.compile(input=source, format="pdf", pdf_standards=["a-2a", "ua-1"])
        (folder / "raw.pdf").write_bytes(data)

    return [timed(lambda number=number: one(number)) for number in range(pages)]


def measure(letters: int) -> dict[str, object]:
    """Every figure of one run; letters and raw pages take turns, so that a busy machine slows both."""
    pdf = render_letter(letter(10**6))
    single: list[tuple[float, float]] = []
    raw: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for start in range(0, letters, BATCH):
            for number in range(start, min(start + BATCH, letters)):
                single.append(
                    timed(lambda number=number: (folder / "one.pdf").write_bytes(render_letter(letter(number))))
                )
            raw += raw_limit(min(BATCH, letters - start), len(pdf), folder)
    batches = [
        (timed(lambda start=start: render_letters([letter(10**7 + start + n) for n in range(BATCH)])), BATCH)
        for start in range(0, letters, BATCH)
    ]
    per_letter = statistics.median(processor for processor, _ in single)
    ordered = sorted(processor for processor, _ in single)
    limit = statistics.median(processor for processor, _ in raw)
    return {
        "letters": letters,
        "ms_per_letter_per_core": round(per_letter, 2),
        "ms_per_letter_clock": round(statistics.median(clock for _, clock in single), 2),
        "ms_per_letter_best_tenth": round(ordered[letters // 10], 2),
        "ms_per_letter_worst_tenth": round(ordered[-1 - letters // 10], 2),
        "batch_of": BATCH,
        "ms_per_letter_in_batch": round(statistics.median(time[0] / size for time, size in batches), 2),
        "raw_ms": round(limit, 2),
        "ratio_to_raw_limit": round(per_letter / limit, 1),
        "bytes_per_letter": len(pdf),
        "promise_ms": PROMISE_MS,
        "promise_kept": per_letter <= PROMISE_MS,
    }


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int, default=300)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON only")
    arguments = parser.parse_args()
    if arguments.letters < 1:
        parser.error("--letters must be at least 1")
    found = measure(arguments.letters)
    if arguments.json:
        print(json.dumps(found, indent=2))
        return
    print(f"letters                       {found['letters']}")
    print(f"one by one, per letter, core  {found['ms_per_letter_per_core']} ms  (promise {PROMISE_MS:g} ms)")
    best, worst = found["ms_per_letter_best_tenth"], found["ms_per_letter_worst_tenth"]
    print(f"    best and worst tenth      {best} ms, {worst} ms")
    print(f"one by one, by the clock      {found['ms_per_letter_clock']} ms")
    print(f"in batches of {BATCH}, per letter   {found['ms_per_letter_in_batch']} ms")
    print(f"raw limit (empty page, write) {found['raw_ms']} ms")
    print(f"ratio to the raw limit        {found['ratio_to_raw_limit']}")
    print("promise kept" if found["promise_kept"] else "promise NOT kept")


if __name__ == "__main__":
    main()
