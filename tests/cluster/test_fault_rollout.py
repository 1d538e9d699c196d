"""Rollouts of a real cluster: restarted, broken and restored; faults that are held and overlap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tiny import KIND_CONFIG, Access, system_in, wait_until_rolled_out

from seatrial import cluster
from seatrial.errors import FaultRefused
from seatrial.faults.bad_rollout import BadRollout
from seatrial.faults.crash_pod import CrashPod
from seatrial.faults.drain_node import DrainNode
from seatrial.faults.injector import Injector
from seatrial.faults.revert import pending
from seatrial.faults.rollout_restart import RolloutRestart
from seatrial.kube.client import Kube
from seatrial.kube.exec import run_in_pod
from seatrial.kube.snapshot import compare, take_snapshot
from seatrial.kube.timeline import Recorder, pods_now
from seatrial.model.system import HELPER_IMAGE
from seatrial.waiting import NotYet, Ready, eventually

REVISIONS = {"web": "pod-template-hash", "store": "controller-revision-hash"}


@pytest.fixture
def injector(tmp_path: Path) -> Iterator[Injector]:
    with Injector(tmp_path) as injector:
        yield injector
    assert pending(tmp_path) == []


def revisions(kube: Kube, role: str) -> set[str]:
    return {pod["metadata"]["labels"][REVISIONS[role]] for pod in kube.objects("Pod", selector=f"app={role}")}


@pytest.mark.parametrize("role", ["web", "store"])
def test_a_restart_replaces_every_pod_and_keeps_its_mark(
    injector: Injector, recorder: Recorder, role: str
) -> None:
    before = {pod.uid for pod in pods_now(recorder.snapshot(), role)}
    record = injector.inject(RolloutRestart(role), recorder)
    assert record.verified_at is not None
    assert record.available_at is not None
    assert record.injected_at < record.verified_at <= record.available_at
    now = [pod for pod in pods_now(recorder.snapshot(), role) if not pod.deleting]
    assert before.isdisjoint(pod.uid for pod in now)
    assert all(pod.ready for pod in now)
    assert revisions(recorder.kube, role) != {record.details["revision_before"]}


@pytest.mark.parametrize(
    ("role", "kind", "arguments", "words"),
    [
        ("web", "image-missing", {}, "for an image that does not exist"),
        ("web", "crash-after-ready", {"ready_seconds": 3}, "was ready, and web was killed"),
        ("web", "never-ready", {}, "runs for 5 s and is not ready"),
        ("store", "image-missing", {}, "for an image that does not exist"),
        ("store", "crash-after-ready", {"ready_seconds": 3}, "was ready, and store was killed"),
        ("store", "never-ready", {}, "runs for 5 s and is not ready"),
    ],
)
def test_a_bad_rollout_is_seen_and_all_is_as_before(
    injector: Injector, recorder: Recorder, role: str, kind: Any, arguments: dict[str, Any], words: str
) -> None:
    kube = recorder.kube
    before, revision = take_snapshot(kube), revisions(kube, role)
    fault = BadRollout(role, kind=kind, hold_seconds=1, **arguments)
    record = injector.inject(fault, recorder)
    assert record.verified_at is not None
    assert record.reverted_at is not None
    assert record.available_at is not None
    assert record.verified_at + 1 <= record.reverted_at <= record.available_at
    assert words in record.effect
    assert record.details["revision_bad"] not in revision
    assert revisions(kube, role) == revision == {record.details["revision_before"]}
    assert compare(before, take_snapshot(kube)) == []


@pytest.fixture(scope="module")
def helper_image(access: Access) -> str:
    """The helper, built from its source and loaded on the nodes."""
    progress = cluster.PlainProgress()
    tag = cluster.ensure_images([HELPER_IMAGE], progress)[HELPER_IMAGE]
    there = cluster.status(KIND_CONFIG).cluster
    assert there is not None
    cluster.load_images(there, [tag], progress)
    return tag


def statuses(kube: Kube, address: str, path: str, number: int = 10) -> set[int]:
    """What that many requests are answered, asked from inside; 0 for no answer."""
    program = (
        "import sys,urllib.request as r,urllib.error as e\n"
        "for _ in range(int(sys.argv[2])):\n"
        "  try: print(r.urlopen(sys.argv[1], timeout=3).status)\n"
        "  except e.HTTPError as a: print(a.code)\n"
        "  except OSError: print(0)\n"
    )
    command = ["python3", "-c", program, f"http://{address}{path}", str(number)]
    ran = run_in_pod(kube, "store-0", "store", command, timeout_seconds=60)
    assert ran.exit_code == 0, ran.stderr
    return {int(line) for line in ran.stdout.split()}


def test_a_version_that_answers_500_is_ready_serves_and_is_rolled_back(
    injector: Injector, deployed: Kube, helper_image: str
) -> None:
    system = system_in(deployed, journeys={"read": {"request": {"path": "/read"}}})
    wait_until_answered(deployed)
    before, revision = take_snapshot(deployed), revisions(deployed, "web")
    with Recorder(deployed, system) as recorder:
        fault = BadRollout("web", kind="answers-500", image=helper_image, hold_seconds=1)
        record = injector.inject(fault, recorder, held=True)
        assert "is Ready and an endpoint of web that serves" in record.effect
        seen = recorder.snapshot()
        (bad, *_) = [
            pod
            for pod in deployed.objects("Pod", selector="app=web")
            if pod["metadata"]["labels"][REVISIONS["web"]] == record.details["revision_bad"]
            and "podIP" in pod["status"]  # others may just be starting
        ]
        assert bad["spec"]["containers"][0]["image"] == helper_image
        address = f"{bad['status']['podIP']}:8080"
        assert statuses(deployed, address, "/read") == {500}
        assert statuses(deployed, address, "/") == {200}, "the path of its probe"
        assert seen.pods[bad["metadata"]["uid"]][-1].restarts == 0
        record = injector.release(record)
    assert record.available_at is not None
    assert revisions(deployed, "web") == revision
    wait_until_answered(deployed)
    assert compare(before, take_snapshot(deployed)) == []


def wait_until_answered(kube: Kube) -> None:
    """Until every request of a row is answered: nodes learn of a new pod one after the other."""
    wait_until_rolled_out(kube)

    def answered() -> Ready[None] | NotYet:
        found = statuses(kube, "web", "/read")
        return Ready(None) if found == {200} else NotYet(f"answered {sorted(found)}")

    eventually(answered, within_seconds=30, what="web answers", every_seconds=0.5)


def test_a_probe_that_asks_what_clients_ask_is_refused(
    injector: Injector, recorder: Recorder, helper_image: str
) -> None:
    wait_until_rolled_out(recorder.kube)
    before = take_snapshot(recorder.kube)
    with pytest.raises(FaultRefused, match="a probe of web asks /, as clients do"):
        injector.inject(BadRollout("web", kind="answers-500", image=helper_image), recorder)
    assert compare(before, take_snapshot(recorder.kube)) == []


def test_a_bad_rollout_is_held_no_longer_than_the_progress_deadline(
    injector: Injector, recorder: Recorder
) -> None:
    recorder.kube.patch("Deployment", "web", {"spec": {"progressDeadlineSeconds": 2}})
    try:
        wait_until_rolled_out(recorder.kube)
        record = injector.inject(BadRollout("web", hold_seconds=120), recorder)
    finally:
        recorder.kube.patch("Deployment", "web", {"spec": {"progressDeadlineSeconds": 600}})
    assert record.details["progress_deadline_seconds"] == 2
    assert record.verified_at is not None
    assert record.reverted_at is not None
    assert record.reverted_at - record.verified_at < 10


def test_a_paused_workload_cannot_be_rolled_out(injector: Injector, recorder: Recorder) -> None:
    recorder.kube.patch("Deployment", "web", {"spec": {"paused": True}})
    try:
        record = injector.inject(RolloutRestart("web"), recorder)
        bad = injector.inject(BadRollout("web"), recorder)
    finally:
        recorder.kube.patch("Deployment", "web", {"spec": {"paused": None}})
    assert record.impossible == bad.impossible
    assert record.impossible == "deployment/web is paused: a change of its template replaces 0 pods"


def test_an_unknown_container_is_refused(injector: Injector, recorder: Recorder) -> None:
    with pytest.raises(FaultRefused, match="has no container 'wep'") as caught:
        injector.inject(BadRollout("web", container="wep"), recorder)
    assert caught.value.next_step == "its containers: web"


def test_held_faults_overlap_and_are_released_one_by_one(
    injector: Injector, recorder: Recorder, tmp_path: Path
) -> None:
    kube = recorder.kube
    before = take_snapshot(kube)
    rollout = injector.inject(BadRollout("web", kind="never-ready"), recorder, held=True)
    crash = injector.inject(CrashPod("web"), recorder)
    drain = injector.inject(DrainNode("store"), recorder, held=True)
    assert [entry.fault for entry in pending(tmp_path)] == ["bad-rollout", "drain-node"]
    assert (rollout.available_at, drain.available_at) == (None, None)
    assert crash.verified
    assert crash.reverted_at is not None
    with pytest.raises(FaultRefused, match="is not rolled out"):
        injector.inject(RolloutRestart("web"), recorder)

    rollout = injector.release(rollout)
    assert rollout.available_at is not None
    node = kube.get("Node", drain.target.name)
    assert node["spec"]["unschedulable"], "the other one is still in place"
    drain = injector.release(drain.id)
    assert drain.available_at is not None
    assert drain.reverted_at is not None
    assert injector.open == []
    assert compare(before, take_snapshot(kube)) == []
