"""The judges of a whole observation by its kind of disruption: what suites and experiments call."""

from __future__ import annotations

import math
from dataclasses import replace

from seatrial.judge.availability import involuntary_disruption, voluntary_disruption
from seatrial.judge.bystanders import bystanders
from seatrial.judge.evidence import gaps_in, unwatched
from seatrial.judge.latency import latency_inside
from seatrial.judge.recovery import recovery
from seatrial.judge.shortfall import told
from seatrial.judge.windows import windows
from seatrial.judge.wording import seconds
from seatrial.model.fault import Disruption
from seatrial.model.measurement import ENTRY_SERVICE, ONE_NODE
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict, merge

BY_KUBELET, EVICTED = "TerminationByKubelet", "Evicted"
"""How a pod that the kubelet took says so, by its condition and by its reason."""


def voluntary(observation: Observation) -> Verdict:
    """A voluntary disruption costs no request, and latency stays within its objective meanwhile."""
    if verdict := another_kind(observation, Disruption.VOLUNTARY):
        return verdict
    mine = of_the_subject(observation)
    verdict = voluntary_disruption(mine, minimum_repetitions=mine.repetitions)
    if mine.faults and verdict.outcome is not Outcome.ERROR:
        verdict = merge([verdict, latency_inside(mine, observation.objectives)])
    return watched(mine, with_bystanders(observation, _with_refusals(mine, verdict)))


def involuntary(observation: Observation) -> Verdict:
    """An involuntary disruption stays within the error budget and is over within the recovery objective."""
    if verdict := another_kind(observation, Disruption.INVOLUNTARY):
        return verdict
    objectives, mine = observation.objectives, of_the_subject(observation)
    verdict = merge([involuntary_disruption(mine, objectives), recovery(mine, objectives)])
    return watched(mine, with_bystanders(observation, _with_refusals(mine, verdict)))


def with_bystanders(observation: Observation, verdict: Verdict, since: float | None = None) -> Verdict:
    """The verdict on the subject's journey, or worse where a journey beside it broke its own objectives.

    Args:
        since: when the disturbance began; None for the first fault.
    """
    others = bystanders(observation, since)
    return verdict if others is None else merge([verdict, others])


def _with_refusals(observation: Observation, verdict: Verdict) -> Verdict:
    """The clients' verdict with a line for each replacement that was refused: another check judges that.

    And one for an entry that holds for one node only, and for each pod that the kubelet took.
    """
    lines = [*told(observation), *_by_one_node(observation), *_evicted(observation)]
    return replace(verdict, reasons=(*verdict.reasons, *lines)) if lines else verdict


def _by_one_node(observation: Observation) -> list[str]:
    """What the verdict does not hold for, where clients came in by one node whose own pods alone answer."""
    looks = [look for look in observation.trouble.measured(ENTRY_SERVICE) if look.answered]
    return [
        f"holds for clients that come in by {node} only: Service {look.name} has externalTrafficPolicy "
        "Local, so that a node answers by its own pods or not at all"
        for look in looks[-1:] if (node := look.value.get(ONE_NODE))
    ]  # fmt: skip


def _evicted(observation: Observation) -> list[str]:
    """Pods that the kubelet took meanwhile: nobody planned that, and to clients it is a crash."""
    timeline, spans = observation.timeline, windows(observation)
    told: dict[str, float] = {}
    for states in () if timeline is None else timeline.pods.values():
        taken = (each.at for each in states if each.disruption == BY_KUBELET or each.reason == EVICTED)
        at = next(taken, math.inf) if states[0].workload else math.inf
        span = next((span for span in spans if at < math.inf and span.holds(at)), None)
        if span is not None:
            told[states[0].name] = at - span.begin
    return [
        f"the kubelet evicted {name} {seconds(after)} after the fault: a crash, which no disruption budget "
        "holds back, and not the planned disruption"
        for name, after in told.items()
    ]


def of_the_subject(observation: Observation) -> Observation:
    """The observation with the requests of the subject's journey only, or all where it names no journey.

    The generator's health stays that of all traffic: one stream that was late may have delayed the others.
    """
    if not observation.journey:
        return observation
    return observation.narrowed(lambda one: one.journey == observation.journey)


def another_kind(observation: Observation, wanted: Disruption) -> Verdict | None:
    """ERROR when a fault is of another kind than the judge is for: neither may be judged as the other."""
    others = sorted({f"{f.fault} ({f.disruption})" for f in observation.faults if f.disruption is not wanted})
    if not others:
        return None
    return Verdict(
        Outcome.ERROR, f"not a {wanted} disruption: {', '.join(others)}", f"{wanted} disruptions only",
        "Judge each kind by a check of its own.",
    )  # fmt: skip


def watched(observation: Observation, verdict: Verdict) -> Verdict:
    """A pass becomes INCONCLUSIVE where a watch was broken during a disruption; nothing else changes."""
    if not verdict.passed or observation.timeline is None:
        return verdict
    return unwatched(verdict, gaps_in(observation.timeline, windows(observation)))


def by_disruption(observation: Observation) -> Verdict:
    """By the kind of the faults that happened: voluntary only when all of them were."""
    if not observation.faults:
        return Verdict(
            Outcome.ERROR, "no fault was injected and verified", "at least one verified fault",
            "Look at the journal: an action that refuses or fails leaves the system untouched.",
        )  # fmt: skip
    if all(fault.disruption is Disruption.VOLUNTARY for fault in observation.faults):
        return voluntary(observation)
    return involuntary(observation)
