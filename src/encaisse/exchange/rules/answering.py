"""What the child process does with one document: find the invoice, hold it against our table and the official files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from encaisse.exchange import facturx, xml_kinds
from encaisse.exchange.rules.evaluate import evaluate, sets_for
from encaisse.exchange.rules.official import Engine, Report, files_for
from encaisse.exchange.rules.table import rule_of
from encaisse.exchange.rules.view import View, view_of
from encaisse.exchange.safe_xml import Node, read_xml


def answer(document: bytes, paths: Sequence[Path]) -> dict[str, Any]:
    """The record of one document: `findings` of ours, `reports` of official files, `unused` files and why.

    `not_for` names a document that has no rules here; a document that cannot be read has none of them: its reader says
    why.
    """
    root = _invoice(document)
    if root is None:
        return {}
    view = view_of(root)
    if view is None:
        return {"not_for": xml_kinds.known_as(root).name}
    reports, numbers, unused = _official(view, root, paths)
    own = evaluate(view)
    # Where an official file has answered, it decides; where it agrees with us, our sentence has the figures.
    reported = {_number(one.rule) for one in reports}
    agreed = reported & {one.rule for one in own}
    return {
        "findings": [asdict(one) for one in own if one.rule in agreed or one.rule not in numbers],
        "reports": [asdict(one) for one in reports if _number(one.rule) not in agreed],
        "unused": unused,
    }


def _number(number: str) -> str:
    rule = rule_of(number)
    return rule.id if rule else number


def _invoice(document: bytes) -> Node | None:
    """The root of the invoice: of the document itself, or of the first XML of a PDF that is one."""
    if not facturx.looks_like_pdf(document):
        root, _ = read_xml(document)
        return xml_kinds.unwrapped(root) if root else None
    first: Node | None = None
    for attachment in facturx.xml_in_pdf(document).attachments:
        root, _ = read_xml(attachment.content)
        if root and view_of(root):
            return root
        first = first or root
    return first


@cache
def _engine() -> Engine:
    return Engine()


def _official(
    view: View, root: Node, paths: Sequence[Path]
) -> tuple[list[Report], frozenset[str], list[tuple[str, str]]]:
    """What the official files report, the numbers they have answered for, and those that could not be used."""
    reports: list[Report] = []
    numbers: frozenset[str] = frozenset()
    unused: list[tuple[str, str]] = []
    for file in files_for(view, paths, french="fr" in sets_for(view)):
        try:
            reports += _engine().reports(file, root)
            numbers |= file.numbers
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a rule file is a program, and may fail in any way
            unused.append((file.path.name, f"{type(error).__name__}: {error}".strip()))
    return reports, numbers, unused
