"""What lies on the path of requests: pods, events by their names, and how many could answer."""

from dataclasses import replace

from drained_shop import FILE, gone, observed, pod, request, traffic
from observations import CLOCK

from seatrial.judge.path import Path, path_of, ready_counts
from seatrial.model.timeline import Change, EventSeen, Timeline, WorkloadSeen

BOTH = Path(frozenset({"catalogue", "gateway"}))


def event(name: str) -> EventSeen:
    return EventSeen(60.0, "Pod", name, "BackOff", "restarting", warning=True)


def workload(name: str) -> WorkloadSeen:
    return WorkloadSeen(50.0, Change.ADDED, "Deployment", f"the-{name}", name, 2, 2, 2, 2)


def test_events_are_on_it_by_a_pods_name_or_their_workloads() -> None:
    names = [
        "catalogue-x",
        "the-catalogue",
        "the-catalogue-7c9f",
        "the-gateway-1",
        "payments-x",
        "the-payments",
    ]
    seen = [
        *map(workload, ("catalogue", "gateway", "payments")),
        *map(pod, (50.0, 50.0), ("catalogue-x", "payments-x")),
        *map(event, (*names, "the-cataloguer", "catalogue-y")),
    ]
    timeline = Timeline(0.0, 200.0, CLOCK, tuple(seen))
    assert [found.name for found in BOTH.events(timeline)] == names[:4]
    assert len(Path().events(timeline)) == 8
    assert [states[-1].name for states in BOTH.pods(timeline)] == ["catalogue-x"]
    assert len(Path().pods(timeline)) == 2
    assert str(BOTH) == "catalogue, gateway"


def test_it_is_that_of_all_journeys_that_failed_or_of_the_subjects() -> None:
    seen = observed(traffic())
    assert path_of(seen, []).roles == {"catalogue", "gateway"}
    pay = request(110.0, ok=False, journey="pay")
    assert path_of(seen, [pay]).roles == {"payments"}
    assert path_of(seen, [pay, request(110.0, ok=False)]).roles == {"catalogue", "gateway", "payments"}
    assert path_of(replace(seen, system=None), [pay]).roles == frozenset()


def test_where_one_of_them_is_not_known_everything_is_on_it() -> None:
    file = FILE + "  look: {request: {path: /look}}\n"
    pay, look = (request(110.0, ok=False, journey=name) for name in ("pay", "look"))
    assert path_of(observed(traffic(), file=file), [pay, look]).roles == frozenset()
    assert Path().holds("anything")
    assert BOTH.holds("gateway")
    assert not BOTH.holds("payments")


def test_how_many_could_answer_is_told_at_each_change() -> None:
    name, other = "catalogue-a", "catalogue-b"
    seen = [
        pod(50.0, name, ready=False),
        pod(51.0, name),
        pod(52.0, other),
        pod(53.0, other),
        pod(54.0, "payments-a"),
        pod(55.0, name, deleting=True),
        gone(56.0, name),
        pod(57.0, "catalogue-c"),
        replace(gone(58.0, other), ready=True, deleting=False),
        pod(59.0, "catalogue-c", ready=False),
    ]
    counts = ready_counts(Timeline(0.0, 200.0, CLOCK, (workload("catalogue"), *seen)), "catalogue")
    assert counts == [(50.0, 0), (51.0, 1), (52.0, 2), (55.0, 1), (57.0, 2), (58.0, 1), (59.0, 0)]
