"""What a worksheet says beside its figures: codes for programs, sentences in French and English for people."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from encaisse.law.series import read_yaml

NOT_DUE_YET = "not_due_yet"
UNKNOWN_RATE = "unknown_rate"
NO_NOTICE = "no_notice"
CONTRACT_RATE_BELOW_FLOOR = "contract_rate_below_floor"
BELOW_FLOOR_REPLACED = "below_floor_replaced"
CONTRACT_RATE_ABOVE_CEILING = "contract_rate_above_ceiling"
CONTRACT_RATE_NOT_USED = "contract_rate_not_used"
CONTRACT_REMEDY = "contract_remedy"
FIXED_SUM_CURRENCY = "fixed_sum_currency"
INTEREST_STOPPED = "interest_stopped"
CAPITALISED = "capitalised"


@cache
def reason_texts() -> Mapping[str, Mapping[str, str]]:
    """Every reason code with its sentence per language (``fr``, ``en``)."""
    return read_yaml((files("encaisse.law") / "reasons.yaml").read_text(encoding="utf-8"), "reasons.yaml")


def reason_text(code: str, language: str, *, known_to: str = "", floor: str = "") -> str:
    """The sentence of a reason. Dates and rates come already written for the language.

    Raises LookupError for an unknown code or language.
    """
    return reason_texts()[code][language].format(known_to=known_to, floor=floor)
