"""Whether somebody else disturbed the system while it was judged. Pure.

Each pod of the system that went, and each change of what its workloads are, must be an act of Seatrial's own,
or the work of a controller, an autoscaler or a node that follows from one. What is left was somebody else,
and then the observation says nothing about the system.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from seatrial.judge.departures import Departure, departures, is_explained
from seatrial.judge.windows import fault_end
from seatrial.judge.wording import seconds
from seatrial.model.ledger import Writer
from seatrial.model.observation import Observation
from seatrial.model.timeline import AutoscalerSeen, Change, Timeline, WorkloadSeen
from seatrial.model.verdict import Outcome, Verdict

OURS = "seatrial"
"""The field manager of every write of Seatrial's own."""
AUTOSCALERS = "kube-controller-manager"
SEEN_SECONDS = 5.0
"""A watch tells of a write within this time, on a busy machine too."""
DESIRED_SECONDS = 20.0
"""An autoscaler says in its status what it wants within this time of writing it."""
AT_MOST = 3
EVICTED = "EvictionByEvictionAPI"


@dataclass(frozen=True)
class Deed:
    """What somebody else did, and when it was seen."""

    at: float
    words: str


def foreign(observation: Observation) -> Verdict | None:
    """ERROR that names what somebody else did while the system was judged; None when nothing is known of it.

    A recording without the ledger of Seatrial's own acts cannot be asked.
    """
    timeline, span = observation.timeline, _span(observation)
    if timeline is None or span is None or not timeline.ledger:
        return None
    begin, end, since = span
    deeds = [*_deletions(timeline, begin, end), *_changes(timeline, begin, end)]
    if not deeds:
        return None
    deeds.sort(key=lambda deed: deed.at)
    named = [f"{deed.words} {_when(deed.at, begin, since, timeline)}" for deed in deeds[:AT_MOST]]
    rest = f"; and {len(deeds) - AT_MOST} more" if len(deeds) > AT_MOST else ""
    return Verdict(
        Outcome.ERROR,
        f"somebody else disturbed the system meanwhile: {'; '.join(named)}{rest}",
        f"no disruption but Seatrial's own, from {since} on",
        "Nothing can be said of the system. Keep people, deployments and node autoscalers off it meanwhile, "
        "and run again; who deletes a pod stands in the API server's audit log only.",
    )


def _span(observation: Observation) -> tuple[float, float, str] | None:
    """From the first fault, or request without any, until the last one is over, and which of the two it was.

    None without either.
    """
    faults = [fault for fault in observation.faults if not fault.impossible]
    planned = [exchange.planned_at for exchange in observation.exchanges]
    if not faults and not planned:
        return None
    begin = min(fault.injected_at for fault in faults) if faults else min(planned)
    end = max([*(fault_end(fault) for fault in faults), *planned])
    return begin, end, "the first fault" if faults else "the first request"


def _when(at: float, begin: float, since: str, timeline: Timeline) -> str:
    clock = datetime.fromtimestamp(at + timeline.clock.epoch_offset_seconds, UTC)
    order = "after" if at >= begin else "before"
    return f"{seconds(abs(at - begin))} {order} {since} ({clock:%H:%M:%S} UTC)"


def _deletions(timeline: Timeline, begin: float, end: float) -> Iterator[Deed]:
    for departure in departures(timeline):
        if departure.at <= end and departure.gone_at >= begin and not is_explained(departure, timeline):
            yield Deed(departure.at, _gone(departure))


def _gone(departure: Departure) -> str:
    how = "evicted" if departure.disruption == EVICTED else "deleted"
    return f"pod {departure.pod.name} was {how}, by whom is not known,"


def _changes(timeline: Timeline, begin: float, end: float) -> Iterator[Deed]:
    """Changes of the specs of workloads of the system, and of what scales them."""
    workloads: dict[tuple[str, str], WorkloadSeen] = {}
    autoscalers: dict[str, AutoscalerSeen] = {}
    for seen in timeline.seen:
        if isinstance(seen, WorkloadSeen) and seen.workload:
            before = workloads.get((seen.kind, seen.name))
            workloads[seen.kind, seen.name] = seen
            if before is None or not begin <= seen.at <= end:
                continue
            if _is_changed(before, seen) and not _may(timeline, seen.kind, before, seen):
                yield Deed(seen.at, f"{seen.kind.lower()}/{seen.name} was {_by(before, seen)}")
        elif isinstance(seen, AutoscalerSeen):
            scaling = autoscalers.get(seen.name)
            autoscalers[seen.name] = seen
            if scaling is None or not begin <= seen.at <= end or scaling.spec == seen.spec:
                continue
            if not _may(timeline, "HorizontalPodAutoscaler", scaling, seen):
                yield Deed(seen.at, f"horizontalpodautoscaler/{seen.name} was {_by(scaling, seen)}")


def _is_changed(before: WorkloadSeen, after: WorkloadSeen) -> bool:
    return after.change is Change.DELETED or 0 < before.generation < after.generation


Written = WorkloadSeen | AutoscalerSeen


def _may(timeline: Timeline, kind: str, before: Written, after: Written) -> bool:
    """Whether a change was an act of ours, or an autoscaler's write to `scale`."""
    writers = writers_of_change(before, after)
    if acted(timeline, kind, after.name, after.at) and (
        not writers or after.change is Change.DELETED or any(w.manager == OURS for w in writers)
    ):
        return True
    if isinstance(before, WorkloadSeen) and isinstance(after, WorkloadSeen):
        return is_scaled(timeline, before, after, writers)
    return False


def acted(timeline: Timeline, kind: str, name: str, seen_at: float) -> bool:
    """Whether Seatrial asked for a change of the object shortly before one was seen."""
    return any(
        act.kind == kind and act.name == name and seen_at - SEEN_SECONDS <= act.at <= seen_at
        for act in timeline.acts()
    )


def is_scaled(
    timeline: Timeline, before: WorkloadSeen, after: WorkloadSeen, writers: Sequence[Writer]
) -> bool:
    """Whether it is the write of an autoscaler of this workload: by its name, or by the number it wants."""
    mine = [one for one in timeline.autoscaler_states() if one.target == f"{after.kind}/{after.name}"]
    wished = any(one.desired == after.wanted and abs(one.at - after.at) <= DESIRED_SECONDS for one in mine)
    if not writers:
        # Of a write to `scale` nothing is kept where no manager owned `replicas` before.
        return wished and after.wanted != before.wanted
    return bool(mine) and any(
        writer.subresource == "scale" and (wished or writer.manager == AUTOSCALERS) for writer in writers
    )


def writers_of_change(before: Written, after: Written) -> list[Writer]:
    """Who made `after` of `before`, by what its managedFields say; empty where they do not."""
    changed = [writer for writer in after.writers if writer not in before.writers]
    newest = max((writer.wrote_at or 0.0 for writer in changed), default=None)
    return [writer for writer in changed if (writer.wrote_at or 0.0) == newest]


def _by(before: Written, after: Written) -> str:
    if after.change is Change.DELETED:
        return "deleted, by whom is not known,"
    who = ", ".join(sorted({writer.manager for writer in writers_of_change(before, after)} - {""}))
    return f"changed by {who or 'somebody unknown'}"
