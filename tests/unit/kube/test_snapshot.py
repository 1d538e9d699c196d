"""The objects before and after a run are compared by what people declared; and evidence hides secrets."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from seatrial.kube.evidence import HIDDEN, event_line, pod_line, redact, redact_text
from seatrial.kube.snapshot import Snapshot, canonical_objects, compare

RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text())


def snapshot(*objects: dict[str, Any]) -> Snapshot:
    return Snapshot(canonical_objects(objects))


@pytest.fixture
def web() -> dict[str, Any]:
    obj: dict[str, Any] = copy.deepcopy(RECORDED["deployment"])
    return obj


def test_status_and_bookkeeping_do_not_count(web: dict[str, Any]) -> None:
    before = snapshot(web)
    web["status"] = {"readyReplicas": 0}
    web["metadata"] |= {"resourceVersion": "9", "generation": 7, "uid": "new", "managedFields": [{}]}
    web["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "4"
    assert compare(before, snapshot(web)) == []
    assert before.digest == snapshot(web).digest


def test_a_changed_field_is_told_with_both_values(web: dict[str, Any]) -> None:
    before = snapshot(web)
    web["spec"]["template"]["spec"]["containers"][0]["image"] = "other:1"
    (sentence,) = compare(before, snapshot(web))
    assert sentence.startswith("deployment/web: spec.template.spec.containers[0].image was ")
    assert sentence.endswith('is "other:1"')
    assert before.digest != snapshot(web).digest


def test_a_restart_by_annotation_counts(web: dict[str, Any]) -> None:
    before = snapshot(web)
    annotations = {"kubectl.kubernetes.io/restartedAt": "now"}
    web["spec"]["template"]["metadata"]["annotations"] = annotations
    assert "restartedAt" in compare(before, snapshot(web))[0]


def test_a_trace_that_a_fault_leaves_on_purpose_excuses_that_field_of_that_object_only(
    web: dict[str, Any],
) -> None:
    other = copy.deepcopy(web)
    other["metadata"]["name"] = "other"
    before = snapshot(web, other)
    traces = {"deployment/web": {"kubectl.kubernetes.io/restartedAt"}}
    annotations = {"kubectl.kubernetes.io/restartedAt": "now"}
    web["spec"]["template"]["metadata"]["annotations"] = annotations
    assert compare(before, snapshot(web, other), traces) == []
    other["spec"]["template"]["metadata"]["annotations"] = annotations
    (sentence,) = compare(before, snapshot(web, other), traces)
    assert sentence.startswith("deployment/other: spec.template.metadata.annotations")
    web["spec"]["replicas"] = 7
    assert "deployment/web: spec.replicas was 2, is 7" in compare(before, snapshot(web, other), traces)


def test_replicas_count_unless_an_autoscaler_owns_them(web: dict[str, Any]) -> None:
    scaled = copy.deepcopy(web)
    scaled["spec"]["replicas"] = 4
    assert compare(snapshot(web), snapshot(scaled)) == ["deployment/web: spec.replicas was 2, is 4"]
    autoscaler = RECORDED["autoscaler"]
    assert compare(snapshot(web, autoscaler), snapshot(scaled, autoscaler)) == []


def test_new_and_missing_objects_are_told(web: dict[str, Any]) -> None:
    store = RECORDED["statefulset"]
    assert compare(snapshot(web), snapshot(web, store)) == ["statefulset/store is new"]
    assert compare(snapshot(web, store), snapshot(web)) == ["statefulset/store is gone"]


def test_what_a_controller_owns_does_not_count(web: dict[str, Any]) -> None:
    pod = RECORDED["pod_running"]
    assert compare(snapshot(web), snapshot(web, pod)) == []
    bare = copy.deepcopy(pod)
    del bare["metadata"]["ownerReferences"]
    assert compare(snapshot(web), snapshot(web, bare)) == ["pod/store-0 is new"]


def test_a_kind_that_was_not_seen_once_is_not_compared(web: dict[str, Any]) -> None:
    before = Snapshot(snapshot(web).objects, unseen=("StatefulSet",))
    assert compare(before, snapshot(web, RECORDED["statefulset"])) == []


def test_a_cordoned_node_counts_and_the_controllers_taint_does_not() -> None:
    node = copy.deepcopy(RECORDED["node"])
    before = snapshot(node)
    node["spec"]["taints"] = [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]
    node["metadata"]["annotations"]["some.controller/time"] = "now"
    node["status"] = {}
    assert compare(before, snapshot(node)) == []
    node["spec"]["unschedulable"] = True
    assert compare(before, snapshot(node)) == ["node/seatrial-worker: spec.unschedulable was false, is true"]


def test_our_mark_left_on_a_node_counts() -> None:
    node = copy.deepcopy(RECORDED["node"])
    before = snapshot(node)
    node["metadata"]["annotations"]["seatrial.dev/cordoned-by"] = "x"
    assert len(compare(before, snapshot(node))) == 1


def test_a_secret_is_compared_without_its_values() -> None:
    secret = {"kind": "Secret", "metadata": {"name": "s"}, "data": {"password": "aHVudGVyMg=="}}
    other = {**secret, "data": {"password": "b3RoZXI="}}
    (sentence,) = compare(snapshot(secret), snapshot(other))
    assert "data.password was" in sentence
    assert "aHVudGVyMg" not in sentence + json.dumps(snapshot(secret).objects)


@pytest.mark.parametrize(
    "text",
    [
        "dsn postgresql://orders:hunter2@db:5432/orders",
        "PASSWORD=hunter2",
        'db_password: "hunter2"',
        '{"token": "hunter2"}',
        "Authorization: Bearer hunter2hunter2",
        "authorization=Basic hunter2",
        "sent bearer hunter2hunter2== to x",
    ],
)
def test_secrets_in_logs_are_hidden(text: str) -> None:
    hidden = redact_text(text)
    assert "hunter2" not in hidden
    assert HIDDEN in hidden


def test_ordinary_lines_stay_as_they_are() -> None:
    for line in ("GET /v1/orders 200 3 ms", "token bucket is empty", "https://127.0.0.1:6443/api?x=1"):
        assert redact_text(line) == line


def test_variables_that_look_secret_lose_their_value_and_references_stay() -> None:
    reference = {"secretKeyRef": {"name": "db", "key": "password"}}
    environment = [
        {"name": "DB_PASSWORD", "value": "hunter2"},
        {"name": "PORT", "value": "8080"},
        {"name": "API_KEY", "valueFrom": reference},
    ]
    result = redact({"env": environment, "managedFields": [1]})
    assert result == {
        "env": [
            {"name": "DB_PASSWORD", "value": HIDDEN},
            {"name": "PORT", "value": "8080"},
            {"name": "API_KEY", "valueFrom": reference},
        ]
    }


def test_a_pod_and_an_event_are_one_line_each() -> None:
    line = pod_line(RECORDED["pod_crashed"])
    assert line.split() == ["store-0", "Running", "ready", "1/1", "restarts", "1", "seatrial-worker"]
    expected = "2026-11-25T03:46:13Z  Normal  pod/store-0  Started x2  Container started\n"
    assert event_line(RECORDED["event"]) == expected
