"""The time in which a workload ran more replicas than before its load step. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.judge.departures import FINISHED
from seatrial.judge.load_step import LoadStep
from seatrial.judge.windows import Window
from seatrial.judge.wording import seconds
from seatrial.model.timeline import Change, PodSeen, Timeline


@dataclass(frozen=True)
class ScaleOut:
    """A workload that was scaled out; monotonic seconds.

    Attributes:
        begin: the first replica that was added was created.
        end: no more of its pods ran than before; the end of the watch where that was not seen.
        before, most: replicas that ran at the load step, and at most while the load lasted.
        wanted: replicas that the load needs.
    """

    workload: str
    begin: float
    end: float
    before: int
    most: int
    wanted: int

    def __str__(self) -> str:
        lasted = seconds(self.end - self.begin)
        return f"{self.workload} ran {self.most} replicas in place of {self.before} for {lasted}"

    def holds(self, at: float) -> bool:
        return self.begin <= at <= self.end

    def since(self, at: float) -> str:
        """A moment in words, e.g. `3.21 s after the first replica was added`."""
        order = "after" if at >= self.begin else "before"
        return f"{seconds(abs(at - self.begin))} {order} the first replica was added"


def scale_out_of(timeline: Timeline, step: LoadStep) -> ScaleOut | None:
    """The scale-out of a load step; None where no replica was added that ran.

    A pod that terminates is no replica any more, and holds what it has until it is gone.
    """
    counts, during = _counts(timeline, step.workload), Window(step.began_at, step.ended_at, ())
    before = next((replicas for at, replicas, _ in reversed(counts) if at < step.began_at), 0)
    created = [
        states[0].at
        for states in timeline.pods.values()
        if states[0].workload == step.workload and during.holds(states[0].at) and any(map(_runs, states))
    ]
    most = max((replicas for at, replicas, _ in counts if during.holds(at)), default=before)
    if most <= before or not created:
        return None
    fallen = (at for at, _, running in counts if at >= step.ended_at and running <= before)
    end = next(fallen, timeline.ended_at)
    return ScaleOut(step.workload, min(created), end, before, most, step.wanted_replicas)


def _counts(timeline: Timeline, role: str) -> list[tuple[float, int, int]]:
    """(when, replicas that run, pods that run) each time that a pod of the workload changed, in order."""
    last: dict[str, PodSeen] = {}
    counts = []
    for state in timeline.seen:
        if isinstance(state, PodSeen) and state.workload == role:
            last[state.uid] = state
            running = [pod for pod in last.values() if _runs(pod)]
            counts.append((state.at, sum(not pod.deleting for pod in running), len(running)))
    return counts


def _runs(state: PodSeen) -> bool:
    gone = state.change is Change.DELETED or state.phase in FINISHED
    return state.started_at is not None and not gone
