"""Whether replicas stay while no metric is read, and the autoscaler works again afterwards. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from seatrial.judge.availability import voluntary_disruption
from seatrial.judge.disruption import another_kind, of_the_subject
from seatrial.judge.evidence import FAULT_HELP, fault_weakness, gaps_in, unwatched
from seatrial.judge.foreign import OURS, acted, foreign
from seatrial.judge.scale_writers import Rescale, rescales, second_writer
from seatrial.judge.windows import Window
from seatrial.judge.wording import plural, seconds
from seatrial.model.fault import ADD_REPLICA, METRICS_OUTAGE, Disruption, FaultRecord
from seatrial.model.observation import TROUBLE, Observation
from seatrial.model.timeline import Timeline
from seatrial.model.verdict import Outcome, Verdict, merge

EXPECTED = (
    "no replica taken away and no request failed while no metric can be read; metrics that are read again"
)
AFTER = "the autoscaler could read no metric"
LAST_SECONDS = 2.0
"""What is begun so shortly before a replica is taken back is for `scaling.scale-in-loses-nothing`."""
CONTROLLER_HELP = (
    "An autoscaler keeps the number where a metric is missing (kubernetes.io, Horizontal Pod Autoscaling): "
    "look what it takes for one that is missing, such as a query that answers 0 without data."
)


def survives_metrics_outage(observation: Observation) -> Verdict:
    """Whether what was added stayed until it was taken back, requests were answered, and metrics came back.

    Where no metric can be taken away, or no replica be added, it is UNSUPPORTED. Who takes replicas twice is
    a controller, and FAILED; somebody who does so once disturbed it from outside, and that is an ERROR.
    """
    if found := next((fault for fault in observation.faults if fault.impossible), None):
        return Verdict(Outcome.UNSUPPORTED, found.impossible, EXPECTED)
    if verdict := another_kind(observation, Disruption.VOLUNTARY):
        return verdict
    timeline = observation.timeline
    outage = next((fault for fault in observation.faults if fault.fault == METRICS_OUTAGE), None)
    doubt = "no metrics were taken away" if outage is None else fault_weakness(observation.faults)
    if doubt or outage is None or timeline is None:
        return Verdict(Outcome.ERROR, doubt or "no timeline was recorded", EXPECTED, FAULT_HELP)
    until = timeline.ended_at if outage.reverted_at is None else outage.reverted_at
    assert outage.verified_at is not None  # or there was a doubt
    changes = [each for each in rescales(timeline, outage.workload, outage.verified_at) if each.at <= until]
    mine = [one for one in changes if is_ours(timeline, one, outage.workload)]
    others = [one for one in changes if one not in mine]
    kept = _kept(observation, others, outage.verified_at, until)
    if kept.outcome is Outcome.ERROR:
        return kept
    # What it costs that a replica is taken back is for a check of its own.
    served = _served(observation, outage, min([until, *(one.at for one in mine if not one.grows)]))
    verdict = merge([kept, _back(outage, timeline), served])
    if not verdict.passed:
        return verdict
    return unwatched(verdict, gaps_in(timeline, [Window(outage.injected_at, until, ())]))


def is_ours(timeline: Timeline, change: Rescale, role: str) -> bool:
    """Whether Seatrial wrote the number: of a write to `scale` managedFields may keep nothing."""
    if change.manager:
        return change.manager == OURS
    named = {(state.kind, state.name) for state in timeline.workload_states(role)}
    return any(acted(timeline, kind, name, change.at) for kind, name in named)


def _kept(observation: Observation, changes: Sequence[Rescale], since: float, until: float) -> Verdict:
    """Whether nobody but Seatrial took a replica away.

    Args:
        changes: those of others.
    """
    lost = [each for each in changes if not each.grows]
    added = sum(fault.fault == ADD_REPLICA for fault in observation.faults)
    away = f"without metrics for {seconds(until - since)}"
    numbers = {
        "without_metrics_seconds": round(until - since, 3),
        "replicas_added": added,
        "scaled_in": len(lost),
    }
    other = second_writer(changes)
    if not other and (verdict := foreign(observation)) is not None:
        return verdict
    if lost:
        who = other or lost[0].manager
        hint = CONTROLLER_HELP if lost[0].decided else writer_help(who)
        reasons = tuple(each.told(since, AFTER) for each in lost)
        text = f"{away} replicas were taken away {plural(len(lost), 'time')}: {reasons[0]}"
        return Verdict(Outcome.FAILED, text, EXPECTED, hint, numbers, reasons)
    if not added:
        text = f"{away}, and no replica was there that could have been taken away"
        return Verdict(Outcome.INCONCLUSIVE, text, EXPECTED, "Add one meanwhile.", numbers)
    text = f"{away} every replica stayed, and one that was not needed, too, {plural(added, 'time')}"
    return Verdict(Outcome.PASSED, text, EXPECTED, numbers=numbers)


def writer_help(manager: str) -> str:
    """What to do about somebody beside the autoscaler who scales in."""
    return (
        f"Let {manager} leave `replicas` alone while no metric is read: an unknown load is no load of zero. "
        "Where there must be a fallback, let it be no fewer than there are."
    )


def _back(outage: FaultRecord, timeline: Timeline) -> Verdict:
    """Whether the autoscaler read its metrics again after they were given back."""
    returned = outage.reverted_at
    if returned is None or outage.available_at is None:
        end = timeline.ended_at if returned is None else timeline.ended_at - returned
        states = list(timeline.autoscaler_states(str(outage.details.get("autoscaler", ""))))
        words = ", ".join(states[-1].conditions) if states else ""
        return Verdict(
            Outcome.FAILED,
            f"{seconds(end)} after the metrics were back none was read{f' ({words})' if words else ''}",
            EXPECTED, "See `kubectl describe hpa`, and whether the metrics API answers for these pods again.",
        )  # fmt: skip
    taken = max(outage.available_at - returned, 0.0)
    text = f"metrics were read again {seconds(taken)} after they were back"
    return Verdict(Outcome.PASSED, text, EXPECTED, numbers={"read_again_seconds": round(taken, 3)})


def _served(observation: Observation, outage: FaultRecord, until: float) -> Verdict:
    """Whether the subject's requests were answered while metrics were away and no replica was taken back."""
    last = max(until - LAST_SECONDS, outage.injected_at)
    mine = of_the_subject(observation).narrowed(lambda one: one.planned_at < last)
    arm = replace(mine.trouble, faults=(replace(outage, available_at=last, verified_at=outage.injected_at),))
    narrowed = replace(mine, arms={**mine.arms, TROUBLE: arm})
    return voluntary_disruption(narrowed, minimum_repetitions=1)
