"""Deleting, evicting and crashing pods of a real cluster: proven, refused, and undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tiny import system_in

from seatrial.errors import FaultNotVerified, FaultRefused
from seatrial.faults.crash_pod import CrashPod
from seatrial.faults.delete_pod import DeletePod
from seatrial.faults.evict_pod import EvictPod
from seatrial.faults.injector import Injector
from seatrial.faults.revert import pending
from seatrial.kube.client import Kube
from seatrial.kube.errors import Forbidden
from seatrial.kube.timeline import Recorder, pods_now
from seatrial.model.fault import Disruption


@pytest.fixture
def guard(tmp_path: Path) -> Iterator[Injector]:
    with Injector(tmp_path) as guard:
        yield guard
    assert pending(tmp_path) == []


def uids(kube: Kube) -> set[str]:
    return {pod["metadata"]["uid"] for pod in kube.objects("Pod")}


def test_a_deleted_pod_is_proven_gone_and_the_workload_whole_again(
    guard: Injector, recorder: Recorder
) -> None:
    fault = DeletePod("web", selector="app in (web)", seed=7)
    for _ in range(2):
        record = guard.inject(fault, recorder)
        assert record.disruption is Disruption.VOLUNTARY
        assert record.verified_at is not None
        assert record.available_at is not None
        assert record.reverted_at is not None
        assert record.injected_at < record.verified_at <= record.available_at <= record.reverted_at
        assert record.target.uid not in uids(recorder.kube)
        assert record.replacement in [pod.name for pod in pods_now(recorder.snapshot(), "web")]
        assert record.target.uid[:8] in record.proof
        ready = [pod for pod in pods_now(recorder.snapshot(), "web") if pod.ready]
        assert len(ready) == 2


def test_an_evicted_pod_is_proven_gone(guard: Injector, recorder: Recorder) -> None:
    record = guard.inject(EvictPod("web"), recorder)
    assert record.verified
    assert record.available_at is not None
    assert record.target.uid not in uids(recorder.kube)


def test_an_eviction_that_a_budget_never_allows_is_refused_with_its_words(
    guard: Injector, recorder: Recorder
) -> None:
    before = uids(recorder.kube)
    recorder.kube.patch("PodDisruptionBudget", "web", {"spec": {"minAvailable": 2}})
    try:
        with pytest.raises(FaultRefused, match="disruption budget") as caught:
            guard.inject(EvictPod("web", evict_seconds=3), recorder)
        assert "PodDisruptionBudget" in caught.value.next_step
    finally:
        recorder.kube.patch("PodDisruptionBudget", "web", {"spec": {"minAvailable": 1}})
    assert uids(recorder.kube) == before


def test_a_crash_is_sigkill_for_every_process_with_no_warning(guard: Injector, recorder: Recorder) -> None:
    record = guard.inject(CrashPod("store"), recorder)
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


def test_a_graceful_delete_does_warn(guard: Injector, recorder: Recorder) -> None:
    # The control of the test above: the same program does write a line when it is asked to stop.
    followed = recorder.kube.transport.open(
        "GET",
        f"/api/v1/namespaces/{recorder.kube.namespace}/pods/store-0/log?follow=true",
        timeout_seconds=60,
    )
    guard.inject(DeletePod("store", allow_last=True), recorder)
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
    ("a node that kind does not run", {}, CrashPod("store", engine="false"), "no kind node"),
]


@pytest.mark.parametrize(
    ("changes", "fault", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_a_fault_is_refused_and_nothing_is_touched(
    deployed: Kube, tmp_path: Path, changes: dict[str, Any], fault: Any, words: str
) -> None:
    before = {pod["metadata"]["uid"]: pod["status"] for pod in deployed.objects("Pod")}
    with (
        Injector(tmp_path) as guard,
        Recorder(deployed, system_in(deployed, **changes)) as recorder,
        pytest.raises(FaultRefused, match=words),
    ):
        guard.inject(fault, recorder)
    assert {pod["metadata"]["uid"]: pod["status"] for pod in deployed.objects("Pod")} == before
    assert pending(tmp_path) == []


def test_a_system_of_another_namespace_is_refused(deployed: Kube, tmp_path: Path) -> None:
    system = system_in(deployed, target={"context": deployed.context, "namespace": "default"})
    with (
        Injector(tmp_path) as guard,
        Recorder(deployed, system) as recorder,
        pytest.raises(FaultRefused, match="in namespace 'default', not in"),
    ):
        guard.inject(DeletePod("web"), recorder)


def test_a_forbidden_delete_names_the_missing_rule_and_leaves_no_entry(
    as_user: Callable[[list[dict[str, Any]]], Kube], tmp_path: Path
) -> None:
    user = as_user([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}])
    before = uids(user)
    with (
        Injector(tmp_path) as guard,
        Recorder(user, system_in(user)) as recorder,
        pytest.raises(Forbidden) as caught,
    ):
        guard.inject(DeletePod("web"), recorder)
    assert 'resources: ["pods"], verbs: ["delete"]' in caught.value.next_step
    assert uids(user) == before
    assert pending(tmp_path) == []


def test_a_crash_by_exec_is_not_believed_where_process_one_survives(
    deployed: Kube, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seatrial.faults.crash_pod.PROVE_SECONDS", 5.0)
    system = system_in(deployed, target={"context": deployed.context, "namespace": deployed.namespace})
    with (
        Injector(tmp_path) as guard,
        Recorder(deployed, system) as recorder,
        pytest.raises(FaultNotVerified, match="process 1 ignores SIGKILL"),
    ):
        guard.inject(CrashPod("store"), recorder)
    assert pending(tmp_path) == []
