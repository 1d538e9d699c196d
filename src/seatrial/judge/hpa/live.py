"""The oracle on a recorded timeline: is each decision of a real autoscaler one that it had to take?

The controller's moment of reading is not known exactly, and the metrics API was polled beside it. So each
decision is compared with all that could have been seen in a short window before it was announced, and
accepted when any of that leads to it.
"""

from __future__ import annotations

import itertools
import math

from seatrial.judge.hpa.decide import DEFAULTS, decide, tolerance
from seatrial.judge.hpa.manifest import autoscaler_from
from seatrial.judge.hpa.records import RESOURCES, Autoscaler, Controller, Decision, Memory
from seatrial.judge.hpa.watched import Reading, Watched, filled
from seatrial.judge.pods import last
from seatrial.judge.wording import plural
from seatrial.model.timeline import AutoscalerSeen, Timeline
from seatrial.model.verdict import Outcome, Verdict

SYNC_SECONDS = 15.0
"""The controller's period (--horizontal-pod-autoscaler-sync-period)."""

READ_WINDOW_SECONDS = 3.0
"""How long before its announcement a decision may have been read and taken."""

STALE_SECONDS = 90.0
"""A reading that is older than this is none: the metrics API renews it every 15 s, or every 60 s."""

POLL_SECONDS = 2.0
"""How much later than the controller the poll may have seen the same reading."""

JITTER_SECONDS = (0.0, -1.0, 1.0)
"""Earlier decisions are taken to have been a whole number of periods before, give or take these."""


MEASURED_WITHIN = 0.03
"""By how much two readings of one constant load differ: a narrower tolerance than usual hangs on that
(kubernetes#137729: upstream's own test of 5 % flakes)."""


def explain_decisions(
    timeline: Timeline,
    *,
    autoscaler: str,
    workload: str,
    flags: Controller = DEFAULTS,
    since: float = -math.inf,
    until: float = math.inf,
) -> Verdict:
    """Every change of the desired number, explained or not: "n of m explained".

    PASSED when all are, FAILED when one is not, with the nearest number that the oracle would have allowed.
    INCONCLUSIVE when nothing was decided, or no reading lies near a decision. ERROR when the autoscaler's
    specification cannot be read.

    Args:
        autoscaler: name of the HorizontalPodAutoscaler.
        workload: role of what it scales.
        flags: of the cluster's controller, where they are not the defaults.
        since, until: the decisions that are asked about.
    """
    watched = Watched(timeline, autoscaler, workload, flags)
    allowed = "every decision follows from the metrics, pods and limits that the controller could see"
    decisions = [pair for pair in watched.decisions() if since <= pair[1].at <= until]
    try:
        if watched.states:
            autoscaler_from(watched.states[0].spec)
        found = [_explain(watched, before, state) for before, state in decisions]
    except ValueError as error:
        text = "Compare its spec.metrics with the autoscaling/v2 reference."
        return Verdict(Outcome.ERROR, f"{autoscaler} cannot be read: {error}", allowed, text)
    explained = sum(answer is True for answer, _ in found)
    unread = sum(answer is None for answer, _ in found)
    seen = f"{explained} of {plural(len(decisions), 'decision')} explained"
    numbers = {"decisions": len(decisions), "decisions_explained": explained, "decisions_unread": unread}
    lines = tuple(line for _, line in found)
    if explained + unread < len(decisions):
        text = "Compare the arithmetic with `kubectl describe hpa` at that time."
        return Verdict(Outcome.FAILED, seen, allowed, text, numbers, lines)
    if unread or not decisions:
        text = "Watch a load step, with the metrics API at hand."
        return Verdict(Outcome.INCONCLUSIVE, seen, allowed, text, numbers, lines)
    return Verdict(Outcome.PASSED, seen, allowed, "", numbers, lines)


def _explain(watched: Watched, before: AutoscalerSeen, state: AutoscalerSeen) -> tuple[bool | None, str]:
    """Whether the decision is one that the oracle reaches (None: nothing was read), and the words."""
    reachable = _reachable(watched, before, state)
    moment = f"{state.at - watched.timeline.began_at:.1f} s: {before.desired} -> {state.desired}"
    if not reachable:
        return None, f"{moment}: no reading of the metrics lies near"
    right = next((d for d in reachable if d.replicas == state.desired), None)
    if right is not None:
        return True, f"{moment}: {right.why}"
    nearest = min(reachable, key=lambda d: abs(d.replicas - state.desired))
    if narrow := _too_narrow(watched, before, state):
        return None, f"{moment}: {nearest.why}; {narrow}"
    return False, f"{moment}: NOT explained; nearest is {nearest.replicas}: {nearest.why}"


def _too_narrow(watched: Watched, before: AutoscalerSeen, state: AutoscalerSeen) -> str:
    """Why a decision that nothing explains is none the less not wrong; empty where it is."""
    found = tolerance(autoscaler_from(state.spec), watched.flags)
    least = min(found.up, found.down)
    if least >= DEFAULTS.tolerance:
        return ""
    ways = (_reachable(watched, before, state, 1 + off) for off in (-MEASURED_WITHIN, MEASURED_WITHIN))
    if not any(way.replicas == state.desired for found in ways for way in found):
        return ""
    return (
        f"usage that is known within {MEASURED_WITHIN * 100:g} % cannot tell a tolerance of {least * 100:g} %"
    )


def _reachable(
    watched: Watched, before: AutoscalerSeen, state: AutoscalerSeen, off: float = 1.0
) -> list[Decision]:
    """All decisions that the oracle can reach from what was to be seen in the read window of `state`.

    Args:
        off: by which factor all usage may have been other than it was read.
    """
    begin = state.at - READ_WINDOW_SECONDS
    changes = {item.at for item in watched.timeline.seen if begin <= item.at <= state.at}
    spec = autoscaler_from(state.spec)
    memories = [_memory(watched, spec, state, jitter) for jitter in JITTER_SECONDS]
    readings = [each.times(off) for each in _near(watched, spec, state, begin)]
    found: dict[int, Decision] = {}
    # Somebody else may have written the number since: the controller goes by what the target says.
    written = last(watched.timeline.workload_states(watched.workload), begin)
    currents = {before.desired, before.desired if written is None else written.wanted}
    for moment, current in itertools.product(sorted({state.at, *changes}), sorted(currents)):
        view = watched.view(moment, current)
        for reading, memory in itertools.product(readings, memories):
            for way in filled(spec, state, reading, view):
                decision = decide(way, view, memory, watched.flags)
                found.setdefault(decision.replicas, decision)
    return list(found.values())


def _near(watched: Watched, spec: Autoscaler, state: AutoscalerSeen, begin: float) -> list[Reading]:
    """The readings of the window, the last one before it, and the first one soon after it."""
    if all(metric.kind not in RESOURCES for metric in spec.metrics):
        return [Reading(state.at, {})]
    readings = watched.readings
    before = [r for r in readings if begin - STALE_SECONDS <= r.at < begin][-1:]
    after = [r for r in readings if state.at < r.at <= state.at + POLL_SECONDS][:1]
    return [*before, *(r for r in readings if begin <= r.at <= state.at), *after]


def _memory(watched: Watched, spec: Autoscaler, state: AutoscalerSeen, jitter: float) -> Memory:
    """What the controller remembers at `state`: earlier recommendations, derived, and the changes seen."""
    rules = () if spec.behavior is None else (spec.behavior.scale_up, spec.behavior.scale_down)
    windows = [rule.stabilization_seconds or 0.0 for rule in rules]
    window = max([watched.flags.downscale_stabilization_seconds, *windows])
    recommendations = []
    moment = state.at - SYNC_SECONDS + jitter
    while moment >= max(state.at - window - SYNC_SECONDS, watched.timeline.began_at):
        decision = decided_at(watched, moment)
        # The first is what a controller starts from; a moment whose metrics failed adds none of its own.
        if decision is not None and len(decision.memory.recommendations) > 1:
            recommendations.append((moment, decision.memory.recommendations[-1][1]))
        moment -= SYNC_SECONDS
    recommendations.append((-math.inf, 0))  # it has not just started, even if nothing older is known
    grown: list[tuple[float, int]] = []
    shrunk: list[tuple[float, int]] = []
    for before, earlier in watched.decisions():
        if earlier.at < state.at:
            changed = earlier.desired - before.desired
            (grown if changed > 0 else shrunk).append((earlier.at, abs(changed)))
    return Memory(tuple(reversed(recommendations)), tuple(grown), tuple(shrunk))


def decided_at(watched: Watched, moment: float) -> Decision | None:
    """What a controller that had just started would have decided at `moment`; None before all was seen.

    Raises:
        ValueError: the specification cannot be read.
    """
    state = last(watched.states, moment)
    if state is None:
        return None
    readings = [reading for reading in watched.readings if reading.at <= moment]
    view = watched.view(moment, state.desired)
    reading = readings[-1] if readings else Reading(moment, {})
    way = filled(autoscaler_from(state.spec), state, reading, view)[0]
    return decide(way, view, flags=watched.flags)
