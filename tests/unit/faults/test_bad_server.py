"""What makes a container the helper's bad server, and when its pod is seen to serve."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from stand_ins import endpoints, pod, recorder, system, timeline, workload

from seatrial.errors import FaultRefused
from seatrial.faults.bad_rollout import BadRollout
from seatrial.faults.bad_server import bad_server, require_service, serves_since
from seatrial.faults.effects.fields import json_patch
from seatrial.model.timeline import Change

IMAGE = "example.com/helper:1"


def get(path: str = "/ready", port: Any = 8080, **more: Any) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": port, **more}, "periodSeconds": 3}


def container(**fields: Any) -> dict[str, Any]:
    return {"name": "app", "image": "shop:3", "ports": [{"containerPort": 8080}], **fields}


def written(*, pod_fields: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """The fields that are written into a pod's only container, by name."""
    spec = {"containers": [container(**fields)], **(pod_fields or {})}
    values = bad_server(spec, "app", IMAGE, journey="/v1/items?limit=5")
    assert {path[:-1] for path in values} == {("spec", "template", "spec", "containers", "[name=app]")}
    return {path[-1]: value for path, value in values.items()}


def options(values: dict[str, Any], name: str) -> list[str]:
    arguments = values["args"][1:]
    return [value for key, value in zip(arguments[::2], arguments[1::2], strict=True) if key == f"--{name}"]


def test_the_container_becomes_the_helper_and_keeps_all_that_is_not_written() -> None:
    values = written(workingDir="/app", securityContext={"runAsUser": 7}, readinessProbe=get())
    assert set(values) == {"image", "imagePullPolicy", "command", "args"}
    assert (values["image"], values["command"]) == (IMAGE, ["/helper"])
    assert values["imagePullPolicy"] == "IfNotPresent", "an image that was loaded cannot be pulled"
    assert values["args"][0] == "bad-server"
    assert (options(values, "port"), options(values, "healthy")) == (["8080"], ["/ready"])


def test_ports_are_those_of_the_container_and_of_its_probes_by_number_and_by_name() -> None:
    ports = [{"containerPort": 80, "name": "web"}, {"containerPort": 53, "protocol": "UDP", "name": "dns"}]
    values = written(
        ports=ports,
        startupProbe=get("start?full=1", "web"),
        livenessProbe={"tcpSocket": {"port": 9000}},
        readinessProbe=get("/ready", "9001"),
    )
    assert options(values, "port") == ["80", "9000", "9001"]
    assert options(values, "healthy") == ["/ready", "/start"]


def test_what_only_the_own_program_could_answer_is_dropped() -> None:
    values = written(
        startupProbe={"exec": {"command": ["cat", "/tmp/up"]}},
        livenessProbe={"grpc": {"port": 8080}},
        readinessProbe=get(scheme="HTTPS"),
        lifecycle={"preStop": {"exec": {"command": ["sleep", "5"]}}},
    )
    dropped = {name for name, value in values.items() if value is None}
    assert dropped == {"startupProbe", "livenessProbe", "readinessProbe", "lifecycle"}
    assert options(values, "healthy") == []


@pytest.mark.parametrize(
    ("pod_fields", "seconds"),
    [({}, "10"), ({"terminationGracePeriodSeconds": 5}, "2.5"), ({"terminationGracePeriodSeconds": 0}, "0")],
)
def test_it_ends_within_the_grace_period(pod_fields: dict[str, Any], seconds: str) -> None:
    assert options(written(pod_fields=pod_fields), "drain-seconds") == [seconds]


def test_the_change_is_a_patch_of_this_container_only() -> None:
    spec = {"containers": [{"name": "proxy", "image": "p"}, container(lifecycle={"preStop": {}})]}
    obj = {"spec": {"template": {"spec": spec}}}
    operations = json_patch(obj, bad_server(spec, "app", IMAGE, journey="/").items())
    assert all(each["path"].startswith("/spec/template/spec/containers/1/") for each in operations)
    assert {"op": "remove", "path": "/spec/template/spec/containers/1/lifecycle"} in operations


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ports": []}, "declares no TCP port"),
        ({"ports": [{"containerPort": 53, "protocol": "UDP"}]}, "declares no TCP port"),
        ({"readinessProbe": get("/v1/items?probe")}, "a probe of app asks /v1/items, as clients do"),
    ],
)
def test_what_could_not_be_seen_to_answer_wrongly_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(FaultRefused, match=words):
        written(**fields)


def test_a_pod_serves_when_it_is_ready_and_an_endpoint() -> None:
    new = replace(pod("new", 1.0), ready=False)
    ready = replace(new, at=2.0, ready=True, change=Change.MODIFIED)
    listed = endpoints(3.0, ready)
    assert serves_since(timeline(new, ready, listed), new.uid) == (
        3.0,
        "is Ready and an endpoint of web that serves: the helper",
    )
    assert serves_since(timeline(new, endpoints(1.5, ready), ready), new.uid) == (
        2.0,
        "is Ready and an endpoint of web that serves: the helper",
    )


def test_a_pod_does_not_serve_before_that() -> None:
    new = replace(pod("new", 1.0), ready=False)
    ready = replace(new, at=2.0, ready=True)
    assert serves_since(timeline(new, ready), new.uid) is None
    assert serves_since(timeline(new, endpoints(3.0, ready)), new.uid) is None
    assert serves_since(timeline(ready, endpoints(3.0, new)), new.uid) is None
    assert serves_since(timeline(replace(ready, deleting=True), endpoints(3.0, ready)), new.uid) is None
    other = replace(ready, ip="10.9.9.9")
    assert serves_since(timeline(ready, endpoints(3.0, other)), new.uid) is None, "an earlier pod's name"
    gone = replace(endpoints(1.0, ready), change=Change.DELETED)
    assert serves_since(timeline(gone, ready), new.uid) is None


def test_a_workload_without_a_service_is_refused() -> None:
    web = pod("web-1")
    require_service(timeline(web, endpoints(1.0, web)), "web")
    with pytest.raises(FaultRefused, match="no Service leads to the pods of role 'web'"):
        require_service(timeline(web, endpoints(1.0, pod("store-0", role="store"), service="store")), "web")


def test_an_image_that_nobody_named_is_refused_before_anything_is_written() -> None:
    web = pod("web-1")
    seen = recorder(timeline(workload(), web, endpoints(1.0, web)), system())
    labels = {"pod-template-hash": "one"}
    owner = {"kind": "ReplicaSet", "name": "web-one", "controller": True}
    metadata = {"name": "web-1", "labels": labels, "ownerReferences": [owner]}
    status = {"observedGeneration": 1, "updatedReplicas": 1, "replicas": 1, "readyReplicas": 1,
              "availableReplicas": 1}  # fmt: skip
    obj = {
        "kind": "Deployment", "metadata": {"name": "web", "uid": "u", "generation": 1}, "status": status,
        "spec": {"replicas": 1, "template": {"spec": {"containers": [container()]}}},
    }  # fmt: skip
    kube: Any = SimpleNamespace(
        namespace="shop", get=lambda *_: obj, objects=lambda *_: [{"metadata": metadata}]
    )
    seen.kube = kube
    with pytest.raises(FaultRefused, match="it is not known where the helper image is"):
        BadRollout("web", kind="answers-500").plan(seen)


def test_only_this_kind_puts_an_image_of_ours_into_the_cluster() -> None:
    assert BadRollout("web", kind="answers-500").image == "seatrial/helper"
    assert BadRollout("web", kind="answers-500", image=IMAGE).image == IMAGE
    assert BadRollout("web", kind="never-ready").image == ""
