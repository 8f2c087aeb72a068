"""A creditor's own rates: kept with their source, checked beside the others, withdrawn, and never shared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django_scopes import scope

from encaisse.journal.models import Entry
from encaisse.law import interest, load_series
from encaisse.law.own import RefusedPoint, overlay
from encaisse.parties import own_rates
from encaisse.parties.models import Creditor, OwnRate
from tests.factories import instant, make_creditor

AT = instant(date(2027, 1, 3))
HALF = (date(2027, 1, 1), date(2027, 6, 30))
ECB = ("ecb_mro", date(2027, 1, 1), date(2027, 1, 2), Decimal("2.65"), "ECB site, read on 2 January 2027")
LEGAL = ("fr_legal_interest_other", *HALF, Decimal("2.9"), "arrêté du 20 décembre 2026")


@pytest.fixture
def creditor(db: None) -> Iterator[Creditor]:
    made = make_creditor()
    with scope(creditor=made):
        yield made


def _add(creditor: Creditor, rate: tuple[object, ...] = ECB, *, at: object = AT) -> OwnRate:
    return own_rates.add(creditor, *rate, at=at, actor="claire")  # type: ignore[arg-type]


def test_a_rate_is_kept_and_counts_with_what_follows_from_it(creditor: Creditor) -> None:
    rate = _add(creditor)
    with own_rates.rates_of(creditor):
        assert load_series("fr_b2b_default_penalty").at(HALF[1]).value == Decimal("12.65")
        sheet = interest("fr-b2b", 120_000, due=date(2026, 12, 31), on=date(2027, 1, 31))
    assert sheet.segments[0].source.confidence == "own"
    assert overlay() == ()
    entry = Entry.objects.get(kind="own_rate_added")
    assert json.loads(entry.payload) == {
        "rate": rate.pk, "series": "ecb_mro", "from": "2027-01-01", "to": "2027-01-02", "value": "2.65",
        "reference": "ECB site, read on 2 January 2027",
    }  # fmt: skip


def test_a_withdrawn_rate_no_longer_counts_but_the_past_remembers_it(creditor: Creditor) -> None:
    rate = _add(creditor)
    later = AT + timedelta(days=2)
    own_rates.withdraw(creditor, rate.pk, at=later, actor="paul")
    with own_rates.rates_of(creditor):
        assert overlay() == ()
    for moment, known in ((AT - timedelta(seconds=1), 0), (AT, 1), (later - timedelta(seconds=1), 1), (later, 0)):
        with own_rates.rates_of(creditor, known_at=moment):
            assert len(overlay()) == known, moment
    assert Entry.objects.filter(kind="own_rate_withdrawn", actor="paul").count() == 1
    with pytest.raises(RefusedPoint) as refused:
        own_rates.withdraw(creditor, rate.pk, at=later, actor="paul")
    assert refused.value.code == "already_withdrawn"
    assert _add(creditor, at=later).pk != rate.pk


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({0: "no_such_series"}, "unknown_series"),
        ({0: "fr_b2b_indemnity"}, "no_rate"),
        ({2: date(2027, 3, 31)}, "not_half_years"),
        ({1: date(2026, 1, 1), 2: date(2026, 6, 30)}, "already_known"),
        ({1: date(2027, 7, 1), 2: date(2027, 12, 31)}, "leaves_a_gap"),
        ({3: Decimal(290)}, "too_high"),
        ({4: "  "}, "no_reference"),
        ({4: "x" * 301}, "reference_too_long"),
    ],
)
def test_a_refusal_says_why_in_both_languages_and_keeps_nothing(
    creditor: Creditor, changes: dict[int, object], code: str
) -> None:
    with pytest.raises(RefusedPoint) as refused:
        _add(creditor, tuple(changes.get(place, value) for place, value in enumerate(LEGAL)))
    assert refused.value.code == code
    assert refused.value.text("fr") != refused.value.text("en")
    assert not OwnRate.objects.exists()
    assert not Entry.objects.filter(kind="own_rate_added").exists()


def test_a_second_value_is_checked_beside_the_first(creditor: Creditor) -> None:
    _add(creditor, LEGAL)
    with pytest.raises(RefusedPoint, match="already known"):
        _add(creditor, LEGAL)
    second = (LEGAL[0], date(2027, 7, 1), date(2027, 12, 31), *LEGAL[3:])
    _add(creditor, second)
    with own_rates.rates_of(creditor):
        assert load_series("fr_judgment_other").last == date(2027, 12, 31)


def test_two_creditors_never_share_rates(creditor: Creditor) -> None:
    mine = _add(creditor)
    other = make_creditor("Imprimerie du Port", siren="552100554")
    with scope(creditor=other):
        with pytest.raises(OwnRate.DoesNotExist):
            own_rates.withdraw(other, mine.pk, at=AT, actor="claire")
        theirs = _add(other, (*ECB[:3], Decimal("3.00"), "another page"))
    with own_rates.rates_of(creditor):
        assert [point.value for point in overlay()] == [mine.value]
        with scope(creditor=other), own_rates.rates_of(other):
            assert [point.value for point in overlay()] == [theirs.value]
        third = make_creditor("Sans Taux")
        with scope(creditor=third), own_rates.rates_of(third):
            assert overlay() == ()
        assert [point.value for point in overlay()] == [mine.value]


def test_reading_them_is_one_query(creditor: Creditor, django_assert_num_queries) -> None:
    _add(creditor)
    _add(creditor, LEGAL)
    with django_assert_num_queries(1), own_rates.rates_of(creditor):
        assert len(overlay()) == 2
