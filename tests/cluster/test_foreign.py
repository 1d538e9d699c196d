"""On a real cluster: what Seatrial does, and what controllers make of it, is not taken for somebody else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tiny import wait_until_rolled_out

from seatrial.faults.bad_rollout import BadRollout
from seatrial.faults.base import Fault
from seatrial.faults.crash_pod import CrashPod
from seatrial.faults.delete_pod import DeletePod
from seatrial.faults.evict_pod import EvictPod
from seatrial.faults.injector import Injector
from seatrial.faults.rollout_restart import RolloutRestart
from seatrial.judge.foreign import foreign
from seatrial.kube.client import Kube
from seatrial.kube.timeline import Recorder, pods_now
from seatrial.model.exchange import Exchange, ExchangeOutcome
from seatrial.model.fault import FaultRecord
from seatrial.model.observation import Arm, observed
from seatrial.model.verdict import Verdict
from seatrial.waiting import NotYet, Ready


@pytest.fixture
def injector(tmp_path: Path) -> Iterator[Injector]:
    with Injector(tmp_path) as injector:
        yield injector


@pytest.fixture
def somebody(deployed: Kube, make_kube: Callable[[str], Kube]) -> Kube:
    """Another client of the same namespace, whose acts nobody records."""
    return make_kube(deployed.namespace)


def wait_for_two_pods(recorder: Recorder) -> None:
    """What another test did to `web` is over."""
    recorder.wait(
        lambda seen: (
            Ready(None)
            if sum(pod.ready and not pod.deleting for pod in pods_now(seen, "web")) == 2
            else NotYet("there are others")
        ),
        within_seconds=60, what="two pods of web are ready",
    )  # fmt: skip


def found(recorder: Recorder, *faults: FaultRecord) -> Verdict | None:
    """What is said of all that was seen until now, as if traffic had gone on."""
    now = time.monotonic()
    last = Exchange(1, "read", now, now, now, ExchangeOutcome.OK, 200)
    return foreign(observed(Arm(exchanges=(last,), timeline=recorder.snapshot(), faults=faults)))


@pytest.mark.parametrize(
    "fault",
    [
        DeletePod("web"),
        EvictPod("web"),
        RolloutRestart("web"),
        BadRollout("web", kind="image-missing", hold_seconds=1),
        CrashPod("web"),
        RolloutRestart("store"),
        BadRollout("store", kind="image-missing", hold_seconds=1),
    ],
    ids=lambda fault: f"{fault.name}-{fault.role}",
)
def test_what_we_do_and_revert_is_ours(injector: Injector, recorder: Recorder, fault: Fault) -> None:
    wait_for_two_pods(recorder)
    record = injector.inject(fault, recorder)
    assert recorder.snapshot().ledger
    assert found(recorder, record) is None


def test_a_pod_that_somebody_deletes_meanwhile(
    injector: Injector, recorder: Recorder, somebody: Kube
) -> None:
    wait_for_two_pods(recorder)
    record = injector.inject(DeletePod("web"), recorder)
    victim = next(pod for pod in pods_now(recorder.snapshot(), "web") if not pod.deleting)
    somebody.delete("Pod", victim.name)
    recorder.wait(
        lambda seen: Ready(None) if seen.pods[victim.uid][-1].deleting else NotYet("it stays"),
        within_seconds=20, what="it goes",
    )  # fmt: skip
    verdict = found(recorder, record)
    assert verdict is not None
    assert f"pod {victim.name} was deleted, by whom is not known" in verdict.observed
    assert verdict.observed.count(" was ") == 1, verdict.observed
    wait_until_rolled_out(somebody)


@pytest.mark.parametrize("manager", ["kubectl-edit", "seatrial"])
def test_a_workload_that_somebody_scales_is_named_with_its_field_manager_and_its_pods_are_not(
    injector: Injector, recorder: Recorder, somebody: Kube, manager: str
) -> None:
    wait_for_two_pods(recorder)
    record = injector.inject(DeletePod("web"), recorder)
    try:
        for replicas in (3, 2):
            somebody._json(
                "patch", "PATCH", somebody.resource("Deployment"), "web", None,
                body={"spec": {"replicas": replicas}}, query={"fieldManager": manager},
                content_type="application/merge-patch+json",
            )  # fmt: skip
            wait_until_rolled_out(somebody)
        recorder.wait(
            lambda seen: Ready(None) if len(pods_now(seen, "web")) == 2 else NotYet("there are more"),
            within_seconds=60, what="two pods are left",
        )  # fmt: skip
        verdict = found(recorder, record)
    finally:
        somebody.scale("Deployment", "web", 2)
    assert verdict is not None
    assert verdict.observed.count(f"deployment/web was changed by {manager}") == 2
    assert "pod " not in verdict.observed, "the controller took it away"
