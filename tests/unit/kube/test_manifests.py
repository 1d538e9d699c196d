"""Manifests before they are applied: images, order, namespace, what an autoscaler owns."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from seatrial.errors import BadInput
from seatrial.kube import manifests
from seatrial.kube.rollout import crashed, lacking, pod_trouble


def workload(kind: str, *images: str, name: str = "web") -> dict[str, Any]:
    containers = [{"name": f"c{index}", "image": image} for index, image in enumerate(images)]
    spec: dict[str, Any] = {"template": {"spec": {"containers": containers}}}
    if kind == "CronJob":
        spec = {"jobTemplate": {"spec": spec}}
    if kind == "Pod":
        spec = {"containers": containers}
    return {"apiVersion": "x", "kind": kind, "metadata": {"name": name}, "spec": spec}


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"])
def test_logical_images_get_their_full_tag_in_every_kind(kind: str) -> None:
    made = workload(kind, "seatrial/chandlery", "seatrial/nats:pinned", "docker.io/library/postgres:17")
    before = copy.deepcopy(made)
    images = {"seatrial/chandlery": "seatrial/chandlery:abc", "seatrial/nats": "nats:2.12"}
    (result,) = manifests.with_images([made], images)
    assert [c["image"] for c in manifests.containers(result)] == [
        "seatrial/chandlery:abc",
        "nats:2.12",
        "docker.io/library/postgres:17",
    ]
    assert made == before, "what was given is not changed"


def test_init_containers_are_filled_in_too() -> None:
    made = workload("Deployment", "seatrial/nats")
    made["spec"]["template"]["spec"]["initContainers"] = [{"name": "first", "image": "seatrial/python"}]
    assert manifests.logical_names([made]) == ["seatrial/nats", "seatrial/python"]


def test_an_image_that_nobody_knows_is_named_with_the_nearest() -> None:
    with pytest.raises(BadInput, match="seatrial/chandlry") as caught:
        manifests.with_images([workload("Job", "seatrial/chandlry")], {"seatrial/chandlery": "x"})
    assert caught.value.where == "Job/web, container c0"
    assert caught.value.next_step == "Did you mean seatrial/chandlery?"


@pytest.mark.parametrize("image", ["seatrial/x:1.2", "other/seatrial/x", "seatrial/x@sha256:ab", "nginx"])
def test_other_images_are_left_alone(image: str) -> None:
    assert manifests.logical_names([workload("Pod", image)]) == []
    (result,) = manifests.with_images([workload("Pod", image)], {})
    assert next(manifests.containers(result))["image"] == image


def test_what_others_need_comes_first_and_unknown_kinds_before_workloads() -> None:
    kinds = ["Deployment", "Boat", "ConfigMap", "HorizontalPodAutoscaler", "Namespace", "ServiceAccount"]
    ordered = [obj["kind"] for obj in manifests.in_order([workload(kind) for kind in kinds])]
    assert ordered == [
        "Namespace",
        "ServiceAccount",
        "ConfigMap",
        "Boat",
        "Deployment",
        "HorizontalPodAutoscaler",
    ]


def test_the_namespace_is_filled_in_and_a_foreign_one_refused() -> None:
    cluster_wide = workload("ClusterRole")
    inside, outside = manifests.in_namespace([workload("Deployment"), cluster_wide], "shop")
    assert inside["metadata"]["namespace"] == "shop"
    assert "namespace" not in outside["metadata"]
    foreign = workload("Deployment")
    foreign["metadata"]["namespace"] = "prod"
    with pytest.raises(BadInput, match="lies in namespace 'prod'"):
        manifests.in_namespace([foreign], "shop")


def test_labels_are_added_and_not_to_the_pods() -> None:
    made = workload("Deployment")
    made["metadata"]["labels"] = {"a": "b"}
    (result,) = manifests.labelled([made], "mine", "shop")
    assert result["metadata"]["labels"] == {"a": "b", "mine": "shop"}
    assert result["spec"] == made["spec"]
    (result,) = manifests.labelled([{"metadata": {"labels": None}}], "mine", "shop")
    assert result["metadata"]["labels"] == {"mine": "shop"}


def deployment(wanted: int | None, **status: int) -> dict[str, Any]:
    spec = {} if wanted is None else {"replicas": wanted}
    return {"kind": "Deployment", "metadata": {"generation": 2}, "spec": spec, "status": status}


@pytest.mark.parametrize(
    ("obj", "problem"),
    [
        (deployment(2, observedGeneration=1, readyReplicas=2, updatedReplicas=2, replicas=2), "not yet seen"),
        (
            deployment(2, observedGeneration=2, readyReplicas=2, updatedReplicas=1, replicas=2),
            "1 of 2 pods have",
        ),
        (deployment(2, observedGeneration=2, readyReplicas=3, updatedReplicas=2, replicas=3), "1 old pods"),
        (
            deployment(2, observedGeneration=2, readyReplicas=1, updatedReplicas=2, replicas=2),
            "1 of 2 pods ready",
        ),
        (deployment(None, observedGeneration=2), "0 of 1 pods have"),
        (deployment(2, observedGeneration=2, readyReplicas=2, updatedReplicas=2, replicas=2), ""),
        (deployment(0, observedGeneration=2), ""),
    ],
)
def test_what_a_rollout_lacks(obj: dict[str, Any], problem: str) -> None:
    assert lacking(obj).startswith(problem)
    assert bool(lacking(obj)) == bool(problem)


def test_a_pod_that_cannot_be_scheduled_or_whose_image_is_missing_says_so() -> None:
    scheduled = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}
    pod = {"metadata": {"name": "p"}, "status": {"conditions": [scheduled]}}
    assert pod_trouble(pod) == ("Unschedulable", "p cannot be scheduled: 0/3 nodes are available")
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image x"}}
    pod = {"metadata": {"name": "p"}, "status": {"containerStatuses": [{"name": "c", "state": waiting}]}}
    assert pod_trouble(pod) == ("ImagePullBackOff", "p ImagePullBackOff: no such image x")
    assert crashed(pod) is None


def test_a_crashing_container_is_found_in_either_life() -> None:
    ended = {"terminated": {"exitCode": 1, "reason": "Error"}}
    for container in (
        {"name": "c", "state": ended},
        {"name": "c", "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": ended},
    ):
        found = crashed({"status": {"containerStatuses": [container]}})
        assert found is not None
        assert found["name"] == "c"
    fine = {"name": "c", "state": {"running": {}}, "lastState": {"terminated": {"exitCode": 0}}}
    assert crashed({"status": {"containerStatuses": [fine]}}) is None
