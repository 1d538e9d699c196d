"""How a proposal is held back: windows, policies, minimum and maximum (`horizontal.go`)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from seatrial.judge.hpa.records import Behavior, Controller, Memory, Policy, Rules

SCALE_UP_DEFAULTS = Rules(0, "Max", (Policy("Pods", 4, 15), Policy("Percent", 100, 15)))
SCALE_DOWN_DEFAULTS = Rules(None, "Max", (Policy("Percent", 100, 15),))
"""Of `pkg/apis/autoscaling/v2/defaults.go`; the scale-down window comes from the controller's flag."""


@dataclass(frozen=True)
class Limited:
    """A number after the limits, with the controller's reasons.

    Attributes:
        stabilized: after the windows, before policies and bounds.
        able: ReadyForNewScale, ScaleUpStabilized or ScaleDownStabilized.
        limited: DesiredWithinRange, ScaleUpLimit, ScaleDownLimit, TooManyReplicas or TooFewReplicas.
    """

    replicas: int
    stabilized: int
    able: str
    limited: str


def completed(behavior: Behavior, flags: Controller) -> Behavior:
    """`behavior` with defaults in place of what the manifest leaves out, each field on its own."""
    down = replace(SCALE_DOWN_DEFAULTS, stabilization_seconds=int(flags.downscale_stabilization_seconds))
    return Behavior(_filled(behavior.scale_up, SCALE_UP_DEFAULTS), _filled(behavior.scale_down, down))


def _filled(rules: Rules, defaults: Rules) -> Rules:
    return Rules(
        defaults.stabilization_seconds
        if rules.stabilization_seconds is None
        else rules.stabilization_seconds,
        rules.select or defaults.select,
        defaults.policies if rules.policies is None else rules.policies,
        rules.tolerance,
    )


def limit_plainly(
    proposed: int, current: int, bounds: tuple[int, int], now: float, memory: Memory, flags: Controller
) -> Limited:
    """Without `behavior` (`normalizeDesiredReplicas`).

    Down: the highest recommendation of the window, its first moment included. Up: at most twice the current
    number, or 4 where that is more. Then the bounds.
    """
    cutoff = now - flags.downscale_stabilization_seconds
    stabilized = max([proposed, *(n for at, n in memory.recommendations if at >= cutoff)])
    able = "ReadyForNewScale" if stabilized == proposed else "ScaleDownStabilized"
    minimum, maximum = bounds
    ceiling = max(2 * current, 4)
    top, reason = (ceiling, "ScaleUpLimit") if maximum > ceiling else (maximum, "TooManyReplicas")
    if stabilized < minimum:
        return Limited(minimum, stabilized, able, "TooFewReplicas")
    if stabilized > top:
        return Limited(top, stabilized, able, reason)
    return Limited(stabilized, stabilized, able, "DesiredWithinRange")


def limit_by_behavior(
    proposed: int, current: int, bounds: tuple[int, int], now: float, memory: Memory, behavior: Behavior
) -> Limited:
    """With a completed `behavior` (`normalizeDesiredReplicasWithBehaviors`).

    First the windows: the current number is moved no further than to the lowest recommendation of the
    scale-up window and the highest of the scale-down window (their first moment excluded). Then the policies
    and bounds of the direction that is left.
    """
    stabilized = _stabilized(proposed, current, now, memory, behavior)
    able = "ReadyForNewScale"
    if stabilized != proposed:
        able = "ScaleUpStabilized" if proposed >= current else "ScaleDownStabilized"
    minimum, maximum = bounds
    if stabilized > current:
        ceiling = max(_allowed(current, now, memory, behavior.scale_up, up=True), current)
        top, reason = (ceiling, "ScaleUpLimit") if maximum > ceiling else (maximum, "TooManyReplicas")
        if stabilized > top:
            return Limited(top, stabilized, able, reason)
    elif stabilized < current:
        floor = min(_allowed(current, now, memory, behavior.scale_down, up=False), current)
        bottom, reason = (floor, "ScaleDownLimit") if minimum < floor else (minimum, "TooFewReplicas")
        if stabilized < bottom:
            return Limited(bottom, stabilized, able, reason)
    return Limited(stabilized, stabilized, able, "DesiredWithinRange")


def _stabilized(proposed: int, current: int, now: float, memory: Memory, behavior: Behavior) -> int:
    up_cutoff = now - (behavior.scale_up.stabilization_seconds or 0)
    down_cutoff = now - (behavior.scale_down.stabilization_seconds or 0)
    lowest = min([proposed, *(n for at, n in memory.recommendations if at > up_cutoff)])
    highest = max([proposed, *(n for at, n in memory.recommendations if at > down_cutoff)])
    return min(max(current, lowest), highest)


def _allowed(current: int, now: float, memory: Memory, rules: Rules, *, up: bool) -> int:
    """How far the policies let the number go (`calculateScaleUpLimitWithScalingRules` and its sister).

    Each policy counts from what there was when its period began: the current number without what was added,
    and with what was taken away, in the period. Percent is rounded up when growing and cut off when
    shrinking.
    """
    if rules.select == "Disabled":
        return current
    numbers = []
    for policy in rules.policies or ():
        cutoff = now - policy.period_seconds
        began = current - _changed(memory.grown, cutoff) + _changed(memory.shrunk, cutoff)
        if policy.kind == "Pods":
            numbers.append(began + policy.value if up else began - policy.value)
        elif up:
            numbers.append(math.ceil(began * (1 + policy.value / 100)))
        else:
            numbers.append(int(began * (1 - policy.value / 100)))
    widest = (rules.select != "Min") == up
    return max(numbers) if widest else min(numbers)


def _changed(changes: Iterable[tuple[float, int]], cutoff: float) -> int:
    """Pods changed strictly after `cutoff`."""
    return sum(count for at, count in changes if at > cutoff)
