"""Pods that left their Services without being deleted: a probe failed, or a container ended."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.judge.path import Path, ready_counts
from seatrial.judge.wording import plural, seconds
from seatrial.model.exchange import Exchange
from seatrial.model.fault import NO_PROBE, Disruption, FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.timeline import Change, EventSeen, PodSeen, Timeline
from seatrial.model.verdict import Outcome, Verdict

UNHEALTHY = "Unhealthy"
"""Reason of the event that kubelet writes for each probe that failed."""
BEFORE_SECONDS = 30.0
"""A probe fails several times before the pod is unready; its events are looked for from so long before."""
AFTER_SECONDS = 2.0
"""Events arrive somewhat later than what they tell of; so do requests that were sent on old knowledge."""
_TOO_LATE = re.compile(r"deadline exceeded|time(d )?-?out", re.IGNORECASE)


def not_tried(observation: Observation, expected: str, declare: str) -> Verdict | None:
    """The verdict on an impossible fault: FAILED where its probe is not declared, else UNSUPPORTED."""
    found = next((fault for fault in observation.faults if fault.impossible), None)
    if found is None:
        return None
    undeclared = bool(found.details.get(NO_PROBE))
    outcome = Outcome.FAILED if undeclared else Outcome.UNSUPPORTED
    return Verdict(outcome, found.impossible, expected, declare if undeclared else "")


def liveness_failures(timeline: Timeline, pod: str, since: float, until: float) -> list[EventSeen]:
    """What kubelet told in this time of the pod's liveness probe that failed."""
    return [
        event for event in timeline.events()
        if (event.kind, event.name, event.reason) == ("Pod", pod, UNHEALTHY)
        and since <= event.at <= until and event.message.lower().startswith("liveness")
    ]  # fmt: skip


@dataclass(frozen=True)
class Unready:
    """A time in which a pod that had been Ready, and was not deleted, was not.

    Attributes:
        until: it was Ready again, or its deletion began; infinite when neither was seen.
        probe: what kubelet said of the probe that failed; empty without such an event.
        restarted: its container ended and was started again.
        reason: why a container ended, as far as the pod's status tells.
    """

    pod: str
    uid: str
    workload: str
    since: float
    until: float
    probe: str
    restarted: bool
    reason: str = ""

    @property
    def why(self) -> str:
        """In words; a container that ended counts more than the probe that failed meanwhile."""
        if self.restarted:
            return f"its container ended{f' ({self.reason})' if self.reason else ''} and was started again"
        return self.probe[:1].lower() + self.probe[1:] or self.reason or "no event tells why"

    @property
    def advice(self) -> str:
        """What to do about it."""
        if self.restarted:
            return "find out why it ended, in its log."
        if _TOO_LATE.search(self.probe):
            return "give the probe more time (timeoutSeconds, failureThreshold), or the pod more CPU."
        return "its log tells more."


def unready_spells(timeline: Timeline, path: Path) -> list[Unready]:
    """Each such time of each pod on the path, in the order of time."""
    events = path.events(timeline)
    spells = [spell for states in path.pods(timeline) for spell in _of_pod(states, events)]
    return sorted(spells, key=lambda spell: spell.since)


def _of_pod(states: Sequence[PodSeen], events: Sequence[EventSeen]) -> list[Unready]:
    spells: list[Unready] = []
    was: PodSeen | None = None
    for number, state in enumerate(states):
        if state.deleting or state.change is Change.DELETED:
            break
        if was is not None and was.ready and not state.ready:
            until, meanwhile = math.inf, [state]
            for later in states[number + 1 :]:
                if later.ready or later.deleting or later.change is Change.DELETED:
                    until = later.at
                    meanwhile.append(later)
                    break
                meanwhile.append(later)
            spells.append(
                Unready(
                    state.name, state.uid, state.workload, state.at, until,
                    _probe(state.name, state.at, events),
                    any(each.restarts > was.restarts for each in meanwhile),
                    next((each.reason for each in meanwhile if each.reason), ""),
                )
            )  # fmt: skip
        was = state
    return spells


def _probe(pod: str, at: float, events: Sequence[EventSeen]) -> str:
    """What the last failed probe of a pod said when the pod became unready."""
    told = [
        event.message
        for event in events
        if event.name == pod
        and event.reason == UNHEALTHY
        and at - BEFORE_SECONDS <= event.at <= at + AFTER_SECONDS
    ]
    return " ".join(told[-1].split())[:200] if told else ""


@dataclass(frozen=True)
class Left:
    """Pods of one workload that became unready while requests failed.

    Attributes:
        lost: the requests that failed meanwhile.
        stayed: the fewest pods of the workload that were Ready then.
    """

    sentence: str
    lost: tuple[Exchange, ...]
    stayed: int


def left_without_deletion(
    timeline: Timeline, path: Path, failed: Sequence[Exchange], faults: Sequence[FaultRecord] = ()
) -> list[Left]:
    """For each workload on the path what became unready while requests failed, but for what faults hit."""
    hit = {fault.target.uid for fault in faults} | {
        pod for fault in faults for pod in _on_node(timeline, fault)
    }
    by_workload: dict[str, list[Unready]] = {}
    for spell in unready_spells(timeline, path):
        if spell.uid not in hit and _during(spell, failed):
            by_workload.setdefault(spell.workload, []).append(spell)
    return [_left(timeline, name, spells, failed) for name, spells in by_workload.items()]


def _on_node(timeline: Timeline, fault: FaultRecord) -> list[str]:
    """The pods that were on the nodes that a fault took away: that it took them, too, is no cause."""
    if fault.disruption is not Disruption.INVOLUNTARY:
        return []
    return [uid for uid, states in timeline.pods.items() if any(s.node in fault.nodes for s in states)]


def _during(spell: Unready, failed: Sequence[Exchange]) -> list[Exchange]:
    return [e for e in failed if spell.since <= e.planned_at <= spell.until + AFTER_SECONDS]


def _left(timeline: Timeline, workload: str, spells: Sequence[Unready], failed: Sequence[Exchange]) -> Left:
    worst = max(spells, key=lambda spell: len(_during(spell, failed)))
    lost = tuple(e for e in failed if _in_any(spells, e))
    begin, end = min(s.since for s in spells), max(s.until for s in spells)
    stayed = _fewest(timeline, workload, begin, end)
    pods = dict.fromkeys(spell.pod for spell in spells)
    names = next(iter(pods)) if len(pods) == 1 else f"{plural(len(pods), 'pod')} of {workload}"
    lasted = "to the end" if math.isinf(end) else f"for {seconds(end - begin)}"
    return Left(
        f"{names} became unready {lasted} without being deleted, {stayed or 'none'} of {workload} "
        f"stayed Ready, and {plural(len(lost), 'request')} failed meanwhile: {worst.why.rstrip('.')}; "
        f"{worst.advice}",
        lost,
        stayed,
    )


def _in_any(spells: Sequence[Unready], exchange: Exchange) -> bool:
    return any(spell.since <= exchange.planned_at <= spell.until + AFTER_SECONDS for spell in spells)


def _fewest(timeline: Timeline, workload: str, begin: float, end: float) -> int:
    """The fewest pods of a workload that were Ready in a time before which some were."""
    counts = ready_counts(timeline, workload)
    before = [count for at, count in counts if at <= begin]
    inside = [count for at, count in counts if begin < at <= end]
    return min([*before[-1:], *inside])
