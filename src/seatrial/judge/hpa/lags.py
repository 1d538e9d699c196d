"""Where the time went before the controller decided: tolerance, age of the sample, its own period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from seatrial.judge.hpa.cycles import cycles_to_reach
from seatrial.judge.hpa.decide import DEFAULTS, tolerance
from seatrial.judge.hpa.live import SYNC_SECONDS, decided_at
from seatrial.judge.hpa.manifest import autoscaler_from
from seatrial.judge.hpa.records import CPU, Proposal
from seatrial.judge.hpa.watched import Watched
from seatrial.judge.wording import plural, seconds
from seatrial.model.timeline import Timeline


@dataclass(frozen=True)
class Asked:
    """The way of the first decision to grow; monotonic seconds.

    Attributes:
        measured_at, served_at: of the usage that asked for more; None where no reading did.
        tolerated_seconds: for so long usage was over the target, but within tolerance.
    """

    measured_at: float | None
    served_at: float | None
    decided_at: float
    tolerated_seconds: float


def asked_for_more(timeline: Timeline, *, autoscaler: str, workload: str, since: float) -> Asked | None:
    """What led to the first decision to grow after `since` (the load began); None without one.

    Raises:
        ValueError: the autoscaler's specification cannot be read.
    """
    watched = Watched(timeline, autoscaler, workload)
    grown = (pair for pair in watched.decisions() if pair[1].desired > pair[0].desired)
    before, decision = next((pair for pair in grown if pair[1].at > since), (None, None))
    if before is None or decision is None:
        return None
    tolerated = 0.0
    readings = [reading for reading in watched.readings if since < reading.at < decision.at]
    for number, reading in enumerate(readings):
        proposals = _proposals(watched, reading.at)
        if any(p.replicas is not None and p.replicas > before.desired for p in proposals):
            measured = max(seen.measured_at for seen in reading.usage.values())
            return Asked(measured, reading.at, decision.at, tolerated)
        if any(p.tolerated for p in proposals):
            following = readings[number + 1].at if number + 1 < len(readings) else decision.at
            tolerated += following - reading.at
    return Asked(None, None, decision.at, tolerated)


def decision_lags(timeline: Timeline, *, autoscaler: str, workload: str, since: float) -> Iterator[str]:
    """One sentence for each stage between `since` (the load began) and the first decision to grow after it.

    A stage is told only where its stamps were seen. Nothing is said without a decision.

    Raises:
        ValueError: the autoscaler's specification cannot be read.
    """
    asked = asked_for_more(timeline, autoscaler=autoscaler, workload=workload, since=since)
    if asked is None:
        return
    if asked.tolerated_seconds:
        yield f"usage was over the target but within tolerance for {seconds(asked.tolerated_seconds)}"
    if asked.served_at is None or asked.measured_at is None:
        return
    yield (
        f"usage that asked for more was first served {seconds(asked.served_at - since)} after the step, "
        f"{seconds(max(asked.served_at - asked.measured_at, 0.0))} after it was measured"
    )
    waited = seconds(asked.decided_at - asked.served_at)
    yield f"the controller decided {waited} later (it looks every {SYNC_SECONDS:g} s)"


def cycles_in_words(timeline: Timeline, *, autoscaler: str, workload: str, wanted: int) -> str:
    """How many decisions it takes to get `wanted` replicas when every pod works at its CPU limit.

    Empty when the autoscaler does not go by the CPU's utilization, or no limit hides any of the load.

    Raises:
        ValueError: the autoscaler's specification cannot be read.
    """
    watched = Watched(timeline, autoscaler, workload)
    pods = [states[-1] for states in timeline.pods.values() if states[-1].workload == workload]
    if not watched.states or not pods:
        return ""
    spec = autoscaler_from(watched.states[0].spec)
    cpu = next((m for m in spec.metrics if m.resource == CPU and m.target_type == "Utilization"), None)
    if cpu is None:
        return ""
    request, limit = _amount(pods[0].requests, cpu.container), _amount(pods[0].limits, cpu.container)
    if not request or not limit:
        return ""
    count = cycles_to_reach(
        spec.minimum,
        wanted,
        request=request,
        limit=limit,
        target=cpu.target,
        tolerance=tolerance(spec, DEFAULTS).up,
    )
    told = (
        f"a pod uses {limit}m CPU at most and requests {request}m: with a target of {cpu.target} % it takes"
    )
    if count is None:
        return f"{told} for ever to get {wanted} replicas: the target is never exceeded"
    return f"{told} {plural(count, 'decision')} or more from {spec.minimum} to {wanted} replicas"


def _amount(amounts: Mapping[str, Mapping[str, int]], container: str) -> int:
    """CPU of one container or of all; 0 where one has none."""
    found = [amounts.get(name, {}).get(CPU, 0) for name in ([container] if container else amounts)]
    return sum(found) if all(found) else 0


def _proposals(watched: Watched, moment: float) -> tuple[Proposal, ...]:
    decision = decided_at(watched, moment)
    return () if decision is None else decision.proposals
