"""The room can be imported alone and quickly: what is heavy is loaded when it is asked for, and every name is there."""

from __future__ import annotations

import subprocess
import sys

import encaisse.law as law


def test_every_name_is_there_and_comes_from_the_module_that_says_so() -> None:
    assert set(law._MODULE_OF) <= set(law.__all__)
    for name in law.__all__:
        value = getattr(law, name)
        module = law._MODULE_OF.get(name)
        assert module is None or value is getattr(sys.modules[f"encaisse.law.{module}"], name)
    assert not hasattr(law, "no_such_name")


def test_interest_needs_neither_frames_nor_the_tables_of_routes_and_phrases() -> None:
    program = (
        "import sys, encaisse.law as law; from datetime import date;"
        "law.interest('fr-b2b', 120_000, date(2025, 9, 30), date(2025, 10, 30));"
        "print(*sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "encaisse.law.worksheet" in loaded
    assert loaded.isdisjoint({"polars", "django", "encaisse.law.routes", "encaisse.law.guards", "encaisse.law.wording"})
