"""The capacity with several numbers of replicas: what another one adds, and how many are enough. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from seatrial.judge.capacity.advice import sizes, zone_words
from seatrial.judge.capacity.verdict import judge_capacity
from seatrial.judge.wording import plural
from seatrial.model.capacity import CapacityRun
from seatrial.model.objectives import Objectives
from seatrial.model.prices import Prices
from seatrial.model.verdict import Outcome, Verdict

KEPT = (
    "limited by", "what limits it is unknown", "nothing that was looked at", "not held for", "own objectives",
    "cost:",
)  # fmt: skip
"""Of what is said of one number of replicas; its trials are in the run directory."""
LOW, HIGH = "capacity_low_per_second", "capacity_high_per_second"


def judge_series(
    runs: Mapping[int, CapacityRun],
    objectives: Objectives,
    wanted: float | None = None,
    prices: Prices | None = None,
    planned: float | None = None,
) -> Verdict:
    """What searches with several numbers of replicas show together.

    With `wanted` the most replicas must sustain it; how many at least do is told. A number without an answer
    leaves the whole without one.

    Args:
        runs: by the number of replicas; at least one.
        planned: the highest rate of the load that the system file plans; None where it names none.
    """
    counts = sorted(runs)
    verdicts = {
        count: judge_capacity(runs[count], objectives, wanted if count == counts[-1] else None, prices)
        for count in counts
    }
    outcome = Outcome.worst(verdict.outcome for verdict in verdicts.values())
    worst = [verdict for verdict in verdicts.values() if verdict.outcome is outcome]
    known = [count for count in counts if verdicts[count].numbers[LOW] is not None]
    role = next((run.role for run in runs.values() if run.role), "")
    confidence = f"{runs[counts[0]].plan.confidence:.0%}"
    return Verdict(
        outcome,
        observed=(
            f"{'; '.join(_told(count, verdicts[count], role) for count in counts)}; requests/s at p99 "
            f"{objectives.latency_p99_ms:g} ms, {confidence}"
        ),
        expected=verdicts[counts[-1]].expected,
        next_step=" ".join(dict.fromkeys(verdict.next_step for verdict in worst if verdict.next_step)),
        numbers={
            f"{count}_replicas_{name}": value
            for count in counts
            for name, value in verdicts[count].numbers.items()
            if name in (LOW, HIGH)
        },
        reasons=(
            *_growth(known, verdicts), *_enough(known, verdicts, wanted),
            *_least(known, verdicts, planned), *_each(counts, verdicts),
            *_sizes(known[-1:], runs, verdicts, objectives.availability),
        ),
    )


def _told(count: int, verdict: Verdict, role: str) -> str:
    low, high = verdict.numbers[LOW], verdict.numbers[HIGH]
    found = f"no answer ({verdict.observed})" if low is None else f"{low:.3g} to {high:.3g}"
    return f"{plural(count, 'replica')} of {role}: {found}"


def _growth(known: Sequence[int], verdicts: Mapping[int, Verdict]) -> Iterator[str]:
    """What replicas add, where the intervals tell it; and whether the most of them still do."""
    grows = False
    for fewer, more in pairwise(known):
        before, now = verdicts[fewer].numbers, verdicts[more].numbers
        least, most = now[LOW] - before[HIGH], now[HIGH] - before[LOW]
        grows = least > 0
        each = plural(more - fewer, "more replica")
        if grows:
            yield f"from {fewer} to {more}: {each} added {least:.3g} to {most:.3g} requests/s"
        else:
            yield (
                f"from {fewer} to {more}: the intervals do not tell that {each} added anything: look for "
                "what all replicas share (a store, the entry, the machine)"
            )
    if grows:
        yield (
            f"peak not identified in the tested range, {plural(known[0], 'replica')} to {known[-1]}: the "
            "last step still added capacity"
        )


def _enough(known: Sequence[int], verdicts: Mapping[int, Verdict], wanted: float | None) -> Iterator[str]:
    if wanted is None:
        return
    enough = [count for count in known if verdicts[count].numbers[LOW] >= wanted]
    if enough:
        yield (
            f"{plural(enough[0], 'replica')} are the fewest that surely serve {wanted:g} requests/s: "
            f"maxReplicas {enough[0] + 1}, with one that may be gone"
        )


def _least(known: Sequence[int], verdicts: Mapping[int, Verdict], planned: float | None) -> Iterator[str]:
    """`minReplicas`, by the numbers of replicas that were measured and not by what one of them serves."""
    if planned is None:
        return
    enough = next((count for count in known if verdicts[count].numbers[LOW] >= planned), None)
    if enough is not None:
        low = verdicts[enough].numbers[LOW]
        yield (
            f"minReplicas {enough + 1}: {plural(enough, 'replica')} surely serve {low:.3g} requests/s, the "
            f"planned rate is {planned:g} (`load.arrivals`), and one may be gone; {zone_words(enough)}"
        )


def _sizes(
    most: Sequence[int], runs: Mapping[int, CapacityRun], verdicts: Mapping[int, Verdict], availability: float
) -> Iterator[str]:
    """Requests and targets as the most replicas used them."""
    for count in most:
        for advice in sizes(runs[count], verdicts[count].numbers[LOW], availability):
            yield f"{plural(count, 'replica')}: {advice}"


def _each(counts: Sequence[int], verdicts: Mapping[int, Verdict]) -> Iterator[str]:
    for count in counts:
        for reason in verdicts[count].reasons:
            if reason.startswith(KEPT):
                yield f"{plural(count, 'replica')}: {reason}"
