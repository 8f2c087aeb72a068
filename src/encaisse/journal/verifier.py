"""Check an evidence file, with the Python standard library only: python3 verify.py [FOLDER OR ZIP]."""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from check import MEANING, Fault, Line, check_chain, content, documents_in  # type: ignore[import-not-found]  # noqa: E402


def read(place: Path) -> dict[str, bytes]:
    """Return the files of a folder or zip as {name: bytes}."""
    if place.is_dir():
        return {str(p.relative_to(place)).replace("\\", "/"): p.read_bytes() for p in place.rglob("*") if p.is_file()}
    with zipfile.ZipFile(place) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def faults_of(files: Mapping[str, bytes]) -> tuple[list[Line], dict[str, str], list[Fault]]:
    """Return the lines, the documents by hash, and every fault of an evidence file."""
    lines = [Line(**json.loads(row)) for row in files["entries.jsonl"].decode().splitlines()]
    head = json.loads(files["head.json"])["head"]
    faults = list(check_chain(lines, tuple(head) if head else None))
    kept = {}
    for name, data in files.items():
        if name.startswith("documents/"):
            digest = name[len("documents/") :].split(".")[0]
            kept[digest] = hashlib.sha256(data).hexdigest()
            if kept[digest] != digest:
                faults.append(Fault("", 0, "document_changed", name))
    named = {digest: line for line in lines for digest in documents_in(content(line.payload))}
    faults += [Fault(line.chain, line.sequence, "document_missing", d) for d, line in named.items() if d not in kept]
    return lines, kept, faults + list(file_faults(files, json.loads(files["hashes.json"])))


def file_faults(files: Mapping[str, bytes], hashes: Mapping[str, str]) -> Iterator[Fault]:
    """Give the files that are not what they were when the evidence was written, are gone, or were added."""
    for name, digest in hashes.items():
        if name not in files:
            yield Fault("", 0, "file_missing", name)
        elif hashlib.sha256(files[name]).hexdigest() != digest:
            yield Fault("", 0, "file_changed", name)
    for name in files:
        if name not in hashes and name != "hashes.json" and not name.endswith(".pyc"):
            yield Fault("", 0, "file_added", name)


def main(argv: Sequence[str]) -> int:
    """Print what was checked and what is wrong; return 0 when nothing is."""
    place = Path(argv[1]) if len(argv) > 1 else HERE
    try:
        lines, kept, faults = faults_of(read(place))
    except (KeyError, ValueError, TypeError, OSError, zipfile.BadZipFile) as error:
        print(f"not a readable evidence file: {error!r}")
        return 2
    print(f"{len(lines)} journal lines, {len(kept)} documents")
    if lines:
        print(f"last line {lines[-1].sequence}: {lines[-1].hash}")
    for fault in faults:
        print(f"line {fault.sequence}: {fault.code}: {MEANING.get(fault.code, fault.code)} {fault.detail}".rstrip())
    print("OK: nothing was changed" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv))
