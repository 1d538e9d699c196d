"""What the API server takes has no misfit, and each kind of refusal is found at the field at fault."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from seatrial.declared.server.cron import wrong_with, wrong_with_zone
from seatrial.declared.server.misfit import LABEL, MISSING, TOGETHER, TYPE, UNKNOWN, VALUE
from seatrial.declared.server.table import Kubernetes
from seatrial.declared.server.walk import server_of
from seatrial.declared.values import plain
from seatrial.errors import BadInput

VALID = Path(__file__).parents[2] / "support" / "server_valid.yaml"
OBJECTS = {
    f"{data['kind']}/{data['metadata']['name']}": data
    for data in yaml.safe_load_all(VALID.read_text(encoding="utf-8"))
}
POD, SHOP = "Pod/full", "Deployment/shop"
GONE = object()
REFUSED: list[tuple[str, str, Any, str]] = [
    (POD, "spec.containers.0.volumeMounts.0.name", "nowhere", TOGETHER),
    (POD, "spec.containers.0.volumeMounts.1.mountPath", "/work", TOGETHER),
    (POD, "spec.containers.0.livenessProbe.successThreshold", 2, TOGETHER),
    (POD, "spec.containers.0.livenessProbe.httpGet.port", 70000, VALUE),
    (POD, "spec.containers.0.livenessProbe.httpGet.scheme", "http", TOGETHER),
    (POD, "spec.containers.0.imagePullPolicy", "Ifnotpresent", VALUE),
    (POD, "spec.containers.0.image", GONE, MISSING),
    (POD, "spec.containers.0.ports.0.containerPort", "8080", TYPE),
    (POD, "spec.containers.0.ports.0.name", "Http", VALUE),
    (POD, "spec.containers.0.resources.limits.memory", "1 Gi", TYPE),
    (POD, "spec.containers.0.resources.requests.cpu", 2, TOGETHER),
    (POD, "spec.containers.0.env.0.name", "A=B", VALUE),
    (POD, "spec.containers.0.lifecycle.preStop.sleep.seconds", 60, TOGETHER),
    (POD, "spec.volumes.1.configMap.defaultMode", 644, VALUE),
    (POD, "spec.volumes.0.hostPath", {"path": "/"}, TOGETHER),
    (POD, "spec.affinity.podAntiAffinty", {}, UNKNOWN),
    (POD, "spec.tolerations.0.operator", "Equals", VALUE),
    (POD, "spec.os.name", "windows", TOGETHER),
    (POD, "metadata.labels.app", "a b", LABEL),
    (POD, "metadata.annotations.note", 5, LABEL),
    (SHOP, "metadata.name", "Orders_API", VALUE),
    (SHOP, "spec.selector.matchLabels.app", "other", TOGETHER),
    (SHOP, "spec.template.spec.restartPolicy", "OnFailure", TOGETHER),
    (SHOP, "spec.minReadySeconds", 120, TOGETHER),
    (SHOP, "spec.strategy.rollingUpdate.maxUnavailable", "1000%", VALUE),
    (SHOP, "spec.strategy.type", "Recreate", TOGETHER),
    (SHOP, "spec.replicas", 2.5, TYPE),
    (SHOP, "spec.selector", GONE, MISSING),
    ("DaemonSet/agent", "spec.selector.matchLabels.app", "other", TOGETHER),
    ("StatefulSet/store", "spec.template.spec.containers.0.volumeMounts.0.name", "dat", TOGETHER),
    ("Job/import", "spec.template.spec.restartPolicy", "Always", TOGETHER),
    ("CronJob/nightly", "spec.schedule", "15 3 * *", VALUE),
    ("CronJob/nightly", "metadata.name", "n" * 53, TOGETHER),
    ("Service/shop", "spec.selectors", {"app": "shop"}, UNKNOWN),
    ("Service/shop", "spec.ports.1.name", "http", TOGETHER),
    ("Service/headless", "spec.ports.0.nodePort", 30000, TOGETHER),
    ("Service/headless", "spec.ports.0.nodePort", 8080, VALUE),
    ("ConfigMap/settings", "data.url", 5, TYPE),
    ("Secret/words", "data.word", "not base64", TYPE),
    ("PersistentVolumeClaim/data", "spec.resources.requests", GONE, TOGETHER),
    ("HorizontalPodAutoscaler/shop", "spec.maxReplicas", 1, TOGETHER),
    ("HorizontalPodAutoscaler/shop", "spec.metrics.0.type", "Pods", TOGETHER),
    ("PodDisruptionBudget/shop", "spec.maxUnavailable", 1, TOGETHER),
    ("PodDisruptionBudget/shop", "spec.selector.matchlabels", {}, UNKNOWN),
    ("NetworkPolicy/shop", "spec.ingress.0.from.1.ipBlock.cidr", "10.0.0.0/64", VALUE),
    ("Ingress/shop", "spec.rules.0.http.paths.0.path", "api", TOGETHER),
    ("Ingress/shop", "spec.rules.0.http.paths.0.backend.service.port.number", GONE, TOGETHER),
    ("Role/reader", "rules.0.apiGroups", GONE, TOGETHER),
    ("ClusterRoleBinding/seatrial-reader", "subjects.0.namespace", GONE, TOGETHER),
    ("LimitRange/limits", "spec.limits.0.min.cpu", "3", TOGETHER),
]


def changed(name: str, path: str, value: Any) -> dict[str, Any]:
    data: dict[str, Any] = copy.deepcopy(OBJECTS[name])
    *parents, last = path.split(".")
    inner: Any = data
    for part in parents:
        inner = inner[int(part)] if isinstance(inner, list) else inner[part]
    if value is GONE:
        del inner[last]
    else:
        inner[last] = value
    return data


@pytest.mark.parametrize("name", OBJECTS)
def test_what_the_server_takes_has_no_misfit(name: str) -> None:
    assert not server_of().misfits(OBJECTS[name])


@pytest.mark.parametrize(("name", "path", "value", "sort"), REFUSED)
def test_what_it_refuses_is_found(name: str, path: str, value: Any, sort: str) -> None:
    found = server_of().misfits(changed(name, path, value))
    assert sort in {misfit.sort for misfit in found}, found
    assert all(misfit.seen and plain(misfit.path) for misfit in found)


def test_a_field_is_known_from_its_version_on() -> None:
    data = changed(SHOP, "spec.template.spec.resources", {"limits": {"cpu": "1"}})
    assert not server_of("1.33").misfits(data)
    assert [misfit.sort for misfit in server_of("1.31").misfits(data)] == [UNKNOWN]


def test_a_misspelt_field_names_the_nearest() -> None:
    (found,) = server_of().misfits(changed(POD, "spec.affinity.podAntiAffinty", {}))
    assert "did you mean `podAntiAffinity`" in found.seen


def test_a_misspelt_field_that_is_required_is_one_misfit() -> None:
    data = changed(SHOP, "spec.template.spec.containers", GONE)
    data["spec"]["template"]["spec"]["conatiners"] = [{"name": "a", "image": "a"}]
    assert [misfit.sort for misfit in server_of().misfits(data)] == [UNKNOWN]


def test_an_unknown_version_names_those_that_there_are() -> None:
    with pytest.raises(BadInput, match=r"Kubernetes 1\.2 is not in the table"):
        Kubernetes("1.2")


def test_of_custom_resources_only_what_is_known_is_judged() -> None:
    rollout = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "web", "labels": {"app": "a b"}},
        "spec": {"strategy": {"canary": {}}, "template": {"spec": {"containers": [{"name": "web"}]}}},
    }
    assert {misfit.sort for misfit in server_of().misfits(rollout)} == {LABEL, MISSING}
    assert not server_of().misfits({"apiVersion": "example.com/v1", "kind": "Thing", "spec": {"any": 1}})


def test_a_status_is_only_decoded() -> None:
    data = changed(SHOP, "status", {"conditions": [{"type": "Available"}], "replicas": -1})
    assert not server_of().misfits(data)
    assert [misfit.sort for misfit in server_of().misfits({**data, "status": {"replica": 1}})] == [UNKNOWN]


@pytest.mark.parametrize(
    "schedule",
    ["* * * * *", "*/5 0-6,12 1 JAN sun", "@hourly", "@every 1h30m", "0 0 ? * 1-5/2", "5/15 * * * *"],
)
def test_schedules_that_are_taken(schedule: str) -> None:
    assert wrong_with(schedule) is None


@pytest.mark.parametrize(
    "schedule",
    [
        "* * * *",
        "60 * * * *",
        "* 24 * * *",
        "5-1 * * * *",
        "*/0 * * * *",
        "@fortnightly",
        "TZ=UTC 0 0 * * *",
        "a * * * *",
    ],
)
def test_schedules_that_are_refused(schedule: str) -> None:
    assert wrong_with(schedule)


def test_time_zones() -> None:
    assert wrong_with_zone("Europe/Berlin") is None
    assert wrong_with_zone("Europe/Berlino")
    assert wrong_with_zone("Local")
