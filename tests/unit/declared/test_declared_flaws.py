"""Flaws that manifests can show, planted one by one in the sample system: each is caught by its rule."""

from __future__ import annotations

import copy
import re
import shutil
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from declared_examples import TODAY
from test_declared_sample_system import SAMPLE

from seatrial.declared.catalogue import choose, every_rule
from seatrial.declared.engine import examine
from seatrial.declared.graph import Graph
from seatrial.declared.rule import Severity
from seatrial.lint.decoding import parse
from seatrial.lint.reading import read_whole as read

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl renders the kustomization")

Objects = list[dict[str, Any]]


@cache
def _sound() -> Objects:
    return [data for data, _ in read([str(SAMPLE / "manifests")]).objects]


def the(objects: Objects, kind: str, name: str) -> dict[str, Any]:
    return next(o for o in objects if o["kind"] == kind and o["metadata"]["name"].startswith(name))


def container(objects: Objects, name: str = "catalogue") -> dict[str, Any]:
    found: dict[str, Any] = the(objects, "Deployment", name)["spec"]["template"]["spec"]["containers"][0]
    return found


def envoy(objects: Objects, pattern: str, written: str) -> None:
    data = the(objects, "ConfigMap", "gateway-config")["data"]
    data["envoy.yaml"], changed = re.subn(pattern, written, data["envoy.yaml"], count=1)
    assert changed


def open_network(objects: Objects) -> None:
    objects[:] = [item for item in objects if item["kind"] != "NetworkPolicy"]


def literal_secret(objects: Objects) -> None:
    container(objects).setdefault("env", []).append({"name": "DATABASE_PASSWORD", "value": "hunter2"})


def quota_without_room(objects: Objects) -> None:
    container(objects)["resources"]["requests"]["ephemeral-storage"] = "10Mi"
    quota = {
        "metadata": {"name": "catalogue", "namespace": "chandlery"},
        "apiVersion": "v1",
        "kind": "ResourceQuota",
    }
    objects.append({**quota, "spec": {"hard": {"requests.ephemeral-storage": "20Mi"}}})


FLAWS: dict[str, Callable[[Objects], object]] = {
    "one-replica": lambda o: the(o, "Deployment", "catalogue")["spec"].update(replicas=1),
    "no-prestop": lambda o: container(o).pop("lifecycle"),
    "liveness-on-dependency": lambda o: container(o)["livenessProbe"]["httpGet"].update(path="/readyz"),
    "blocking-budget": lambda o: the(o, "PodDisruptionBudget", "catalogue")["spec"].update(maxUnavailable=0),
    "no-limits": lambda o: container(o)["resources"].pop("limits"),
    "literal-secret": literal_secret,
    "latest-tag": lambda o: container(o).update(image="seatrial/chandlery:latest"),
    "root-user": lambda o: container(o).setdefault("securityContext", {}).update(runAsUser=0),
    "open-network": open_network,
    "unbounded-retries": lambda o: envoy(o, r"num_retries: \d+", "num_retries: 100"),
    "no-timeouts": lambda o: envoy(o, r"(cluster: orders, )timeout: \d+s", r"\1timeout: 0s"),
    "wrong-hpa-target": lambda o: the(o, "HorizontalPodAutoscaler", "orders")["spec"][
        "scaleTargetRef"
    ].update(name="order"),
    "quota-without-room": quota_without_room,
    "cpu-limit-equals-request": lambda o: container(o)["resources"]["limits"].update(
        cpu=container(o)["resources"]["requests"]["cpu"]
    ),
}

FOLLOWERS = {
    "one-replica": {"orchestration.budget-blocks", "delivery.waiver-matches"},
    "wrong-hpa-target": {"orchestration.replicas"},
    "latest-tag": {"container.pull-policy"},
    "liveness-on-dependency": {"orchestration.probes-differ"},
}
"""Further rules that may find the same flaw, rightly."""


def found_in(objects: Objects) -> set[str]:
    report = examine(Graph([(item, None) for item in objects], parse), choose(), today=TODAY)
    assert not report.faults
    return {item.rule.id for item in report.open_findings if item.rule.severity is not Severity.NOTE}


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_planted_flaw_is_caught_by_its_rule_and_by_no_other(flaw: str) -> None:
    objects = copy.deepcopy(_sound())
    assert not found_in(objects)
    FLAWS[flaw](objects)
    found = found_in(objects)
    named = {rule.id for rule in every_rule() if flaw in rule.variants}
    assert found & named, f"{flaw} is not caught"
    assert found <= named | FOLLOWERS.get(flaw, set())


def test_every_rule_that_names_a_flaw_is_tried() -> None:
    assert {flaw for rule in every_rule() for flaw in rule.variants} == set(FLAWS)
