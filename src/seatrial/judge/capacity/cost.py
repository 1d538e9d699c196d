"""What a million good requests cost at capacity, from the prices of the system file, with the arithmetic."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from seatrial.judge.capacity.advice import held_near
from seatrial.judge.capacity.search import Found
from seatrial.judge.wording import percent, plural
from seatrial.model.capacity import CapacityRun, ContainerUse, Trial
from seatrial.model.prices import Prices

GIB = 1024.0**3
HOUR_SECONDS = 3_600
MILLION = 1_000_000


@dataclass(frozen=True)
class Cost:
    """What is said of it.

    Attributes:
        reasons: sentences with the arithmetic, or why there is none.
        low, high: of a million good requests, at the upper and the lower end of the capacity; None where
            that is not known.
    """

    reasons: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


def cost_of(run: CapacityRun, found: Found, availability: float, prices: Prices | None) -> Cost:
    """The cost at both ends of the capacity.

    A container counts with what it requests, or with what it used where that is more (as OpenCost counts);
    all containers of the system's workloads count. A request is good when it was answered as expected and in
    time.
    """
    if prices is None or found.low is None or found.high is None:
        return Cost()
    trial = held_near(run, found.low, availability)
    if unknown := _unknown(run, trial, prices):
        return Cost((f"cost: unknown, {unknown}",))
    assert trial is not None
    cores = sum(max(use.cores, use.request_cores or 0.0) for use in trial.uses)
    gib = sum(max(use.memory_bytes or 0.0, use.memory_request_bytes or 0.0) for use in trial.uses) / GIB
    pods = sum(trial.replicas.values())
    hourly = cores * prices.core_hour + gib * prices.gib_hour + pods * prices.replica_hour
    good = max(trial.requests - trial.failed - trial.slow, 0) / trial.requests
    dear, cheap = (hourly / (rate * good * HOUR_SECONDS) * MILLION for rate in (found.low, found.high))
    money = prices.currency
    return Cost(
        (
            f"cost: {cheap:.3g} to {dear:.3g} {money} for a million good requests: {cores:.3g} cores x "
            f"{prices.core_hour:g} + {gib:.3g} GiB x {prices.gib_hour:g} + {plural(pods, 'pod')} x "
            f"{prices.replica_hour:g} make {hourly:.3g} {money} an hour, in which {found.low:.3g} to "
            f"{found.high:.3g} requests/s are served, {percent(good)} of them good",
            "each container counts with what it requests, or with what it used where that is more",
        ),
        low=round(cheap, 6),
        high=round(dear, 6),
    )  # fmt: skip


def _unknown(run: CapacityRun, trial: Trial | None, prices: Prices) -> str:
    """Why the cost cannot be told; empty when it can."""
    if trial is None or not trial.uses:
        return run.unseen or "the containers were not looked at"
    if run.unseen:
        return run.unseen
    if prices.gib_hour and (dark := _without_memory(trial.uses)):
        return f"the memory of {', '.join(dark)} was not looked at"
    return ""


def _without_memory(uses: Iterable[ContainerUse]) -> list[str]:
    return sorted({f"{use.container} of {use.role}" for use in uses if use.memory_bytes is None})
