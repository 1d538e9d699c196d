"""The least time in which an autoscaler can grow or shrink: from its windows, policies and periods. Pure.

Nothing here is an estimate. What takes less in no cluster is a part of the sum, all else is left out, so that
an objective below the sum can never be met.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from seatrial.judge.hpa.cycles import cycles_to_reach
from seatrial.judge.hpa.decide import DEFAULTS, tolerance
from seatrial.judge.hpa.limits import completed, limit_by_behavior, limit_plainly
from seatrial.judge.hpa.live import SYNC_SECONDS
from seatrial.judge.hpa.records import CPU, Autoscaler, Controller, Memory
from seatrial.judge.wording import plural
from seatrial.model.quantity import thousandths

LONGEST_SECONDS = 4 * 3600.0
"""What takes longer counts as never."""
METRICS_SECONDS = 60.0
"""How old the metrics API's numbers may be: metrics-server's own default resolution."""
START_SECONDS = 60.0
"""How long a pod may take to be scheduled and started, its image included, beside its probes' delays."""
_DRIFT_SECONDS = 1e-6
"""The controller's period begins when the last round ended: a window of n periods is over at the n-th."""


@dataclass(frozen=True)
class Least:
    """The least time that a change of scale takes.

    Attributes:
        seconds: infinite when it never comes about.
        decisions: how many the controller has to take.
        why: the arithmetic in words.
    """

    seconds: float
    decisions: int
    why: str


def least_up(spec: Autoscaler, pod: Mapping[str, Any], wanted: int, flags: Controller = DEFAULTS) -> Least:
    """From a load step at the minimum to `wanted` ready replicas.

    Args:
        pod: the pod's spec; its CPU limit bounds how far one decision goes, its probes when a pod is Ready.
    """
    moments = _decisions(spec, spec.minimum, wanted, flags)
    if moments is None:
        return _never(f"its scale-up policies never let it grow from {spec.minimum} to {wanted}")
    hidden = (_cycles(spec, pod, wanted) or 0) - len(moments)
    moments += [moments[-1] + SYNC_SECONDS * (number + 1) for number in range(hidden)] if moments else []
    rules = spec.behavior and completed(spec.behavior, flags).scale_up
    parts = _parts(moments, rules.stabilization_seconds if rules else None, spec.minimum, wanted)
    if delay := ready_after_seconds(pod):
        parts.append((delay, "until the probes' delays of a new pod are over"))
    return _sum(parts, len(moments))


def least_down(spec: Autoscaler, replicas: int, flags: Controller = DEFAULTS) -> Least:
    """From the end of a load that needed `replicas` to the minimum."""
    moments = _decisions(spec, replicas, spec.minimum, flags)
    if moments is None:
        return _never(f"its scale-down policies never let it shrink from {replicas} to {spec.minimum}")
    rules = spec.behavior and completed(spec.behavior, flags).scale_down
    window = rules.stabilization_seconds if rules else flags.downscale_stabilization_seconds
    return _sum(_parts(moments, window, replicas, spec.minimum), len(moments))


def usual_up_seconds(least: Least) -> float:
    """What a rise may take on a cluster in no hurry: the age of its metrics and the start of pods besides."""
    return least.seconds + METRICS_SECONDS + START_SECONDS + SYNC_SECONDS * least.decisions


def usual_down_seconds(least: Least) -> float:
    """What a fall may take on a cluster in no hurry: the age of its metrics and a period besides."""
    return least.seconds + METRICS_SECONDS + SYNC_SECONDS


def ready_after_seconds(pod: Mapping[str, Any]) -> float:
    """How long after its start a pod is not Ready whatever it does: its probes' delays and counts."""
    delays = [0.0]
    for container in pod.get("containers") or ():
        first = [
            float((container.get(name) or {}).get("initialDelaySeconds") or 0)
            for name in ("startupProbe", "readinessProbe")
        ]
        readiness = container.get("readinessProbe") or {}
        further = int(readiness.get("successThreshold") or 1) - 1
        delays.append(max(first) + further * float(readiness.get("periodSeconds") or 10))
    return max(delays)


def _decisions(spec: Autoscaler, begin: int, end: int, flags: Controller) -> list[float] | None:
    """When each decision falls that leads from `begin` to `end`; None when that never happens.

    The last look at the state before was at 0; from then on every look asks for `end`.
    """
    memory, current, moments, now = Memory(((0.0, begin),)), begin, list[float](), 0.0
    behavior = None if spec.behavior is None else completed(spec.behavior, flags)
    bounds = (min(spec.minimum, end), max(spec.maximum, end))
    while current != end:
        now += SYNC_SECONDS + _DRIFT_SECONDS
        if now > LONGEST_SECONDS:
            return None
        if behavior is None:
            limited = limit_plainly(end, current, bounds, now, memory, flags)
        else:
            limited = limit_by_behavior(end, current, bounds, now, memory, behavior)
        change = limited.replicas - current
        if change > 0:
            memory = replace(memory, grown=(*memory.grown, (now, change)))
        elif change < 0:
            memory = replace(memory, shrunk=(*memory.shrunk, (now, -change)))
        if change:
            moments.append(now)
        current = limited.replicas
    return moments


def _cycles(spec: Autoscaler, pod: Mapping[str, Any], wanted: int) -> int | None:
    """How many decisions the CPU's limit makes necessary; None where it says nothing."""
    cpu = next((m for m in spec.metrics if m.resource == CPU and m.target_type == "Utilization"), None)
    if cpu is None:
        return None
    containers = [c for c in pod.get("containers") or () if cpu.container in ("", c.get("name"))]
    amounts = [
        [thousandths(((c.get("resources") or {}).get(part) or {}).get(CPU)) or 0 for c in containers]
        for part in ("requests", "limits")
    ]
    if not containers or not all(map(all, amounts)):
        return None
    request, limit = map(sum, amounts)
    up = tolerance(spec, DEFAULTS).up
    return cycles_to_reach(
        spec.minimum, wanted, request=request, limit=limit, target=cpu.target, tolerance=up
    )


def _parts(moments: list[float], window: float | None, begin: int, end: int) -> list[tuple[float, str]]:
    """What the decisions cost: up to the first one, and from it to the last."""
    if not moments:
        return []
    first = float(round(moments[0]))
    held = "until its next look"
    if window is not None and window >= SYNC_SECONDS:
        held = f"of stabilisation (window {window:g} s)"
    parts = [(first, held)]
    if further := float(round(moments[-1] - moments[0])):
        parts.append((further, f"for {plural(len(moments), 'decision')} from {begin} to {end} replicas"))
    return parts


def _sum(parts: list[tuple[float, str]], decisions: int) -> Least:
    total = sum(seconds for seconds, _ in parts)
    words = " + ".join(f"{seconds:g} s {text}" for seconds, text in parts)
    return Least(total, decisions, f"{words} = {total:g} s" if len(parts) > 1 else words or "0 s")


def _never(why: str) -> Least:
    return Least(math.inf, 0, why)
