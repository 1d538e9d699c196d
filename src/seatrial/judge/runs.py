"""When the containers of pods ran, told as exactly as it is known, and whether two pods ran at once. Pure.

Kubernetes tells the begin and the end of a container in whole seconds, by the clock of its node. The order in
which one watch told things says more: a pod that got its node after another one was told to have ended began
after it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from seatrial.judge.departures import LAG_SECONDS
from seatrial.model.timeline import Change, PodSeen, Timeline

RESOLUTION_SECONDS = 1.0
"""Of the times of containers: they are cut to whole seconds."""
SKEW_SECONDS = 1.0
"""Clocks of two nodes may differ by so much."""
Span = tuple[float, float]


@dataclass(frozen=True)
class Run:
    """One time in which containers of a pod ran; monotonic seconds.

    Attributes:
        pod: its last state in that time.
        began: the earliest and the latest moment at which it may have begun.
        ended: the same of its end; infinite where nobody said that it had ended.
        ended_told_at: when the watch told that nothing of it ran any more; infinite where it did not.
        placed_told_at: when the watch told that it had got a node, before which nothing of it can have run;
            minus infinity where it had one when it was first told of.
        created_told_at: when the watch told of the pod.
        deleting_at: when the watch told that it was to end; None where it did not.
        gone: its object was gone, whether or not its containers had ended.
    """

    pod: PodSeen
    began: Span
    ended: Span
    ended_told_at: float
    placed_told_at: float
    created_told_at: float
    deleting_at: float | None
    gone: bool

    @property
    def unconfirmed(self) -> bool:
        """Its object went before anybody said that its containers had ended."""
        return self.gone and math.isinf(self.ended_told_at)


@dataclass(frozen=True)
class Overlap:
    """Two pods that ran at once, or may have.

    Attributes:
        least, most: seconds for which they surely did, none where that is not positive, and may have at most.
    """

    first: Run
    second: Run
    least: float
    most: float

    @property
    def sure(self) -> bool:
        return self.least > 0


def runs_of(timeline: Timeline, role: str) -> list[Run]:
    """Each time since the watch began in which a pod of the workload ran, by when it may have begun."""
    found = [
        run
        for states in timeline.pods.values()
        if states[-1].workload == role
        for run in _of_pod(states, timeline)
        if run.ended[1] > timeline.began_at
    ]
    return sorted(found, key=lambda run: run.began)


def overlaps(runs: Sequence[Run]) -> list[Overlap]:
    """The pairs of runs of different pods that may have been at once, the surest first."""
    found = [
        _overlap(first, second)
        for first, second in combinations(runs, 2)
        if first.pod.uid != second.pod.uid and not (_after(first, second) or _after(second, first))
    ]
    return sorted((one for one in found if one.most > 0), key=lambda one: (-one.least, -one.most))


def _overlap(first: Run, second: Run) -> Overlap:
    skew = SKEW_SECONDS if first.pod.node != second.pod.node else 0.0
    least = min(first.ended[0], second.ended[0]) - max(first.began[1], second.began[1]) - skew
    most = min(first.ended[1], second.ended[1]) - max(first.began[0], second.began[0]) + skew
    return Overlap(first, second, least, most)


def _after(first: Run, second: Run) -> bool:
    """Whether the watch told that the first had ended before the second had a node to run on."""
    return math.isfinite(first.ended_told_at) and first.ended_told_at <= second.placed_told_at


def _of_pod(states: Sequence[PodSeen], timeline: Timeline) -> Iterator[Run]:
    """The runs of one pod; what is started again at once is one run."""
    current: tuple[Span, PodSeen] | None = None
    told: float | None = None
    for state in states:
        if state.started_at is not None and state.change is not Change.DELETED:
            current = (current[0] if current is not None else _began(state), state)
        elif current is not None:
            told, (begin, running), current = state.ended_at, current, None
            yield _run(states, running, begin, *_ended(state, running, timeline))
        elif state.ended_at is not None and state.ended_at != told:
            told = state.ended_at  # it had ended before the watch told that it ran
            earliest = -math.inf if state.scheduled_at is None else state.scheduled_at
            latest = told + RESOLUTION_SECONDS
            yield _run(states, state, (earliest, latest), (told, latest), state.at)
    if current is not None:
        begin, running = current
        yield _run(states, running, begin, (timeline.ended_at - LAG_SECONDS, math.inf), math.inf)


def _began(state: PodSeen) -> Span:
    """Of several containers only the last begin is told."""
    assert state.started_at is not None  # it runs
    earliest = state.started_at
    if len(state.container_ids) > 1:
        earliest = -math.inf if state.scheduled_at is None else state.scheduled_at
    return earliest, state.started_at + RESOLUTION_SECONDS


def _ended(state: PodSeen, running: PodSeen, timeline: Timeline) -> tuple[Span, float]:
    """From when to when it may have ended, and when that was told; `state` is the first without a run."""
    earliest, latest = running.at - LAG_SECONDS, state.at + timeline.clock.error_seconds
    if state.started_at is not None:
        return (earliest, math.inf), math.inf  # its object went, and nobody said that it had ended
    if state.ended_at is not None:
        earliest, latest = state.ended_at, min(state.ended_at + RESOLUTION_SECONDS, latest)
    return (min(earliest, latest), latest), state.at


def _run(states: Sequence[PodSeen], pod: PodSeen, began: Span, ended: Span, told_at: float) -> Run:
    # One that had its node when it was first told of may have had it before.
    placed = -math.inf if states[0].node else next((state.at for state in states if state.node), math.inf)
    deleting = next((state.at for state in states if state.deleting), None)
    gone = states[-1].change is Change.DELETED
    return Run(pod, began, ended, told_at, placed, states[0].at, deleting, gone)
