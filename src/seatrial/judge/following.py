"""Whether endpoints follow pods, and requests follow endpoints, at the begin and at the end. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seatrial.judge.asked import PodLife, answers_by_pod, lives_of
from seatrial.judge.disruption import watched
from seatrial.judge.pods import endpoint_left, endpoint_of, endpoint_ready
from seatrial.judge.wording import plural, seconds
from seatrial.model.exchange import Exchange
from seatrial.model.observation import Observation
from seatrial.model.timeline import Timeline
from seatrial.model.verdict import Outcome, Verdict

ENDPOINT_SECONDS = 5.0
"""An endpoint is published, and withdrawn, within this time. Measured: 1.7 s at most; a late watch is 2 s."""
ASKED_SECONDS = 10.0
"""Senders know of it within this time: names of a cluster's DNS are kept for 5 s, and a lookup may fail."""
LAG_SECONDS = 2.0
"""What one watch tells may come so much later than what another one, or a client, saw of the same moment."""
ASKED_IN_VAIN = 20
"""So many answers of others from then on show that a pod is not asked."""
EXPECTED = (
    f"an endpoint within {seconds(ENDPOINT_SECONDS)} of Ready and not before it, requests within "
    f"{seconds(ASKED_SECONDS)} of that; no endpoint {seconds(ENDPOINT_SECONDS)} after a deletion, no new "
    f"request {seconds(ASKED_SECONDS)} after that"
)
LOOKUP_HELP = (
    "Have proxies look names up anew within seconds, keep no connection to a pod or a virtual address for "
    "ever, and balance by nothing that all requests share."
)
CONTROLLER_HELP = "Look at the EndpointSlice controller and the API server: they are late, or overloaded."


@dataclass(frozen=True)
class Followed:
    """One pod with its endpoint and its requests; spans in seconds, None where something was not seen.

    Attributes:
        to_endpoint: from Ready to its endpoint in every Service that lists it; negative where that was first.
        to_first: from its endpoint, or the first request of all, to its first answer.
        in_vain: answers of others while it should have been asked, and was not yet.
        to_left: from its deletion to the end of its last endpoint.
        to_last: from then to the last request that it was sent and answered.
        never_listed: Ready for long, and in no endpoint.
        flagged: the Service that lists it whether Ready or not, where no other one does; or empty.
    """

    life: PodLife
    to_endpoint: float | None = None
    to_first: float | None = None
    in_vain: int = 0
    to_left: float | None = None
    to_last: float | None = None
    never_listed: bool = False
    flagged: str = ""


def endpoints_follow_pods(observation: Observation) -> Verdict:
    """Pods that became Ready are listed and asked soon after, those that are deleted neither any more.

    Where no pod of the target began, or nothing was sent, nothing is said (UNSUPPORTED); so it is where the
    system file names no header that says which pod answered, unless the endpoints alone show what is wrong.
    """
    timeline = observation.timeline
    if timeline is None:
        return Verdict(Outcome.INCONCLUSIVE, "no timeline was recorded", EXPECTED, "Watch the cluster.")
    found = list(followed(observation, timeline))
    changed = [each for each in found if each.life.is_new or each.life.deleting_at is not None]
    numbers = {
        "pods_begun": sum(each.life.is_new for each in changed),
        "pods_ended": sum(each.life.deleting_at is not None for each in changed),
        **{f"{name}_seconds": _longest(changed, read) for name, read in SPANS.items()},
    }
    wrong = [problem for each in changed for problem in _problems(each)]
    if wrong:
        text = wrong[0][0] + (f"; and {plural(len(wrong) - 1, 'more case')}" if len(wrong) > 1 else "")
        reasons = tuple(words for words, _ in wrong)
        return Verdict(Outcome.FAILED, text, EXPECTED, wrong[0][1], numbers, reasons)
    if doubt := _lacking(observation, changed, numbers):
        return doubt
    return watched(observation, Verdict(Outcome.PASSED, _words(changed), EXPECTED, numbers=numbers))


def _lacking(
    observation: Observation, changed: Sequence[Followed], numbers: Mapping[str, Any]
) -> Verdict | None:
    """Why what was seen is no pass, though nothing was wrong; None when it is one."""
    begun = [each for each in changed if each.life.is_new and each.to_endpoint is not None]
    if not begun:
        text = f"no pod of {observation.target} became Ready and was listed"
        return Verdict(Outcome.UNSUPPORTED, text, EXPECTED, numbers=numbers)
    if not observation.exchanges:
        return Verdict(Outcome.UNSUPPORTED, f"{_words(changed)}; nothing was sent", EXPECTED, numbers=numbers)
    if any(each.to_first is not None for each in begun):
        return None
    text, hint = f"{_words(changed)}; no answer names a pod that began", "Raise the rate."
    system = observation.system
    spec = None if system is None else system.journeys.get(observation.journey)
    if spec is not None and spec.served_by is None:
        hint = "Name the header that says which pod answered (`entry.served_by`) in the system file."
        return Verdict(Outcome.UNSUPPORTED, text, EXPECTED, hint, numbers)
    return Verdict(Outcome.INCONCLUSIVE, text, EXPECTED, hint, numbers)


SPANS: dict[str, Callable[[Followed], float | None]] = {
    "ready_to_endpoint": lambda each: each.to_endpoint,
    "endpoint_to_first_answer": lambda each: each.to_first,
    "deletion_to_endpoint_gone": lambda each: each.to_left,
    "endpoint_gone_to_last_request": lambda each: each.to_last,
}


def followed(observation: Observation, timeline: Timeline) -> Iterator[Followed]:
    """Each pod of the target that a Service lists, or that should be listed."""
    answers = answers_by_pod(observation, observation.target)
    everyone = sorted((one for mine in answers.values() for one in mine), key=lambda one: one.planned_at)
    for life in lives_of(observation, observation.target):
        services, flagged = services_of(timeline, life.name)
        made = Followed(life, flagged=flagged)
        mine = answers.get(life.uid, [])
        if life.ready_at is not None:
            made = _begun(timeline, made, services, mine, everyone)
        if life.deleting_at is not None and services:
            made = _ended(timeline, made, services, mine)
        if services or life.is_new:
            yield made


def services_of(timeline: Timeline, pod: str) -> tuple[list[str], str]:
    """The Services that send to a pod; those that list pods whether Ready or not only where no other does."""
    listing = {s.service for s in timeline.endpoint_states() if endpoint_of(s.endpoints, pod) is not None}
    always = {s.name for s in timeline.service_states() if s.publish_not_ready_addresses}
    if listing and not listing - always:
        return sorted(listing), min(listing)
    return sorted(listing - always), ""


def _begun(
    timeline: Timeline,
    made: Followed,
    services: Sequence[str],
    mine: Sequence[Exchange],
    everyone: Sequence[Exchange],
) -> Followed:
    life = made.life
    assert life.ready_at is not None
    end = timeline.ended_at if life.deleting_at is None else life.deleting_at
    listed = [endpoint_ready(timeline, life.name, life.seen_at, service) for service in services]
    moments = [moment for moment in listed if moment is not None]
    if not moments or len(moments) < len(services):
        long = end - life.ready_at > ENDPOINT_SECONDS + LAG_SECONDS
        return replace(made, never_listed=long)
    serving = max(moments)
    made = replace(made, to_endpoint=serving - life.ready_at)
    if not everyone:
        return made
    since = max(serving, everyone[0].planned_at)
    until = mine[0].planned_at if mine else end
    in_vain = sum(since + ASKED_SECONDS <= each.planned_at < until for each in everyone)
    return replace(made, in_vain=in_vain, to_first=mine[0].planned_at - since if mine else None)


def _ended(timeline: Timeline, made: Followed, services: Sequence[str], mine: Sequence[Exchange]) -> Followed:
    life = made.life
    assert life.deleting_at is not None
    states = [state for state in timeline.endpoint_states() if state.service in services]
    found = [endpoint_of(state.endpoints, life.name) for state in states]
    if not any(endpoint is not None and endpoint.ready for endpoint in found):
        return made  # it never served, so there was nothing to leave
    left = endpoint_left(timeline, life.name, life.seen_at, services)
    if left is None:
        return replace(made, to_left=min(life.gone_at, timeline.ended_at) - life.deleting_at)
    sent = [each.begun_at for each in mine]
    return replace(made, to_left=left - life.deleting_at, to_last=max(sent) - left if sent else None)


def _problems(each: Followed) -> Iterator[tuple[str, str]]:
    """What is wrong with one pod, in words, and what to do about it."""
    name = each.life.name
    always = f"Service {each.flagged} has `publishNotReadyAddresses`: take it away where clients use it."
    late = always if each.flagged else CONTROLLER_HELP
    if each.to_endpoint is not None and each.to_endpoint < -LAG_SECONDS:
        yield f"endpoint of {name} was there {seconds(-each.to_endpoint)} before it was Ready", late
    if each.to_endpoint is not None and each.to_endpoint > ENDPOINT_SECONDS:
        yield f"{name} was Ready {seconds(each.to_endpoint)} before its endpoint", late
    if each.never_listed:
        yield f"{name} was Ready, and no Service listed it", "Compare the Service's selector with its labels."
    if each.in_vain >= ASKED_IN_VAIN:
        first = "no request" if each.to_first is None else f"its first request after {seconds(each.to_first)}"
        others = f"while others answered {each.in_vain} from {seconds(ASKED_SECONDS)} on"
        yield f"{name} was listed and got {first}, {others}", LOOKUP_HELP
    if each.to_left is not None and each.to_left > ENDPOINT_SECONDS:
        yield f"endpoint of {name} was there {seconds(each.to_left)} after its deletion", late
    if each.to_last is not None and each.to_last > ASKED_SECONDS:
        yield (
            f"{name} was still sent a request {seconds(each.to_last)} after its endpoint had left",
            LOOKUP_HELP,
        )


def _longest(changed: Sequence[Followed], read: Callable[[Followed], float | None]) -> float | None:
    spans = [span for each in changed if (span := read(each)) is not None]
    return round(max(spans), 3) if spans else None


def _words(changed: Sequence[Followed]) -> str:
    begun = [each for each in changed if each.life.is_new]
    ended = [each for each in changed if each.life.deleting_at is not None]

    def longest(name: str) -> str:
        span = _longest(changed, SPANS[name])
        return "not seen" if span is None else f"{seconds(max(span, 0.0))} at most"

    return (
        f"{plural(len(begun), 'pod')} begun: from Ready to the endpoint {longest('ready_to_endpoint')}, to "
        f"the first answer {longest('endpoint_to_first_answer')}; {plural(len(ended), 'pod')} ended: from "
        f"deletion to the endpoint's end {longest('deletion_to_endpoint_gone')}, to the last request "
        f"{longest('endpoint_gone_to_last_request')}"
    )
