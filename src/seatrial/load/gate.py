"""From what a load run saw to its verdict, and from there to Locust's exit code.

Two fractions are judged, each by its Wilson interval at 95 % (one-sided): of requests that were not
answered as expected (against `availability`), and of requests that were slower than `latency_p99_ms` from
their planned time (against 1 %: that is what a 99th percentile says). An interval that spans the limit is
*inconclusive*: the sample cannot tell pass from fail. So is the latency when the generator did not keep its
schedule. A journey with an objective of its own in the system file is judged by that, all others together by
the system's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from seatrial.judge.statistics import MINIMUM_SAMPLES, ONE_SIDED_95, SLOW_FRACTION_ALLOWED, wilson
from seatrial.load.figures import clock_doubt, with_workers
from seatrial.load.gaps import generator_doubt, missing_words
from seatrial.load.parts import Part, parts_of
from seatrial.load.summary import LoadSummary
from seatrial.model.objectives import JourneyObjectives, Objectives
from seatrial.model.verdict import Outcome, Verdict, merge

AVAILABILITY = "availability"
LATENCY = "latency"
JUDGED = (AVAILABILITY, LATENCY)
NO_OWN: Mapping[str, JourneyObjectives] = MappingProxyType({})


def judge_load(
    summary: LoadSummary,
    objectives: Objectives,
    *,
    judged: Sequence[str] = JUDGED,
    own: Mapping[str, JourneyObjectives] = NO_OWN,
) -> Verdict:
    """The verdict of a load run: each journey by its own objective where it has one, all others together.

    Args:
        judged: which of `JUDGED` count; a load meant to saturate is not judged by its latency.
        own: what journeys want instead of the system's objectives, by name.
    """
    if not summary.reached and not _lost_there(summary):
        return _none_sent(summary)
    doubt = generator_doubt(summary)
    verdicts = []
    if summary.missing_workers:
        verdicts.append(_missing(summary))
    if unequal := clock_doubt(summary.workers):
        verdicts.append(_unequal(unequal))
    if unsent := summary.never_sent:
        verdicts.append(_unsent(unsent, summary))
    if AVAILABILITY in judged and summary.requests:
        parts = parts_of(summary, objectives, own, "availability")
        verdicts += [_availability(part, summary) for part in parts]
    if LATENCY in judged and summary.requests and not doubt:
        parts = parts_of(summary, objectives, own, "latency_p99_ms")
        verdicts += [_latency(part, summary) for part in parts]
    if doubt:
        verdicts.append(_doubtful(summary, doubt))
    if broken := summary.unlikely:
        verdicts.append(_broken(broken))
    return with_workers(merge(verdicts), summary.workers)


def _nothing(seen: str) -> Verdict:
    return Verdict(Outcome.ERROR, seen, "a complete load run", "Look for the first error in Locust's output.")


def _missing(summary: LoadSummary) -> Verdict:
    if not _lost_there(summary):
        return _nothing(missing_words(summary))
    return Verdict(
        Outcome.INCONCLUSIVE, missing_words(summary), "a complete load run",
        "See in the output why it was lost, and run it again.",
    )  # fmt: skip


def _lost_there(summary: LoadSummary) -> bool:
    """Whether all that is missing is known: pods that were lost with what they sent, or never came."""
    return summary.in_cluster and 0 < summary.missing_workers == len(summary.lost)


def _unequal(clocks: str) -> Verdict:
    return Verdict(
        Outcome.INCONCLUSIVE, clocks, "workers whose clocks agree, so that all send by one schedule",
        "Have the nodes keep time (NTP), or place workers on those that do.",
    )  # fmt: skip


def _none_sent(summary: LoadSummary) -> Verdict:
    """Nothing of the system was seen: it took no connection at all, or nothing was planned."""
    tried = sum(summary.outcomes.values())
    if not tried:
        missing = f": {missing_words(summary)}" if summary.missing_workers else ""
        return _nothing(f"no request was sent{missing}")
    (whole,) = parts_of(summary, Objectives(), NO_OWN, "availability")
    return Verdict(
        Outcome.ERROR, f"none of {tried} requests could be sent{whole.named_errors}", "a complete load run",
        "Nothing answers there: see the entry with `seatrial doctor`.",
    )  # fmt: skip


def _unsent(journeys: Sequence[str], summary: LoadSummary) -> Verdict:
    more = "replay a longer trace" if summary.replayed else "run for longer"
    return Verdict(
        Outcome.INCONCLUSIVE, f"no request of {', '.join(journeys)} was sent", "requests of every journey",
        f"Give it more weight, or {more}.",
    )  # fmt: skip


def _availability(part: Part, summary: LoadSummary) -> Verdict:
    allowed = 1 - part.limit
    outcome, need = _compare(part.bad, part.requests, allowed)
    return Verdict(
        outcome,
        observed=f"{part.prefix}{part.bad} of {part.requests} requests not answered as expected"
        f"{part.named_errors}",
        expected=f"{part.prefix}{allowed:.3%} (availability {part.limit:g})",
        next_step=_next(
            outcome, need, part, summary, "See which requests failed in the exchanges of this run."
        ),
        numbers=_numbers(part, {"requests": part.requests, "not_answered_as_expected": part.bad}),
    )


def _latency(part: Part, summary: LoadSummary) -> Verdict:
    limit = part.limit
    expected = f"{part.prefix}p99 {limit:g} ms"
    if part.requests < MINIMUM_SAMPLES:
        return Verdict(
            Outcome.INCONCLUSIVE, f"{part.prefix}{part.requests} requests say nothing about a p99", expected,
            f"Send {MINIMUM_SAMPLES} requests or more.", _numbers(part, {"latency_p99_ms": None}),
        )  # fmt: skip
    slow = max(part.slower_than(limit), 0)
    outcome, need = _compare(slow, part.requests, SLOW_FRACTION_ALLOWED)
    p99 = part.percentile_ms(99)
    numbers = {"latency_p99_ms": round(p99, 3)}
    seen, named = f"{part.prefix}p99 {p99:.0f} ms from planned time", ""
    if part.from_sent is not None:
        from_sent = summary.percentile_ms(99, from_sent=True)
        seen += f" ({from_sent:.0f} ms from sending)"
        numbers["latency_from_sent_p99_ms"] = round(from_sent, 3)
    if not part.name and (slowest := part.slowest(99)) is not None:
        named = f"; {slowest[0]} is the slowest, p99 {slowest[1]:.0f} ms"
    who = part.name or "the slowest journey"
    return Verdict(
        outcome,
        observed=f"{seen}, {slow} of {part.requests} requests over the limit{named}",
        expected=expected,
        next_step=_next(
            outcome, need, part, summary, f"See what {who} waits for: CPU, a pool, or another service."
        ),
        numbers=_numbers(part, numbers),
    )


def _numbers(part: Part, numbers: Mapping[str, float | None]) -> dict[str, float | None]:
    """The figures of a part; those of a journey carry its name."""
    return {f"{part.name}_{name}" if part.name else name: value for name, value in numbers.items()}


def _doubtful(summary: LoadSummary, doubt: str) -> Verdict:
    """Latency counts from the planned time, so a late generator cannot tell whose delay it was."""
    return Verdict(
        Outcome.INCONCLUSIVE,
        observed=doubt,
        expected="a generator that keeps its schedule",
        next_step="Lower the rate, free the machine, or share the schedule among workers (--processes).",
        numbers={"dropped": summary.health.dropped, "late": summary.health.late},
    )


def _broken(why: str) -> Verdict:
    return Verdict(
        Outcome.INCONCLUSIVE, why, "figures that agree with each other",
        "This is a fault of the generator or its records, not of the system: please report it with the run.",
    )  # fmt: skip


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


def _next(outcome: Outcome, need: int, part: Part, summary: LoadSummary, when_failed: str) -> str:
    if outcome is Outcome.PASSED:
        return ""
    if outcome is Outcome.FAILED:
        return when_failed
    if summary.replayed:  # it lasts as long as its trace, whatever is given for its length
        enough = f"about {need} requests{part.suffix} can tell" if need else "this one cannot tell"
        return f"Replay a longer trace: {enough}."
    if need and summary.seconds > 0:
        long_enough = math.ceil(need * summary.seconds / part.requests)
        return f"Run for {long_enough} s or more: about {need} requests{part.suffix} can tell."
    return "Run for longer: the sample cannot tell pass from fail."
