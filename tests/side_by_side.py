"""How tests are shared out when several processes run them: what shares something dear goes to one, and goes first.

Groups are files, because a name is all that the process which shares out knows of a test. The rest is shared out one
test at a time, so that nobody idles at the end.
"""

from __future__ import annotations

from typing import Any

import pytest

TOGETHER = {
    "tests/demo/test_story.py": "demonstration",
    "tests/engine/test_scenarios.py": "scenarios",
    "tests/recovery/test_delivery_killed.py": "nursery",
    "tests/recovery/test_locking.py": "nursery",
    "tests/recovery/test_run_killed.py": "nursery",
    "tests/web/test_browser.py": "browser",
    "tests/web/test_browser_payments.py": "browser",
}
"""File → the group in which it runs: who makes a demonstration, plays scenarios, starts a nursery or a browser."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share out by group; the largest groups go first."""
    from xdist.scheduler import LoadScopeScheduling

    if gone := [file for file in TOGETHER if not (config.rootpath / file).is_file()]:
        raise pytest.UsageError(f"tests/side_by_side.py names files that are gone: {', '.join(gone)}")

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return TOGETHER.get(nodeid.partition("::")[0], nodeid)

    return ByGroup(config, log)
