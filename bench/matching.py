"""Match 50,000 payments against 200,000 open receivables; say how long it takes, and how often it is right.

    python bench/matching.py --seed 7 --json

The portfolio is made (bench/matching_portfolio.py): the rates of its damages are printed, and its truth is known. The
raw limit, in the same run: for each payment the words of its text looked up among the numbers as they are written, and
its amount among the open amounts, in plain dictionaries, nothing weighed.

The curve says, for each threshold, which share of all payments is booked by itself (some pay nothing that is open, and
never should be), and how many of 10,000 such bookings are wrong: another receivable, amount or rest than in truth.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.matching_portfolio import RATES, SEED, SHARES, Portfolio, Truth, by_kind, make
from encaisse.ledger.matching import DEFAULT_THRESHOLD, Incoming, Matcher, OpenItem, Proposal, decide

THRESHOLDS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999)
BINS = (0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1.01)
CHUNK = 500
_shared: list[tuple[Matcher, Sequence[Incoming]]] = []


def propose(matcher: Matcher, payments: Sequence[Incoming], processes: int) -> list[tuple[Proposal, ...]]:
    """All proposals; several processes have the indexes and the payments by a fork, and send back what they found."""
    _shared[:] = [(matcher, payments)]
    # So that the collector of each process leaves the pages of the indexes shared.
    gc.freeze()
    starts = range(0, len(payments), CHUNK)
    if processes == 1:
        return [found for start in starts for found in _chunk(start)]
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        return [found for chunk in pool.imap(_chunk, starts) for found in chunk]


def _chunk(start: int) -> list[tuple[Proposal, ...]]:
    matcher, payments = _shared[0]
    return [matcher.propose(one) for one in payments[start : start + CHUNK]]


def raw_limit(items: Sequence[OpenItem], payments: Sequence[Incoming]) -> float:
    """Seconds for plain look-ups: numbers as written, amounts."""
    begun = time.perf_counter()
    numbers: dict[str, list[int]] = defaultdict(list)
    amounts: dict[int, list[int]] = defaultdict(list)
    for item in items:
        numbers[item.number].append(item.receivable)
        amounts[item.amount].append(item.receivable)
    found = 0
    for one in payments:
        found += len(amounts.get(one.amount, ())) + sum(word in numbers for word in one.text.upper().split())
    assert found
    return time.perf_counter() - begun


def right(proposal: Proposal, truth: Truth) -> bool:
    """True when the same money goes to the same receivables, with the same rest."""
    parts = frozenset((part.receivable, part.amount) for part in proposal.parts)
    return parts == truth.parts and proposal.over == truth.over


def curve(found: Sequence[tuple[Proposal, ...]], truths: Sequence[Truth]) -> list[dict[str, float]]:
    """For each threshold: the share booked by itself, how many of these are wrong, and that in 10,000."""
    lines = []
    for threshold in sorted({*THRESHOLDS, DEFAULT_THRESHOLD}):
        booked = [(best, truth) for each, truth in zip(found, truths, strict=True) if (best := decide(each, threshold))]
        wrong = sum(not right(best, truth) for best, truth in booked)
        lines.append(
            {
                "threshold": threshold,
                "share": round(len(booked) / len(found), 4),
                "wrong": wrong,
                "wrong_per_10000": round(10_000 * wrong / max(len(booked), 1), 2),
            }
        )
    return lines


def calibration(found: Sequence[tuple[Proposal, ...]], truths: Sequence[Truth]) -> list[dict[str, float]]:
    """For scores of a like height: their mean, and how many of those proposals are right."""
    bins: dict[float, list[tuple[float, bool]]] = defaultdict(list)
    for each, truth in zip(found, truths, strict=True):
        if each:
            score = each[0].score
            bins[next(end for end in BINS if score < end)].append((score, right(each[0], truth)))
    return [
        {
            "score": round(sum(score for score, _ in inside) / len(inside), 4),
            "right": round(sum(good for _, good in inside) / len(inside), 4),
            "payments": len(inside),
        }
        for _, inside in sorted(bins.items())
    ]


def by_what(found: Sequence[tuple[Proposal, ...]], truths: Sequence[Truth]) -> dict[str, dict[str, float]]:
    """For each kind of payment and each way of naming: how often the first is right, one of five, booked by itself."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for each, truth in zip(found, truths, strict=True):
        names = [truth.kind] if not truth.parts else [truth.kind, f"named: {truth.naming}"]
        for name in names:
            counts[name]["payments"] += 1
            counts[name]["first"] += bool(each) and right(each[0], truth)
            counts[name]["among_five"] += any(right(one, truth) for one in each)
            counts[name]["by_itself"] += decide(each, DEFAULT_THRESHOLD) is not None
    return {
        name: {"payments": some["payments"]}
        | {what: round(some[what] / some["payments"], 3) for what in ("first", "among_five", "by_itself")}
        for name, some in sorted(counts.items())
    }


def measure(portfolio: Portfolio, processes: int) -> dict[str, Any]:
    """All figures of one portfolio."""
    # What the maker left behind is not what is measured.
    gc.collect()
    gc.freeze()
    limit = raw_limit(portfolio.items, portfolio.incoming)
    begun, before = time.perf_counter(), time.process_time()
    matcher = Matcher(portfolio.items, portfolio.customers, portfolio.known)
    built = time.perf_counter() - begun
    found = propose(matcher, portfolio.incoming, processes)
    seconds = time.perf_counter() - begun
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    lines = curve(found, portfolio.truths)
    return {
        "payments": len(portfolio.incoming),
        "receivables": len(portfolio.items),
        "processes": processes,
        "seconds": round(seconds, 2),
        "of_which_indexes": round(built, 2),
        "processor_seconds": round(sum(one.ru_utime + one.ru_stime for one in used) - before, 2),
        "milliseconds_each": round(1000 * (seconds - built) * processes / len(portfolio.incoming), 3),
        "memory_mb": max(one.ru_maxrss for one in used) // 1024,
        "raw_limit": round(limit, 2),
        "ratio": round(seconds / limit, 1),
        "default": next(line for line in lines if line["threshold"] == DEFAULT_THRESHOLD),
        "curve": lines,
        "calibration": calibration(found, portfolio.truths),
        "kinds": by_kind(portfolio.truths),
        "by_what": by_what(found, portfolio.truths),
    }


def show(figures: dict[str, Any], seed: int) -> None:
    """Print the figures for a reader."""
    print(f"seed {seed}; rates in percent:")
    for what, rates in RATES.items():
        print(f"  {what}: " + ", ".join(f"{name} {rate:g}" for name, rate in rates.items()))
    print("  " + "; ".join(f"{what} {100 * share:g} %" for what, share in SHARES.items()))
    print(
        f"{figures['payments']:,} payments, {figures['receivables']:,} open receivables, "
        f"{figures['processes']} processes: {figures['seconds']} s ({figures['of_which_indexes']} s for the indexes), "
        f"{figures['processor_seconds']} s of processors, "
        f"{figures['memory_mb']} MB"
    )
    print(f"plain look-ups: {figures['raw_limit']} s; ratio {figures['ratio']}")
    print("threshold   by itself   wrong   wrong in 10,000")
    for line in figures["curve"]:
        mark = "  default" if line["threshold"] == DEFAULT_THRESHOLD else ""
        print(f"{line['threshold']:<11} {line['share']:9.2%} {line['wrong']:7} {line['wrong_per_10000']:14.2f}{mark}")
    print("score    right    payments")
    for line in figures["calibration"]:
        print(f"{line['score']:<8} {line['right']:<8} {line['payments']}")
    print("what                    payments   first  of five  by itself")
    for name, line in figures["by_what"].items():
        shares = f"{line['first']:7.1%} {line['among_five']:8.1%} {line['by_itself']:10.1%}"
        print(f"{name:22} {line['payments']:9} {shares}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--payments", type=int, default=50_000)
    parser.add_argument("--receivables", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print only the figures, as JSON")
    given = parser.parse_args()
    figures = measure(make(given.receivables, given.payments, given.seed), given.processes)
    if given.json:
        print(json.dumps({"seed": given.seed, **figures}))
    else:
        show(figures, given.seed)


if __name__ == "__main__":
    main()
