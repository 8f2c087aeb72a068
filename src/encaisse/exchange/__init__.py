"""Outside formats to plain records, and back. Pure: no Django, no clock, no network; a problem is data."""
