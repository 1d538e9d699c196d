"""What a capacity says of replicas, targets, requests and limits, with its arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterator

from seatrial.judge.capacity.search import Found, held
from seatrial.model.capacity import CapacityRun, ContainerUse, Trial

ROOM = 0.8
"""Of the capacity at which an autoscaler should act: until it has, the load may grow by a quarter."""
MEMORY_ROOM = 0.2
MIB = 2.0**20
MILLICORES = 1_000
STEP_MILLICORES = 10


def advice(
    run: CapacityRun, found: Found, availability: float, wanted: float | None, planned: float | None = None
) -> tuple[str, ...]:
    """Sentences for a person who sets up the workload and its autoscaler.

    Args:
        wanted: requests per second that the system is to sustain; None when nobody said.
        planned: the highest rate of the load that the system file plans; None where it names none.
    """
    replicas = _replicas(run)
    if found.low is None or not replicas:
        return ()
    each = found.low / replicas
    return (*_replica_words(each, wanted), *_least_words(each, planned), *sizes(run, found.low, availability))


def _replica_words(each: float, wanted: float | None) -> Iterator[str]:
    yield f"one replica serves at least {each:.3g} requests/s"
    if wanted is None:
        yield f"maxReplicas for R requests/s: R / {each:.3g}, rounded up, and one that may be gone"
        return
    least = math.ceil(wanted / each)
    yield (
        f"maxReplicas {least + 1}: {wanted:g} / {each:.3g} is {wanted / each:.1f}, rounded up, and one that "
        "may be gone"
    )


def _least_words(each: float, planned: float | None) -> Iterator[str]:
    """`minReplicas`: what is left when a replica is gone must serve the planned rate, before any is added."""
    if planned is None:
        words = f"R / {each:.3g}, rounded up, and one that may be gone"
        yield f"minReplicas for R requests/s in quiet hours: {words}"
        return
    needed = math.ceil(planned / each)
    yield (
        f"minReplicas {needed + 1}: the planned {planned:g} (`load.arrivals`) / {each:.3g} is "
        f"{planned / each:.1f}, rounded up {needed}, and one that may be gone; {zone_words(needed)}"
    )


def zone_words(needed: int) -> str:
    """How many replicas leave `needed` when a zone is lost, spread evenly over two zones or three."""
    three = math.ceil(needed / 2) * 3
    return (
        f"where a zone may be gone {2 * needed} over 2 zones ({needed} in each), {three} over 3 "
        f"({three // 3} in each)"
    )


def sizes(run: CapacityRun, low: float, availability: float) -> Iterator[str]:
    """Requests, limits and the autoscaler's target, from what the containers used near the low end."""
    trial = held_near(run, low, availability)
    uses = [use for use in trial.uses if use.role == run.role] if trial else []
    if trial is None or not uses:
        return
    use = max(uses, key=lambda each: each.cores)
    cores = use.cores * low / trial.per_second
    wise = max(math.ceil(cores * ROOM * MILLICORES / STEP_MILLICORES), 1) * STEP_MILLICORES
    sums = f"{use.cores:.3g} cores at {trial.per_second:g}/s make {cores:.3g} at {low:.3g}/s"
    yield f"{use.container} of {run.role}: {sums}; CPU request {wise}m: {ROOM:.0%} of that"
    if use.request_cores is None:
        yield f"no CPU request is set: an autoscaler cannot target its utilisation; set {wise}m, target 100"
    else:
        target = math.floor(100 * ROOM * cores / use.request_cores)
        yield (
            f"target utilisation {target} with the present request: {ROOM:.0%} of {cores:.3g} / "
            f"{use.request_cores:g}, so that a quarter more load is served until new replicas are ready"
        )
    yield from _limit_words(use, cores)
    if use.memory_bytes is not None:
        held_mib = use.memory_bytes / MIB
        yield (
            f"{use.container} of {run.role} held {held_mib:.3g} MiB: memory request "
            f"{math.ceil(held_mib * (1 + MEMORY_ROOM))}Mi, a fifth more; for a limit see whether it grows "
            "(loadtests/soak.py)"
        )


def _limit_words(use: ContainerUse, cores: float) -> Iterator[str]:
    if use.limit_cores is not None and cores >= ROOM * use.limit_cores:
        yield (
            f"its CPU limit {use.limit_cores:g} is what it reaches at capacity: a higher one serves more "
            "with each replica where nodes have room"
        )


def held_near(run: CapacityRun, low: float, availability: float) -> Trial | None:
    """The held trial nearest to the low end, in which CPU was looked at."""
    seen = [each for each in run.trials if not each.void and each.uses and held(each, availability)]
    return min(seen, key=lambda each: abs(each.per_second - low), default=None)


def _replicas(run: CapacityRun) -> int | None:
    counts = {each.replicas[run.role] for each in run.trials if run.role in each.replicas}
    return counts.pop() if len(counts) == 1 else None
