"""The engine: facts of a day in, one verdict per case out. Pure: no clock, no database, no network.

``decide`` is the only place of the program where the next step is chosen.
"""

from encaisse.engine.decide import Decision, decide
from encaisse.engine.explain import Reason, explain, render
from encaisse.engine.problems import Problem
from encaisse.engine.reasons import NO_ACTION, NOT_CHASEABLE
from encaisse.engine.strategy import Step, Strategy, bundled, bundled_names, load_strategies, load_strategy

__all__ = [
    "NOT_CHASEABLE",
    "NO_ACTION",
    "Decision",
    "Problem",
    "Reason",
    "Step",
    "Strategy",
    "bundled",
    "bundled_names",
    "decide",
    "explain",
    "load_strategies",
    "load_strategy",
    "render",
]
