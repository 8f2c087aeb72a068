"""Dated law of late payment, and the arithmetic on it. Pure, and usable alone::

    >>> from datetime import date
    >>> from encaisse.law import interest
    >>> sheet = interest("fr-b2b", 120_000, due=date(2025, 9, 30), on=date(2025, 10, 30))
    >>> sheet.interest, sheet.indemnity, sheet.days
    (1198, 4000, 30)

``encaisse.law.columnar`` does the same over a frame of a million receivables; it alone needs Polars.
No legal advice: every figure carries its source and how sure it is, and a lawyer has the last word.
"""

from __future__ import annotations

from encaisse.law.reasons import reason_text
from encaisse.law.regimes import Regime, all_regimes, find_regime
from encaisse.law.series import BadParameter, Point, Series, UnknownRate, all_series, load_series
from encaisse.law.worksheet import Segment, Source, Worksheet, interest

__all__ = [
    "BadParameter",
    "Point",
    "Regime",
    "Segment",
    "Series",
    "Source",
    "UnknownRate",
    "Worksheet",
    "all_regimes",
    "all_series",
    "find_regime",
    "interest",
    "load_series",
    "reason_text",
]
