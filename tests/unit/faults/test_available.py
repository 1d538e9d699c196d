"""A workload is available again when as many pods as wanted are ready and serve."""

from __future__ import annotations

from dataclasses import replace

from stand_ins import endpoints, pod, timeline, workload

from seatrial.faults.available import available_since
from seatrial.model.timeline import Change
from seatrial.waiting import NotYet, Ready

A, B = pod("a"), pod("b")
GONE = pod("a", 5.0, change=Change.DELETED)
NEW = pod("c", 4.0, ready=False)
START = (workload(), A, B, endpoints(1.0, A, B))
DELETE = (pod("a", 3.0, change=Change.MODIFIED, deleting=True), endpoints(3.1, B), NEW, GONE)


def test_it_is_available_when_the_endpoint_of_the_replacement_serves() -> None:
    ready = replace(NEW, at=7.0, change=Change.MODIFIED, ready=True)
    seen = timeline(*START, *DELETE, ready, endpoints(7.2, B, ready), workload(8.0))
    assert available_since(seen, "web", since=5.0) == Ready(7.2)


def test_while_the_replacement_is_not_ready_it_is_not_available() -> None:
    assert available_since(timeline(*START, *DELETE), "web", since=5.0) == NotYet("1 of 2 pods ready")
    waiting = replace(NEW, at=6.0, reason="ImagePullBackOff")
    answer = available_since(timeline(*START, *DELETE, waiting), "web", since=5.0)
    assert answer == NotYet("1 of 2 pods ready (ImagePullBackOff)")


def test_a_ready_pod_without_its_endpoint_is_not_available() -> None:
    ready = replace(NEW, at=7.0, change=Change.MODIFIED, ready=True)
    answer = available_since(timeline(*START, *DELETE, ready), "web", since=5.0)
    assert answer == NotYet("1 of 2 endpoints of service web serve")


def test_a_replacement_that_serves_before_the_effect_was_seen_makes_it_available_then() -> None:
    ready = replace(NEW, at=4.5, change=Change.MODIFIED, ready=True)
    early = (DELETE[0], DELETE[1], NEW, ready, endpoints(4.6, B, ready), GONE)
    assert available_since(timeline(*START, *early), "web", since=5.0) == Ready(5.0)
    assert available_since(timeline(*START, *early, workload(9.0)), "web", since=5.0) == Ready(5.0)


def test_an_endpoint_of_an_earlier_pod_of_the_same_name_does_not_count() -> None:
    old = pod("store-0", role="store", ip="10.0.0.1")
    new = pod("store-0", 4.0, role="store", ip="10.0.0.2", uid="uid-new")
    seen = [
        workload(role="store", wanted=1),
        old,
        endpoints(1.0, old, service="store"),
        replace(old, at=3.0, change=Change.DELETED),
        new,
    ]
    assert isinstance(available_since(timeline(*seen), "store", since=3.0), NotYet)
    seen.append(endpoints(6.0, new, service="store"))
    assert available_since(timeline(*seen), "store", since=3.0) == Ready(6.0)


def test_a_workload_without_a_service_needs_only_its_pods() -> None:
    ready = replace(NEW, at=7.0, change=Change.MODIFIED, ready=True)
    seen = timeline(workload(), A, B, DELETE[0], NEW, GONE, ready)
    assert available_since(seen, "web", since=5.0) == Ready(7.0)


def test_a_pod_that_is_going_does_not_count_however_ready_it_looks() -> None:
    going = replace(B, at=6.0, change=Change.MODIFIED, deleting=True)
    seen = timeline(workload(), A, B, going)
    assert available_since(seen, "web", since=6.0) == NotYet("1 of 2 pods ready")


def test_an_endpoint_that_is_not_ready_does_not_count() -> None:
    held_back = endpoints(1.0, A, replace(B, ready=False))
    seen = timeline(workload(), A, B, held_back)
    assert available_since(seen, "web", since=2.0) == NotYet("1 of 2 endpoints of service web serve")


def test_as_many_as_are_wanted_now_count() -> None:
    seen = timeline(*START, *DELETE, workload(6.0, wanted=1))
    assert available_since(seen, "web", since=5.0) == Ready(6.0)
    assert available_since(timeline(), "web", since=5.0) == NotYet("the workload of role web was not seen")


def test_records_that_two_watches_handed_over_in_the_wrong_order_are_taken_by_their_times() -> None:
    down = replace(A, at=5.0, change=Change.MODIFIED, ready=False, reason="Error")
    start = (workload(wanted=1), A, endpoints(1.0, A))
    seen = timeline(*start, endpoints(5.03), down)
    assert isinstance(available_since(seen, "web", since=5.0), NotYet)


def test_the_pods_of_a_lost_node_do_not_count_however_ready_they_look() -> None:
    away = replace(B, node="node-2")
    start = (workload(), A, away, endpoints(1.0, A, away))
    assert available_since(timeline(*start), "web", since=5.0) == Ready(5.0)
    lost = available_since(timeline(*start), "web", since=5.0, lost_nodes={"node-2"})
    assert lost == NotYet("1 of 2 pods ready")
    new = pod("d", 8.0)
    seen = timeline(*start, new, endpoints(8.5, A, new))
    assert available_since(seen, "web", since=5.0, lost_nodes={"node-2"}) == Ready(8.5)
