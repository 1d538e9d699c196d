"""Why nothing was left that could answer: all pods on one node, or taken away by a rollout."""

from dataclasses import replace

import pytest
from observations import crash_fault, fault, pod, timeline

from seatrial.judge.placement import all_on_what_was_lost, ready_at, taken_away
from seatrial.model.fault import NODES, ZONE, Disruption, Target
from seatrial.model.timeline import Change

LOST = replace(crash_fault(100.0, 160.0), target=Target("Node", "", "worker"), reverted_at=150.0)
ROLLED = replace(
    fault(100.0, 160.0), target=Target("Deployment", "chandlery", "orders"), reverted_at=150.0,
    details={"revision_before": "1"},
)  # fmt: skip


def running(uid: str, node: str = "worker", at: float = 1.0):
    return pod(at, f"orders-{uid}", uid=uid, node=node, ready=True)


def leaving(uid: str, at: float):
    return pod(at, f"orders-{uid}", uid=uid, ready=True, deleting=True)


def test_pods_that_all_ran_on_the_lost_node_are_the_cause() -> None:
    (words,) = all_on_what_was_lost(timeline(running("a"), running("b")), LOST)
    assert words.startswith("all 2 ready pods of orders ran on worker: spread the replicas over nodes")
    (words,) = all_on_what_was_lost(timeline(running("a")), LOST)
    assert words.startswith("the only ready pod of orders ran on worker")


def test_pods_that_all_ran_in_the_lost_zone_are_the_cause() -> None:
    lost = replace(LOST, target=Target(ZONE, "", "a"), details={NODES: ["worker", "worker3"]})
    (words,) = all_on_what_was_lost(timeline(running("a"), running("b", "worker3")), lost)
    assert words.startswith("all 2 ready pods of orders ran in zone a: spread the replicas over zones")
    assert all_on_what_was_lost(timeline(running("a"), running("b", "worker2")), lost) == []


@pytest.mark.parametrize(
    "seen",
    [
        [running("a"), running("b", "worker2")],
        [],
        [pod(1.0, uid="a")],
        [running("a"), running("b", "worker2", at=100.0)],
    ],
    ids=["spread", "none seen", "none ready", "ready just in time"],
)
def test_other_placements_are_not(seen: list) -> None:
    assert all_on_what_was_lost(timeline(*seen), LOST) == []


def test_only_the_loss_of_a_node_takes_all_of_them() -> None:
    assert all_on_what_was_lost(timeline(running("a"), running("b")), ROLLED) == []
    drained = replace(LOST, disruption=Disruption.VOLUNTARY)
    assert all_on_what_was_lost(timeline(running("a"), running("b")), drained) == []


def test_pods_that_a_rollout_takes_before_new_ones_are_ready_are_the_cause() -> None:
    seen = [running("a"), running("b"), leaving("a", 100.5), leaving("b", 100.6), pod(103.0, uid="n")]
    (words,) = taken_away(timeline(*seen), ROLLED)
    assert words.startswith(
        "2 of 2 pods of orders that worked were taken away from 0.50 s after the change on"
    )
    assert "none was left Ready" in words
    assert "maxUnavailable 0" in words


def test_one_that_was_left_is_counted() -> None:
    gone = pod(101.0, "orders-a", uid="a", change=Change.DELETED)
    (words,) = taken_away(timeline(running("a"), running("b"), gone), ROLLED)
    assert "1 of 2 pods" in words
    assert "1 was left Ready" in words


@pytest.mark.parametrize(
    "seen",
    [
        [running("a"), running("n", at=104.0), leaving("a", 105.0)],
        [running("a"), leaving("a", 151.0)],
        [running("a"), leaving("a", 100.0)],
        [running("a"), pod(105.0, "orders-a", uid="a")],
    ],
    ids=["a new one first", "after the revert", "before the change", "not ready but not taken"],
)
def test_other_ends_are_not(seen: list) -> None:
    assert taken_away(timeline(*seen), ROLLED) == []


def test_only_a_rollout_takes_pods_away() -> None:
    assert taken_away(timeline(running("a"), leaving("a", 101.0)), LOST) == []


def test_what_was_ready_at_a_moment() -> None:
    seen = timeline(running("a"), running("b", at=50.0), leaving("a", 70.0))
    assert set(ready_at(seen, "orders", 60.0)) == {"a", "b"}
    assert set(ready_at(seen, "orders", 70.0)) == {"b"}
    assert ready_at(seen, "catalogue", 60.0) == {}
