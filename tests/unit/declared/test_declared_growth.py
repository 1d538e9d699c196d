"""What rules cost grows with the input and no faster: counted in calls of functions, never in seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from declared_examples import TODAY

from seatrial.declared.catalogue import choose
from seatrial.declared.engine import examine
from seatrial.declared.graph import Graph
from seatrial.lint.decoding import parse

FEW, MANY = 20, 80
MOST = 1.3
"""Times linear; what compares each object with each other one is near MANY / FEW."""


def made(api: str, kind: str, number: int, **rest: Any) -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": f"w{number}", "namespace": "shop"}, **rest}


def deployment(number: int, **notes: str) -> dict[str, Any]:
    labels = {"app": f"w{number}"}
    pod = {"serviceAccountName": f"w{number}", "containers": [{"name": "a", "image": "a:latest"}]}
    template = {"metadata": {"labels": labels, "annotations": notes}, "spec": pod}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    return made("apps/v1", "Deployment", number, spec=spec)


def service(number: int) -> dict[str, Any]:
    spec = {"selector": {"app": f"w{number}"}, "ports": [{"port": 80, "name": "http"}]}
    data = made("v1", "Service", number, spec=spec)
    data["metadata"]["labels"] = {"app": f"w{number}"}
    return data


def policy(number: int, **spec: Any) -> dict[str, Any]:
    return made("networking.k8s.io/v1", "NetworkPolicy", number, spec=spec)


def binding(number: int) -> list[dict[str, Any]]:
    rules = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]
    reference = {"kind": "ClusterRole", "name": f"w{number}"}
    subject = {"kind": "ServiceAccount", "name": f"x{number}", "namespace": "shop"}
    api = "rbac.authorization.k8s.io/v1"
    return [
        made(api, "ClusterRole", number, rules=rules),
        made(api, "ClusterRoleBinding", number, roleRef=reference, subjects=[subject]),
    ]


def monitor(number: int) -> dict[str, Any]:
    spec = {"selector": {"matchLabels": {"app": f"w{number}"}}, "endpoints": [{"port": "http"}]}
    return made("monitoring.coreos.com/v1", "ServiceMonitor", number, spec=spec)


PEER = {"from": [{"podSelector": {"matchLabels": {"app": "none"}}}]}
INPUTS: dict[str, tuple[str, Callable[[int], list[dict[str, Any]]]]] = {
    "policies for all pods": (
        "security.network-policy",
        lambda number: [deployment(number), policy(number, podSelector={})],
    ),
    "peers of policies": (
        "security.network-policy-selects",
        lambda number: [
            deployment(number),
            policy(number, podSelector={"matchLabels": {"app": f"w{number}"}}, ingress=[PEER]),
        ],
    ),
    "bindings": (
        "security.service-account-token,security.binding-role",
        lambda number: [deployment(number), *binding(number)],
    ),
    "waivers": (
        "container,cost,orchestration,delivery.waiver-matches",
        lambda number: [
            deployment(number, **{"seatrial.dev/waive.container.image-tag": "x; until 2026-12-31"})
        ],
    ),
    "monitors": (
        "observability.monitor-selects,observability.scraped",
        lambda number: [deployment(number), service(number), monitor(number)],
    ),
    "custom resources": (
        "discovery.service-selects",
        lambda number: [
            deployment(0),
            {**service(number), "spec": {"selector": {"app": "none"}, "ports": [{"port": 80}]}},
            made("example.com/v1", "Wheel", number),
        ],
    ),
    "namespaces": (
        "discovery.service-selects,delivery.unique-object",
        lambda number: [
            {**each, "metadata": {"name": "w", "namespace": f"n{number}"}}
            for each in (deployment(number), service(number))
        ],
    ),
}


def calls(name: str, number: int) -> int:
    """How many functions are called to judge so many of an input's parts."""
    rules, parts = INPUTS[name]
    objects = [(data, None) for index in range(number) for data in parts(index)]
    counted = 0

    def count(_frame: Any, _event: str, _argument: Any) -> None:
        nonlocal counted
        counted += 1

    sys.setprofile(count)
    try:
        report = examine(Graph(objects, parse), choose(rules.split(",")), today=TODAY)
    finally:
        sys.setprofile(None)
    assert not report.faults
    assert any(report.applied.values())
    return counted


@pytest.mark.parametrize("name", INPUTS)
def test_twice_as_much_costs_twice_as_much(name: str) -> None:
    calls(name, 2)  # what is made ready once
    few, many = calls(name, FEW), calls(name, MANY)
    assert many / few / (MANY / FEW) < MOST, (few, many)
