"""Parts a machine may lack (a browser, a database server), and how their absence is told."""

import os
from typing import NoReturn

import pytest

REQUIRE_ALL = os.environ.get("REQUIRE_ALL", "") not in ("", "0", "no")
"""With REQUIRE_ALL=1 nothing may be left out: a missing part fails."""


def missing(what: str) -> NoReturn:
    """Leave the running test out because `what` is missing; with REQUIRE_ALL=1, fail it instead.

    Args:
        what: the reason as a person reads it, with what to do ("no Chromium: install Debian's package chromium").
    """
    if REQUIRE_ALL:
        pytest.fail(f"REQUIRE_ALL is set and something is missing: {what}", pytrace=False)
    pytest.skip(what)


long_tests = pytest.StashKey[int]()
"""How many tests a run left out because they take long (counted in tests/conftest.py, said in tests/left_out.py)."""
