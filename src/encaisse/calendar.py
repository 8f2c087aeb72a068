"""Working days, public holidays and time zones of the places where recipients live.

A region is a short code: ``FR`` (metropolitan France), ``FR-AM`` (Alsace-Moselle, with Good Friday and 26 December),
``FR-971`` and the other overseas departments and communities, or a country (``BE``, ``DE``, ...).
Saturdays, Sundays and public holidays are not working days. Holidays come from the ``holidays`` package, and only
nation-wide ones for countries other than France.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

HOME = "FR"

_ALSACE_MOSELLE = ("57", "67", "68")
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class _Place:
    """How the ``holidays`` package and the time zone database name a region."""

    country: str
    zone: str
    subdivision: str | None = None


# Keys of overseas France are the first three digits of its postcodes.
_PLACES: dict[str, _Place] = {
    "FR": _Place("FR", "Europe/Paris"),
    "FR-AM": _Place("FR", "Europe/Paris", "57"),
    "FR-971": _Place("FR", "America/Guadeloupe", "971"),
    "FR-972": _Place("FR", "America/Martinique", "972"),
    "FR-973": _Place("FR", "America/Cayenne", "973"),
    "FR-974": _Place("FR", "Indian/Reunion", "974"),
    "FR-975": _Place("FR", "America/Miquelon", "PM"),
    "FR-976": _Place("FR", "Indian/Mayotte", "976"),
    "FR-977": _Place("FR", "America/St_Barthelemy", "BL"),
    "FR-978": _Place("FR", "America/Marigot", "MF"),
    "FR-986": _Place("FR", "Pacific/Wallis", "WF"),
    "FR-987": _Place("FR", "Pacific/Tahiti", "PF"),
    "FR-988": _Place("FR", "Pacific/Noumea", "NC"),
    "AT": _Place("AT", "Europe/Vienna"),
    "BE": _Place("BE", "Europe/Brussels"),
    "CH": _Place("CH", "Europe/Zurich"),
    "CZ": _Place("CZ", "Europe/Prague"),
    "DE": _Place("DE", "Europe/Berlin"),
    "DK": _Place("DK", "Europe/Copenhagen"),
    "ES": _Place("ES", "Europe/Madrid"),
    "FI": _Place("FI", "Europe/Helsinki"),
    "GB": _Place("GB", "Europe/London"),
    "IE": _Place("IE", "Europe/Dublin"),
    "IT": _Place("IT", "Europe/Rome"),
    "LU": _Place("LU", "Europe/Luxembourg"),
    "MC": _Place("MC", "Europe/Monaco"),
    "NL": _Place("NL", "Europe/Amsterdam"),
    "NO": _Place("NO", "Europe/Oslo"),
    "PL": _Place("PL", "Europe/Warsaw"),
    "PT": _Place("PT", "Europe/Lisbon"),
    "SE": _Place("SE", "Europe/Stockholm"),
}

# Overseas France also has country codes of its own (ISO 3166-1).
_OVERSEAS_COUNTRIES: dict[str, str] = {
    "GP": "FR-971",
    "MQ": "FR-972",
    "GF": "FR-973",
    "RE": "FR-974",
    "PM": "FR-975",
    "YT": "FR-976",
    "BL": "FR-977",
    "MF": "FR-978",
    "WF": "FR-986",
    "PF": "FR-987",
    "NC": "FR-988",
}

# Saint-Barthélemy and Saint-Martin kept the postcodes they had as parts of Guadeloupe.
_OVERSEAS_POSTCODES: dict[str, str] = {"97133": "FR-977", "97150": "FR-978", "98000": "MC"}

REGIONS: tuple[str, ...] = tuple(_PLACES)


def region_of(country: str, postcode: str) -> str:
    """The region of an address, from its country code (ISO 3166-1, two letters) and postcode.

    An empty country means France. A country this module does not know gives ``FR``, the calendar of the house,
    since contacting on a French working day is the least surprising choice.
    """
    code = (country or HOME).strip().upper()
    code = {"UK": "GB", "FRANCE": "FR"}.get(code, code)
    if code in _OVERSEAS_COUNTRIES:
        return _OVERSEAS_COUNTRIES[code]
    if code != "FR":
        return code if code in _PLACES else HOME
    digits = "".join((postcode or "").split()).removeprefix("F-").removeprefix("FR-")
    if digits in _OVERSEAS_POSTCODES:
        return _OVERSEAS_POSTCODES[digits]
    if len(digits) == 5 and digits.startswith(_ALSACE_MOSELLE):
        return "FR-AM"
    overseas = f"FR-{digits[:3]}"
    return overseas if overseas in _PLACES else HOME


def timezone_of(region: str) -> ZoneInfo:
    """The time zone used for quiet hours in a region. Raises ValueError for an unknown region."""
    return ZoneInfo(_place(region).zone)


def is_working_day(day: date, region: str) -> bool:
    """False on Saturdays, Sundays and public holidays of the region."""
    return day.weekday() < _SATURDAY and day not in _holidays(region, day.year, "en")


def next_working_day(day: date, region: str) -> date:
    """The first working day that is not before ``day`` (``day`` itself when it is one)."""
    while not is_working_day(day, region):
        day += timedelta(days=1)
    return day


def non_working_days(region: str, first: date, last: date) -> list[date]:
    """Every day from ``first`` to ``last`` (both included) on which nobody is contacted, in order."""
    span = range((last - first).days + 1)
    days = (first + timedelta(days=offset) for offset in span)
    return [day for day in days if not is_working_day(day, region)]


def holiday_name(day: date, region: str, language: str) -> str | None:
    """The name of the public holiday on ``day`` in a region, or None.

    ``language`` is ``fr`` or ``en``; English is given where the ``holidays`` package has no French names.
    """
    return _holidays(region, day.year, language).get(day)


def _place(region: str) -> _Place:
    try:
        return _PLACES[region]
    except KeyError:
        known = ", ".join(REGIONS)
        raise ValueError(f"{region!r} is not a known region: use one of {known}") from None


@lru_cache(maxsize=1024)
def _holidays(region: str, year: int, language: str) -> Mapping[date, str]:
    from holidays import country_holidays  # here, since it costs a tenth of a second that most commands need not pay

    place = _place(region)
    found = country_holidays(
        place.country, subdiv=place.subdivision, years=year, language=_spoken(place.country, language)
    )
    return MappingProxyType({day: name for day, name in found.items() if day.year == year})


@lru_cache(maxsize=128)
def _spoken(country: str, language: str) -> str | None:
    """The package's own code for the wished language, English when it has no such names, else its default."""
    from holidays import country_holidays

    supported: tuple[str, ...] = tuple(country_holidays(country).supported_languages)
    for wanted in (language, "en_GB" if country == "GB" else "en_US", "en_US"):
        if wanted in supported:
            return wanted
    return None
