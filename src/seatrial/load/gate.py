"""From what a load run saw to its verdict, and from there to Locust's exit code.

Two fractions are judged, each by its Wilson interval at 95 % (one-sided): of requests that were not
answered as expected (against `availability`), and of requests that were slower than `latency_p99_ms` from
their planned time (against 1 %: that is what a 99th percentile says). An interval that spans the limit is
*inconclusive*: the sample cannot tell pass from fail. So is the latency when the generator did not keep its
schedule.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from seatrial.judge.evidence import generator_weakness
from seatrial.judge.statistics import MINIMUM_SAMPLES, ONE_SIDED_95, SLOW_FRACTION_ALLOWED, wilson
from seatrial.load.summary import LoadSummary
from seatrial.model.objectives import Objectives
from seatrial.model.verdict import Outcome, Verdict, merge

AVAILABILITY = "availability"
LATENCY = "latency"
JUDGED = (AVAILABILITY, LATENCY)


def judge_load(summary: LoadSummary, objectives: Objectives, *, judged: Sequence[str] = JUDGED) -> Verdict:
    """The verdict of a load run.

    Args:
        judged: which of `JUDGED` count; a load meant to saturate is not judged by its latency.
    """
    if summary.sent == 0:
        return _none_sent(summary)
    doubt = generator_weakness(summary.health)
    verdicts = []
    if summary.missing_workers:
        verdicts.append(_nothing(f"{summary.missing_workers} of the workers never reported what they sent"))
    if unsent := summary.never_sent:
        verdicts.append(_unsent(unsent))
    if AVAILABILITY in judged:
        verdicts.append(_availability(summary, objectives))
    if LATENCY in judged and not doubt:
        verdicts.append(_latency(summary, objectives))
    if doubt:
        verdicts.append(_doubtful(summary, doubt))
    return merge(verdicts)


def _nothing(seen: str) -> Verdict:
    return Verdict(Outcome.ERROR, seen, "a complete load run", "Look for the first error in Locust's output.")


def _none_sent(summary: LoadSummary) -> Verdict:
    """Nothing of the system was seen: it took no connection at all, or nothing was planned."""
    tried = sum(summary.outcomes.values())
    if not tried:
        return _nothing("no request was sent")
    return Verdict(
        Outcome.ERROR, f"none of {tried} requests could be sent{_named(summary)}", "a complete load run",
        "Nothing answers there: see the entry with `seatrial doctor`.",
    )  # fmt: skip


def _named(summary: LoadSummary) -> str:
    """The most frequent errors in brackets, or nothing."""
    errors = sorted(summary.errors.items(), key=lambda item: -item[1])
    kinds = ", ".join(f"{number} x {error}" for error, number in errors[:3])
    return f" ({kinds})" if kinds else ""


def _unsent(journeys: Sequence[str]) -> Verdict:
    return Verdict(
        Outcome.INCONCLUSIVE, f"no request of {', '.join(journeys)} was sent", "requests of every journey",
        "Give it more weight, or run for longer.",
    )  # fmt: skip


def _availability(summary: LoadSummary, objectives: Objectives) -> Verdict:
    bad = summary.requests - summary.ok
    allowed = 1 - objectives.availability
    outcome, need = _compare(bad, summary.requests, allowed)
    return Verdict(
        outcome,
        observed=f"{bad} of {summary.requests} requests not answered as expected{_named(summary)}",
        expected=f"{allowed:.3%} (availability {objectives.availability:g})",
        next_step=_next(outcome, need, summary, "See which requests failed in the exchanges of this run."),
        numbers={"requests": summary.requests, "not_answered_as_expected": bad},
    )


def _latency(summary: LoadSummary, objectives: Objectives) -> Verdict:
    limit = objectives.latency_p99_ms
    slow = max(summary.slower_than(limit), 0)
    if summary.requests < MINIMUM_SAMPLES:
        return Verdict(
            Outcome.INCONCLUSIVE, f"{summary.requests} requests say nothing about a p99", f"p99 {limit:g} ms",
            f"Send {MINIMUM_SAMPLES} requests or more.", {"latency_p99_ms": None},
        )  # fmt: skip
    outcome, need = _compare(slow, summary.requests, SLOW_FRACTION_ALLOWED)
    p99, from_sent = summary.percentile_ms(99), summary.percentile_ms(99, from_sent=True)
    slowest = summary.slowest(99)
    text = "See what the slowest journey waits for: CPU, a pool, or another service."
    named = "" if slowest is None else f"; {slowest[0]} is the slowest, p99 {slowest[1]:.0f} ms"
    return Verdict(
        outcome,
        observed=f"p99 {p99:.0f} ms from planned time ({from_sent:.0f} ms from sending), "
        f"{slow} of {summary.requests} requests over the limit{named}",
        expected=f"p99 {limit:g} ms",
        next_step=_next(outcome, need, summary, text),
        numbers={"latency_p99_ms": round(p99, 3), "latency_from_sent_p99_ms": round(from_sent, 3)},
    )


def _doubtful(summary: LoadSummary, doubt: str) -> Verdict:
    """Latency counts from the planned time, so a late generator cannot tell whose delay it was."""
    return Verdict(
        Outcome.INCONCLUSIVE,
        observed=doubt,
        expected="a generator that keeps its schedule",
        next_step="Lower the rate, free the machine, or share the schedule among workers (--processes).",
        numbers={"dropped": summary.health.dropped, "late": summary.health.late},
    )


def _compare(hits: int, total: int, allowed: float) -> tuple[Outcome, int]:
    """Whether the true fraction is surely within `allowed`; and how many requests would settle it."""
    interval = wilson(hits, total, quantile=ONE_SIDED_95)
    if interval.low > allowed:
        return Outcome.FAILED, 0
    if interval.high <= allowed:
        return Outcome.PASSED, 0
    if hits / total >= allowed:
        return Outcome.INCONCLUSIVE, 0
    need = total
    while need < total * 1_000:
        need = math.ceil(need * 1.1)
        if wilson(round(hits * need / total), need, quantile=ONE_SIDED_95).high <= allowed:
            return Outcome.INCONCLUSIVE, need
    return Outcome.INCONCLUSIVE, 0


def _next(outcome: Outcome, need: int, summary: LoadSummary, when_failed: str) -> str:
    if outcome is Outcome.PASSED:
        return ""
    if outcome is Outcome.FAILED:
        return when_failed
    if need and summary.per_second > 0:
        return f"Run for {math.ceil(need / summary.per_second)} s or more: about {need} requests can tell."
    return "Run for longer: the sample cannot tell pass from fail."
