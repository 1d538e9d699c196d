"""Deleting, evicting and crashing pods of a real cluster: verified, refused, impossible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tiny import system_in

from seatrial.errors import FaultNotVerified, FaultRefused, NotAllowed
from seatrial.faults.crash_pod import CrashPod
from seatrial.faults.delete_all_pods import DeleteAllPods
from seatrial.faults.delete_pod import DeletePod
from seatrial.faults.evict_pod import EvictPod
from seatrial.faults.injector import Injector
from seatrial.faults.kind_nodes import require_kind_node
from seatrial.faults.revert import pending
from seatrial.kube.client import Kube
from seatrial.kube.timeline import Recorder, pods_now
from seatrial.model.fault import Disruption


@pytest.fixture
def injector(tmp_path: Path) -> Iterator[Injector]:
    with Injector(tmp_path) as injector:
        yield injector
    assert pending(tmp_path) == []


def uids(kube: Kube) -> set[str]:
    return {pod["metadata"]["uid"] for pod in kube.objects("Pod")}


def test_a_deleted_pod_is_seen_gone_and_the_workload_available_again(
    injector: Injector, recorder: Recorder
) -> None:
    fault = DeletePod("web", selector="app in (web)", seed=7)
    for _ in range(2):
        record = injector.inject(fault, recorder)
        assert record.disruption is Disruption.VOLUNTARY
        assert record.verified_at is not None
        assert record.available_at is not None
        assert record.reverted_at is not None
        assert record.injected_at < record.verified_at <= record.available_at <= record.reverted_at
        assert record.target.uid not in uids(recorder.kube)
        assert record.replacement in [pod.name for pod in pods_now(recorder.snapshot(), "web")]
        assert record.target.uid[:8] in record.effect
        ready = [pod for pod in pods_now(recorder.snapshot(), "web") if pod.ready]
        assert len(ready) == 2


def test_all_pods_are_gone_at_once_and_as_many_come_again(injector: Injector, recorder: Recorder) -> None:
    before = {pod.uid for pod in pods_now(recorder.snapshot(), "web")}
    record = injector.inject(DeleteAllPods("web"), recorder)
    assert record.disruption is Disruption.INVOLUNTARY
    assert record.effect.startswith("all 2 pods of web gone after")
    assert record.available_at is not None
    assert record.target.kind == "Deployment"
    after = [pod for pod in pods_now(recorder.snapshot(), "web") if pod.ready]
    assert len(after) == 2
    assert not before & {pod.uid for pod in after}


def test_an_evicted_pod_is_seen_gone(injector: Injector, recorder: Recorder) -> None:
    record = injector.inject(EvictPod("web"), recorder)
    assert record.verified
    assert record.available_at is not None
    assert record.target.uid not in uids(recorder.kube)


def test_an_eviction_that_a_budget_never_allows_is_impossible_with_its_arithmetic(
    injector: Injector, recorder: Recorder
) -> None:
    before = uids(recorder.kube)
    recorder.kube.patch("PodDisruptionBudget", "web", {"spec": {"minAvailable": 2}})
    try:
        record = injector.inject(EvictPod("web"), recorder)
        assert record.verified_at is None
        assert "web (minAvailable 2) allows 2 pods - 2 that must stay healthy = 0" in record.impossible
    finally:
        recorder.kube.patch("PodDisruptionBudget", "web", {"spec": {"minAvailable": 1}})
    assert uids(recorder.kube) == before


def test_a_crash_is_sigkill_for_every_process_with_no_warning(injector: Injector, recorder: Recorder) -> None:
    record = injector.inject(CrashPod("store"), recorder)
    assert record.disruption is Disruption.INVOLUNTARY
    assert record.verified
    assert record.available_at is not None
    pod = recorder.kube.get("Pod", "store-0")
    assert pod["metadata"]["uid"] == record.target.uid, "the pod stays, its container is new"
    (container,) = pod["status"]["containerStatuses"]
    assert container["restartCount"] == 1
    assert container["lastState"]["terminated"]["exitCode"] == 137
    before = recorder.kube.logs("store-0", previous=True)
    assert "parent runs" in before
    assert "SIGTERM" not in before


def test_a_graceful_delete_does_warn(injector: Injector, recorder: Recorder) -> None:
    # The control of the test above: the same program does write a line when it is asked to stop.
    followed = recorder.kube.transport.open(
        "GET",
        f"/api/v1/namespaces/{recorder.kube.namespace}/pods/store-0/log?follow=true",
        timeout_seconds=60,
    )
    injector.inject(DeletePod("store", allow_last=True), recorder)
    assert b"parent saw SIGTERM" in followed.read()


REFUSED: list[tuple[str, dict[str, Any], Any, str]] = [
    ("no consent", {"consent": {"disruptive": False}}, DeletePod("web"), "does not consent"),
    (
        "consent for another namespace",
        {"consent": {"disruptive": True, "context": "kind-seatrial", "namespace": "other"}},
        DeletePod("web"),
        "consent is given for namespace 'other'",
    ),
    (
        "consent for another context",
        {"consent": {"disruptive": True, "context": "prod", "namespace": "other"}},
        CrashPod("store"),
        "consent is given for context 'prod'",
    ),
    ("unknown role", {}, DeletePod("wep"), "no workload has the role 'wep'"),
    (
        "nothing matches",
        {"workloads": {"web": {"kind": "Deployment", "name": "nobody", "stateless": True}}},
        DeletePod("web"),
        "does not exist",
    ),
    ("selector that matches nothing", {}, DeletePod("web", selector="app=wep"), "matches 'app=wep'"),
    ("selector of another role", {}, DeletePod("web", selector="app=store"), "matches 'app=store'"),
    ("no such pod", {}, DeletePod("web", pod="web-x"), "web-x is no ready pod"),
    ("last replica", {}, DeletePod("store"), "last ready replica"),
    (
        "crash of the last stateless replica",
        {"workloads": {"store": {"kind": "StatefulSet", "name": "store", "stateless": True}}},
        CrashPod("store"),
        "last ready replica",
    ),
]


@pytest.mark.parametrize(
    ("changes", "fault", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_a_fault_is_refused_and_nothing_is_touched(
    deployed: Kube, tmp_path: Path, changes: dict[str, Any], fault: Any, words: str
) -> None:
    before = {pod["metadata"]["uid"]: pod["status"] for pod in deployed.objects("Pod")}
    with (
        Injector(tmp_path) as injector,
        Recorder(deployed, system_in(deployed, **changes)) as recorder,
        pytest.raises(FaultRefused, match=words),
    ):
        injector.inject(fault, recorder)
    assert {pod["metadata"]["uid"]: pod["status"] for pod in deployed.objects("Pod")} == before
    assert pending(tmp_path) == []


def test_a_node_that_kind_does_not_run_here_is_refused(deployed: Kube) -> None:
    with pytest.raises(FaultRefused, match="node no-such-node is no kind node"):
        require_kind_node("no-such-node")


def test_a_system_of_another_namespace_is_refused(deployed: Kube, tmp_path: Path) -> None:
    system = system_in(deployed, target={"context": deployed.context, "namespace": "default"})
    with (
        Injector(tmp_path) as injector,
        Recorder(deployed, system) as recorder,
        pytest.raises(FaultRefused, match="in namespace 'default', not in"),
    ):
        injector.inject(DeletePod("web"), recorder)


def test_a_forbidden_delete_names_the_missing_rule_and_leaves_no_entry(
    as_user: Callable[[list[dict[str, Any]]], Kube], tmp_path: Path
) -> None:
    user = as_user([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}])
    before = uids(user)
    with (
        Injector(tmp_path) as injector,
        Recorder(user, system_in(user)) as recorder,
        pytest.raises(NotAllowed, match="not allowed to delete pods") as caught,
    ):
        injector.inject(DeletePod("web"), recorder)
    assert 'resources: ["pods"], verbs: ["delete"]' in caught.value.next_step
    assert uids(user) == before
    assert pending(tmp_path) == []


def test_a_crash_by_exec_is_not_believed_where_process_one_survives(
    deployed: Kube, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seatrial.faults.crash_pod.VERIFY_SECONDS", 5.0)
    system = system_in(deployed, target={"context": deployed.context, "namespace": deployed.namespace})
    with (
        Injector(tmp_path) as injector,
        Recorder(deployed, system) as recorder,
        pytest.raises(FaultNotVerified, match="process 1 ignores SIGKILL"),
    ):
        injector.inject(CrashPod("store"), recorder)
    assert pending(tmp_path) == []
