"""Says at the end of a run, in plain words, what was left out and why. With REQUIRE_ALL=1 nothing may be.

`make test` runs pytest once per database; the file named by LEFT_OUT carries what the first run left out to the last.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.parts import REQUIRE_ALL, long_tests


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure when nothing may be left out."""
    report = yield
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", _refusal(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the skip of a whole file into a failure when nothing may be left out."""
    report = yield
    if REQUIRE_ALL and report.skipped:
        report.outcome, report.longrepr = "failed", _refusal(report)
    return report


def _refusal(report: pytest.TestReport | pytest.CollectReport) -> str:
    return f"REQUIRE_ALL is set, and this was left out: {_reason(report)}"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    told = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return told.removeprefix("Skipped: ")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In one of several processes: hand the count of long tests to the process that started it."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["long_tests"] = session.config.stash.get(long_tests, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the count from such a process; each of them saw all the tests."""
    count = getattr(node, "workeroutput", {}).get("long_tests", 0)
    node.config.stash[long_tests] = max(node.config.stash.get(long_tests, 0), count)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Write the section "left out", of this run and of those before it."""
    if hasattr(config, "workerinput"):
        return  # one of several processes: the one that started them tells
    reasons = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", []))
    database = "PostgreSQL" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "SQLite"
    lines = [f"on {database}: {count} test(s): {reason}" for reason, count in sorted(reasons.items())]
    if long := config.stash.get(long_tests, 0):
        lines.append(f"on {database}: {long} test(s) that take long: `make test-long` runs them")
    failed = sum(len(terminalreporter.stats.get(kind, [])) for kind in ("failed", "error"))
    troubles = [f"on {database}: {failed} failed, see above"] if failed else []

    carried = os.environ.get("LEFT_OUT")
    earlier = json.loads(Path(carried).read_text()) if carried and Path(carried).exists() else []
    if carried:
        Path(carried).write_text(json.dumps(earlier + lines + troubles))
    terminalreporter.section("left out")
    for line in earlier + lines or ["Nothing was left out."]:
        terminalreporter.write_line(line)
