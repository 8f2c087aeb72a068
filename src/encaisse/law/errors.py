"""What can be wrong with a question to the law, by name. Each message says what to give instead."""

from __future__ import annotations


class UnknownRegime(ValueError):
    """A regime code that is not in ``regimes.yaml``."""


class UnknownChoice(ValueError):
    """A word that is not one of those an argument can have."""


class InexactRate(TypeError):
    """A rate given as a binary float, which cannot hold 8.25 exactly."""


class BadRate(ValueError):
    """A rate that cannot be read, is below zero, or has more than four decimals."""


class InexactAmount(TypeError):
    """An amount that is no whole number of minor units."""


class NegativeAmount(ValueError):
    """An amount below zero: a credit note is not a negative invoice."""


class BadDay(TypeError, ValueError):
    """A day that is not a plain ``datetime.date``, or in a year that nobody can mean."""


class CurrenciesDiffer(ValueError):
    """Amounts of two currencies in one calculation: nothing is converted here."""
