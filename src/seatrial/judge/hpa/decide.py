"""The decision of a HorizontalPodAutoscaler (autoscaling/v2), and why (`reconcileAutoscaler`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from seatrial.judge.hpa.limits import Limited, completed, limit_by_behavior, limit_plainly
from seatrial.judge.hpa.records import Autoscaler, Controller, Decision, Memory, Proposal, View
from seatrial.judge.hpa.usage import Tolerance, propose

STARTED = Memory()
"""What a controller remembers that has just started: nothing."""

DEFAULTS = Controller()


def decide(spec: Autoscaler, view: View, memory: Memory = STARTED, flags: Controller = DEFAULTS) -> Decision:
    """What the controller must decide, and what it remembers afterwards.

    In this order: a target at zero is left alone (unless the controller itself scaled it there); a number
    outside of the bounds is brought back to them at once, without metrics; else the metrics propose, and the
    windows, policies and bounds hold back.

    Args:
        memory: empty for a controller that has just started; it then takes the current number for its first
            recommendation.
    """
    current = view.spec_replicas
    if not memory.recommendations:
        memory = replace(memory, recommendations=((view.now, current),))
    if current == 0 and not _wakes(spec, flags):
        return Decision(0, False, "scaling is disabled since the target has zero replicas", memory)
    if current > spec.maximum:
        return _settle(spec, view, memory, spec.maximum, f"{current} is above maxReplicas {spec.maximum}")
    if 0 < current < spec.minimum:
        return _settle(spec, view, memory, spec.minimum, f"{current} is below minReplicas {spec.minimum}")
    proposals = tuple(propose(metric, view, tolerance(spec, flags), flags) for metric in spec.metrics)
    chosen = _best(proposals, current)
    if chosen is None:
        failed = next(proposal for proposal in proposals if proposal.replicas is None)
        return Decision(current, False, f"no decision: {failed.why}", memory, proposals)
    most, best = chosen
    proposed = max(most, 0)
    limited = _limited(spec, view, memory, flags, proposed)
    memory = replace(memory, recommendations=(*memory.recommendations, (view.now, proposed)))
    replicas = limited.replicas
    if current == 0 and replicas < spec.minimum:
        replicas = spec.minimum
    why = _why(best.why, proposed, limited, replicas)
    decision = _settle(spec, view, memory, replicas, why)
    return replace(decision, proposals=proposals, able=limited.able, limited=limited.limited)


def tolerance(spec: Autoscaler, flags: Controller) -> Tolerance:
    """The flag, or what `behavior` says for each direction (`tolerancesForHpa`; beta and on since 1.35)."""
    up = spec.behavior.scale_up.tolerance if spec.behavior else None
    down = spec.behavior.scale_down.tolerance if spec.behavior else None
    return Tolerance(flags.tolerance if down is None else down, flags.tolerance if up is None else up)


def _wakes(spec: Autoscaler, flags: Controller) -> bool:
    """Whether a target at zero is scaled at all (`shouldComputeMetricsForZeroReplicas`)."""
    if not (flags.scale_to_zero and spec.scaled_to_zero):
        return False
    return spec.minimum != 0 or any(metric.kind in ("Object", "External") for metric in spec.metrics)


def _best(proposals: Sequence[Proposal], current: int) -> tuple[int, Proposal] | None:
    """The highest proposal (`computeReplicasForMetrics`); None when all failed, or some when shrinking."""
    usable = [(proposal.replicas, proposal) for proposal in proposals if proposal.replicas is not None]
    if not usable:
        return None
    most, best = max(usable, key=lambda pair: pair[0])
    if len(usable) < len(proposals) and most < current:
        return None
    return most, best


def _limited(spec: Autoscaler, view: View, memory: Memory, flags: Controller, proposed: int) -> Limited:
    bounds, current = (spec.minimum, spec.maximum), view.spec_replicas
    if spec.behavior is None:
        return limit_plainly(proposed, current, bounds, view.now, memory, flags)
    return limit_by_behavior(proposed, current, bounds, view.now, memory, completed(spec.behavior, flags))


def _settle(spec: Autoscaler, view: View, memory: Memory, replicas: int, why: str) -> Decision:
    """The decision, with the change kept in memory: only where there is a `behavior` (`storeScaleEvent`)."""
    change = replicas - view.spec_replicas
    if change > 0 and spec.behavior is not None:
        memory = replace(memory, grown=(*memory.grown, (view.now, change)))
    elif change < 0 and spec.behavior is not None:
        memory = replace(memory, shrunk=(*memory.shrunk, (view.now, -change)))
    return Decision(replicas, change != 0, why, memory)


_LIMITS = {
    "ScaleUpStabilized": "a lower recommendation in the scale-up window",
    "ScaleDownStabilized": "a higher recommendation in the scale-down window",
    "ScaleUpLimit": "the scale-up policies",
    "ScaleDownLimit": "the scale-down policies",
    "TooManyReplicas": "maxReplicas",
    "TooFewReplicas": "minReplicas",
}


def _why(base: str, proposed: int, limited: Limited, replicas: int) -> str:
    parts = [base]
    if limited.stabilized != proposed:
        parts.append(f"held at {limited.stabilized} by {_LIMITS[limited.able]}")
    if limited.replicas != limited.stabilized:
        parts.append(f"held at {limited.replicas} by {_LIMITS[limited.limited]}")
    if replicas != limited.replicas:
        parts.append(f"raised to minReplicas {replicas}")
    return "; ".join(parts)
