"""Payment terms in words, and the day they lead to.

Both readings of "45 days end of month" are admitted (C. com. L441-10 I): the usual one adds the days, then goes to the
end of that month; the other goes to the end of the month of issue, then adds the days. The wording says which:
"45 jours fin de mois" is the first, "fin de mois + 45 jours" or "45 jours a compter de la fin du mois" the second.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

EndOfMonth = Literal["none", "before", "after"]
MAX_DAYS = 366
_AT_ONCE = re.compile(
    r"(a reception|a la reception|comptant|immediat\w*|au comptant|cash|due on receipt|on receipt|upon receipt|"
    r"payable on receipt|at once|a la commande|a la livraison|cod|prepaid)( de facture| de la facture)?"
)
_END = r"(?:fin (?:de |du )?mois|fdm|fm|eom|end of (?:the )?month|month end)"
_COUNT = r"(?P<count>\d{1,3}) ?(?P<unit>jours?|days?|jrs?|j|d|mois|months?|m)?(?: (?:nets?|calendaires?))?"
_PLUS = r"(?: ?(?:\+|plus|et|then|puis|a) ?| )?"
_EXTRA = r"(?: ?(?:(?:le|the|on the|\+) ?)(?P<extra>\d{1,2})(?:er|st|nd|rd|th)?)?"
_NOISE = re.compile(
    r"\b(date (de |d')?(la )?factur\w*|date d'emission|du mois suivant|of the (following|next) month|"
    r"(from|after) (the )?(date of )?invoice( date)?|df)\b"
)
_AFTER = re.compile(rf"{_COUNT} ?,? ?\+? ?{_END}{_EXTRA}")
_BEFORE = re.compile(rf"{_END}{_PLUS}{_COUNT}")
_SINCE = r"(?:a (?:compter|partir) de la|apres(?: la)?|after(?: the)?|from(?: the)?)"
_SINCE_END = re.compile(rf"{_COUNT} {_SINCE} {_END}")
_PLAIN = re.compile(rf"(?:net )?{_COUNT}")
_END_ONLY = re.compile(rf"{_END}{_EXTRA}")


@dataclass(frozen=True, slots=True)
class Terms:
    """``months`` and ``days`` after the invoice's date; the end of the month ``before`` or ``after`` adding them, or
    not at all; then ``extra`` days (the 10th of the month that follows: 10)."""

    days: int
    end_of_month: EndOfMonth = "none"
    extra: int = 0
    months: int = 0

    def __str__(self) -> str:
        """A canonical form that ``parse_terms`` reads again: 30, 45 EOM, EOM + 45, 30 EOM + 10, 2 months."""
        count = f"{self.months} months" if self.months else str(self.days)
        if self.end_of_month == "before":
            return f"EOM + {count}"
        if self.end_of_month == "none":
            return count
        return f"{count} EOM" + (f" + {self.extra}" if self.extra else "")


def parse_terms(text: str) -> Terms:
    """Read payment terms in French or English.

    Raises ValueError, saying what forms are read, when the words are not understood or the days exceed ``MAX_DAYS``.
    """
    words = _plain(text)
    if _AT_ONCE.fullmatch(words):
        return Terms(0)
    readings: tuple[tuple[re.Pattern[str], EndOfMonth], ...] = (
        (_SINCE_END, "before"), (_BEFORE, "before"), (_AFTER, "after"), (_END_ONLY, "after"), (_PLAIN, "none"),
    )  # fmt: skip
    for form, end_of_month in readings:
        found = form.fullmatch(words)
        if found:
            return _terms(found.groupdict(), end_of_month, text)
    raise ValueError(
        f"terms not understood: {text[:60]!r}; write for example: 30 jours, 45 jours fin de mois, comptant"
    )


def due_on(issued_on: date, terms: Terms) -> date:
    """The day an invoice issued on ``issued_on`` is due.

    Raises OverflowError or ValueError only beyond the year 9999.
    """
    start = _month_end(issued_on) if terms.end_of_month == "before" else issued_on
    day = _add_months(start, terms.months) + timedelta(days=terms.days)
    if terms.end_of_month == "after":
        day = _month_end(day)
    return day + timedelta(days=terms.extra)


def _terms(found: dict[str, str | None], end_of_month: EndOfMonth, text: str) -> Terms:
    count = int(found.get("count") or 0)
    extra = int(found.get("extra") or 0)
    in_months = (found.get("unit") or "").startswith("m")
    if count > (24 if in_months else MAX_DAYS) or extra > 31:
        raise ValueError(f"terms too long: {text[:60]!r}; at most {MAX_DAYS} days")
    return Terms(0, end_of_month, extra, count) if in_months else Terms(count, end_of_month, extra)


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    words = "".join(char for char in letters if not unicodedata.combining(char))
    words = " ".join(_NOISE.sub(" ", re.sub(r"[.:;()_]+", " ", words)).split())
    words = re.sub(r"^(?:paiement|reglement|payment|payable|terms?|echeance|delai)s? ", "", words)
    return re.sub(r"^(?:a|sous|dans les|within|in) (?=\d)", "", words)


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
