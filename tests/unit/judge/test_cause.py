"""The cause of failures is read from who ended when, and from what the requests' own times say."""

import dataclasses

import pytest
from observations import (
    crash_fault,
    endpoints,
    failed,
    fault,
    observation,
    pod,
    timeline,
    unknown,
    warning,
    workload,
)

from seatrial.judge.cause import cause, never_available
from seatrial.judge.windows import windows
from seatrial.model.exchange import Exchange
from seatrial.model.fault import FaultRecord, Target
from seatrial.model.timeline import Change, Endpoint, EndpointsSeen, PodSeen, Seen

NO_CAUSE = "No cause found in the watch records and events; logs were not recorded: read the pods' logs."


def causes(failures: list[Exchange], faults: list[FaultRecord], *seen: Seen) -> str:
    watched = timeline(workload(90.0), *seen)
    return cause(observation(failures, faults, timeline=watched), failures, windows(faults))


def on(kind: str, name: str, injected_at: float = 100.0, available_at: float | None = 104.0) -> FaultRecord:
    return dataclasses.replace(
        fault(injected_at, available_at, replacement="none"), target=Target(kind, "chandlery", name)
    )


def ending(
    name: str,
    *,
    begins: float = 100.2,
    node: str = "worker",
    role: str = "orders",
    left: float | None = 100.4,
) -> list[Seen]:
    """A pod that was scheduled, served, was deleted and has left its Service."""
    states = [
        pod(80.0, name, uid=name, node=""),
        pod(90.0, name, uid=name, node=node, ready=True),
        pod(begins, name, uid=name, node=node, deleting=True),
        pod(begins + 3, name, uid=name, node="", change=Change.DELETED, deleting=True),
    ]
    listed = [listing(90.0, name, ready=True)] + ([] if left is None else [listing(left, name, ready=False)])
    return [*(dataclasses.replace(state, workload=role) for state in states), *listed]


def listing(at: float, name: str, *, ready: bool) -> EndpointsSeen:
    endpoint = Endpoint("10.0.0.1", name, ready=ready, serving=ready, terminating=not ready)
    return EndpointsSeen(at, Change.MODIFIED, f"{name}-slice", name, (endpoint,))


def test_a_drained_node_ends_the_pods_that_were_on_it_whatever_their_role() -> None:
    seen = [
        *ending("shop-1", role="shop"),
        *ending("shop-2", role="shop", node="worker-2", begins=100.3),
    ]
    text = causes([failed(100.35)], [on("Node", "worker")], *seen)
    assert "endpoint of shop-1 left 0.20 s after deletion began" in text
    assert "shop-2" not in text


def test_a_rollout_ends_the_pods_of_its_workload_and_no_others() -> None:
    seen = [*ending("orders-1"), *ending("shop-1", role="shop", begins=100.3)]
    text = causes([failed(100.35)], [on("Deployment", "worker")], *seen)
    assert "endpoint of orders-1" in text
    assert "shop-1" not in text


def test_a_pod_whose_end_began_after_the_disruption_is_no_victim_of_it() -> None:
    late = [failed(104.2)]
    assert "orders-1" in causes(
        late, [on("Deployment", "orders")], *ending("orders-1", begins=104.0, left=104.5)
    )
    assert (
        causes(late, [on("Deployment", "orders")], *ending("orders-1", begins=104.1, left=104.5)) == NO_CAUSE
    )
    before = ending("orders-1", begins=99.0, left=99.2)
    assert "orders-1" not in causes([failed(99.1)], [on("Deployment", "orders")], *before[:2], *before[4:])


def test_a_failure_belongs_to_the_pod_that_answered_it() -> None:
    seen = [*ending("orders-1", begins=100.2, left=100.5), *ending("orders-2", begins=100.3, left=100.6)]
    faults = [on("Deployment", "orders")]
    assert "orders-1" in causes([failed(100.4, backend="orders-1")], faults, *seen)
    assert "orders-2" not in causes([failed(100.4, backend="orders-1")], faults, *seen)
    assert "orders-1" in causes([failed(100.4, backend="orders-1"), failed(100.4)], faults, *seen)


def test_a_failure_of_an_unknown_pod_belongs_to_the_last_one_whose_end_had_begun() -> None:
    seen = [*ending("orders-1", begins=100.2, left=100.5), *ending("orders-2", begins=100.5, left=100.9)]
    faults = [on("Deployment", "orders")]
    assert "orders-1" in causes([failed(100.25, latency=0.125)], faults, *seen)
    both_had_begun = causes([failed(100.25, latency=0.25)], faults, *seen)
    assert both_had_begun.startswith("1 request sent before the deletion of orders-2 began failed")
    assert "orders-2" in causes([unknown(100.25, latency=None)], faults, *seen)
    assert causes([failed(100.1, latency=0.01)], faults, *seen) == NO_CAUSE


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (100.19, "sent before the deletion of orders-1 began failed"),
        (100.2, "a preStop sleep of at least 0.1 s would have sufficed"),
        (100.25, "a preStop sleep of at least 0.2 s would have sufficed"),
        (101.5, "a preStop sleep of at least 1.4 s would have sufficed"),
        (101.6, "failed 1.10 s and more after the endpoint of orders-1 had left, over open connections"),
        (103.2, "failed 2.70 s and more after the endpoint of orders-1 had left"),
        (103.3, NO_CAUSE),
    ],
)
def test_the_time_of_a_failure_says_what_the_old_pod_did_wrong(at: float, words: str) -> None:
    text = causes([failed(at, latency=0.2)], [on("Deployment", "orders")], *ending("orders-1", left=100.5))
    assert words in text
    assert text.count(" failed") == (words != NO_CAUSE)


def test_several_failures_are_put_together_by_what_they_show() -> None:
    bad = [failed(at, latency=0.2) for at in (100.15, 100.3, 101.45, 101.75, 102.5)]
    text = causes(bad, [on("Deployment", "orders")], *ending("orders-1", left=100.5))
    assert text == (
        "endpoint of orders-1 left 0.30 s after deletion began, and 2 requests sent meanwhile failed: a "
        "preStop sleep of at least 1.4 s would have sufficed. "
        "1 request sent before the deletion of orders-1 began failed: on SIGTERM finish requests in flight "
        "before exit. "
        "2 requests failed 1.25 s and more after the endpoint of orders-1 had left, over open connections: "
        "on SIGTERM close idle connections and finish requests in flight."
    )


def test_an_endpoint_that_never_left_is_said_to_have_stayed() -> None:
    text = causes([failed(102.0)], [on("Deployment", "orders")], *ending("orders-1", left=None))
    assert text.startswith(
        "endpoint of orders-1 never left while it was watched, and 1 request sent meanwhile"
    )


def test_what_was_sent_late_counts_from_when_it_was_sent() -> None:
    late = dataclasses.replace(failed(100.1, latency=0.4), sent_at=100.3)
    text = causes([late], [on("Deployment", "orders")], *ending("orders-1", left=100.5))
    assert "sent meanwhile" in text
    never_sent = dataclasses.replace(late, sent_at=None)
    assert "sent before the deletion" in causes(
        [never_sent], [on("Deployment", "orders")], *ending("orders-1", left=100.5)
    )


@pytest.mark.parametrize(("pods", "further"), [(3, ""), (4, ""), (5, " (1 further cause alike.)"),
                                              (6, " (2 further causes alike.)")])  # fmt: skip
def test_four_causes_are_told_and_the_rest_counted(pods: int, further: str) -> None:
    names = [f"orders-{number}" for number in range(pods)]
    seen = [state for name in names for state in ending(name, left=100.9)]
    bad = [failed(100.5, backend=name) for name in names]
    text = causes(bad, [on("Deployment", "orders")], *seen)
    assert [name for name in names if f"{name} left" in text] == names[:4]
    assert text.endswith(f"would have sufficed.{further}")


def crashed(left: float | None) -> list[Seen]:
    seen: list[Seen] = [
        pod(90.0, "orders-old", uid="uid-old", ready=True),
        listing(90.0, "orders-old", ready=True),
    ]
    return seen if left is None else [*seen, listing(left, "orders-old", ready=False)]


def test_failures_until_the_endpoint_of_a_crashed_pod_left_are_counted() -> None:
    bad = [failed(100.5), failed(102.5), failed(102.51)]
    assert causes(bad, [crash_fault(replacement="none")], *crashed(101.5)) == (
        "2 requests failed until the endpoint of orders-old left, 1.00 s after the first: retry safe "
        "requests at the gateway, eject failing hosts, or shorten the readiness period."
    )


def test_an_endpoint_that_left_before_the_first_failure_is_no_cause() -> None:
    crash = [crash_fault(replacement="none")]
    assert causes([failed(101.0)], crash, *crashed(100.9)) == NO_CAUSE
    assert "0.00 s after the first" in causes([failed(101.0)], crash, *crashed(101.0))
    assert causes([failed(101.0)], crash, *crashed(None)) == NO_CAUSE


def fresh(*, ready_at: float = 101.5, started_at: float = 100.25) -> list[Seen]:
    return [
        pod(100.1, change=Change.ADDED),
        pod(100.4, started_at=started_at),
        pod(100.45, started_at=started_at, ready_at=ready_at, ready=True),
        endpoints(100.5, orders_new=True),
    ]


@pytest.mark.parametrize(
    ("at", "backend", "blamed"),
    [
        (100.49, "", False),
        (100.5, "", True),
        (105.5, "", True),
        (105.51, "", False),
        (101.0, "orders-new", True),
        (101.0, "orders-other", False),
    ],
)
def test_a_new_pod_is_blamed_for_its_first_five_seconds(at: float, backend: str, blamed: bool) -> None:
    text = causes([failed(at, backend=backend)], [fault(100.0, 110.0, uid="gone")], *fresh())
    assert ("orders-new began to serve" in text) is blamed


@pytest.mark.parametrize(
    ("sent", "blamed"),
    [([102.0], False), ([102.0, 103.0], False), ([102.0, 103.5], True), ([100.6, 102.0], True)],
)
def test_what_the_end_of_the_old_pod_explains_is_not_put_down_to_the_new_one(
    sent: list[float], blamed: bool
) -> None:
    """The old one left its Service at 100.4 and is gone at 103.2, the new one serves from 100.5 on."""
    failures = [failed(at) for at in sent]
    text = causes(failures, [fault(100.0, 110.0, uid="orders-old")], *ending("orders-old"), *fresh())
    assert ("over open connections" in text) is True
    assert ("orders-new began to serve" in text) is blamed
    named = [failed(102.0, backend="orders-new")]
    text = causes(named, [fault(100.0, 110.0, uid="orders-old")], *ending("orders-old"), *fresh())
    assert "orders-new began to serve" in text


@pytest.mark.parametrize(
    ("ready_at", "words"),
    [(100.5, "no readiness probe"), (100.51, "must not succeed before"), (101.0, "must not succeed before")],
)
def test_a_pod_ready_as_soon_as_it_started_was_never_asked(ready_at: float, words: str) -> None:
    text = causes(
        [failed(100.6), failed(101.0)], [fault(uid="gone")], *fresh(ready_at=ready_at, started_at=100.25)
    )
    assert text.startswith("2 requests failed up to 0.50 s after orders-new began to serve: ")
    assert words in text


def waiting(name: str, **more: object) -> PodSeen:
    return pod(101.0, name, uid=name, **more)  # type: ignore[arg-type]


def test_what_is_missing_names_the_pods_that_wait_and_the_last_warning() -> None:
    seen = timeline(
        workload(99.0, ready=2),
        workload(103.0, wanted=3, ready=1),
        waiting("orders-b", reason="CrashLoopBackOff"),
        waiting("orders-a", started_at=101.0),
        pod(99.0, "orders-c", uid="c", ready=False),
        pod(102.0, "orders-c", uid="c", ready=True),
        pod(99.0, "orders-d", uid="d"),
        pod(102.0, "orders-d", uid="d", change=Change.DELETED),
        dataclasses.replace(waiting("shop-1"), workload="shop"),
        warning(99.0, "too early"),
        warning(100.0, "first"),
        warning(102.0, "last"),
        dataclasses.replace(warning(103.0, "no warning"), warning=False),
    )
    lost = fault(100.0, None)
    assert never_available(observation([], [lost], timeline=seen), lost).endswith(
        "after delete-pod on pod/orders-old: 1 of 3 ready; orders-a is Running, orders-b is CrashLoopBackOff."
        " Last warning: last."
    )
    early = timeline(workload(99.0), warning(100.0, "at once"))
    assert "Last warning: at once" in never_available(observation([], [lost], timeline=early), lost)


def test_a_pod_that_was_named_without_its_uid_is_found_by_its_name() -> None:
    assert "orders-1" in causes([failed(100.3)], [on("Pod", "orders-1")], *ending("orders-1"))
    assert causes([failed(100.3)], [on("Pod", "orders-9")], *ending("orders-1")) == NO_CAUSE


def test_a_pod_that_was_not_seen_to_end_is_not_blamed() -> None:
    assert causes([failed(100.3)], [fault(replacement="none")], *crashed(100.4)) == NO_CAUSE


def test_an_answer_alone_is_no_cause() -> None:
    assert causes([], [fault(uid="gone")], pod(90.0, "orders-1", uid="x")) == NO_CAUSE
    assert causes([failed(100.1)], [fault(uid="gone")], *ending("orders-1")) == NO_CAUSE
