"""Write what is known of one customer as a zip file that proves itself, without this program.

Same journal, same bytes: names are sorted, times inside the zip are fixed, and nothing of the moment of writing enters.
"""

from __future__ import annotations

import csv
import hashlib
import html
import io
import json
import zipfile
from importlib import resources
from typing import BinaryIO

from encaisse.journal.check import Line, content, documents_in
from encaisse.journal.keep import fetch
from encaisse.journal.models import Document, Head, Tenant
from encaisse.journal.verify import lines_of

FIXED_TIME = (1980, 1, 1, 0, 0, 0)
README = """\
Dossier de preuve / Evidence file
=================================

FR  timeline.html se lit dans un navigateur, timeline.csv dans un tableur. entries.jsonl contient les lignes du journal,
    chacune liée à la précédente par une empreinte SHA-256 ; documents/ contient les pièces, nommées par leur empreinte.
    Pour vérifier qu'aucun octet n'a changé :  python3 verify.py   (Python 3.9 ou plus, rien d'autre)

EN  timeline.html opens in a browser, timeline.csv in a spreadsheet. entries.jsonl holds the journal's lines, each
    linked to the one before by a SHA-256 hash; documents/ holds the documents, named by their hash.
    To check that no byte has changed:  python3 verify.py   (Python 3.9 or newer, nothing else)
"""


def write(creditor: Tenant, chain: str, name: str, target: BinaryIO) -> int:
    """Write the evidence file of `chain` (a customer's code) to `target`; return the number of journal lines in it.

    `name` is the customer's name, for the reader. Raises DocumentChanged when a kept document was altered.
    """
    lines = list(lines_of(creditor, chain))
    head = Head.objects.filter(creditor_id=creditor.pk, chain=chain).values_list("sequence", "hash").first()
    files: dict[str, bytes] = {
        "README.txt": README.encode(),
        "entries.jsonl": "".join(json.dumps(line._asdict(), ensure_ascii=False) + "\n" for line in lines).encode(),
        "head.json": json.dumps({"chain": chain, "head": head}).encode(),
        "timeline.csv": _timeline_csv(lines),
        "timeline.html": _timeline_html(creditor.name, name, lines),
        "verify.py": _source("verifier.py"),
        "check.py": _source("check.py"),
        "hashing.py": _source("hashing.py"),
    }
    for digest in sorted(_named_documents(lines)):
        try:
            document = fetch(creditor.pk, digest)
        except Document.DoesNotExist:
            continue  # verify.py reports it as missing
        files[f"documents/{digest}{_suffix(document)}"] = bytes(document.content)
    hashes = {path: hashlib.sha256(content).hexdigest() for path, content in sorted(files.items())}
    files["hashes.json"] = json.dumps(hashes, indent=1, sort_keys=True).encode()
    _zip(files, target)
    return len(lines)


def _zip(files: dict[str, bytes], target: BinaryIO) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for path, content in sorted(files.items()):
            entry = zipfile.ZipInfo(path, FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)


def _source(name: str) -> bytes:
    return (resources.files("encaisse.journal") / name).read_bytes()


def _named_documents(lines: list[Line]) -> set[str]:
    return {digest for line in lines for digest in documents_in(content(line.payload))}


def _suffix(document: Document) -> str:
    suffix = document.name.rpartition(".")[2] if "." in document.name else ""
    return f".{suffix.lower()}" if suffix.isalnum() and len(suffix) <= 5 else ""


def _timeline_csv(lines: list[Line]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(["sequence", "recorded_at", "day", "actor", "kind", "payload", "hash"])
    for line in lines:
        # A leading apostrophe keeps spreadsheets from taking a cell for a formula.
        cells = [str(line.sequence), line.recorded_at, line.day, line.actor, line.kind, line.payload, line.hash]
        writer.writerow([f"'{cell}" if cell[:1] in "=+-@" else cell for cell in cells])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _timeline_html(creditor: str, customer: str, lines: list[Line]) -> bytes:
    rows = "".join(
        f"<tr><td>{line.sequence}</td><td>{html.escape(line.recorded_at)}</td><td>{html.escape(line.actor)}</td>"
        f"<td>{html.escape(line.kind)}</td><td><pre>{html.escape(_pretty(line.payload))}</pre></td>"
        f"<td><code>{line.hash[:16]}…</code></td></tr>\n"
        for line in lines
    )
    title = html.escape(f"{creditor} — {customer}")
    return (
        f'<!doctype html><html lang="fr"><meta charset="utf-8"><title>{title}</title>\n<h1>{title}</h1>\n'
        f"<table><thead><tr><th>n°</th><th>date (UTC)</th><th>auteur / actor</th><th>fait / event</th>"
        f"<th>contenu / content</th><th>SHA-256</th></tr></thead><tbody>\n{rows}</tbody></table></html>\n"
    ).encode()


def _pretty(payload: str) -> str:
    return json.dumps(json.loads(payload), ensure_ascii=False, indent=1) if payload else "(effacé / erased)"
