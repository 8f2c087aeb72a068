"""Which day it is for a creditor."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from encaisse.calendar import region_of, timezone_of
from encaisse.parties.models import Creditor


def zone_of(creditor: Creditor) -> ZoneInfo:
    """The time zone of the creditor's place."""
    return timezone_of(region_of(creditor.country, creditor.postcode))
