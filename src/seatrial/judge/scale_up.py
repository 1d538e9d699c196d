"""A scale-up split into its stages: load, CPU, decision, the pod that was waited for, its answer. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from seatrial.judge.asked import answers_by_pod
from seatrial.judge.hpa.lags import asked_for_more
from seatrial.judge.load_step import LoadStep
from seatrial.judge.pods import endpoint_ready, last
from seatrial.judge.statistics import MINIMUM_SAMPLES, percentile
from seatrial.judge.windows import failures
from seatrial.judge.wording import seconds
from seatrial.model.exchange import DROPPED, Exchange
from seatrial.model.objectives import Objectives
from seatrial.model.observation import Observation
from seatrial.model.timeline import PodSeen, Timeline

SLIDE = 10
"""Requests by which the window moves in which latency is looked at."""
PULLED, PRESENT = "Pulled", "already present"


@dataclass(frozen=True)
class Stage:
    """When a stage was over; monotonic seconds, None where that was not seen."""

    name: str
    at: float | None
    note: str = ""


def stages(observation: Observation, timeline: Timeline, step: LoadStep) -> list[Stage]:
    """The stages in their order, the pod's own along the last pod that the load needed.

    Times of several watches, and of the server's clock, may cross by a second; a stage is never negative.
    """
    asked = asked_for_more(timeline, autoscaler=step.autoscaler, workload=step.workload, since=step.began_at)
    found = [
        Stage("CPU measured", None if asked is None else asked.measured_at),
        Stage("sample served", None if asked is None else asked.served_at),
        Stage("decided", None if asked is None else asked.decided_at),
    ]
    pod = needed_pod(timeline, step)
    if pod:
        found += _of_pod(observation, timeline, step, pod)
    return found


def needed_pod(timeline: Timeline, step: LoadStep) -> tuple[PodSeen, ...]:
    """The states of the new pod whose Ready made the wanted number; empty where it was not reached."""
    before = last(timeline.workload_states(step.workload), step.began_at)
    missing = step.wanted_replicas - (before.ready if before is not None else 0)
    ready = sorted(
        (next(state.at for state in states if state.ready), number, states)
        for number, states in enumerate(timeline.pods.values())
        if states[0].workload == step.workload
        and step.began_at < states[0].at
        and any(state.ready for state in states)
    )
    return ready[missing - 1][2] if 0 < missing <= len(ready) else ()


def _of_pod(
    observation: Observation, timeline: Timeline, step: LoadStep, states: Sequence[PodSeen]
) -> Iterator[Stage]:
    name, uid = states[0].name, states[0].uid
    yield Stage("pod created", states[0].at)
    yield Stage("scheduled", next((state.at for state in states if state.node), None))
    pulls = [event for event in timeline.events() if event.name == name and event.reason == PULLED]
    real = [event for event in pulls if PRESENT not in event.message]
    if real:
        yield Stage("image pulled", max(event.at for event in real))
    elif pulls:
        yield Stage("image", None, "was on the node")
    yield Stage("started", next((state.at for state in states if state.started_at is not None), None))
    yield Stage("Ready", next((state.at for state in states if state.ready), None))
    yield Stage("endpoint", endpoint_ready(timeline, name, step.began_at))
    answers = answers_by_pod(observation, step.workload).get(uid, ())
    completed = [one.completed_at for one in answers if one.completed_at is not None]
    yield Stage("first answer", min(completed, default=None))


def regained_at(exchanges: Sequence[Exchange], step: LoadStep, objectives: Objectives) -> float | None:
    """When the load's requests were within their objectives again, and stayed so until it ended.

    The begin of the first of the windows of 100 requests that all are within them to the end; the beginning
    of the load where it never lost them; None where the last window has not regained them, or there is none.
    """
    sent = [e for e in exchanges if step.began_at <= e.planned_at <= step.ended_at and e.error != DROPPED]
    sent.sort(key=lambda exchange: exchange.planned_at)
    found = None
    for begin in range(len(sent) - MINIMUM_SAMPLES, -1, -SLIDE):
        if not _within(sent[begin : begin + MINIMUM_SAMPLES], objectives):
            return found
        found = sent[begin].planned_at
    return None if found is None else step.began_at


def _within(window: Sequence[Exchange], objectives: Objectives) -> bool:
    latencies = [e.latency_seconds for e in window if e.ok and e.latency_seconds is not None]
    p99 = percentile(latencies, 99)
    failed = len(failures(window)) / len(window)
    fast = p99 is not None and 1000 * p99 <= objectives.latency_p99_ms
    return fast and failed <= 1 - objectives.availability


def in_words(found: Sequence[Stage], step: LoadStep) -> str:
    """E.g. `scale-up by stage: CPU measured 14.6 s, sample served 8.23 s, ...`; each since the one before."""
    parts, before = [], step.began_at
    for stage in found:
        if stage.at is None:
            parts.append(f"{stage.name} {stage.note or 'not seen'}")
            continue
        parts.append(f"{stage.name} {seconds(max(stage.at - before, 0.0))}")
        before = max(before, stage.at)
    return f"scale-up by stage, each since the one before: {', '.join(parts)}"


def in_numbers(found: Sequence[Stage], step: LoadStep) -> Mapping[str, float]:
    """Each stage that was seen, in seconds after the load step."""
    return {stage.name: round(stage.at - step.began_at, 3) for stage in found if stage.at is not None}
