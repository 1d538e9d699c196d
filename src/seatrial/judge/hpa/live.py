"""The oracle on a recorded timeline: is each decision of a real autoscaler one that it had to take?

The controller's moment of reading is not known exactly, and the metrics API was polled beside it. So each
decision is compared with all that could have been seen in a short window before it was announced, and
accepted when any of that leads to it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from seatrial.judge.hpa.decide import DEFAULTS, decide
from seatrial.judge.hpa.records import (
    Autoscaler,
    Behavior,
    Controller,
    Decision,
    Memory,
    Metric,
    Pod,
    Sample,
    View,
)
from seatrial.judge.wording import plural
from seatrial.model.timeline import AutoscalerSeen, Change, PodSeen, Timeline
from seatrial.model.verdict import Outcome, Verdict

SYNC_SECONDS = 15.0
"""The controller's period (--horizontal-pod-autoscaler-sync-period)."""

READ_WINDOW_SECONDS = 3.0
"""How long before its announcement a decision may have been read and taken."""

JITTER_SECONDS = (0.0, -1.0, 1.0)
"""Earlier decisions are taken to have been a whole number of periods before, give or take these."""


@dataclass(frozen=True)
class Reading:
    """One answer of the metrics API: the sample of each pod, for each metric by its title."""

    at: float
    samples: Mapping[str, Mapping[str, Sample]]


@dataclass(frozen=True)
class Watched:
    """An autoscaler whose decisions are to be explained.

    Attributes:
        autoscaler, workload: name of the object, and role of what it scales.
        metrics: its spec.metrics, without samples; Resource and ContainerResource only.
        requests: of each pod, thousandths, by container and resource.
        behavior: as in its manifest.
        readings: what the metrics API said, in the order of time; once a second is enough.
    """

    timeline: Timeline
    autoscaler: str
    workload: str
    metrics: tuple[Metric, ...]
    requests: Mapping[str, Mapping[str, int]]
    readings: Sequence[Reading]
    behavior: Behavior | None = None
    flags: Controller = field(default=DEFAULTS)


def explain_decisions(watched: Watched) -> Verdict:
    """Every change of the desired number, explained or not: "n of m explained".

    PASSED when all are, FAILED when one is not, with the nearest number that the oracle would have allowed.
    INCONCLUSIVE when nothing was decided, or no reading lies near a decision.
    """
    lines: list[str] = []
    explained = unread = 0
    decisions = list(_decisions(watched))
    for before, state in decisions:
        reachable = _reachable(watched, before, state)
        right = next((d for d in reachable if d.replicas == state.desired), None)
        moment = f"{state.at - watched.timeline.began_at:.1f} s: {state.current} -> {state.desired}"
        if right is not None:
            explained += 1
            lines.append(f"{moment}: {right.why}")
        elif not reachable:
            unread += 1
            lines.append(f"{moment}: no reading of the metrics lies near")
        else:
            nearest = min(reachable, key=lambda d: abs(d.replicas - state.desired))
            lines.append(f"{moment}: NOT explained; nearest is {nearest.replicas}: {nearest.why}")
    seen = f"{explained} of {plural(len(decisions), 'decision')} explained"
    allowed = "every decision follows from the metrics, pods and limits that the controller could see"
    numbers = {"decisions": len(decisions), "decisions_explained": explained, "decisions_unread": unread}
    outcome, help_text = Outcome.PASSED, ""
    if explained + unread < len(decisions):
        outcome, help_text = (
            Outcome.FAILED,
            "Compare the arithmetic with `kubectl describe hpa` at that time.",
        )
    elif unread or not decisions:
        outcome, help_text = Outcome.INCONCLUSIVE, "Poll the metrics API once a second through a load step."
    return Verdict(outcome, seen, allowed, help_text, numbers, tuple(lines))


def _decisions(watched: Watched) -> Iterator[tuple[AutoscalerSeen, AutoscalerSeen]]:
    """Each state whose desired number differs from the one before, and that one."""
    before: AutoscalerSeen | None = None
    for state in watched.timeline.autoscaler_states(watched.autoscaler):
        if before is not None and state.desired != before.desired:
            yield before, state
        before = state


def _reachable(watched: Watched, before: AutoscalerSeen, state: AutoscalerSeen) -> list[Decision]:
    """All decisions that the oracle can reach from what was to be seen in the read window of `state`."""
    begin = state.at - READ_WINDOW_SECONDS
    changes = {item.at for item in watched.timeline.seen if begin <= item.at <= state.at}
    memories = [_memory(watched, state, jitter) for jitter in JITTER_SECONDS]
    found: dict[int, Decision] = {}
    for moment in sorted({state.at, *changes}):
        for reading in _near(watched.readings, begin, state.at):
            for memory in memories:
                spec = _spec(watched, before, reading)
                decision = decide(spec, _view(watched, moment, state.current), memory, watched.flags)
                found.setdefault(decision.replicas, decision)
    return list(found.values())


def _near(readings: Sequence[Reading], begin: float, end: float) -> list[Reading]:
    """The readings of the window, the last one before it, and the first one after it."""
    before = [reading for reading in readings if reading.at < begin][-1:]
    after = [reading for reading in readings if reading.at > end][:1]
    inside = [reading for reading in readings if begin <= reading.at <= end]
    return [r for r in (*before, *inside, *after) if begin - SYNC_SECONDS <= r.at <= end + SYNC_SECONDS]


def _spec(watched: Watched, bounds: AutoscalerSeen, reading: Reading) -> Autoscaler:
    metrics = tuple(replace(m, samples=reading.samples.get(m.title, {})) for m in watched.metrics)
    return Autoscaler(bounds.maximum, metrics, bounds.minimum, watched.behavior)


def _view(watched: Watched, moment: float, current: int) -> View:
    pods = []
    for states in watched.timeline.pods.values():
        seen = [state for state in states if state.at <= moment]
        if seen and seen[-1].workload == watched.workload and seen[-1].change is not Change.DELETED:
            pods.append(_pod(seen, watched.requests))
    return View(moment, current, len(pods), tuple(pods))


def _pod(states: Sequence[PodSeen], requests: Mapping[str, Mapping[str, int]]) -> Pod:
    last, first = states[-1], states[0]
    since = first.at if first.created_at is None else first.created_at
    for before, state in itertools.pairwise(states):
        if before.ready != state.ready:
            since = state.at
    if last.ready and last.ready_at is not None:
        since = last.ready_at
    started = next((t for t in (last.scheduled_at, last.created_at, first.at) if t is not None), None)
    return Pod(
        name=last.name,
        phase=last.phase,
        deleting=last.deleting,
        ready="True" if last.ready else "False",
        ready_since=since,
        started_at=started if last.node else None,
        requests=requests,
    )


def _memory(watched: Watched, state: AutoscalerSeen, jitter: float) -> Memory:
    """What the controller remembers at `state`: earlier recommendations, derived, and the changes seen."""
    window = 0.0
    rules = () if watched.behavior is None else (watched.behavior.scale_up, watched.behavior.scale_down)
    for given in (*(r.stabilization_seconds for r in rules), watched.flags.downscale_stabilization_seconds):
        window = max(window, given or 0.0)
    recommendations = []
    moment = state.at - SYNC_SECONDS + jitter
    while moment >= max(state.at - window - SYNC_SECONDS, watched.timeline.began_at):
        proposed = _proposed(watched, moment)
        if proposed is not None:
            recommendations.append((moment, proposed))
        moment -= SYNC_SECONDS
    recommendations.append((-math.inf, 0))  # it has not just started, even if nothing older is known
    grown: list[tuple[float, int]] = []
    shrunk: list[tuple[float, int]] = []
    for before, earlier in _decisions(watched):
        if earlier.at < state.at:
            changed = earlier.desired - before.desired
            (grown if changed > 0 else shrunk).append((earlier.at, abs(changed)))
    return Memory(tuple(reversed(recommendations)), tuple(grown), tuple(shrunk))


def _proposed(watched: Watched, moment: float) -> int | None:
    """The recommendation before any limit at `moment`, as far as it can be told."""
    states = [s for s in watched.timeline.autoscaler_states(watched.autoscaler) if s.at <= moment]
    readings = [reading for reading in watched.readings if reading.at <= moment]
    if not states or not readings:
        return None
    spec = _spec(watched, states[-1], readings[-1])
    decision = decide(spec, _view(watched, moment, states[-1].desired), flags=watched.flags)
    recommendations = decision.memory.recommendations
    return recommendations[-1][1] if len(recommendations) > 1 else None
