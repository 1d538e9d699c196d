"""Scale-in costs no request; each that failed is put down to pod, deletion, SIGTERM and endpoint."""

import dataclasses
from typing import Any

import pytest
from load_steps import BEFORE, observed
from observations import dropped, endpoints, exchange, failed, pod, stream

from seatrial.judge.scale_in import scale_in_loses_nothing
from seatrial.model.observation import TROUBLE
from seatrial.model.timeline import Change, PodSeen, Seen
from seatrial.model.verdict import Outcome, Verdict


def ended(
    name: str, begins: float, gone: float | None, *, role: str = "orders", pre_stop: float | None = 0.0
) -> list[Seen]:
    states = [pod(90.0, name, uid=name, ready=True), pod(begins, name, uid=name, deleting=True)]
    if gone is not None:
        states.append(pod(gone, name, uid=name, change=Change.DELETED, deleting=True))
    return [dataclasses.replace(state, workload=role, pre_stop_seconds=pre_stop) for state in states]


def judged(seen: list[Seen], exchanges: list[Any], minimum: int = 0, **more: Any) -> Verdict:
    whole = observed([*BEFORE, *seen], exchanges, **more)
    return scale_in_loses_nothing(whole, minimum_requests=minimum)


THREE = [
    *ended("orders-c", 420.0, 421.0),
    *ended("orders-a", 400.0, 405.0),
    *ended("orders-b", 404.0, 410.0),
    *ended("shop-a", 440.0, 445.0, role="shop"),
]


def test_only_requests_during_the_end_of_a_pod_count() -> None:
    requests = [exchange(at) for at in (399.0, 400.0, 403.0, 407.0, 410.0, 411.0, 420.5, 442.0)]
    verdict = judged(THREE, [*requests, failed(442.0), failed(399.5), failed(415.0)], 5)
    assert verdict.outcome is Outcome.PASSED
    assert verdict.observed == "0 of 5 requests failed while 3 pods terminated"
    assert verdict.numbers == {"scale_in_pods": 3, "scale_in_requests": 5, "scale_in_failed": 0}
    assert judged(THREE, requests, 6).outcome is Outcome.INCONCLUSIVE
    cut = judged(THREE, [*requests, failed(409.0)], 5)
    assert cut.outcome is Outcome.FAILED
    assert cut.observed == "1 of 6 requests failed while 3 pods terminated (1x connection refused)"


@pytest.mark.parametrize(("begun", "outcome"), [(49, Outcome.INCONCLUSIVE), (50, Outcome.PASSED)])
def test_fifty_requests_are_enough(begun: int, outcome: Outcome) -> None:
    requests = [exchange(400.0 + number / 20) for number in range(begun)]
    whole = observed([*BEFORE, *ended("orders-a", 400.0, 405.0)], requests)
    assert scale_in_loses_nothing(whole).outcome is outcome


def test_a_pod_that_is_still_ending_does_so_until_the_watch_ends() -> None:
    seen = ended("orders-a", 400.0, None)
    assert judged(seen, [failed(499.0)], watched_until=500.0).outcome is Outcome.FAILED
    assert judged(seen, [failed(501.0)], watched_until=500.0).outcome is Outcome.PASSED


@pytest.mark.parametrize("at", [401.0, 408.0, 411.5])
def test_pods_that_end_one_after_the_other_leave_no_gap(at: float) -> None:
    seen = [
        *ended("orders-z", 310.0, 311.0),
        *ended("orders-a", 400.0, 410.0),
        *ended("orders-b", 402.0, 404.0),
        *ended("orders-c", 409.0, 412.0),
    ]
    assert judged(seen, [failed(at), dropped(409.0)]).outcome is Outcome.FAILED
    for outside in (311.5, 399.0, 412.5):
        assert judged(seen, [failed(outside)]).outcome is Outcome.PASSED


def test_where_nothing_was_scaled_in_nothing_is_claimed() -> None:
    verdict = judged([], [*stream(90, 95), failed(94.5)])
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.observed == "no pod of orders terminated: nothing was scaled in"


def test_without_a_load_step_or_an_autoscaler_it_is_an_error() -> None:
    assert judged(THREE, [], load_ended_at=None).outcome is Outcome.ERROR
    whole = observed(THREE, [])
    assert "no HorizontalPodAutoscaler orders" in scale_in_loses_nothing(whole).observed
    blind = dataclasses.replace(whole, arms={TROUBLE: dataclasses.replace(whole.trouble, timeline=None)})
    assert scale_in_loses_nothing(blind).outcome is Outcome.ERROR


def test_a_watch_that_broke_meanwhile_is_no_pass() -> None:
    requests = [exchange(400.0 + n / 20) for n in range(60)]
    seen = ended("orders-a", 400.0, 405.0)
    assert judged(seen, requests, 50).outcome is Outcome.PASSED
    assert judged(seen, requests, 50, gaps=((401.0, 402.0),)).outcome is Outcome.INCONCLUSIVE
    assert judged(seen, requests, 50, gaps=((90.0, 95.0),)).outcome is Outcome.PASSED


LEFT = [endpoints(399.0, orders_a=True), endpoints(400.9)]


def test_a_failed_request_is_told_with_pod_deletion_sigterm_and_endpoint() -> None:
    verdict = judged(
        [*ended("orders-a", 400.0, 402.0), *LEFT], [failed(400.45), failed(401.2, backend="orders-a")]
    )
    assert verdict.reasons == (
        "browse 400450 (connection refused): orders-a (the last one whose end had begun), sent 0.45 s after "
        "its deletion, 0.45 s after SIGTERM, 0.45 s before its endpoint left",
        "browse 401200 (connection refused): orders-a (named by the answer), sent 1.20 s after its "
        "deletion, 1.20 s after SIGTERM, 0.30 s after its endpoint left",
    )
    assert "a preStop sleep of at least 1.3 s would have sufficed. It has none." in verdict.next_step
    assert verdict.numbers["pre_stop_seconds_needed"] == 1.3


def test_the_sleep_that_it_has_is_named_and_moves_sigterm() -> None:
    seen: list[Seen] = [*ended("orders-a", 400.0, 406.0, pre_stop=1.0), endpoints(399.0, orders_a=True)]
    verdict = judged([*seen, endpoints(404.0)], [failed(403.0)])
    assert "sent 3.00 s after its deletion, 2.00 s after SIGTERM" in verdict.reasons[0]
    assert "at least 3.1 s would have sufficed. It has one of 1 s." in verdict.next_step
    early = judged([*seen, endpoints(404.0)], [failed(400.4)])
    assert "0.40 s after its deletion, 0.60 s before SIGTERM" in early.reasons[0]
    unknown = judged([*ended("orders-a", 400.0, 406.0, pre_stop=None), *LEFT], [failed(400.4)])
    assert "SIGTERM" not in unknown.reasons[0]
    assert "It has" not in unknown.next_step


def test_a_request_that_was_under_way_needs_no_sleep_but_patience() -> None:
    verdict = judged([*ended("orders-a", 400.0, 402.0), *LEFT], [failed(399.9, latency=0.3)])
    assert verdict.outcome is Outcome.FAILED
    assert "0.10 s before its deletion" in verdict.reasons[0]
    assert "on SIGTERM finish requests in flight before exit" in verdict.next_step
    assert verdict.numbers["pre_stop_seconds_needed"] == 0.0


def test_many_failed_requests_are_counted() -> None:
    verdict = judged([*ended("orders-a", 400.0, 402.0), *LEFT], [failed(400.1 + n / 20) for n in range(8)])
    assert len(verdict.reasons) == 6
    assert verdict.reasons[-1] == "and 3 requests more"


def test_pods_keep_their_last_state() -> None:
    states = [state for state in ended("orders-a", 400.0, 402.0) if isinstance(state, PodSeen)]
    assert {state.pre_stop_seconds for state in states} == {0.0}
