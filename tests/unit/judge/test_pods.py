"""What the judges ask a timeline."""

from observations import endpoints, fault, pod, timeline, workload

from seatrial.judge.pods import endpoint_left, endpoint_ready, life, replacement_of, workload_at
from seatrial.model.timeline import Change, Endpoint, EndpointsSeen, PodSeen


def test_the_life_of_a_pod_ends_in_three_steps() -> None:
    seen = timeline(
        pod(90.0, "orders-old", uid="u", ready=True),
        endpoints(90.0, orders_old=True),
        pod(100.0, "orders-old", uid="u", deleting=True),
        endpoints(100.4, orders_old=False),
        pod(103.0, "orders-old", uid="u", change=Change.DELETED, deleting=True),
    )
    ending = life(seen, "orders-old", "u")
    assert (ending.deleting_at, ending.endpoint_left_at, ending.gone_at) == (100.0, 100.4, 103.0)
    assert life(seen, "orders-old", since=100.0).deleting_at == 100.0
    assert life(seen, "orders-old", since=100.1).deleting_at == 103.0
    assert life(seen, "orders-other").deleting_at is None


def test_an_endpoint_left_when_the_last_slice_dropped_it() -> None:
    def other(at: float, *, ready: bool, change: Change = Change.MODIFIED) -> EndpointsSeen:
        return EndpointsSeen(
            at, change, "b", "second", (Endpoint("10.0.0.1", "orders-old", ready, ready, False),)
        )

    both = [endpoints(90.0, orders_old=True), other(90.0, ready=True), endpoints(100.0, orders_old=False)]
    assert endpoint_left(timeline(*both), "orders-old", 95.0) is None
    assert endpoint_left(timeline(*both, other(101.0, ready=False)), "orders-old", 95.0) == 101.0
    deleted = other(102.0, ready=True, change=Change.DELETED)
    assert endpoint_left(timeline(*both, deleted), "orders-old", 95.0) == 102.0
    assert endpoint_left(timeline(*both, other(101.0, ready=False)), "orders-old", 101.0) == 101.0
    assert endpoint_left(timeline(*both, other(101.0, ready=False)), "orders-old", 101.5) is None
    assert endpoint_left(timeline(endpoints(90.0, orders_old=False)), "orders-old", 0.0) is None


def test_an_endpoint_serves_when_every_slice_that_lists_it_has_it_ready() -> None:
    second = EndpointsSeen(
        103.0, Change.MODIFIED, "b", "second", (Endpoint("10.0.0.1", "orders-new", True, True, False),)
    )
    early = endpoints(90.0, orders_new=True)
    seen = timeline(early, endpoints(101.0, orders_new=False), endpoints(102.0, orders_new=True), second)
    assert endpoint_ready(seen, "orders-new", 100.0) == 103.0
    assert endpoint_ready(seen, "orders-new", 100.0, "orders") == 102.0
    assert endpoint_ready(seen, "orders-new", 90.0, "orders") == 90.0
    assert endpoint_ready(seen, "orders-none", 100.0) is None
    assert endpoint_ready(timeline(endpoints(101.0, orders_new=False)), "orders-new", 100.0) is None
    gone = EndpointsSeen(104.0, Change.DELETED, "orders-slice", "orders", second.endpoints)
    assert endpoint_ready(timeline(gone), "orders-new", 100.0) is None


def test_a_workload_is_as_it_was_last_seen_or_will_first_be_seen() -> None:
    seen = timeline(
        workload(90.0, ready=2), workload(95.0, ready=1), workload(105.0, ready=0), workload(106.0)
    )
    before, after = workload_at(seen, "orders", 100.0), workload_at(seen, "orders", 80.0)
    assert before is not None
    assert after is not None
    assert (before.at, after.at) == (95.0, 90.0)
    assert workload_at(seen, "other", 100.0) is None
    at_once = workload_at(seen, "orders", 105.0)
    assert at_once is not None
    assert at_once.ready == 0


def test_the_replacement_is_the_named_pod_or_the_first_new_one() -> None:
    seen = timeline(
        pod(99.0, "orders-before", uid="before"),
        pod(100.2, "orders-old", uid="uid-old"),
        pod(100.3, "orders-first", uid="first"),
        pod(100.4, "orders-new", uid="new"),
    )
    named = replacement_of(seen, fault())
    assert [state.uid for state in named] == ["new"]
    unnamed = replacement_of(seen, fault(replacement=""))
    assert [state.uid for state in unnamed] == ["first"]
    assert replacement_of(timeline(pod(99.0, "orders-before", uid="before")), fault(replacement="")) == ()
    at_once = timeline(pod(100.0, "orders-at-once", uid="at-once"))
    assert [state.uid for state in replacement_of(at_once, fault(replacement=""))] == ["at-once"]


def test_of_two_new_pods_the_one_seen_first_took_the_place() -> None:
    seen = timeline(
        pod(100.3, "orders-a", uid="a"),
        pod(100.4, "orders-b", uid="b"),
        pod(100.5, "orders-b", uid="b", ready=True),
        pod(105.0, "orders-a", uid="a", ready=True),
    )
    assert [state.uid for state in replacement_of(seen, fault(replacement=""))] == ["a", "a"]


def test_a_killed_container_comes_back_in_its_own_pod() -> None:
    def old(at: float, restarts: int) -> PodSeen:
        return pod(at, "orders-old", uid="uid-old", restarts=restarts)

    seen = timeline(old(90.0, 1), old(95.0, 2), old(100.0, 3), old(100.1, 3), old(101.0, 4), old(102.0, 5))
    assert [state.at for state in replacement_of(seen, fault(replacement=""))] == [101.0, 102.0]
    assert replacement_of(timeline(old(101.0, 1)), fault(replacement="")) == ()


def test_a_pod_of_a_stateful_set_comes_back_under_its_name() -> None:
    seen = timeline(pod(90.0, "db-0", uid="a"), pod(100.2, "db-0", uid="b"))
    found = replacement_of(seen, fault(name="db-0", uid="a", replacement="db-0"))
    assert [state.uid for state in found] == ["b"]
