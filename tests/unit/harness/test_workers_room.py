"""More workers than there is room for are refused before anything starts, with the arithmetic."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.errors import BadInput
from seatrial.harness.shared_load import require_entry_inside, wished
from seatrial.harness.workers import require_room
from seatrial.kube.errors import Call, refused
from seatrial.model.system_file import parse_system


class Namespace:
    """What is asked for room; kinds that are left out may not be read."""

    def __init__(self, **objects: list[dict[str, Any]]) -> None:
        self._objects = objects

    def objects(self, kind: str) -> list[dict[str, Any]]:
        if kind not in self._objects:
            raise refused(Call("list", "", kind, "", "shop", "https://nowhere", "nowhere"), 403, b"{}")
        return self._objects[kind]


def quota(**hard: str) -> dict[str, Any]:
    named = {name.replace("_", "."): value for name, value in hard.items()}
    return {"metadata": {"name": "small"}, "spec": {"hard": named}, "status": {"hard": named, "used": {}}}


def node(name: str, cpu: str, *taints: dict[str, str]) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": {}},
        "spec": {"providerID": f"kind://x/{name}", "taints": list(taints)},
        "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "110"}},
    }


def refusal(number: int, *, own_cluster: bool = False, **objects: list[dict[str, Any]]) -> str:
    kube: Any = Namespace(**objects)
    try:
        require_room(kube, number, own_cluster=own_cluster)
    except BadInput as error:
        return error.what
    return ""


def test_a_quota_counts_the_master_too() -> None:
    """Planted: 1 CPU, of which the master takes 100m: room for 4 workers of 200m, and not for 5."""
    objects = {"ResourceQuota": [quota(requests_cpu="1")], "Pod": [], "Node": []}
    assert refusal(4, **objects) == ""
    assert refusal(5, **objects) == (
        "there is no room for 5 workers, so none was started: quota small has room for 4 of 5 pods: "
        "requests.cpu hard 1, others use 100m, a pod takes 200m"
    )


def test_nodes_without_room_are_named() -> None:
    """Planted: two nodes of 500m, and a control plane that takes pods of an own cluster only."""
    control = node("control", "4", {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"})
    objects: dict[str, Any] = {"ResourceQuota": [], "Pod": []}
    objects["Node"] = [node("a", "500m"), node("b", "500m"), control]
    assert refusal(4, **objects) == ""
    assert "the nodes have room for 4 of 5 pods of cpu 200m" in refusal(5, **objects)
    assert refusal(5, own_cluster=True, **objects) == ""


def test_what_may_not_be_read_refuses_nothing() -> None:
    assert refusal(1_000) == ""


def test_without_a_service_to_send_to_it_is_said_what_to_add() -> None:
    text = """
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: {context: nowhere, namespace: shop}
entry: ENTRY
workloads: {web: {kind: Deployment, name: web, stateless: true}}
journeys: {read: {request: {path: /}}}
"""
    inside = parse_system(text.replace("ENTRY", "{service: {name: web, port: 80}}"), source="shop.yaml")
    require_entry_inside(inside, "shop.yaml")
    outside = text.replace("ENTRY", '{url: "http://shop.example", service: {name: web}}')
    with pytest.raises(BadInput) as raised:
        require_entry_inside(parse_system(outside, source="shop.yaml"), "shop.yaml")
    assert raised.value.next_step == "Write `entry: {service: {name: web, port: PORT}}` without `url`."


def test_how_many_are_wished_for() -> None:
    assert wished({}) == wished({"SEATRIAL_WORKERS": ""}) == 0
    assert wished({"SEATRIAL_WORKERS": "4"}) == 4
    for wrong in ("four", "-1", "1.5"):
        with pytest.raises(BadInput, match="no number of workers"):
            wished({"SEATRIAL_WORKERS": wrong})
