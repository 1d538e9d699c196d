"""For how long a workload stood below its declared replicas after a fault, and who refused its pods. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from seatrial.judge.placement import could_answer
from seatrial.judge.pods import workload_at
from seatrial.judge.refusal import Refusal, refusals, sentence
from seatrial.judge.windows import fault_end
from seatrial.judge.wording import seconds
from seatrial.model.fault import FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.timeline import PodSeen, Timeline, WorkloadSeen


def refused_of(timeline: Timeline, fault: FaultRecord) -> list[Refusal]:
    """Who refused pods of the fault's workload while it was at work."""
    return refusals(timeline, fault.workload, fault.injected_at, _end(timeline, fault))


def shortfall(timeline: Timeline, fault: FaultRecord) -> float:
    """For how many seconds of a fault fewer pods of its workload could answer than were declared."""
    total, since = 0.0, None
    for at, ready, wanted in _levels(timeline, fault):
        if since is not None:
            total += at - since
        since = at if ready < wanted else None
    return total


def told(observation: Observation, faults: Iterable[FaultRecord] | None = None) -> tuple[str, ...]:
    """A line for each fault whose replacement was refused, with the seconds that it cost.

    Args:
        faults: these only; None for all.
    """
    timeline = observation.timeline
    if timeline is None:
        return ()
    return tuple(
        f"{fault.workload} stood below its declared replicas for {seconds(shortfall(timeline, fault))} after "
        f"{fault.fault} on {fault.target}: {sentence(one, fault.injected_at)}"
        for fault in (observation.faults if faults is None else faults)
        for one in refused_of(timeline, fault)
    )


def _levels(timeline: Timeline, fault: FaultRecord) -> Iterator[tuple[float, int, int]]:
    """(moment, pods that could answer, pods declared) at the begin, at each change and at the end."""
    end = _end(timeline, fault)
    declared = workload_at(timeline, fault.workload, fault.injected_at)
    wanted = 0 if declared is None else declared.wanted
    ready: set[str] = set()
    begun = False
    for item in timeline.seen:
        if item.at > end:
            break
        if not begun and item.at > fault.injected_at:
            begun = True
            yield fault.injected_at, len(ready), wanted
        if isinstance(item, PodSeen) and item.workload == fault.workload:
            (ready.add if could_answer(item) else ready.discard)(item.uid)
        elif isinstance(item, WorkloadSeen) and item.workload == fault.workload and begun:
            wanted = item.wanted
        if begun:
            yield item.at, len(ready), wanted
    if not begun:
        yield fault.injected_at, len(ready), wanted
    yield end, len(ready), wanted


def _end(timeline: Timeline, fault: FaultRecord) -> float:
    end = fault_end(fault)
    return timeline.ended_at if math.isinf(end) else end
