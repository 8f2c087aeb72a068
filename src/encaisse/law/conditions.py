"""The conditions a recovery route may name: a closed list, each a small question with three answers.

True, False, or None when a fact is not known. None is never turned into an answer: it becomes a question for a person.
So a fact more can settle what was open, and cannot undo what was settled. ``conditions.yaml`` holds the sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

from encaisse.calendar import HOME, region_of
from encaisse.law.claims import Claim
from encaisse.law.constants import constant
from encaisse.law.counting import date_to_date, read_table
from encaisse.law.courts import competent_court, within
from encaisse.law.deadlines import Abroad, Deadline, NoRule, deadline
from encaisse.law.limitation import Limitation, claim_kind_of, limitation
from encaisse.law.series import CONFIDENCES, BadParameter

_FILE = "conditions.yaml"
Answer = bool | None
Test = Callable[[Claim, date], Answer]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition and its sentences: ``holds`` when it does, ``fails`` when not, ``ask`` what a person must say or do.

    ``act``: what is not so today may become so by an act or an event, which is then what is missing.
    """

    code: str
    holds: Mapping[str, str]
    fails: Mapping[str, str]
    ask: Mapping[str, str]
    reference: str
    confidence: str
    act: bool
    test: Test


@cache
def _content() -> Mapping[str, Any]:
    content = read_table(_FILE)
    if set(content) != {"figures", "conditions"}:
        raise BadParameter(f"{_FILE}: figures and conditions are needed")
    for name, raw in content["figures"].items():
        if set(raw) != {"value", "reference", "confidence"} or raw["confidence"] not in CONFIDENCES:
            raise BadParameter(f"{_FILE}, {name}: value, reference and a known confidence are needed")
    return content


def figure(name: str) -> int:
    """A figure of ``conditions.yaml``: a usage or a rule that no group of constants holds."""
    return int(_content()["figures"][name]["value"])


def figure_source(name: str) -> tuple[str, str]:
    """The reference and the confidence of a figure of ``conditions.yaml``."""
    raw = _content()["figures"][name]
    return str(raw["reference"]), str(raw["confidence"])


def both(*answers: Answer) -> Answer:
    """And, with three answers: a no settles it, else anything unknown keeps it open."""
    if False in answers:
        return False
    return None if None in answers else True


def either(*answers: Answer) -> Answer:
    """Or, with three answers: a yes settles it, else anything unknown keeps it open."""
    if True in answers:
        return True
    return None if None in answers else False


def opposite(answer: Answer) -> Answer:
    """Not, with three answers."""
    return None if answer is None else not answer


def limitation_of(claim: Claim, on: date) -> Limitation | None:
    """The limitation of a claim, or of its title once there is one; None when a person gave its end."""
    if claim.limitation_ends is not None:
        return None
    if claim.title_on is not None:
        later = tuple(event for event in claim.events if event.on >= claim.title_on)
        return limitation("title", due_on=claim.title_on, events=later, on=on)
    kind = claim.limitation_kind or limitation_kind(claim)
    return limitation(kind, due_on=claim.due_on, performed_on=claim.performed_on, events=claim.events, on=on)


def limitation_end(claim: Claim, on: date) -> date:
    """The last day on which the claim may be brought to court."""
    found = limitation_of(claim, on)
    return found.deadline if found is not None else claim.limitation_ends or date.max


def limitation_kind(claim: Claim) -> str:
    """Which limitation rules the claim, when nobody said: by its regime, else by both sides (C. civ. 2224)."""
    by_regime = claim_kind_of(claim.regime) if claim.regime else None
    if by_regime is not None:
        return by_regime
    if claim.subject == "tenancy":
        return "rent" if claim.customer.professional else "rent_residential"
    if claim.customer.kind == "public":
        return "public_body"
    # Without a choice of law, the seller's own law rules a sale or a service (Rome I, art. 4).
    if claim.creditor.country in ("GB", "DE"):
        return {"GB": "uk", "DE": "de"}[claim.creditor.country]
    if claim.creditor.professional and not claim.customer.professional:
        return "consumer"
    return "b2b" if claim.creditor.professional else "civil"


def court_region(claim: Claim) -> str:
    """The region whose holidays count for a deadline: the debtor's, since the court sits there; France when abroad."""
    return region_of(claim.customer.country, claim.customer.postcode) if claim.customer.french else HOME


def letter_deadline(claim: Claim) -> date | None:
    """UK: the day on which the time given by the letter of claim ends; None without a letter.

    Thirty days for an individual or a sole trader (Debt Protocol), else the usual fourteen.
    """
    if claim.notice_on is None:
        return None
    if claim.customer.kind in ("consumer", "individual", "sole_trader"):
        return deadline("uk_debt_protocol", claim.notice_on).deadline
    return claim.notice_on + timedelta(days=figure("uk_usual_letter_days"))


def order_deadline(claim: Claim) -> Deadline | None:
    """The last day to serve an order for payment (CPC 1411), by the date of the order.

    None without an order, or for one that is older than the rules known here.
    """
    if claim.order_on is None:
        return None
    return dated_by_order("order_service", claim.order_on, claim)


def dated_by_order(rule: str, start: date, claim: Claim) -> Deadline | None:
    """A deadline that depends on the date of the order; None for an order older than the rules known here."""
    try:
        return deadline(rule, start, order_on=claim.order_on, region=court_region(claim))
    except NoRule:
        return None


def proof_deadline(claim: Claim) -> Deadline | None:
    """The last day to prove the claim in an insolvency (C. com. R622-24); None while the publication is not known."""
    if claim.insolvency_published_on is None:
        return None
    region = court_region(claim)
    abroad: Abroad | None = None if claim.creditor.metropolitan else "overseas" if claim.creditor.french else "foreign"
    return deadline("insolvency_proof", claim.insolvency_published_on, region=region, abroad=abroad)


def published_deadline(claim: Claim, rule: str) -> Deadline | None:
    """A deadline counted from the publication of the opening judgment; None while that day is not known."""
    if claim.insolvency_published_on is None:
        return None
    return deadline(rule, claim.insolvency_published_on, region=court_region(claim))


def _before_opening(claim: Claim, on: date) -> Answer:
    """Whether the claim arose before the opening judgment: it did when it was due, or performed, by then."""
    first = min(claim.due_on, claim.performed_on or claim.due_on)
    if claim.insolvency_opened_on is not None:
        return True if first <= claim.insolvency_opened_on else None if claim.performed_on is None else False
    if claim.insolvency_published_on is None:
        return None
    # The judgment comes some weeks before its publication; in between, its own day must be known.
    if first <= claim.insolvency_published_on - timedelta(days=figure("publication_lag_days")):
        return True
    return False if claim.performed_on is not None and first > claim.insolvency_published_on else None


def _suits_barred(claim: Claim, on: date) -> Answer:
    return both(claim.insolvency_on is not None, _before_opening(claim, on))


def _in_time(found: Deadline | None, on: date) -> Answer:
    return None if found is None else on <= found.deadline


def _not_seriously_contestable(claim: Claim, on: date) -> Answer:
    if claim.seriously_contestable is not None:
        return not claim.seriously_contestable
    return True if claim.contested is False else None


def _founded(claim: Claim, on: date) -> Answer:
    """Founded in principle asks for less than certain: only a serious ground against it takes it away."""
    if claim.title_on is not None or claim.contested is False:
        return True
    return True if claim.seriously_contestable is False else None


def _merchants(claim: Claim, on: date) -> Answer:
    return both(claim.creditor.merchant, claim.customer.merchant)


def _since(name: str, on: date) -> bool:
    return on >= constant(name).day


def _left_to_l126(claim: Claim, on: date) -> Answer:
    return both(_since("l126_uncontested_commercial.in_force_from", on), _merchants(claim, on), claim.invoiced)


def _judicial_possible(claim: Claim, on: date) -> Answer:
    court = competent_court(claim, on)
    if not court.settled or (court.alternative == "judicial" and claim.creditor.commercial is None):
        return None
    return court.judicial or court.alternative == "judicial"


def _attempt_settled(claim: Claim, on: date) -> Answer:
    """An amicable attempt was made, is not needed, or could not be made (CPC 750-1)."""
    made = claim.amicable_attempt_on is not None
    return either(made, claim.conciliator_unavailable is True, opposite(competent_court(claim, on).prior_attempt))


def _order_alive(claim: Claim, on: date) -> Answer:
    if claim.order_on is None:
        return True
    return _in_time(order_deadline(claim), claim.order_served_on or on)


def _title_alive(claim: Claim, on: date) -> Answer:
    """Ten years for a title (CPCE L111-4), started again by each act of enforcement."""
    return claim.title_on is None or on <= limitation_end(claim, on)


def _letter_over(claim: Claim, on: date) -> Answer:
    end = letter_deadline(claim)
    return end is not None and on > end


def _public_refusal(claim: Claim, on: date) -> Answer:
    return claim.notice_on is not None and on >= date_to_date(claim.notice_on, figure("public_refusal_months"))


def _ground(claim: Claim, *grounds: str) -> Answer:
    return None if claim.ground is None else claim.ground in grounds


_TESTS: Mapping[str, Test] = MappingProxyType(
    {
        "late": lambda claim, on: claim.amount > 0 and on > claim.due_on,
        "invoiced": lambda claim, on: claim.invoiced,
        "not_contested": lambda claim, on: opposite(claim.contested),
        "not_seriously_contestable": _not_seriously_contestable,
        "founded_in_principle": _founded,
        "recovery_at_risk": lambda claim, on: claim.at_risk,
        "contract_or_statute": lambda claim, on: _ground(claim, "contract", "statute"),
        "payable_by_order": lambda claim, on: _ground(claim, "contract", "statute", "bill"),
        "not_time_barred": lambda claim, on: on <= limitation_end(claim, on),
        "small_claim": lambda claim, on: within(claim.total, claim.currency, "small_claims_bailiff.ceiling", on),
        "european_small_claim": lambda claim, on: within(
            claim.amount, claim.currency, "court.eu_small_claims_ceiling", on
        ),
        "debtor_in_france": lambda claim, on: claim.customer.french,
        "debtor_in_uk": lambda claim, on: claim.customer.country == "GB",
        "cross_border_eu": lambda claim, on: claim.european,
        "creditor_in_business": lambda claim, on: claim.creditor.professional,
        "debtor_not_private": lambda claim, on: claim.customer.professional,
        "debtor_private": lambda claim, on: not claim.customer.professional,
        "debtor_public": lambda claim, on: claim.customer.kind == "public",
        "between_merchants": _merchants,
        "l126_in_force": lambda claim, on: _since("l126_uncontested_commercial.in_force_from", on),
        "left_to_l126": _left_to_l126,
        "debtor_refuses": lambda claim, on: claim.debtor_agrees is False,
        "court_settled": lambda claim, on: competent_court(claim, on).settled or None,
        "judicial_court_possible": _judicial_possible,
        "attempt_settled": _attempt_settled,
        "has_title": lambda claim, on: claim.title_on is not None,
        "title_alive": _title_alive,
        "wages_by_bailiff": lambda claim, on: on >= _content()["figures"]["wages_by_bailiff"]["value"],
        "order_alive": _order_alive,
        "opposition_made": lambda claim, on: claim.opposition_on is not None,
        "insolvency_opened": lambda claim, on: claim.insolvency_on is not None,
        "claim_before_opening": _before_opening,
        "suits_barred": _suits_barred,
        "proof_filed": lambda claim, on: claim.proof_filed_on is not None,
        "proof_in_time": lambda claim, on: _in_time(proof_deadline(claim), on),
        "proof_late": lambda claim, on: opposite(_in_time(proof_deadline(claim), on)),
        "relief_in_time": lambda claim, on: _in_time(published_deadline(claim, "insolvency_relief"), on),
        "retention_in_time": lambda claim, on: _in_time(published_deadline(claim, "retention_claim"), on),
        "retention_of_title": lambda claim, on: claim.retention_of_title,
        "letter_of_claim_over": _letter_over,
        "public_refusal": _public_refusal,
    }
)


@cache
def all_conditions() -> Mapping[str, Condition]:
    """Every condition by its code, read and checked once. Raises BadParameter when the table is wrong."""
    raw = _content()["conditions"]
    if set(raw) != set(_TESTS):
        raise BadParameter(f"{_FILE}: conditions and tests differ: {', '.join(sorted(set(raw) ^ set(_TESTS)))}")
    return MappingProxyType({code: _condition(code, one, f"{_FILE}, {code}") for code, one in raw.items()})


def _condition(code: str, raw: Mapping[str, Any], where: str) -> Condition:
    if (
        not {"holds", "fails", "ask", "reference"}
        <= set(raw)
        <= {"holds", "fails", "ask", "reference", "confidence", "act"}
    ):
        raise BadParameter(f"{where}: holds, fails, ask and reference are needed; confidence and act may be given")
    for words in (raw["holds"], raw["fails"], raw["ask"]):
        if set(words) != {"fr", "en"}:
            raise BadParameter(f"{where}: every sentence needs fr and en")
    confidence = raw.get("confidence", "sure")
    if confidence not in CONFIDENCES:
        raise BadParameter(f"{where}: confidence {confidence!r} is not one of {', '.join(CONFIDENCES)}")
    return Condition(
        code, raw["holds"], raw["fails"], raw["ask"], raw["reference"], confidence, raw.get("act", False), _TESTS[code]
    )
