"""The process that checks rules: `python -m encaisse.exchange.rules.child BYTES SECONDS [FILE…]`.

It bounds itself first (memory, processor time, no core, no file written), then answers the documents on standard input,
each with its length before it, until the input ends. It has nothing of the environment of who started it.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

LENGTH = 8
"""Bytes of the length before each document and each answer, most significant first."""
OUT_OF_MEMORY = 3
"""Exit code when the memory is used up."""


def bound(memory: int, *, engine: bool) -> None:
    """Limit this process to so many bytes of memory; it may write no file and leave no core.

    Saxon reserves 32 GiB of addresses it never uses, so with it only what is really written to is bounded.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    if not engine:
        resource.setrlimit(resource.RLIMIT_AS, (4 * memory, 4 * memory))


def allow(seconds: int) -> None:
    """Allow so much more processor time; should the one who waits for the answer be gone, this ends the work."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, hard))


def main(arguments: list[str]) -> int:
    """Answer documents until there are no more."""
    memory, seconds, paths = int(arguments[0]), int(arguments[1]), [Path(one) for one in arguments[2:]]
    bound(memory, engine=bool(paths))
    # Whatever a library prints must not stand between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        for document in _documents(sys.stdin.buffer):
            allow(seconds)
            answer = json.dumps(_answer(document, paths)).encode()
            answers.write(len(answer).to_bytes(LENGTH) + answer)
            answers.flush()
    except MemoryError:
        return OUT_OF_MEMORY
    return 0


def _documents(stream: BinaryIO) -> Iterator[bytes]:
    while len(head := stream.read(LENGTH)) == LENGTH:
        yield stream.read(int.from_bytes(head))


def _answer(document: bytes, paths: list[Path]) -> dict[str, Any]:
    from encaisse.exchange.rules.answering import answer

    return answer(document, paths)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
