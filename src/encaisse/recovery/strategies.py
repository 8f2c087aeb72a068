"""The strategies of a creditor: which text rules, how its light is set, who is on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db import transaction

from encaisse.engine import Strategy as Plan
from encaisse.engine import bundled, bundled_names, load_strategy
from encaisse.engine.strategy import bundled_text
from encaisse.journal.append import append
from encaisse.parties.models import Creditor, Customer
from encaisse.recovery.models import Strategy, StrategyVersion
from encaisse.recovery.refusal import Refused
from encaisse.storage import frames
from encaisse.storage.bulk import table

BY_KIND = {"consumer": "consumer", "public": "public-body", "association": "consumer"}
"""Strategies that follow from what the customer is; an association may be no professional, so the cautious one."""

BY_PROFILE = {"new": "courteous", "reliable": "courteous"}
"""Strategies that past behaviour earns."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A strategy as it rules now: its plan, the number of its version, its light."""

    name: str
    light: str
    version: int
    plan: Plan
    content: str

    @property
    def strategy(self) -> Plan:
        return self.plan


@lru_cache(maxsize=256)
def _parsed(content: str, name: str) -> Plan:
    plan, problems = load_strategy(content, name)
    if plan is None:
        raise Refused("broken_strategy", problem=problems[0].message)
    return plan


def current(creditor: Creditor) -> list[Installed]:
    """Return the strategies of the creditor, each in its newest version, in the order they were made.

    A creditor that has none yet (`setup.prepare` was not called) follows the bundled ones, lights on review.
    """
    found = frames.few(_newest(), [creditor.pk], (str, str, int, str))
    if not found:
        return [
            Installed(name, Strategy.Light.REVIEW, 0, bundled(name), bundled_text(name)) for name in bundled_names()
        ]
    return [Installed(name, light, number, _parsed(text, name), text) for name, light, number, text in found]


def _newest() -> str:
    """The query of each strategy's newest version, in the order the strategies were made."""
    own, versions = table(Strategy), table(StrategyVersion)
    return (
        f"SELECT s.name, s.light, v.number, v.content FROM {own} s JOIN {versions} v ON v.strategy_id = s.id"
        " WHERE s.creditor_id = %s AND v.creditor_id = s.creditor_id"
        f" AND v.number = (SELECT MAX(n.number) FROM {versions} n WHERE n.strategy_id = s.id) ORDER BY s.id"
    )


def name_for(*, own: str, kind: str, profile: str, default: str) -> str:
    """Return the strategy of a customer: its own, else that of its kind, else the one it earned, else the default.

    >>> name_for(own="", kind="public", profile="new", default="standard")
    'public-body'
    """
    return own or BY_KIND.get(kind) or (BY_PROFILE.get(profile) if default == "standard" else None) or default


def set_light(creditor: Creditor, name: str, light: str, *, at: datetime, actor: str) -> Strategy:
    """Set the autopilot's light of a strategy to `off`, `review` or `auto`."""
    with transaction.atomic():
        strategy = Strategy.objects.select_for_update().filter(name=name).first()
        if strategy is None or light not in Strategy.Light.values:
            raise Refused("unknown_strategy")
        before, strategy.light = strategy.light, light
        strategy.save(update_fields=["light"])
        append(creditor.pk, "", "light_set", {"strategy": name, "before": before, "light": light}, at=at, actor=actor)
    return strategy


def save_version(creditor: Creditor, name: str, content: str, *, at: datetime, actor: str) -> StrategyVersion:
    """Make `content` (YAML) the ruling text of a strategy, old or new. The same text again makes no new version."""
    plan, problems = load_strategy(content, name)
    if plan is None:
        raise Refused("broken_strategy", problem=problems[0].message)
    with transaction.atomic():
        strategy, _made = Strategy.objects.get_or_create(creditor=creditor, name=name)
        newest = strategy.versions.order_by("-number").first()
        if newest and newest.sha256 == plan.digest:
            return newest
        version = StrategyVersion.objects.create(
            creditor=creditor,
            strategy=strategy,
            number=newest.number + 1 if newest else 1,
            content=content,
            sha256=plan.digest,
            recorded_at=at,
            actor=actor,
        )
        payload = {"strategy": name, "version": version.number, "sha256": plan.digest}
        append(creditor.pk, "", "strategy_changed", payload, at=at, actor=actor)
    return version


def assign(creditor: Creditor, customer: Customer, name: str, *, at: datetime, actor: str) -> None:
    """Put a customer on a strategy; an empty name goes back to the rule. What was sent keeps its place by its age."""
    if name and not Strategy.objects.filter(name=name).exists():
        raise Refused("unknown_strategy")
    with transaction.atomic():
        before = customer.strategy
        customer.strategy = name
        customer.save(update_fields=["strategy"])
        append(
            creditor.pk,
            customer.code,
            "strategy_assigned",
            {"before": before, "strategy": name},
            at=at,
            actor=actor,
        )
