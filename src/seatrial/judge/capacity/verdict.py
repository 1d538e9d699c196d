"""The verdict of a search for capacity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from seatrial.judge.capacity.advice import advice
from seatrial.judge.capacity.cost import cost_of
from seatrial.judge.capacity.limits import limited_by
from seatrial.judge.capacity.search import Found, Search, held
from seatrial.judge.wording import percent, plural
from seatrial.model.capacity import CapacityRun, Trial
from seatrial.model.objectives import Objectives
from seatrial.model.prices import Prices
from seatrial.model.verdict import Outcome, Verdict

SEE_TRIALS = "See the trials below, or `load/` of the run directory."


def judge_capacity(
    run: CapacityRun,
    objectives: Objectives,
    wanted: float | None = None,
    prices: Prices | None = None,
    planned: float | None = None,
) -> Verdict:
    """What a whole search shows: the capacity as an interval, what limited it, and what it costs.

    Args:
        wanted: requests per second that the system must sustain; None when the capacity is only measured.
        prices: of the system file; None where it names none.
        planned: the highest rate of the load that it plans; None where it names none.
    """
    found = Search(run.plan, objectives.availability, run.trials).found()
    if doubt := _doubt(run, found):
        found = Found(None, None, found.held_at, doubt)  # nobody may build on it
    verdict = _verdict(run, found, objectives, wanted)
    cost = cost_of(run, found, objectives.availability, prices)
    reasons = (
        *limited_by(run, objectives.availability),
        *advice(run, found, objectives.availability, wanted, planned),
        *cost.reasons,
        *(f"held: {each}" for each in run.held),
        *_trials(run, objectives.availability),
    )
    numbers = {**verdict.numbers, **_numbers(found, run)}
    if prices is not None:
        numbers |= {"cost_per_million_low": cost.low, "cost_per_million_high": cost.high}
    return replace(verdict, reasons=reasons, numbers=numbers)


def _verdict(run: CapacityRun, found: Found, objectives: Objectives, wanted: float | None) -> Verdict:
    expected = (
        f"a capacity at p99 {objectives.latency_p99_ms:g} ms and availability {objectives.availability:g}"
    )
    if wanted is not None:
        expected = f"{wanted:g} requests/s or more at p99 {objectives.latency_p99_ms:g} ms"
    if not found.identified:
        never_began = run.broken and not run.trials and not run.absent
        outcome = Outcome.ERROR if never_began else Outcome.INCONCLUSIVE
        return Verdict(outcome, found.why, expected, _next(run, found))
    assert found.low is not None
    assert found.high is not None
    observed = (
        f"{found.low:.3g} to {found.high:.3g} requests/s at p99 {objectives.latency_p99_ms:g} ms, "
        f"{run.plan.confidence:.0%}{_replica_words(run)} ({plural(len(run.trials), 'trial')})"
    )
    if wanted is None or found.low >= wanted:
        return Verdict(Outcome.PASSED, observed, expected)
    if found.high < wanted:
        text = "Give it more of what limits it, or more replicas: see the arithmetic below."
        return Verdict(Outcome.FAILED, observed, expected, text)
    text = "Search longer (--trials), or with longer trials: the interval holds what is wanted."
    return Verdict(Outcome.INCONCLUSIVE, observed, expected, text)


def _doubt(run: CapacityRun, found: Found) -> str:
    """Why the search has no answer; empty when it has."""
    if run.absent:
        return (
            f"nothing was sent, for {plural(len(run.absent), 'worker')} never came: {'; '.join(run.absent)}"
        )
    if run.broken:
        return run.broken
    if run.never_sent:
        return f"no request of {', '.join(run.never_sent)} was sent"
    if moved := _moved(run):
        return moved
    if found.identified:
        return ""
    last = run.trials[-1].void if run.trials else ""
    return f"{found.why}; the last trial is void: {last}" if last else found.why


def _moved(run: CapacityRun) -> str:
    """Whether the number of replicas was not the same in all trials; empty when it was."""
    counts = {role for each in run.trials for role in each.replicas}
    for role in sorted(counts):
        seen = sorted({each.replicas[role] for each in run.trials if role in each.replicas and not each.void})
        if len(seen) > 1:
            return f"{role} had {' and '.join(map(str, seen))} ready replicas in different trials"
    return ""


def _next(run: CapacityRun, found: Found) -> str:
    if run.broken:
        return "Remove what is named here, and search again."
    if run.never_sent:
        return "Give it more weight in `load.journeys`, or leave it out of the mix."
    if run.trials and run.trials[-1].void:
        return "Lower the highest rate, free the machine, or share the load among workers (--processes)."
    if found.held_at is not None and found.held_at >= run.plan.highest:
        return "Raise the highest rate (--highest), if this system may be offered more."
    return SEE_TRIALS


def _replica_words(run: CapacityRun) -> str:
    counts = [each.replicas[run.role] for each in run.trials if run.role in each.replicas]
    return f", {plural(counts[-1], 'replica')} of {run.role}" if counts else ", replicas not looked at"


def _trials(run: CapacityRun, availability: float) -> Iterator[str]:
    """A line for each rate, from low to high: what its trials saw."""
    rates = sorted({each.per_second for each in run.trials})
    for rate in rates:
        some = [each for each in run.trials if each.per_second == rate]
        valid = [each for each in some if not each.void]
        fine = sum(held(each, availability) for each in valid)
        words = f"{rate:g}/s: {fine} of {plural(len(valid), 'trial')} held"
        if void := len(some) - len(valid):
            words += f", {void} void"
        if valid:
            words += f"; {_seen(valid)}"
        yield words


def _seen(valid: list[Trial]) -> str:
    requests = sum(each.requests for each in valid) or 1
    slow = percent(sum(each.slow for each in valid) / requests)
    failed = percent(sum(each.failed for each in valid) / requests)
    stopped = next((f"; {each.stopped}" for each in valid if each.stopped), "")
    return f"{slow} slow, {failed} failed{stopped}"


def _numbers(found: Found, run: CapacityRun) -> dict[str, float | int | None]:
    return {
        "capacity_low_per_second": None if found.low is None else round(found.low, 3),
        "capacity_high_per_second": None if found.high is None else round(found.high, 3),
        "trials": len(run.trials),
    }
