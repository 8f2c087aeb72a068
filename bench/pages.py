"""How long the server takes for a page, and for one explanation, with a large portfolio.

    python bench/pages.py --receivables 1000000 --database sqlite [--json]

The raw limit, taken in the same run: the smallest page of the same stack (sign-in). The promise: 150 ms a page and
50 ms an explanation with a million receivables.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import portfolio

ROUNDS = 9


def main() -> None:
    """Make the portfolio, run a day, ask for pages, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--receivables", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with portfolio.database(chosen.database):
        figures = measure(chosen.receivables)
    figures = {"database": chosen.database, "receivables": chosen.receivables, **figures}
    print(json.dumps(figures, indent=1) if chosen.json else "\n".join(f"{k:>28}: {v}" for k, v in figures.items()))


def measure(receivables: int) -> dict[str, Any]:
    """Return the median milliseconds of each page and its ratio to the smallest page."""
    from django.test import Client
    from django.utils import timezone
    from django_scopes import scope

    from encaisse.parties.models import Customer, Member, User
    from encaisse.recovery import run
    from encaisse.recovery.explain import explain

    creditor = portfolio.make(receivables)
    at = timezone.make_aware(datetime.combine(portfolio.DAY, datetime.min.time()).replace(hour=6))
    with scope(creditor=creditor):
        run.plan(creditor, portfolio.DAY, at=at, actor="bench")
        late = Customer.objects.get(code=f"C{portfolio.LATE_SHARE:07d}")
        user = User.objects.create_user("bench@example.org", "not a secret 42")
        Member.objects.create(creditor=creditor, user=user, role=Member.Role.OWNER)
    client = Client(SERVER_NAME="localhost")
    raw = _median(lambda: _get(client, "/accounts/login/"))
    client.force_login(user)
    on = f"on={portfolio.DAY.isoformat()}"
    pages = {
        "today": f"/?{on}",
        "customers": f"/customers/?{on}",
        "customers, searched": f"/customers/?q=client+0000400&{on}",
        "customer": f"/customers/{late.pk}/?{on}",
        "actions": f"/actions/?{on}",
    }
    figures: dict[str, Any] = {"smallest page (raw limit), ms": round(raw, 1)}
    for name, address in pages.items():
        spent = _median(lambda address=address: _get(client, address))  # type: ignore[misc]
        figures[name] = {"ms": round(spent, 1), "ratio": round(spent / raw, 1)}
    with scope(creditor=creditor):
        spent = _median(lambda: explain(creditor, late, portfolio.DAY))
    figures["explain one case"] = {"ms": round(spent, 1)}
    return figures


def _get(client: Any, address: str) -> None:
    response = client.get(address)
    if response.status_code != 200:
        sys.exit(f"{address}: status {response.status_code}")


def _median(work: Callable[[], object]) -> float:
    work()
    times = []
    for _round in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    main()
