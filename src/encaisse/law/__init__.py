"""Dated law of late payment, and the arithmetic on it. Pure, and usable alone::

    >>> from datetime import date
    >>> from encaisse.law import interest
    >>> sheet = interest("fr-b2b", 120_000, due=date(2025, 9, 30), on=date(2025, 10, 30))
    >>> sheet.interest, sheet.indemnity, sheet.days
    (1198, 4000, 30)

Everything named in ``__all__`` is imported from here; what goes beyond regimes and interest is loaded when it is first
asked for. Five functions have the name of their module and are imported from it (``from encaisse.law.routes import
routes``): ``limitation``, ``mentions``, ``rates``, ``routes``, ``status``. ``encaisse.law.columnar`` counts interest
over a frame of a million receivables; it alone needs Polars. ``encaisse.law.vectors`` plays worked examples.

No legal advice: every figure carries its source and how sure it is, and a lawyer has the last word.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from encaisse.law.reasons import reason_text
from encaisse.law.regimes import Regime, all_regimes, find_regime
from encaisse.law.series import BadParameter, Point, Series, UnknownRate, all_series, load_series
from encaisse.law.worksheet import Segment, Source, Worksheet, interest

if TYPE_CHECKING:
    from encaisse.law.choose import Choice, Contract, Party, choice_text, choose_regime
    from encaisse.law.claims import Claim, Litigant
    from encaisse.law.constants import Constant, UnknownConstant, all_constants, constant, constant_groups
    from encaisse.law.counting import BeyondCalendar
    from encaisse.law.courts import Court, competent_court
    from encaisse.law.deadline_rules import MissingDate, NoRule
    from encaisse.law.deadlines import Deadline, deadline, procedural
    from encaisse.law.errors import (
        BadDay,
        BadRate,
        CurrenciesDiffer,
        InexactAmount,
        InexactRate,
        NegativeAmount,
        UnknownChoice,
        UnknownRegime,
    )
    from encaisse.law.guards import Act, Answer, Side, acts, find_act, may
    from encaisse.law.indemnity import Scale, all_scales, be_consumer_ceiling, find_scale, lump_sum, nl_costs
    from encaisse.law.limitation import Event, Limitation
    from encaisse.law.limitation_rules import claim_kinds, event_kinds
    from encaisse.law.mentions import Mention, known_facts
    from encaisse.law.own import OwnPoint, RefusedPoint, carried, check_own, using
    from encaisse.law.rates import Rate
    from encaisse.law.routes import Route, find_route, pending_law, route_ids
    from encaisse.law.starts import british_relevant_day, german_default
    from encaisse.law.status import SeriesStatus, open_questions
    from encaisse.law.terms import (
        Allowed,
        DueDates,
        TermsQuestion,
        TermsWarning,
        acceptance_until,
        allowed_until,
        check_terms,
        decade_due,
        default_due,
        due_dates,
    )
    from encaisse.law.wording import Finding, check_wording

# Loaded when first asked for: a command that counts interest need not read the tables of routes, guards and phrases.
_MODULES = {
    "choose": ("Choice", "Contract", "Party", "choice_text", "choose_regime"),
    "claims": ("Claim", "Litigant"),
    "constants": ("Constant", "UnknownConstant", "all_constants", "constant", "constant_groups"),
    "counting": ("BeyondCalendar",),
    "courts": ("Court", "competent_court"),
    "deadline_rules": ("MissingDate", "NoRule"),
    "deadlines": ("Deadline", "deadline", "procedural"),
    "errors": (
        "BadDay", "BadRate", "CurrenciesDiffer", "InexactAmount", "InexactRate", "NegativeAmount", "UnknownChoice",
        "UnknownRegime",
    ),
    "guards": ("Act", "Answer", "Side", "acts", "find_act", "may"),
    "indemnity": ("Scale", "all_scales", "be_consumer_ceiling", "find_scale", "lump_sum", "nl_costs"),
    "limitation": ("Event", "Limitation"),
    "limitation_rules": ("claim_kinds", "event_kinds"),
    "mentions": ("Mention", "known_facts"),
    "own": ("OwnPoint", "RefusedPoint", "carried", "check_own", "using"),
    "rates": ("Rate",),
    "routes": ("Route", "find_route", "pending_law", "route_ids"),
    "starts": ("british_relevant_day", "german_default"),
    "status": ("SeriesStatus", "open_questions"),
    "terms": (
        "Allowed", "DueDates", "TermsQuestion", "TermsWarning", "acceptance_until", "allowed_until", "check_terms",
        "decade_due", "default_due", "due_dates",
    ),
    "wording": ("Finding", "check_wording"),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Load a name of the room when it is first asked for."""
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
        globals()[name] = value
        return value


__all__ = [
    "Act",
    "Allowed",
    "Answer",
    "BadDay",
    "BadParameter",
    "BadRate",
    "BeyondCalendar",
    "Choice",
    "Claim",
    "Constant",
    "Contract",
    "Court",
    "CurrenciesDiffer",
    "Deadline",
    "DueDates",
    "Event",
    "Finding",
    "InexactAmount",
    "InexactRate",
    "Limitation",
    "Litigant",
    "Mention",
    "MissingDate",
    "NegativeAmount",
    "NoRule",
    "OwnPoint",
    "Party",
    "Point",
    "Rate",
    "RefusedPoint",
    "Regime",
    "Route",
    "Scale",
    "Segment",
    "Series",
    "SeriesStatus",
    "Side",
    "Source",
    "TermsQuestion",
    "TermsWarning",
    "UnknownChoice",
    "UnknownConstant",
    "UnknownRate",
    "UnknownRegime",
    "Worksheet",
    "acceptance_until",
    "acts",
    "all_constants",
    "all_regimes",
    "all_scales",
    "all_series",
    "allowed_until",
    "be_consumer_ceiling",
    "british_relevant_day",
    "carried",
    "check_own",
    "check_terms",
    "check_wording",
    "choice_text",
    "choose_regime",
    "claim_kinds",
    "competent_court",
    "constant",
    "constant_groups",
    "deadline",
    "decade_due",
    "default_due",
    "due_dates",
    "event_kinds",
    "find_act",
    "find_regime",
    "find_route",
    "find_scale",
    "german_default",
    "interest",
    "known_facts",
    "load_series",
    "lump_sum",
    "may",
    "nl_costs",
    "open_questions",
    "pending_law",
    "procedural",
    "reason_text",
    "route_ids",
    "using",
]
