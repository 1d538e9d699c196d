"""Objects as a real API server gave them (recorded.json, Kubernetes 1.36) become records of the timeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seatrial.kube import records
from seatrial.kube.clock import server_time
from seatrial.kube.pod_status import pre_stop_seconds
from seatrial.model.system import System
from seatrial.model.timeline import Change, Clock, Endpoint

CLOCK = Clock(offset_seconds=-1795578000.0, error_seconds=0.01, epoch_offset_seconds=1795578000.0)
AT = 500.0


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((Path(__file__).parent / "recorded.json").read_text())
    return content


@pytest.fixture
def roles() -> records.Roles:
    return records.Roles(
        System.model_validate(
            {
                "apiVersion": "seatrial/v1",
                "kind": "System",
                "metadata": {"name": "tiny"},
                "target": {"context": "kind-seatrial", "namespace": "seatrial-test-record"},
                "entry": {"url": "http://127.0.0.1:30080"},
                "workloads": {
                    "front": {"kind": "Deployment", "name": "web"},
                    "store": {"kind": "StatefulSet", "name": "store"},
                },
                "journeys": {"read": {"request": {"path": "/"}}},
            }
        )
    )


def test_a_running_pod_of_a_stateful_set(recorded: dict[str, Any], roles: records.Roles) -> None:
    pod = records.pod_seen(recorded["pod_running"], AT, Change.ADDED, roles, CLOCK)
    assert (pod.at, pod.change, pod.name, pod.workload) == (AT, Change.ADDED, "store-0", "store")
    assert (pod.node, pod.ip, pod.phase, pod.owner) == (
        "seatrial-worker",
        "10.244.2.33",
        "Running",
        "StatefulSet/store",
    )
    assert (pod.ready, pod.restarts, pod.deleting, pod.reason) == (True, 0, False, "")
    # 03:45:19, 03:45:19, 03:45:23, 03:45:23 on the server's clock
    epoch = 1795578319.0
    assert pod.created_at == pod.scheduled_at == epoch + CLOCK.offset_seconds
    assert pod.started_at == pod.ready_at == epoch + 4 + CLOCK.offset_seconds


def test_a_pod_of_a_deployment_has_the_deployments_role(
    recorded: dict[str, Any], roles: records.Roles
) -> None:
    pod = records.pod_seen(recorded["pod_of_deployment"], AT, Change.ADDED, roles, CLOCK)
    assert pod.workload == "front"
    assert pod.owner == "ReplicaSet/web-56c4975bd9"


def test_a_crashed_container_is_another_container_with_one_more_restart(
    recorded: dict[str, Any], roles: records.Roles
) -> None:
    before = records.pod_seen(recorded["pod_running"], AT, Change.ADDED, roles, CLOCK)
    after = records.pod_seen(recorded["pod_crashed"], AT, Change.MODIFIED, roles, CLOCK)
    assert before.uid == after.uid
    assert before.container_ids != after.container_ids
    assert after.restarts == 1
    assert after.started_at is not None
    assert before.started_at is not None
    assert after.started_at - before.started_at == 49
    assert (before.last_end, before.last_end_at) == ("", None)
    assert (after.last_end, after.last_end_at) == ("Error", 1795578371.0 + CLOCK.offset_seconds)
    assert after.images == before.images
    assert [image.partition(":")[0] for image in after.images] == ["seatrial/python@sha256"]


def test_of_several_ends_the_latest_counts_and_images_are_in_the_order_of_names(
    recorded: dict[str, Any], roles: records.Roles
) -> None:
    [one] = recorded["pod_crashed"]["status"]["containerStatuses"]
    killed = {"terminated": {"reason": "OOMKilled", "finishedAt": "2026-11-25T03:46:12Z"}}
    other = {**one, "name": "a", "imageID": "b@sha256:1", "lastState": killed}
    status = {**recorded["pod_crashed"]["status"], "containerStatuses": [one, other]}
    pod = records.pod_seen({**recorded["pod_crashed"], "status": status}, AT, Change.MODIFIED, roles, CLOCK)
    assert pod.last_end == "OOMKilled"
    assert pod.images[0] == "b@sha256:1"


def test_a_pod_has_ended_when_the_last_of_its_containers_has(
    recorded: dict[str, Any], roles: records.Roles
) -> None:
    def ended(*states: dict[str, Any], last: dict[str, Any] | None = None) -> float | None:
        [one] = recorded["pod_running"]["status"]["containerStatuses"]
        status = {
            **recorded["pod_running"]["status"],
            "containerStatuses": [{**one, "state": state, "lastState": last or {}} for state in states],
        }
        pod = {**recorded["pod_running"], "status": status}
        return records.pod_seen(pod, AT, Change.MODIFIED, roles, CLOCK).ended_at

    over = {"terminated": {"finishedAt": "2026-11-25T03:46:11Z"}}
    later = {"terminated": {"finishedAt": "2026-11-25T03:46:31Z"}}
    runs, waits = (
        {"running": {"startedAt": "2026-11-25T03:46:12Z"}},
        {"waiting": {"reason": "CrashLoopBackOff"}},
    )
    first = 1795578371.0 + CLOCK.offset_seconds
    assert ended(over) == first
    assert ended(later, over) == ended(over, later) == first + 20
    assert ended(over, runs) is ended(runs) is ended(waits) is ended() is None
    assert ended(waits, last=over) == first
    assert ended(runs, last=over) is None


def test_an_init_container_that_fails_is_told_apart(roles: records.Roles) -> None:
    status = {
        "initContainerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}],
        "containerStatuses": [{"state": {"waiting": {"reason": "PodInitializing"}}}],
    }
    pod = records.pod_seen(
        {"metadata": {"name": "new", "uid": "u"}, "status": status}, AT, Change.ADDED, roles, CLOCK
    )
    assert (pod.reason, pod.init_reason) == ("CrashLoopBackOff", "CrashLoopBackOff")
    plain = {
        "metadata": {"name": "new", "uid": "u"},
        "status": {"containerStatuses": [status["initContainerStatuses"][0]]},
    }
    assert records.pod_seen(plain, AT, Change.ADDED, roles, CLOCK).init_reason == ""


def test_a_terminating_pod_is_deleting_and_still_ready(
    recorded: dict[str, Any], roles: records.Roles
) -> None:
    pod = records.pod_seen(recorded["pod_terminating"], AT, Change.MODIFIED, roles, CLOCK)
    assert pod.deleting
    assert pod.ready


def test_a_pod_of_nobodys_role_has_none(recorded: dict[str, Any], roles: records.Roles) -> None:
    pod = {**recorded["pod_running"], "metadata": {"name": "bare", "uid": "u"}}
    seen = records.pod_seen(pod, AT, Change.ADDED, roles, CLOCK)
    assert (seen.workload, seen.owner) == ("", "")


def test_a_pod_without_status_is_not_ready(roles: records.Roles) -> None:
    seen = records.pod_seen({"metadata": {"name": "new", "uid": "u"}}, AT, Change.ADDED, roles, CLOCK)
    assert not seen.ready
    assert (seen.phase, seen.node, seen.started_at, seen.scheduled_at) == ("", "", None, None)


WAITING = {"containerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}
STARTING = {"containerStatuses": [{"state": {"waiting": {"reason": "ContainerCreating"}}}]}
KILLED = {"containerStatuses": [{"state": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}]}
DONE = {"initContainerStatuses": [{"state": {"terminated": {"reason": "Completed"}}}]}
UNSCHEDULED = {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]}
EVICTED = {"reason": "Evicted"}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (WAITING, "CrashLoopBackOff"),
        (STARTING, ""),
        (KILLED, "OOMKilled"),
        (DONE, ""),
        (UNSCHEDULED, "Unschedulable"),
        (EVICTED, "Evicted"),
        ({}, ""),
    ],
)
def test_the_reason_tells_why_a_pod_waits_or_ended(status: dict[str, Any], reason: str) -> None:
    assert records.pod_reason({"status": status}) == reason


GATE = "example.test/registered"


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        ([], f"readiness gate {GATE} is unset: no controller sets it"),
        ([{"type": GATE, "status": "False"}], f"readiness gate {GATE} is not True"),
        ([{"type": GATE, "status": "True"}], ""),
    ],
)
def test_the_gate_that_alone_keeps_a_pod_from_being_ready_is_named(
    conditions: list[dict[str, str]], reason: str
) -> None:
    ready = {"type": "ContainersReady", "status": "True"}
    gated = {"spec": {"readinessGates": [{"conditionType": GATE}]}}
    assert records.pod_reason({**gated, "status": {"conditions": [ready, *conditions]}}) == reason
    unready = ready | {"status": "False"}
    assert records.pod_reason({**gated, "status": {"conditions": [unready, *conditions]}}) == ""


def test_endpoints_before_and_while_a_pod_terminates(recorded: dict[str, Any]) -> None:
    before = records.endpoints_seen(recorded["endpointslice"], AT, Change.ADDED)
    assert before.service == "web"
    assert [(e.ready, e.serving, e.terminating) for e in before.endpoints] == [(True, True, False)] * 2
    after = records.endpoints_seen(recorded["endpointslice_terminating"], AT, Change.MODIFIED)
    assert after.endpoints[1] == Endpoint(
        ip="10.244.2.34", pod="web-56c4975bd9-2tlh7", ready=False, serving=True, terminating=True
    )


def test_unset_conditions_of_an_endpoint_mean_ready() -> None:
    piece = {"metadata": {"name": "x"}, "endpoints": [{"addresses": ["10.0.0.1"]}], "addressType": "IPv4"}
    (endpoint,) = records.endpoints_seen(piece, AT, Change.ADDED).endpoints
    assert endpoint == Endpoint(ip="10.0.0.1", pod="", ready=True, serving=True, terminating=False)
    piece = {"metadata": {"name": "x"}, "endpoints": None}
    assert records.endpoints_seen(piece, AT, Change.ADDED).endpoints == ()


def test_a_deployment_and_a_stateful_set(recorded: dict[str, Any], roles: records.Roles) -> None:
    web = records.workload_seen(recorded["deployment"], AT, Change.ADDED, roles, CLOCK)
    assert (web.kind, web.name, web.workload, web.revision) == ("Deployment", "web", "front", "1")
    assert (web.wanted, web.current, web.ready, web.updated) == (2, 2, 2, 2)
    store = records.workload_seen(recorded["statefulset"], AT, Change.ADDED, roles, CLOCK)
    assert (store.workload, store.wanted, store.ready) == ("store", 1, 1)
    assert store.revision.startswith("store-")


def test_replicas_that_are_left_out_mean_one(recorded: dict[str, Any], roles: records.Roles) -> None:
    spec = {key: value for key, value in recorded["deployment"]["spec"].items() if key != "replicas"}
    assert (
        records.workload_seen({**recorded["deployment"], "spec": spec}, AT, Change.ADDED, roles, CLOCK).wanted
        == 1
    )
    spec["replicas"] = 0
    assert (
        records.workload_seen({**recorded["deployment"], "spec": spec}, AT, Change.ADDED, roles, CLOCK).wanted
        == 0
    )


def test_an_autoscaler_in_words(recorded: dict[str, Any]) -> None:
    seen = records.autoscaler_seen(recorded["autoscaler"], AT, Change.ADDED, CLOCK)
    assert (seen.name, seen.target) == ("web", "Deployment/web")
    assert (seen.minimum, seen.maximum, seen.current, seen.desired) == (2, 4, 2, 2)
    assert seen.metrics == ("cpu 20 % of 60 %",)
    assert seen.conditions == ()
    assert seen.spec["maxReplicas"] == 4
    assert [entry["type"] for entry in seen.current_metrics] == ["Resource"]


def test_requests_are_thousandths_and_sidecars_count() -> None:
    def container(name: str, cpu: str, **more: str) -> dict[str, Any]:
        return {"name": name, "resources": {"requests": {"cpu": cpu}}, **more}

    spec = {
        "initContainers": [container("setup", "2"), container("mesh", "50m", restartPolicy="Always")],
        "containers": [container("app", "0.1"), {"name": "bare"}],
    }
    found = records.by_container({"spec": spec}, "requests")
    assert records.by_container({"spec": spec}, "limits") == {"app": {}, "bare": {}, "mesh": {}}
    assert found == {"app": {"cpu": 100}, "bare": {}, "mesh": {"cpu": 50}}


def test_the_usage_of_a_pod() -> None:
    metrics = {
        "metadata": {"name": "web-1"},
        "timestamp": "2026-11-25T03:45:19Z",
        "window": "1m15.5s",
        "containers": [{"name": "app", "usage": {"cpu": "12345678n", "memory": "64Mi"}}],
    }
    seen = records.usage_seen(metrics, AT, CLOCK)
    assert (seen.pod, seen.measured_at, seen.window_seconds) == ("web-1", 319.0, 75.5)
    assert seen.containers == {"app": {"cpu": 13, "memory": 64 * 1024**2 * 1000}}


def test_an_autoscaler_that_is_held_back_says_why() -> None:
    conditions = [
        {"type": "AbleToScale", "status": "True", "reason": "ReadyForNewScale"},
        {"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric"},
        {"type": "ScalingLimited", "status": "True", "reason": "TooManyReplicas"},
    ]
    assert records.conditions_in_words(conditions) == [
        "ScalingActive: FailedGetResourceMetric",
        "ScalingLimited: TooManyReplicas",
    ]
    wanted = [{"type": "Pods", "pods": {"metric": {"name": "queue"}, "target": {"averageValue": "10"}}}]
    assert records.metrics_in_words(wanted, []) == ["queue unknown of 10"]


def test_a_node_and_an_event(recorded: dict[str, Any]) -> None:
    node = records.node_seen(recorded["node"], AT, Change.ADDED)
    assert (node.name, node.ready, node.schedulable) == ("seatrial-worker", True, True)
    cordoned = {**recorded["node"], "spec": {"unschedulable": True}}
    assert not records.node_seen(cordoned, AT, Change.MODIFIED).schedulable
    event = records.event_seen(recorded["event"], AT)
    assert (event.kind, event.name, event.reason) == ("Pod", "store-0", "Started")
    assert (event.message, event.warning, event.count) == ("Container started", False, 2)


def test_server_times_are_shifted_by_the_offset() -> None:
    assert server_time(None, CLOCK) is None
    assert server_time("2026-11-25T03:45:19Z", CLOCK) == 319.0
    assert server_time("2026-11-25T03:45:19.250000Z", CLOCK) == 319.25


SLEEP_5 = {"preStop": {"sleep": {"seconds": 5}}}
BY_SHELL = {"preStop": {"exec": {"command": ["/bin/sh", "-c", "sleep 7"]}}}
BY_HTTP = {"preStop": {"httpGet": {"path": "/drain", "port": 80}}}


@pytest.mark.parametrize(
    ("containers", "seconds"),
    [
        ([{"name": "app"}], 0.0),
        ([{"name": "app", "lifecycle": {"postStart": {}}}], 0.0),
        ([{"name": "app", "lifecycle": SLEEP_5}], 5.0),
        ([{"name": "app", "lifecycle": BY_SHELL}], 7.0),
        ([{"name": "app", "lifecycle": {"preStop": {"exec": {"command": ["sleep", "2.5s"]}}}}], 2.5),
        ([{"name": "app", "lifecycle": {"preStop": {"exec": {"command": ["./drain", "now"]}}}}], None),
        ([{"name": "app", "lifecycle": BY_HTTP}], None),
        ([{"name": "app", "lifecycle": SLEEP_5}, {"name": "proxy"}], 0.0),
        ([{"name": "app", "ports": [{}], "lifecycle": SLEEP_5}, {"name": "proxy"}], 5.0),
        ([{"name": "app", "ports": [{}], "lifecycle": SLEEP_5}, {"name": "p", "lifecycle": BY_HTTP}], 5.0),
        ([], None),
    ],
)
def test_how_long_a_pod_waits_before_sigterm(containers: list[object], seconds: float | None) -> None:
    assert pre_stop_seconds({"spec": {"containers": containers}}) == seconds
