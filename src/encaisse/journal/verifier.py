"""Check an evidence file, with the Python standard library only: python3 verify.py [FOLDER OR ZIP]."""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from check import MEANING, Fault, Line, check_chain  # type: ignore[import-not-found]  # noqa: E402


def read(place):
    """Return the files of a folder or zip as {name: bytes}."""
    if place.is_dir():
        return {str(p.relative_to(place)).replace("\\", "/"): p.read_bytes() for p in place.rglob("*") if p.is_file()}
    with zipfile.ZipFile(place) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def named_documents(value):
    """Give the hashes under every key `documents` of a payload."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "documents" and isinstance(item, list):
                yield from (digest for digest in item if isinstance(digest, str))
            else:
                yield from named_documents(item)
    elif isinstance(value, list):
        for item in value:
            yield from named_documents(item)


def faults_of(files):
    """Return every fault of an evidence file."""
    lines = [Line(**json.loads(row)) for row in files["entries.jsonl"].decode().splitlines()]
    head = json.loads(files["head.json"])["head"]
    faults = list(check_chain(lines, tuple(head) if head else None))
    kept = {}
    for name, content in files.items():
        if name.startswith("documents/"):
            digest = name[len("documents/") :].split(".")[0]
            kept[digest] = hashlib.sha256(content).hexdigest()
            if kept[digest] != digest:
                faults.append(Fault("", 0, "document_changed", name))
    for line in lines:
        if line.payload:
            for digest in named_documents(json.loads(line.payload)):
                if digest not in kept:
                    faults.append(Fault(line.chain, line.sequence, "document_missing", digest))
    hashes = json.loads(files["hashes.json"])
    for name, digest in hashes.items():
        if hashlib.sha256(files.get(name, b"")).hexdigest() != digest and not name.endswith(".py"):
            faults.append(Fault("", 0, "file_changed", name))
    return lines, kept, faults


def main(argv):
    """Print what was checked and what is wrong; return 0 when nothing is."""
    place = Path(argv[1]) if len(argv) > 1 else HERE
    try:
        lines, kept, faults = faults_of(read(place))
    except (KeyError, ValueError, TypeError, OSError, zipfile.BadZipFile) as error:
        print(f"not a readable evidence file: {error!r}")
        return 2
    print(f"{len(lines)} journal lines, {len(kept)} documents")
    for fault in faults:
        print(f"line {fault.sequence}: {fault.code}: {MEANING.get(fault.code, fault.code)} {fault.detail}".rstrip())
    print("OK: nothing was changed" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv))
