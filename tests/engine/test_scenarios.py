"""Every scenario of this folder gives the steps it expects."""

from __future__ import annotations

from pathlib import Path

import pytest

from encaisse.engine.simulate import Played, load_scenarios, play

FILES = sorted(Path(__file__).parent.glob("*.yaml"))


def _played() -> list[Played]:
    played: list[Played] = []
    for file in FILES:
        scenarios, problems = load_scenarios(file.read_text("utf-8"))
        assert not problems, [problem.as_dict() for problem in problems]
        assert scenarios is not None
        played += play(scenarios)
    return played


@pytest.mark.parametrize("one", _played(), ids=lambda one: one.id)
def test_scenario(one: Played) -> None:
    assert [action.as_dict() for action in one.actions] == [action.as_dict() for action in one.expected or ()]
    assert one.ok
