"""An evidence file proves itself on a machine that has Python and nothing else."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from encaisse.journal.erase import erase
from encaisse.journal.evidence import write as write_evidence
from encaisse.journal.keep import DocumentChanged
from encaisse.journal.models import Document, Entry
from tests.journal.lines import AT, LETTER, change, small_journal, write

pytestmark = pytest.mark.django_db


def evidence(creditor, chain="ALPHA") -> bytes:
    target = io.BytesIO()
    write_evidence(creditor, chain, "Alpha SARL", target)
    return target.getvalue()


@pytest.fixture
def folder(creditor, tmp_path: Path) -> Path:
    """An unpacked evidence file, far from the program."""
    small_journal(creditor)
    place = tmp_path / "dossier"
    with zipfile.ZipFile(io.BytesIO(evidence(creditor))) as archive:
        archive.extractall(place)
    return place


def judge(place: Path, *, script: Path | None = None) -> tuple[int, str]:
    """Run the verifier that travels with the evidence: no environment, no installed packages, another folder."""
    command = [sys.executable, "-I", "-S", "-B", str(script or place / "verify.py"), *([str(place)] if script else [])]
    done = subprocess.run(
        command, cwd="/", env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def rewrite(place: Path, change_lines) -> None:
    """Change the journal's lines in the folder, and put the list of hashes right again as a forger would."""
    path = place / "entries.jsonl"
    lines = [json.loads(row) for row in path.read_text("utf-8").splitlines()]
    change_lines(lines)
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    forge_hashes(place)


def forge_hashes(place: Path) -> None:
    files = {str(file.relative_to(place)): file for file in place.rglob("*") if file.is_file()}
    hashes = {
        name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in files.items() if name != "hashes.json"
    }
    (place / "hashes.json").write_text(json.dumps(hashes))


def the_document(place: Path) -> Path:
    (found,) = (place / "documents").iterdir()
    return found


# ---------------------------------------------------------------------------------------------------------- unchanged


def test_untouched_evidence_is_ok_in_a_folder_and_as_a_zip(creditor, folder, tmp_path):
    code, said = judge(folder)
    assert (code, "OK" in said) == (0, True)
    assert "5 journal lines, 1 documents" in said
    assert Entry.objects.get(chain="ALPHA", sequence=5).hash in said, (
        "the last hash is shown, to compare with another copy"
    )
    packed = tmp_path / "evidence.zip"
    packed.write_bytes(evidence(creditor))
    assert judge(packed, script=folder / "verify.py")[0] == 0


def test_the_same_journal_gives_the_same_bytes(creditor):
    small_journal(creditor)
    assert evidence(creditor) == evidence(creditor)
    before = evidence(creditor)
    write(creditor, ("BETA", "note_written", {"text": "une autre affaire"}))
    assert evidence(creditor) == before
    write(creditor, ("ALPHA", "note_written", {"text": "la même"}))
    assert evidence(creditor) != before


def test_it_holds_this_customer_and_nobody_else(creditor, folder):
    assert the_document(folder).read_bytes() == LETTER
    everything = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert "Œuvrard" not in everything.decode("utf-8", errors="replace"), "that is BETA's"
    assert "BETA" not in everything.decode("utf-8", errors="replace")


def test_the_verifier_needs_the_standard_library_only(folder):
    """Its three files import nothing that is not beside them or in Python itself."""
    import ast

    for name in ("verify.py", "check.py", "hashing.py"):
        tree = ast.parse((folder / name).read_text("utf-8"))
        asked = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        asked |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
        strangers = {module.split(".")[0] for module in asked} - set(sys.stdlib_module_names) - {"check", "hashing"}
        assert strangers <= {"encaisse"}, name
    assert judge(folder)[0] == 0, "and it does run where the program is not installed"


def test_evidence_of_a_customer_without_lines_is_empty_and_ok(creditor, tmp_path, folder):
    packed = tmp_path / "empty.zip"
    packed.write_bytes(evidence(creditor, "NOBODY"))
    assert judge(packed, script=folder / "verify.py") == (0, "0 journal lines, 0 documents\nOK: nothing was changed\n")


def test_an_erased_line_is_still_ok(creditor, folder, tmp_path):
    erase(creditor, "ALPHA", 5, "art. 17", at=AT, actor="claire")
    packed = tmp_path / "evidence.zip"
    packed.write_bytes(evidence(creditor))
    assert judge(packed, script=folder / "verify.py")[0] == 0
    assert b"vendredi" not in packed.read_bytes()


def test_what_is_written_cannot_run_in_a_browser_or_a_spreadsheet(creditor, tmp_path):
    write(creditor, ("ALPHA", "=cmd|' /C calc'!A0", {"text": "<script>alert(1)</script>"}))
    with zipfile.ZipFile(io.BytesIO(evidence(creditor))) as archive:
        assert "<script>" not in archive.read("timeline.html").decode()
        assert ";'=cmd" in archive.read("timeline.csv").decode("utf-8-sig")


def test_evidence_is_refused_when_a_kept_document_was_altered(creditor):
    small_journal(creditor)
    Document.objects.update(content=b"%PDF-1.7 another letter")
    with pytest.raises(DocumentChanged):
        evidence(creditor)


# ----------------------------------------------------------------------------------------------------------- tampered


def _set(place: int, **values):
    def change_lines(lines):
        lines[place].update(values)

    return change_lines


FORGERIES = {
    "an author": (_set(1, actor="somebody@else.example"), "line_changed"),
    "a day": (_set(1, day="2026-03-01"), "line_changed"),
    "an instant": (_set(1, recorded_at="2026-03-02T09:30:00.000001+00:00"), "line_changed"),
    "a kind": (_set(4, kind="erased"), "line_changed"),
    "a chain": (_set(1, chain="BETA"), "line_changed"),
    "a content": (_set(4, payload='{"text":"a refusé de payer"}'), "payload_changed"),
    "a content that is no JSON": (_set(4, payload="{"), "payload_changed"),
    "a blank": (_set(4, payload="", salt=""), "payload_changed"),
    "two lines exchanged": (lambda lines: lines.insert(1, lines.pop(2)), "line_missing"),
    "the first line removed": (lambda lines: lines.pop(0), "line_missing"),
    "a middle line removed": (lambda lines: lines.pop(2), "line_missing"),
    "the last line removed": (lambda lines: lines.pop(), "end_cut_off"),
    "a line twice": (lambda lines: lines.append(lines[-1]), "line_missing"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_line_is_found_even_when_the_list_of_hashes_was_put_right(folder, forgery):
    change_lines, found = FORGERIES[forgery]
    rewrite(folder, change_lines)
    code, said = judge(folder)
    assert (code, found in said) == (1, True), said


def test_a_changed_byte_of_a_document_is_found(folder):
    document = the_document(folder)
    document.write_bytes(document.read_bytes()[:-1] + b"!")
    forge_hashes(folder)
    code, said = judge(folder)
    assert (code, "document_changed" in said) == (1, True)


def test_a_document_replaced_and_renamed_is_missed(folder):
    document = the_document(folder)
    forged = LETTER + b", or was it"
    document.unlink()
    (document.parent / f"{hashlib.sha256(forged).hexdigest()}.pdf").write_bytes(forged)
    forge_hashes(folder)
    code, said = judge(folder)
    assert (code, "document_missing" in said) == (1, True)


def test_a_removed_document_is_found(folder):
    the_document(folder).unlink()
    forge_hashes(folder)
    code, said = judge(folder)
    assert (code, "document_missing" in said) == (1, True)


@pytest.mark.parametrize("name", ["README.txt", "timeline.csv", "timeline.html", "head.json", "hashing.py"])
def test_a_changed_file_is_found(folder, name):
    """Also those that only repeat the journal for a reader."""
    with (folder / name).open("ab") as file:
        file.write(b"\n")
    code, said = judge(folder)
    assert (code, f"file_changed: a file of the evidence was changed {name}" in said) == (1, True), said


@pytest.mark.parametrize("name", ["README.txt", "timeline.csv", "timeline.html"])
def test_a_removed_file_is_found(folder, name):
    (folder / name).unlink()
    code, said = judge(folder)
    assert (code, "file_missing" in said) == (1, True)


@pytest.mark.parametrize("name", ["entries.jsonl", "head.json", "hashes.json"])
def test_without_its_parts_it_is_no_evidence(folder, name):
    (folder / name).unlink()
    code, said = judge(folder)
    assert (code, "not a readable evidence file" in said) == (2, True)


def test_an_added_file_is_found(folder):
    (folder / "documents" / f"{hashlib.sha256(b'new').hexdigest()}.pdf").write_bytes(b"new")
    code, said = judge(folder)
    assert (code, "file_added" in said) == (1, True)


def test_a_truncated_zip_is_no_evidence(creditor, folder, tmp_path):
    packed = tmp_path / "evidence.zip"
    packed.write_bytes(evidence(creditor)[:-300])
    assert judge(packed, script=folder / "verify.py")[0] == 2


def test_what_was_changed_in_the_database_shows_in_the_evidence_too(creditor, folder, tmp_path):
    change(creditor, "ALPHA", 2, "actor", "somebody@else.example")
    packed = tmp_path / "evidence.zip"
    packed.write_bytes(evidence(creditor))
    code, said = judge(packed, script=folder / "verify.py")
    assert (code, "line 2: line_changed" in said) == (1, True)
    shutil.rmtree(folder)
