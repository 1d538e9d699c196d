"""Why requests failed in a disruption: the `next` line of the availability judges.

Everything said here is computed from the failed requests' times against the watch records, events, CPU and
logs of what lies on the requests' path; when they do not show a cause, it says so instead of guessing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence, Set

from seatrial.judge.logs import telling
from seatrial.judge.not_ready import sent_to_not_ready
from seatrial.judge.path import Path, path_of
from seatrial.judge.placement import all_on_what_was_lost, taken_away
from seatrial.judge.pods import Life, endpoint_ready, life, replacement_of, workload_at
from seatrial.judge.probes import left_without_deletion
from seatrial.judge.refusal import sentence
from seatrial.judge.saturation import pressure
from seatrial.judge.shortfall import refused_of, told
from seatrial.judge.windows import Window, fault_end
from seatrial.judge.wording import plural, seconds
from seatrial.model.exchange import Exchange
from seatrial.model.fault import Disruption, FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.timeline import Change, Timeline

READINESS_SLACK_SECONDS = 0.25
"""A pod Ready within this time of its container's start was probably never asked."""

PROPAGATION_SECONDS = 1.0
"""After an endpoint left its slice, proxies may send to it for this long (measured: 0.13 s at most, idle)."""

NEW_POD_SECONDS = 5.0
"""Failures within this time after a new pod's endpoint served are put down to it."""

AT_MOST = 4
"""More sentences than this are no help; the rest are counted."""


def cause(observation: Observation, failed: Sequence[Exchange], spans: Sequence[Window]) -> str:
    """One or more sentences on what to do about `failed`; never empty.

    Args:
        observation: with its timeline, if there is one.
        failed: requests that failed in a disruption.
        spans: the disruption windows.
    """
    if observation.timeline is None:
        return "No timeline was recorded, so the cause cannot be named: record one beside the traffic."
    sentences = causes(observation, failed, spans)
    found = pressure(observation.timeline, failed)
    starved = found is not None and found.saturated
    if not sentences and not starved:
        return no_cause(observation, failed)
    rest = len(sentences) - AT_MOST
    further = [f"({plural(rest, 'further cause')} alike.)"] if rest > 0 else []
    cpu = [f"{'Beside that, s' if sentences else 'S'}{str(found)[1:]}."] if starved else []
    return " ".join([*sentences[:AT_MOST], *further, *cpu])


def causes(observation: Observation, failed: Sequence[Exchange], spans: Sequence[Window]) -> list[str]:
    """What in the evidence explains `failed`, a sentence each; only what lies on their path."""
    timeline = observation.timeline
    if timeline is None:
        return []
    path = path_of(observation, failed)
    faults = [fault for window in spans for fault in window.faults]
    mine = [fault for fault in faults if path.holds(fault.workload)]
    enough = (_alone, all_on_what_was_lost, taken_away)
    sentences = list(dict.fromkeys(s for f in mine for look in enough for s in look(timeline, f)))
    if sentences:
        return sentences
    sentences, failed = sent_to_not_ready(observation, mine, failed)
    left = left_without_deletion(timeline, path, failed, faults)
    # Where none was left that could answer, nothing else is needed to explain these requests.
    sentences += [each.sentence for each in left if not each.stayed]
    explained = {id(e) for each in left if not each.stayed for e in each.lost}
    failed = [exchange for exchange in failed if id(exchange) not in explained]
    victims = [(ending, fault) for fault in faults for ending in _victims(timeline, fault, path)]
    endings = {ending.uid: (ending, fault) for ending, fault in victims if ending.served}
    over_open = set[int]()
    for ending, theirs in assigned([ending for ending, _ in endings.values()], failed, timeline):
        disruption = endings[ending.uid][1].disruption
        sentences += of_old_pod(ending, theirs, disruption)
        if disruption is not Disruption.INVOLUNTARY:
            over_open |= {id(e) for e in _over_open_connections(ending, theirs)}
    for fault in mine:
        sentences += _of_new_pod(timeline, fault, failed, over_open)
    return [*sentences, *(each.sentence for each in left if each.stayed), *told(observation, mine)]


def no_cause(observation: Observation, failed: Sequence[Exchange]) -> str:
    """What is said when nothing explains the failures, with what a pod on the path wrote then."""
    path = path_of(observation, failed)
    where = f" of {path}" if path.roles else ""
    found = pressure(observation.timeline, failed)
    start = f"No cause found in the watch records and events{where}{f' ({found})' if found else ''}"
    logs = observation.trouble.logs
    if logs is None:
        return f"{start}; logs were not recorded: read the pods' logs."
    line = telling(observation, failed)
    if line is None:
        return f"{start}, and no pod on the path wrote of an error then."
    after = line.at - min(exchange.planned_at for exchange in failed)
    when = f"{seconds(abs(after))} {'after' if after >= 0 else 'before'} the first failure"
    return f"{start}. {line.pod} wrote {when}: {line.text[:200]}"


def _alone(timeline: Timeline, fault: FaultRecord) -> list[str]:
    """A workload with one replica: no other cause is needed."""
    workload = workload_at(timeline, fault.workload, fault.injected_at) if fault.workload else None
    if workload is None or workload.wanted != 1:
        return []
    return [f"{workload.name} has 1 replica: nothing answers while it is replaced. Run two or more."]


def _victims(timeline: Timeline, fault: FaultRecord, path: Path) -> list[Life]:
    """The pods on the path that the fault ended: its target, or those of its workload or node."""
    if fault.target.kind == "Pod":
        if not path.holds(fault.workload):
            return []
        ending = life(timeline, fault.target.name, fault.target.uid, since=fault.injected_at)
        return [ending] if fault.target.uid in timeline.pods or ending.deleting_at is not None else []
    endings = []
    for uid, states in timeline.pods.items():
        pod = states[-1]
        drained = any(state.node in fault.nodes for state in states)
        if not path.holds(pod.workload) or (not drained and pod.workload != fault.workload):
            continue
        ending = life(timeline, pod.name, uid, since=fault.injected_at)
        if ending.deleting_at is not None and ending.deleting_at <= fault_end(fault):
            endings.append(ending)
    return endings


def assigned(
    endings: Sequence[Life], failed: Sequence[Exchange], timeline: Timeline
) -> list[tuple[Life, list[Exchange]]]:
    """Each failed request to the pod that answered it, else to the last one whose end had begun.

    What another pod answered belongs to none of them: that one was reached, and said no.
    """
    others = {states[-1].name for states in timeline.pods.values()} - {ending.pod for ending in endings}
    ordered = sorted(endings, key=lambda ending: _or_infinite(ending.deleting_at))
    mine: dict[str, list[Exchange]] = {ending.uid: [] for ending in ordered}
    for exchange in failed:
        if exchange.backend in others:
            continue
        named = [e for e in ordered if exchange.backend and e.pod == exchange.backend]
        completed = _or_infinite(exchange.completed_at)
        begun = [e for e in ordered if e.deleting_at is None or e.deleting_at <= completed]
        owner = (named or begun)[-1] if named or begun else None
        if owner is not None:
            mine[owner.uid].append(exchange)
    return [(ending, mine[ending.uid]) for ending in ordered if mine[ending.uid]]


def of_old_pod(ending: Life, failed: Sequence[Exchange], disruption: Disruption) -> list[str]:
    """What the end of a pod has to do with requests that failed at it, and what would have sufficed."""
    if disruption is Disruption.INVOLUNTARY:
        return _of_crashed_pod(ending, failed)
    if ending.deleting_at is None:
        return []
    began, left = ending.deleting_at, _or_infinite(ending.endpoint_left_at)
    until = left + PROPAGATION_SECONDS
    cut = [e for e in failed if e.begun_at < began]
    routed = [e for e in failed if began <= e.begun_at <= until]
    late = _over_open_connections(ending, failed)
    sentences: list[str] = []
    if routed:
        when = (
            "never left while it was watched" if math.isinf(left) else f"left {seconds(left - began)} after"
        )
        when += "" if math.isinf(left) else " deletion began"
        needed = pre_stop_needed(ending, routed)
        sentences.append(
            f"endpoint of {ending.pod} {when}, and {plural(len(routed), 'request')} sent meanwhile failed: "
            f"a preStop sleep of at least {needed:.1f} s would have sufficed."
        )
    if cut:
        sentences.append(
            f"{plural(len(cut), 'request')} sent before the deletion of {ending.pod} began failed: "
            "on SIGTERM finish requests in flight before exit."
        )
    if late:
        after = seconds(min(e.begun_at for e in late) - left)
        sentences.append(
            f"{plural(len(late), 'request')} failed {after} and more after the endpoint of {ending.pod} had "
            "left, over open connections: on SIGTERM close idle connections and finish requests in flight."
        )
    return sentences


def pre_stop_needed(ending: Life, failed: Sequence[Exchange]) -> float:
    """Seconds for which the pod should have gone on serving, so that the last of `failed` were answered."""
    assert ending.deleting_at is not None  # requests failed at its end
    return math.ceil((max(e.begun_at for e in failed) - ending.deleting_at) * 10 + 1) / 10


def _over_open_connections(ending: Life, failed: Sequence[Exchange]) -> list[Exchange]:
    """Those sent when no new connection led to the pod any more, and before it was gone."""
    if ending.deleting_at is None:
        return []
    until = _or_infinite(ending.endpoint_left_at) + PROPAGATION_SECONDS
    return [e for e in failed if until < e.begun_at <= _or_infinite(ending.gone_at)]


def _of_crashed_pod(ending: Life, failed: Sequence[Exchange]) -> list[str]:
    left = ending.endpoint_left_at
    first = min(e.begun_at for e in failed)
    if left is None or left < first:
        return []
    before = sum(e.begun_at <= left + PROPAGATION_SECONDS for e in failed)
    return [
        f"{plural(before, 'request')} failed until the endpoint of {ending.pod} left, "
        f"{seconds(left - first)} after the first: retry safe requests at the gateway, eject failing hosts, "
        "or shorten the readiness period."
    ]


def _of_new_pod(
    timeline: Timeline, fault: FaultRecord, failed: Sequence[Exchange], over_open: Set[int]
) -> list[str]:
    """What the replacement's beginning says: traffic before it could answer.

    Args:
        over_open: `id` of the requests that the end of an old pod explains; these alone do not show it.
    """
    states = replacement_of(timeline, fault)
    name = states[0].name if states else ""
    serving = endpoint_ready(timeline, name, fault.injected_at)
    if serving is None:
        return []
    early = [e for e in failed if serving <= e.begun_at <= serving + NEW_POD_SECONDS]
    early = [e for e in early if e.backend in ("", name)]
    if not early or all(not e.backend and id(e) in over_open for e in early):
        return []
    ready = next((s.ready_at for s in states if s.ready_at is not None), None)
    started = next((s.started_at for s in states if s.started_at is not None), None)
    unasked = ready is not None and started is not None and ready - started <= READINESS_SLACK_SECONDS
    reason = (
        "it was Ready as soon as it started, so it has no readiness probe, or one that says nothing."
        if unasked
        else "its readiness probe must not succeed before it can answer."
    )
    last = max(e.begun_at for e in early) - serving
    return [
        f"{plural(len(early), 'request')} failed up to {seconds(last)} after {name} began to serve: {reason}"
    ]


def _or_infinite(moment: float | None) -> float:
    return math.inf if moment is None else moment


def never_available(observation: Observation, fault: FaultRecord) -> str:
    """What was missing when `fault` had not settled: ready against wanted, and why pods wait."""
    start = f"{fault.workload or 'the system'} was not available again after {fault.fault} on {fault.target}"
    timeline = observation.timeline
    if timeline is None:
        return f"{start} (no timeline was recorded)."
    last = workload_at(timeline, fault.workload, math.inf)
    counted = "" if last is None else f": {last.ready} of {last.wanted} ready"
    path = Path(frozenset({fault.workload} - {""}))
    waiting = [
        f"{pod.name} is {pod.reason or pod.phase or 'not ready'}"
        for pod in (states[-1] for states in timeline.pods.values())
        if pod.workload == fault.workload and not pod.ready and pod.change is not Change.DELETED
    ]
    warnings = [
        event.message for event in path.events(timeline) if event.warning and event.at >= fault.injected_at
    ]
    refused = refused_of(timeline, fault)
    tail = f". Last warning: {warnings[-1]}" if warnings else ""
    if refused:
        tail = f": {sentence(refused[0], fault.injected_at)[:-1]}"
    return f"{start}{counted}{'; ' + ', '.join(sorted(waiting)) if waiting else ''}{tail}."
