"""A node of the cluster that is lost and comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny import system_in

from seatrial.cluster import hermetic
from seatrial.cluster.pod_weight import WEIGHT, weight_of_pods
from seatrial.errors import FaultRefused
from seatrial.faults.base import Impossible, Plan
from seatrial.faults.injector import Injector
from seatrial.faults.revert import pending
from seatrial.faults.stop_node import StopNode
from seatrial.faults.stop_zone import ZONE_LABEL, StopZone
from seatrial.kube.client import Kube
from seatrial.kube.rollout import wait_for_rollouts
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import NODES, ONE_ZONE, Disruption

LEAVES_SOON = [
    {
        "key": f"node.kubernetes.io/{taint}",
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": 5,
    }
    for taint in ("unreachable", "not-ready")
]


def test_the_control_plane_is_never_stopped(recorder: Recorder, tmp_path: Path) -> None:
    with Injector(tmp_path) as injector, pytest.raises(FaultRefused, match="holds no ready pod"):
        injector.inject(StopNode("web", node="seatrial-control-plane"), recorder)


def test_a_cluster_that_is_not_our_own_is_refused(deployed: Kube, tmp_path: Path) -> None:
    system = system_in(deployed, target={"context": deployed.context, "namespace": deployed.namespace})
    with (
        Injector(tmp_path) as injector,
        Recorder(deployed, system) as recorder,
        pytest.raises(FaultRefused, match="only in a kind cluster of Seatrial's own"),
    ):
        injector.inject(StopNode("web"), recorder)


def test_a_lost_node_is_seen_its_pods_replaced_elsewhere_and_it_comes_back(
    deployed: Kube, tmp_path: Path
) -> None:
    body = {"spec": {"template": {"spec": {"tolerations": LEAVES_SOON}}}}
    deployed.patch("Deployment", "web", body)
    stores = deployed.get("Pod", "store-0")["spec"]["nodeName"]
    with Recorder(deployed, system_in(deployed)) as recorder, Injector(tmp_path) as injector:
        wait_for_rollouts(deployed, [("Deployment", "web")], within_seconds=60)
        nodes = {pod["spec"]["nodeName"] for pod in deployed.objects("Pod", selector="app=web")}
        node = next(iter(nodes - {stores}), stores)
        record = injector.inject(StopNode("web", node=node), recorder)
    assert record.disruption is Disruption.INVOLUNTARY
    assert record.verified_at is not None
    assert record.available_at is not None
    assert record.reverted_at is not None
    assert 5 < record.verified_at - record.injected_at < 90, "by the API server's own watch over the node"
    assert record.verified_at < record.available_at < record.reverted_at
    assert record.details["revert"] == f"node/{node} started again, it is Ready"
    assert hermetic.has_rules(node)
    assert weight_of_pods(node) == str(WEIGHT)
    assert pending(tmp_path) == []


def test_the_zone_of_a_pod_is_planned_as_the_cluster_has_it(deployed: Kube) -> None:
    """Two workers, two zones; the store's may not be lost with the only copy of its data."""
    zones = {
        node["metadata"]["name"]: node["metadata"]["labels"].get(ZONE_LABEL)
        for node in deployed.objects("Node")
    }
    assert sorted(filter(None, zones.values())) == ["a", "b"]
    with Recorder(deployed, system_in(deployed)) as recorder:
        wait_for_rollouts(deployed, [("Deployment", "web")], within_seconds=60)
        where = {pod["spec"]["nodeName"] for pod in deployed.objects("Pod", selector="app=web")}
        plan = StopZone("web", allow_last_with_data=True).plan(recorder)
    if len(where) == 1:
        assert isinstance(plan, Impossible)
        assert plan.details == {ONE_ZONE: True}
        assert plan.target.name == zones[where.pop()]
    else:
        assert isinstance(plan, Plan)
        assert [zones[name] for name in plan.details[NODES]] == [plan.target.name]
        assert [effect.node for effect in plan.effects] == plan.details[NODES]  # type: ignore[attr-defined]
