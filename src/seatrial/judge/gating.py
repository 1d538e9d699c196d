"""Whether a pod that is not Ready is asked no more, and again when it is. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seatrial.judge.asked import answers_by_pod
from seatrial.judge.disruption import watched
from seatrial.judge.evidence import FAULT_HELP, fault_weakness
from seatrial.judge.following import ASKED_IN_VAIN, ASKED_SECONDS, ENDPOINT_SECONDS, services_of
from seatrial.judge.pods import endpoint_of, endpoint_ready
from seatrial.judge.probes import not_tried
from seatrial.judge.wording import plural, seconds
from seatrial.model.exchange import Exchange
from seatrial.model.fault import FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.timeline import Change, Timeline
from seatrial.model.verdict import Outcome, Verdict

EXPECTED = (
    f"its endpoint leaves within {seconds(ENDPOINT_SECONDS)} of its being unready, nobody asks it "
    f"{seconds(ASKED_SECONDS)} after that, and somebody does {seconds(ASKED_SECONDS)} after it is back"
)
ENDPOINT_HELP = "Take `publishNotReadyAddresses` away where clients use the Service, or look why it is late."
SENDER_HELP = (
    "Let senders go by endpoints: a proxy with health checks of its own, names that are looked up seldom and "
    "connections that are kept all go on with a pod that Kubernetes has taken out."
)
PROBE_HELP = "Declare a readiness probe: without one a pod that cannot work is asked all the same."


@dataclass(frozen=True)
class _Pod:
    """The pod that was made unready.

    Attributes:
        left_at: no Service listed it as ready any more; None when one did until the fault was over.
        back_at: every Service that lists it had it as ready again; None when not seen.
        mine, others: what it answered, and what the other pods of its workload did.
    """

    fault: FaultRecord
    services: Sequence[str]
    flagged: str
    left_at: float | None
    back_at: float | None
    mine: Sequence[Exchange]
    others: Sequence[Exchange]

    @property
    def name(self) -> str:
        return self.fault.target.name

    @property
    def until(self) -> float:
        """When the fault was over."""
        assert self.fault.reverted_at is not None
        return self.fault.reverted_at


def readiness_gates_traffic(observation: Observation) -> Verdict:
    """Whether requests kept away from a pod that was unready for a while, and came back to it.

    A workload without a readiness probe is FAILED: nothing can take a pod of it out of the traffic. One whose
    probe cannot be refused from outside is UNSUPPORTED, and named.
    """
    if verdict := not_tried(observation, EXPECTED, PROBE_HELP):
        return verdict
    if doubt := fault_weakness(observation.faults):
        return Verdict(Outcome.ERROR, doubt, EXPECTED, FAULT_HELP)
    timeline, fault = observation.timeline, observation.faults[0]
    if timeline is None or fault.reverted_at is None:
        lacking = "no timeline was recorded" if timeline is None else "it was not seen how the fault ended"
        return Verdict(Outcome.INCONCLUSIVE, lacking, EXPECTED, "Run it again.")
    pod = _pod(observation, timeline, fault)
    numbers = {
        "unready_seconds": round(pod.until - (fault.verified_at or fault.injected_at), 3),
        "endpoint_left_seconds": None if pod.left_at is None else round(pod.left_at - fault.injected_at, 3),
        "answered_before": len([each for each in pod.mine if each.begun_at < fault.injected_at]),
        "answered_unready": len(_late(pod)),
        "answered_by_others": len(_meanwhile(pod)),
    }
    for outcome, text, hint in (*_wrong(pod), *_thin(pod)):
        return Verdict(outcome, text, EXPECTED, hint, numbers)
    return watched(observation, Verdict(Outcome.PASSED, _words(pod), EXPECTED, numbers=numbers))


def _pod(observation: Observation, timeline: Timeline, fault: FaultRecord) -> _Pod:
    services, flagged = services_of(timeline, fault.target.name)
    assert fault.reverted_at is not None
    answers = answers_by_pod(observation, observation.target)
    return _Pod(
        fault, services, flagged,
        unlisted_at(timeline, fault.target.name, services, fault.injected_at, fault.reverted_at),
        endpoint_ready_again(timeline, fault, services),
        answers.get(fault.target.uid, ()),
        [one for uid, found in answers.items() if uid != fault.target.uid for one in found],
    )  # fmt: skip


def unlisted_at(
    timeline: Timeline, pod: str, services: Sequence[str], since: float, until: float
) -> float | None:
    """The first moment from `since` to `until` at which no slice of these Services had the pod as ready."""
    listed: dict[str, bool] = {}
    for state in timeline.endpoint_states():
        if state.service not in services:
            continue
        found = endpoint_of(state.endpoints, pod)
        listed[state.slice_name] = found is not None and found.ready and state.change is not Change.DELETED
        if since <= state.at <= until and not any(listed.values()):
            return state.at
    return None


def endpoint_ready_again(timeline: Timeline, fault: FaultRecord, services: Sequence[str]) -> float | None:
    """When every one of these Services had the pod as ready again after the fault was over."""
    assert fault.reverted_at is not None
    moments = [endpoint_ready(timeline, fault.target.name, fault.reverted_at, name) for name in services]
    known = [moment for moment in moments if moment is not None]
    return max(known) if known and len(known) == len(moments) else None


def _wrong(pod: _Pod) -> Iterator[tuple[Outcome, str, str]]:
    """What the system did wrong, worst first."""
    fault, failed = pod.fault, Outcome.FAILED
    unready_at = fault.injected_at if fault.verified_at is None else fault.verified_at
    if pod.services and pod.left_at is None:
        listing = pod.flagged or pod.services[0]
        lasted = seconds(pod.until - unready_at)
        yield (
            failed,
            f"Service {listing} listed {pod.name} as ready while it was unready for {lasted}",
            ENDPOINT_HELP,
        )
    elif pod.left_at is not None and pod.left_at - unready_at > ENDPOINT_SECONDS:
        took = seconds(pod.left_at - unready_at)
        yield failed, f"{pod.name} was unready {took} before its endpoint left", ENDPOINT_HELP
    if late := _late(pod):
        assert pod.left_at is not None
        asked = f"{plural(len(late), 'request')} of {len(late) + len(_meanwhile(pod))}"
        last = seconds(max(each.begun_at for each in late) - pod.left_at)
        yield (
            failed,
            f"{pod.name} was still sent {asked} up to {last} after its endpoint had left",
            SENDER_HELP,
        )
    if fault.available_at is None:
        yield (
            failed,
            f"{pod.name} was not ready again in time after its probe passed again",
            "Read its events.",
        )
    elif len(vain := _in_vain(pod)) >= ASKED_IN_VAIN:
        text = (
            f"{pod.name} got no request after its endpoint was back, while others answered {len(vain)} from"
        )
        yield failed, f"{text} {seconds(ASKED_SECONDS)} on", SENDER_HELP


def _in_vain(pod: _Pod) -> list[Exchange]:
    """What others were sent when it should have been asked again, where it never was."""
    if pod.back_at is None or _again(pod):
        return []
    return [each for each in pod.others if each.begun_at >= pod.back_at + ASKED_SECONDS]


def _thin(pod: _Pod) -> Iterator[tuple[Outcome, str, str]]:
    """Why what was seen is no pass, though nothing was wrong."""
    if not pod.services:
        yield Outcome.UNSUPPORTED, f"no Service lists {pod.name}", "A Service that selects it is needed."
    if not any(each.begun_at < pod.fault.injected_at for each in pod.mine):
        yield Outcome.INCONCLUSIVE, f"no answer names {pod.name} while it was Ready", "Raise the rate."
    if (others := len(_meanwhile(pod))) < ASKED_IN_VAIN:
        text = f"only {plural(others, 'request')} could have gone to it while it was unready"
        yield Outcome.INCONCLUSIVE, text, "Raise the rate, or hold the fault longer."
    if pod.back_at is None or not _again(pod):
        yield Outcome.INCONCLUSIVE, f"it was not seen that {pod.name} is asked again", "Watch it longer."


def _late(pod: _Pod) -> list[Exchange]:
    """What the pod was sent when everybody had had the time to notice that it had left."""
    return [each for each in pod.mine if _unready(pod, each)]


def _meanwhile(pod: _Pod) -> list[Exchange]:
    """What others were sent in that time."""
    return [each for each in pod.others if _unready(pod, each)]


def _unready(pod: _Pod, exchange: Exchange) -> bool:
    return pod.left_at is not None and pod.left_at + ASKED_SECONDS < exchange.begun_at < pod.until


def _again(pod: _Pod) -> list[Exchange]:
    """What it was sent after its endpoint was back."""
    return [each for each in pod.mine if pod.back_at is not None and each.begun_at >= pod.back_at]


def _words(pod: _Pod) -> str:
    fault = pod.fault
    assert pod.left_at is not None
    assert pod.back_at is not None
    unready_at = fault.injected_at if fault.verified_at is None else fault.verified_at
    last = max(
        (each.begun_at for each in pod.mine if pod.left_at <= each.begun_at < pod.until), default=pod.left_at
    )
    first = min(each.begun_at for each in _again(pod))
    left = seconds(max(pod.left_at - unready_at, 0))
    quiet = f"none of {plural(len(_meanwhile(pod)), 'request')} from {seconds(ASKED_SECONDS)} on was its"
    return (
        f"{pod.name}: endpoint left {left} after it was unready, last request {seconds(last - pod.left_at)} "
        f"after that; {quiet}; asked again {seconds(first - pod.back_at)} after its endpoint was back"
    )
