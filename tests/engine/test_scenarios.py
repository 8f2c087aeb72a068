"""Every scenario of this folder gives the steps it expects."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from encaisse.engine.scenarios import Scenarios
from encaisse.engine.simulate import Played, load_scenarios, play

FILES = sorted(Path(__file__).parent.glob("*.yaml"))


def _scenarios(file: Path) -> Scenarios:
    scenarios, problems = load_scenarios(file.read_text("utf-8"))
    assert not problems, [problem.as_dict() for problem in problems]
    assert scenarios is not None
    return scenarios


NAMED = [(file, place, one.id) for file in FILES for place, one in enumerate(_scenarios(file).scenarios)]


@cache
def _played(file: Path) -> tuple[Played, ...]:
    return play(_scenarios(file))


@pytest.mark.parametrize(("file", "place"), [named[:2] for named in NAMED], ids=[named[2] for named in NAMED])
def test_scenario(file: Path, place: int) -> None:
    one = _played(file)[place]
    assert [action.as_dict() for action in one.actions] == [action.as_dict() for action in one.expected or ()]
    assert one.ok
