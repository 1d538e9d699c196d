"""Which nodes are a zone, and where the loss of one is not tried."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from stand_ins import pod, system, timeline, workload

from seatrial.faults.base import Impossible
from seatrial.faults.lost import Lost
from seatrial.faults.stop_zone import ZONE_LABEL, StopZone, by_zone, one_zone, zones_of
from seatrial.model.fault import ONE_ZONE, ZONE, Target


def node(name: str, zone: str = "", **spec: Any) -> dict[str, Any]:
    labels = {ZONE_LABEL: zone} if zone else {}
    status = {"conditions": [{"type": "Ready", "status": "True"}]}
    return {"metadata": {"name": name, "uid": name, "labels": labels}, "spec": spec, "status": status}


FOUR = [node("n4", "b"), node("n1", "a"), node("n3", "b"), node("n2", "a")]
CONTROL = node("c", taints=[{"key": "control-plane", "effect": "NoSchedule"}])


def chosen(where: dict[str, str], nodes: list[dict[str, Any]], **picking: Any) -> list[Lost] | Impossible:
    pods = [pod(name, 1.0, ready=True, node=place) for name, place in where.items()]
    seen = timeline(workload(1.0, wanted=len(where)), *pods)
    recorder = SimpleNamespace(snapshot=lambda: seen, system=system())
    return StopZone("web", **picking).choices(recorder, nodes)  # type: ignore[arg-type]


def test_all_nodes_of_a_zone_are_lost_together() -> None:
    found = chosen({"a": "n1", "b": "n3"}, [*FOUR, CONTROL], pod="b")
    assert found == [Lost(Target(ZONE, "", "b"), ("n3", "n4"))], "n4, too, which holds no pod of the role"


def test_another_zone_is_the_next_choice_where_nobody_named_one() -> None:
    found = chosen({"a": "n1", "b": "n3"}, FOUR)
    assert isinstance(found, list)
    assert {lost.target.name for lost in found} == {"a", "b"}
    found = chosen({"a": "n1", "b": "n3"}, FOUR, node="n1")
    assert found == [Lost(Target(ZONE, "", "a"), ("n1", "n2"))]


def test_pods_that_are_all_in_one_zone_cannot_hold_and_nothing_is_tried() -> None:
    found = chosen({"a": "n1", "b": "n2"}, FOUR)
    assert isinstance(found, Impossible)
    assert found.reason == "all ready pods of web (2) run in zone a"
    assert found.details == {ONE_ZONE: True}


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ([node("n1", "a"), node("n2", "a"), CONTROL], "2 nodes take pods, in the zones: a (2)"),
        ([node("n1"), node("n2")], f"in the zones: none; 2 without the label {ZONE_LABEL}"),
        ([node("n1", "a"), node("n2", "b"), node("n3")], "a (1), b (1); 1 without the label"),
        ([node("n1", "a"), node("n2", "b", unschedulable=True)], "1 nodes take pods, in the zones: a (1)"),
    ],
    ids=["one zone", "no label", "some without", "the other is cordoned"],
)
def test_a_cluster_without_two_zones_is_no_fault_of_the_system(nodes: list, words: str) -> None:
    found = chosen({"a": "n1", "b": "n1"}, nodes)
    assert isinstance(found, Impossible)
    assert words in found.reason
    assert ONE_ZONE not in found.details


def test_zones_are_told_in_the_order_of_their_nodes() -> None:
    zones = by_zone(FOUR)
    assert zones == {"a": ["n1", "n2"], "b": ["n3", "n4"]}
    assert zones_of(["n3", "n1", "n4", "elsewhere"], zones) == ["b", "a"]
    assert one_zone(FOUR) == ""
