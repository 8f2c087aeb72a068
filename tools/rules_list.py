"""Makes the list of rules in `docs/imports.md`: `python -m tools.rules_list [--document FILE]`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from encaisse.exchange.rules.table import EDITIONS, Rule, rules

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "imports.md"
BEGIN, END = "<!-- rules: begin -->", "<!-- rules: end -->"
# What the beginning of a number says the rule is about; the first that fits counts.
KINDS = (
    ("BR-FR-DEC-", "French: figures"),
    ("BR-FR-CO-", "French: what must agree"),
    ("BR-FR-", "French: what must be there, and how it is written"),
    ("BR-CO-", "what must agree, sums among it"),
    ("BR-DEC-", "two decimals"),
    ("BR-CL-", "code lists"),
    ("BR-S-", "VAT: standard rate"),
    ("BR-Z-", "VAT: zero rate"),
    ("BR-E-", "VAT: exempt"),
    ("BR-AE-", "VAT: reverse charge"),
    ("BR-IC-", "VAT: intra-community supply"),
    ("BR-G-", "VAT: export outside the EU"),
    ("BR-O-", "VAT: not subject"),
    ("BR-AF-", "VAT: IGIC of the Canary Islands"),
    ("BR-AG-", "VAT: IPSI of Ceuta and Melilla"),
    ("BR-B-", "VAT: split payment, Italy"),
    ("BR-", "what must be there"),
)


def written() -> str:
    """The list as it stands between the marks."""
    table = rules().values()
    lines = [
        f"{len(table)} rules. "
        + " ".join(f"{sum(one.set == name for one in table)}: {edition}." for name, edition in EDITIONS.items())
    ]
    lines += ["", "| about | count | numbers |", "| --- | --- | --- |"]
    for start, about in reversed(KINDS):
        found = [one for one in table if kind_of(one) == start]
        lines.append(f"| {about} | {len(found)} | {start}{' '.join(_short(found, start))} |")
    return "\n".join(lines)


def kind_of(rule: Rule) -> str:
    """The beginning of the rule's number that says what it is about."""
    return next(start for start, _ in KINDS if rule.id.startswith(start))


def _short(found: list[Rule], start: str) -> Iterator[str]:
    """The last parts of the numbers, runs of them as first–last; warnings are marked."""
    run: list[Rule] = []
    for rule in [*sorted(found, key=lambda one: one.id), None]:
        follows = rule and run and int(rule.id[len(start) :]) == int(run[-1].id[len(start) :]) + 1
        if run and not (follows and rule and rule.grade == run[-1].grade):
            first, last = run[0].id[len(start) :], run[-1].id[len(start) :]
            yield (first if first == last else f"{first}–{last}") + (" (warning)" if run[0].grade == "warning" else "")
            run = []
        if rule:
            run.append(rule)


def main() -> None:
    """Write the list into the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--document", type=Path, default=DOCUMENT)
    document: Path = parser.parse_args().document
    text = document.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    document.write_text(f"{head}{BEGIN}\n\n{written()}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
