"""Services that send to pods which are not Ready: no probe and no preStop hook keeps requests from those."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from seatrial.judge.pods import endpoint_of
from seatrial.judge.wording import plural
from seatrial.model.exchange import Exchange
from seatrial.model.fault import FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.timeline import Change, PodSeen, Timeline

Span = tuple[float, float]
LATE_SECONDS = 0.25
"""So long before or after a watch saw a change, it may have been made."""


def sent_to_not_ready(
    observation: Observation, faults: Sequence[FaultRecord], failed: Sequence[Exchange]
) -> tuple[list[str], list[Exchange]]:
    """A sentence for each Service with `publishNotReadyAddresses` that explains failures, and the others.

    Such a Service is a cause only where it is the way to the pod: where another Service lists the pod, too,
    and the entry does not name this one, the other may have sent the request.
    """
    timeline, left, sentences = observation.timeline, list(failed), []
    if timeline is None:
        return [], left
    workloads = {fault.workload for fault in faults}
    for service in _flagged(timeline):
        pods = [s for s in timeline.pods.values() if s[-1].workload in workloads]
        ways = [s for s in pods if _is_the_way(observation, timeline, service, s[-1].name)]
        spans = {states[-1].name: exposed(timeline, service, states) for states in ways}
        mine = [exchange for exchange in left if _hit(exchange, spans)]
        if mine:
            ids = {id(exchange) for exchange in mine}
            left = [exchange for exchange in left if id(exchange) not in ids]
            sentences.append(
                f"{plural(len(mine), 'request')} failed while Service {service} sent to pods that were not "
                f"Ready (`publishNotReadyAddresses: true`): remove that flag from Service {service}."
            )
    return sentences, left


def _flagged(timeline: Timeline) -> list[str]:
    """The Services that had the flag at some time."""
    states = timeline.service_states()
    return sorted({state.name for state in states if state.publish_not_ready_addresses})


def _is_the_way(observation: Observation, timeline: Timeline, service: str, pod: str) -> bool:
    system = observation.system
    if system is not None and system.entry.service_name:
        return system.entry.service_name == service
    listing = {s.service for s in timeline.endpoint_states() if endpoint_of(s.endpoints, pod) is not None}
    return listing <= set(_flagged(timeline))


def exposed(timeline: Timeline, service: str, states: Sequence[PodSeen]) -> list[Span]:
    """When the Service listed the pod as ready while it was not."""
    listed = list(_listed(timeline, service, states[-1].name))
    return [
        (max(begin, since), min(end, until))
        for begin, end in listed
        for since, until in _not_ready(states)
        if max(begin, since) < min(end, until)
    ]


def _listed(timeline: Timeline, service: str, pod: str) -> Iterator[Span]:
    """When the Service had the pod as a ready endpoint, slice by slice."""
    since: dict[str, float] = {}
    for state in timeline.endpoint_states(service):
        found = endpoint_of(state.endpoints, pod)
        if found is not None and found.ready and state.change is not Change.DELETED:
            since.setdefault(state.slice_name, state.at)
        elif state.slice_name in since:
            yield since.pop(state.slice_name), state.at
    for begin in since.values():
        yield begin, math.inf


def _not_ready(states: Sequence[PodSeen]) -> Iterator[Span]:
    """When the pod was not Ready, or was being deleted."""
    since: float | None = None
    for state in states:
        answers = state.ready and not state.deleting and state.change is not Change.DELETED
        if not answers and since is None:
            since = state.at
        elif answers and since is not None:
            yield since, state.at
            since = None
    if since is not None:
        yield since, math.inf


def _hit(exchange: Exchange, spans: dict[str, list[Span]]) -> bool:
    """Whether the request was sent while a pod that may have got it was exposed."""
    sent = exchange.begun_at
    return any(
        begin - LATE_SECONDS <= sent <= end + LATE_SECONDS
        for pod, exposed in spans.items()
        if exchange.backend in ("", pod)
        for begin, end in exposed
    )
