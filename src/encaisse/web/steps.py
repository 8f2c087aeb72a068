"""Names of steps and strategies in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from encaisse.parties.models import Creditor
from encaisse.recovery.strategies import Installed, current
from encaisse.recovery.today import step_label
from encaisse.web import formats


def strategy_name(creditor: Creditor, name: str) -> str:
    """The label of a strategy; one that is gone keeps its own name."""
    found = next((one for one in current(creditor) if one.name == name), None)
    return found.plan.label(formats.language()) if found else name


def namer(creditor: Creditor) -> Callable[[str, str], str]:
    """Return a function (strategy, step) -> the step's label; a step that is gone keeps its own name."""
    language = formats.language()

    @cache
    def installed() -> dict[str, Installed]:
        return {one.name: one for one in current(creditor)}

    @cache
    def label(strategy: str, step: str) -> str:
        plan = installed().get(strategy)
        found = plan.plan.step(step) if plan else None
        return found.label(language) if found else step_label(step, language)

    return label
