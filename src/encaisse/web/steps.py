"""Names of strategies and steps in the reader's language, read once per page."""

from __future__ import annotations

from functools import cached_property

from encaisse.parties.models import Creditor
from encaisse.recovery.strategies import Installed, current
from encaisse.recovery.today import step_label
from encaisse.web import formats


class Names:
    """Labels for what a creditor's actions call by its short name; what is gone keeps its own name."""

    def __init__(self, creditor: Creditor) -> None:
        self.creditor = creditor
        self.language = formats.language()

    @cached_property
    def installed(self) -> dict[str, Installed]:
        """The creditor's strategies by name."""
        return {one.name: one for one in current(self.creditor)}

    def strategy(self, name: str) -> str:
        """The label of a strategy."""
        found = self.installed.get(name)
        return found.plan.label(self.language) if found else name

    def step(self, strategy: str, step: str) -> str:
        """The label of a step of a strategy."""
        found = self.installed.get(strategy)
        own = found.plan.step(step) if found else None
        return own.label(self.language) if own else step_label(step, self.language)

    def choices(self) -> list[tuple[str, str]]:
        """Name and label of every strategy."""
        return [(name, self.strategy(name)) for name in self.installed]
