"""Make a new creditor ready: the bundled strategies, each with its light on `review`."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from encaisse.engine import bundled, bundled_names
from encaisse.engine.strategy import bundled_text
from encaisse.journal.append import append
from encaisse.parties.models import Creditor
from encaisse.recovery.models import Strategy, StrategyVersion


def prepare(creditor: Creditor, *, at: datetime, actor: str) -> list[str]:
    """Install the bundled strategies this creditor lacks and return their names. Asking twice changes nothing."""
    with transaction.atomic():
        known = set(Strategy.objects.values_list("name", flat=True))
        missing = [name for name in bundled_names() if name not in known]
        for name in missing:
            strategy = Strategy.objects.create(creditor=creditor, name=name)
            StrategyVersion.objects.create(
                creditor=creditor,
                strategy=strategy,
                number=1,
                content=bundled_text(name),
                sha256=bundled(name).digest,
                recorded_at=at,
                actor=actor,
            )
        if missing:
            append(creditor.pk, "", "strategies_installed", {"names": missing}, at=at, actor=actor)
    return missing
