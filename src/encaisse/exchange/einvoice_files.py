"""From bytes of XML to an :class:`InvoiceFile`: read safely, recognise, refuse by name, hand on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from encaisse.exchange import xml_kinds
from encaisse.exchange.einvoice import EInvoice, FileKind, InvoiceFile
from encaisse.exchange.problems import Problem, bounded, problem
from encaisse.exchange.safe_xml import Node, read_root, read_xml

HEAD = 64 * 1024
"""The root of a broken document is looked for in so many bytes."""
Reader = Callable[[Node], tuple[EInvoice | None, list[Problem]]]


def read_one(data: bytes, readers: Mapping[FileKind, Reader], *, language: str = "fr") -> InvoiceFile:
    """Read one XML document with the reader for its kind; a document of any other kind is refused by its name.

    A broken document has the kind its root says, and no invoice.
    """
    root, problems = read_xml(data)
    document = xml_kinds.unwrapped(root) if root else read_root(data[:HEAD])
    if document is None:
        return file_of("unknown", None, problems, language)
    known = xml_kinds.known_as(document)
    for kind, reader in readers.items():
        if known.kind == kind:
            invoice, found = reader(document) if root else (None, [])
            return file_of(kind, invoice, problems + found, language)
    if root or known.kind != "unknown":
        code = "not_an_invoice" if known.kind == "unknown" else "other_format"
        problems.append(problem(code, document.line, name=known.name))
    return file_of("unknown", None, problems, language)


def file_of(
    kind: FileKind, invoice: EInvoice | None, problems: list[Problem], language: str, embedded: str = ""
) -> InvoiceFile:
    """One file of at most one invoice, its problems bounded and in the language asked for."""
    kept, _ = bounded((one if language == "fr" else one.in_language(language) for one in problems), language)
    return InvoiceFile(kind, (invoice,) if invoice else (), kept, embedded)
