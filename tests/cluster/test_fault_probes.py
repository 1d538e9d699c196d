"""Refused readiness probes and frozen processes on a real cluster: kubelet acts by what pods declare."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny import wait_until_rolled_out

from seatrial.cluster.docker import docker
from seatrial.faults.fail_readiness import FailReadiness
from seatrial.faults.freeze_process import FreezeProcess
from seatrial.faults.injector import Injector
from seatrial.judge.liveness import hang_is_detected
from seatrial.kube.client import Kube
from seatrial.kube.timeline import Recorder, pods_now
from seatrial.model.fault import NO_PROBE
from seatrial.model.observation import Arm, observed
from seatrial.model.verdict import Outcome

LIVENESS = {
    "httpGet": {"path": "/alive", "port": 8080},
    "periodSeconds": 1,
    "timeoutSeconds": 1,
    "failureThreshold": 2,
}


@pytest.fixture
def injector(tmp_path: Path) -> Iterator[Injector]:
    with Injector(tmp_path) as injector:
        yield injector


@pytest.fixture(scope="module")
def watched(deployed: Kube) -> Kube:
    """The web server with a liveness probe of the port that its readiness probe asks."""
    containers = [{"name": "web", "livenessProbe": LIVENESS}]
    body = {"spec": {"template": {"spec": {"containers": containers}}}}
    deployed.patch("Deployment", "web", body, how="strategic")
    wait_until_rolled_out(deployed)
    return deployed


def rules(node: str) -> str:
    return docker("exec", node, "iptables", "-t", "mangle", "-S", "OUTPUT", doing="listing rules")


def answer(node: str, address: str) -> str:
    """What a pod answers to another node, as it would to another pod."""
    curl = ("curl", "--silent", "--max-time", "5", "--write-out", "%{http_code}")
    return docker("exec", node, *curl, f"http://{address}:8080/", doing="asking the pod")


def test_without_a_liveness_probe_nothing_is_frozen(injector: Injector, recorder: Recorder) -> None:
    record = injector.inject(FreezeProcess("web"), recorder)
    assert "has a liveness probe: nothing would notice that it hangs" in record.impossible
    assert record.details[NO_PROBE]


def test_a_pod_whose_readiness_is_refused_works_on_and_is_ready_again(
    watched: Kube, injector: Injector, recorder: Recorder
) -> None:
    record = injector.inject(FailReadiness("web", hold_seconds=1), recorder, held=True)
    assert record.verified, record.impossible
    victim = next(pod for pod in pods_now(recorder.snapshot(), "web") if pod.uid == record.target.uid)
    assert not victim.ready
    assert victim.ip in rules(victim.node)
    assert answer("seatrial-control-plane", victim.ip).endswith("200")
    injector.hold(record)
    released = injector.release(record)
    assert released.available_at is not None
    assert victim.ip not in rules(victim.node)
    last = watched.get("Pod", victim.name)["status"]["containerStatuses"][0]
    assert (last["ready"], last["restartCount"]) == (True, victim.restarts), (
        "its liveness probe went on passing"
    )


def test_a_process_that_hangs_is_restarted_by_its_own_probe(
    watched: Kube, injector: Injector, recorder: Recorder
) -> None:
    record = injector.inject(FreezeProcess("web"), recorder, held=True)
    assert record.effect.endswith(f"of web in {record.target.name} stopped")
    injector.hold(record)
    released = injector.release(record)
    assert released.available_at is not None
    verdict = hang_is_detected(observed(Arm(faults=(released,), timeline=recorder.snapshot())))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.numbers["allowed_seconds"] == 1 + 1 + 1 + 5
    assert watched.get("Pod", record.target.name)["status"]["containerStatuses"][0]["restartCount"] >= 1
