"""Whether a rollout that is taken back brings the version of before back: soon, and by itself. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seatrial.judge.disruption import watched
from seatrial.judge.evidence import FAULT_HELP, fault_weakness
from seatrial.judge.placement import REVISION, could_answer
from seatrial.judge.pods import workload_at
from seatrial.judge.rollout import kind_of
from seatrial.judge.windows import failures, fault_end
from seatrial.judge.wording import errors, plural, seconds
from seatrial.model.exchange import Exchange
from seatrial.model.fault import FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.timeline import PodSeen, Timeline
from seatrial.model.verdict import Outcome, Verdict

MINIMUM_REQUESTS = 50
"""Requests that must have begun when everything was restored, over all kinds."""
SLOW_HELP = (
    "Keep the old pods until new ones are Ready (RollingUpdate, maxUnavailable 0), and let pods start soon: "
    "a rollback that begins from nothing takes as long as a cold start."
)
LATER_HELP = "Look what the bad version left behind that the version of before cannot work with."


@dataclass(frozen=True)
class Restored:
    """What taking one bad version back came to.

    Attributes:
        at: as many pods of the revision before were Ready as wanted; None when that was not seen.
        wanted: how many.
        deleted: pods that had to be deleted for it, for the controller left them on the bad revision.
    """

    fault: FaultRecord
    at: float | None
    wanted: int
    deleted: tuple[str, ...]

    @property
    def kind(self) -> str:
        return kind_of(self.fault)

    @property
    def took_seconds(self) -> float:
        """From taking it back on; infinite when it was not seen to end."""
        assert self.fault.reverted_at is not None
        return math.inf if self.at is None else max(self.at - self.fault.reverted_at, 0.0)


def rollback_restores(observation: Observation) -> Verdict:
    """Whether the revision of before served again within `recovery_seconds` of each rollback, with no hand.

    A StatefulSet that leaves pods on the bad revision until somebody deletes them is FAILED: the API server
    took the rollback, and nothing followed. A workload whose template replaces no pods is UNSUPPORTED.
    """
    limit = observation.objectives.recovery_seconds
    expected = (
        f"within {seconds(limit)} of taking a bad version back every pod is Ready and of the revision "
        "before, without anybody's hand, and requests are answered"
    )
    if found := next((fault for fault in observation.faults if fault.impossible), None):
        return Verdict(Outcome.UNSUPPORTED, found.impossible, expected)
    if doubt := fault_weakness(observation.faults):
        return Verdict(Outcome.ERROR, doubt, expected, FAULT_HELP)
    timeline = observation.timeline
    if timeline is None or any(fault.reverted_at is None for fault in observation.faults):
        lacking = "no timeline was recorded" if timeline is None else "a version was never taken back"
        return Verdict(Outcome.INCONCLUSIVE, lacking, expected, "Run it again.")
    every = [_restored(timeline, fault) for fault in observation.faults]
    later = list(_later(observation))
    numbers = {f"{one.kind}_restored_seconds": _rounded(one.took_seconds) for one in every}
    numbers |= {"pods_deleted": sum(len(one.deleted) for one in every), "requests_after": len(later)}
    wrong = [problem for one in every for problem in _problems(one, limit)] + list(_failed(later))
    if wrong:
        reasons = tuple(text for text, _ in wrong[1:])
        return Verdict(Outcome.FAILED, wrong[0][0], expected, wrong[0][1], numbers, reasons)
    words = ", ".join(f"{one.kind} {seconds(one.took_seconds)}" for one in every)
    text = f"the revision of before served again after {words}; {plural(len(later), 'request')} answered then"
    if len(later) < MINIMUM_REQUESTS:
        few = f"only {plural(len(later), 'request')} begun when it was restored"
        return Verdict(Outcome.INCONCLUSIVE, few, expected, "Raise the rate.", numbers)
    return watched(observation, Verdict(Outcome.PASSED, text, expected, numbers=numbers))


def _restored(timeline: Timeline, fault: FaultRecord) -> Restored:
    state = workload_at(timeline, fault.workload, fault.injected_at)
    wanted = 1 if state is None else state.wanted
    return Restored(fault, _again_at(timeline, fault, wanted), wanted, tuple(_deleted(timeline, fault)))


def _again_at(timeline: Timeline, fault: FaultRecord, wanted: int) -> float | None:
    """From when on, after it was taken back, as many pods of the revision before were Ready as wanted."""
    assert fault.reverted_at is not None
    ready: set[str] = set()
    for state in timeline.seen:
        if state.at > fault.reverted_at and len(ready) >= wanted:
            return fault.reverted_at
        if not isinstance(state, PodSeen) or state.workload != fault.workload:
            continue
        good = state.revision == fault.details.get(REVISION) and could_answer(state)
        (ready.add if good else ready.discard)(state.uid)
        if state.at > fault.reverted_at and len(ready) >= wanted:
            return state.at
    return fault.reverted_at if len(ready) >= wanted else None


def _deleted(timeline: Timeline, fault: FaultRecord) -> Iterator[str]:
    """Pods of the workload that Seatrial's own revert deleted: without that they would have stayed."""
    mine = {uid for uid, states in timeline.pods.items() if states[-1].workload == fault.workload}
    for act in timeline.acts():
        ours = (act.verb, act.kind) == ("delete", "Pod") and act.uid in mine
        if ours and fault.injected_at <= act.at <= fault_end(fault):
            yield act.name


def _problems(one: Restored, limit: float) -> Iterator[tuple[str, str]]:
    if one.deleted:
        names = ", ".join(one.deleted)
        text = f"{one.kind}: taken back, and {names} stayed on the bad revision until Seatrial deleted it"
        hint = (
            "A StatefulSet waits for a broken pod to become Ready before it replaces it, for ever: after "
            f"each rollback `kubectl delete pod {' '.join(one.deleted)}`, or make it a Deployment."
        )
        yield text, hint
    if one.took_seconds > limit:
        took = "was not seen" if one.at is None else f"took {seconds(one.took_seconds)}"
        pods = f"{plural(one.wanted, 'pod')} of the revision before Ready again"
        yield f"{one.kind}: taken back, and {pods} {took}", SLOW_HELP
    if one.fault.available_at is None:
        yield f"{one.kind}: {one.fault.workload} was not as before in time after it was taken back", SLOW_HELP


def _later(observation: Observation) -> Iterator[Exchange]:
    """Requests of the subject that began when one version was taken back in full and the next not yet out."""
    spans = list(_restored_spans(observation.faults))
    for exchange in observation.without_bystanders().exchanges:
        if any(begin <= exchange.planned_at < end for begin, end in spans):
            yield exchange


def _restored_spans(faults: Sequence[FaultRecord]) -> Iterator[tuple[float, float]]:
    starts = sorted(fault.injected_at for fault in faults)
    for fault in faults:
        yield fault_end(fault), next((at for at in starts if at > fault.injected_at), math.inf)


def _failed(later: Sequence[Exchange]) -> Iterator[tuple[str, str]]:
    if failed := failures(later):
        text = f"{len(failed)} of {plural(len(later), 'request')} failed after everything was restored"
        yield f"{text} ({errors(failed)})", LATER_HELP


def _rounded(value: float) -> float | None:
    return None if math.isinf(value) else round(value, 3)
