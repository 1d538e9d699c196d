"""Ports that network policies close to a stranger, and whose labels may be carried."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.declared.policies import Closed, about_ingress, closed_ports, imitable

HERE = {"kubernetes.io/metadata.name": "shop"}
NOBODY = {"seatrial.dev/part": "connector-1"}
GATEWAY = {"podSelector": {"matchLabels": {"app": "gateway"}}}
ELSEWHERE = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
WEB = {"port": 8080}


def policy(*rules: Any, name: str = "web", selector: Any = None, kinds: Any = ("Ingress",)) -> dict[str, Any]:
    chosen = {"matchLabels": {"app": "catalogue"}} if selector is None else selector
    return {
        "metadata": {"name": name},
        "spec": {"podSelector": chosen, "policyTypes": list(kinds), "ingress": list(rules)},
    }


def pod(name: str = "catalogue-1-a", app: str = "catalogue", owner: str = "ReplicaSet", **labels: str) -> Any:
    hashed = {"pod-template-hash": "1"} if owner == "ReplicaSet" else {}
    return {
        "metadata": {
            "name": name, "labels": {"app": app, **hashed, **labels},
            "ownerReferences": [{"kind": owner, "name": f"{app}-1" if owner == "ReplicaSet" else app}],
        },
        "spec": {
            "containers": [
                {"ports": [{"name": "http", "containerPort": 8080}, {"containerPort": 9902}]},
                {"ports": [{"containerPort": 53, "protocol": "UDP"}]},
            ]
        },
    }  # fmt: skip


def closed(*policies: Any) -> dict[int, Closed]:
    return {one.port: one for one in closed_ports(policies, pod(), NOBODY, HERE)}


@pytest.mark.parametrize(
    ("rule", "ports"),
    [
        ({"from": [GATEWAY], "ports": [WEB]}, {8080}),
        ({"from": [GATEWAY], "ports": [{"port": "http"}]}, {8080}),
        ({"from": [GATEWAY], "ports": [{"port": "nobody-has-it"}]}, set()),
        ({"from": [GATEWAY], "ports": [{"port": 53, "protocol": "UDP"}]}, set()),
        ({"from": [GATEWAY], "ports": [{"port": 8000, "endPort": 10000}]}, {8000, 8080, 9902}),
        ({"from": [GATEWAY]}, {8080, 9902}),
        ({"from": [{**GATEWAY, "namespaceSelector": {"matchLabels": HERE}}]}, {8080, 9902}),
        ({"from": [ELSEWHERE]}, set()),  # nobody here may be imitated
        ({"from": [{"podSelector": {}}]}, set()),  # the stranger is one of them
        ({"from": [GATEWAY, {"ipBlock": {"cidr": "10.0.0.0/8"}}]}, set()),  # it may have such an address
        ({"ports": [WEB]}, set()),  # open to everybody, on purpose
    ],
)
def test_a_port_is_closed_where_a_rule_names_others(rule: Any, ports: set[int]) -> None:
    assert set(closed(policy(rule))) == ports


def test_policies_add_up_and_an_empty_rule_undoes_them() -> None:
    named = policy({"from": [GATEWAY], "ports": [WEB]})
    public = policy({"ports": [WEB]}, name="public")
    assert closed(named, public) == {}
    found = closed(named, policy({}, name="debug"))[8080]
    assert (found.named_by, found.undone_by) == (("web",), ("debug",))
    assert closed(policy(name="deny", selector={}), named)[8080].undone_by == ()


def test_only_policies_about_what_comes_in_to_this_pod_count() -> None:
    other = policy({"from": [GATEWAY]}, selector={"matchLabels": {"app": "orders"}})
    outgoing = policy({"from": [GATEWAY]}, kinds=["Egress"])
    assert closed(other, outgoing) == {}
    assert about_ingress([other, outgoing], {"app": "orders"}) == [other]


def test_whose_labels_another_pod_may_carry() -> None:
    gate = [*closed(policy({"from": [GATEWAY], "ports": [WEB]})).values()]
    gateway = pod("gateway-1-a", "gateway")
    found = imitable([pod(), gateway], gate, [], [])
    assert found == (gateway, {"app": "gateway"}), "without the hash by which its ReplicaSet takes pods"
    assert imitable([pod("gateway-0", "gateway", "StatefulSet")], gate, [], []) is not None
    for owner in ("DaemonSet", "Job", "ReplicationController"):
        assert imitable([pod("gateway-x", "gateway", owner)], gate, [], []) is None, owner
    assert imitable([gateway], gate, [], ["gateway"]) is None, "its autoscaler would count it"
    early = {"spec": {"selector": {"app": "gateway"}, "publishNotReadyAddresses": True}}
    assert imitable([gateway], gate, [early], []) is None, "a Service would send to it"
    assert imitable([gateway], gate, [{"spec": {"selector": {"app": "gateway"}}}], []) is not None
    assert imitable([pod()], gate, [], []) is None
