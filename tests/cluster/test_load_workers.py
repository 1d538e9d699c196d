"""Locust's master and workers in the cluster: one plan, one verdict here, and nothing left behind.

As many workers as SEATRIAL_TEST_WORKERS says (2).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from tiny import ROOT, asked

from seatrial.commands._rejudging import rejudge
from seatrial.kube.client import Kube
from seatrial.kube.snapshot import compare, take_snapshot
from seatrial.model.verdict import Outcome
from seatrial.record.reader import read_run
from seatrial.waiting import NotYet, Ready, eventually

NUMBER = int(os.environ.get("SEATRIAL_TEST_WORKERS", "2"))
RATE, SECONDS = 60, 10
PART = "seatrial.dev/part=generator"


@pytest.fixture
def patient(system_file: Path) -> Path:
    """Objectives that even a starved machine keeps: what is asked here is what came back."""
    wanted = yaml.safe_load(system_file.read_text())
    wanted["objectives"] = {"availability": 0.95, "latency_p99_ms": 5000}
    system_file.write_text(yaml.safe_dump(wanted))
    return system_file


@contextmanager
def load(system: Path, *arguments: str, workers: int = NUMBER) -> Iterator[subprocess.Popen[str]]:
    """`seatrial load` in a folder of its own."""
    command = [sys.executable, "-m", "seatrial", "load", "--system", str(system), "--workers", str(workers)]
    environment = {**os.environ, "SEATRIAL_REPORT_DIR": str(system.parent / "reports")}
    environment |= {"SEATRIAL_STATE": str(system.parent / "state"), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [*command, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, env=environment, cwd=system.parent,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def ended(process: subprocess.Popen[str], within_seconds: float = 400) -> tuple[int, str]:
    out, _ = process.communicate(timeout=within_seconds)
    return process.returncode, out


def latest(system: Path) -> Path:
    return (system.parent / "reports" / "latest").resolve()


def summary_of(system: Path, test: str = "journeys") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((latest(system) / "load" / f"{test}.json").read_text())
    return found


def all_gone(kube: Kube) -> None:
    def probe() -> Ready[None] | NotYet:
        left = [
            one["metadata"]["name"] for one in (*kube.objects("Job"), *kube.objects("Pod", selector=PART))
        ]
        return NotYet(f"{left} are there") if left else Ready(None)

    eventually(probe, within_seconds=120, what="master and workers are gone", every_seconds=1.0)


def worker_pods(kube: Kube) -> list[dict[str, Any]]:
    every = kube.objects("Pod", selector=PART)
    return [pod for pod in every if pod["metadata"]["name"].startswith("seatrial-workers-")]


def wait_until_they_send(kube: Kube, before: set[str]) -> None:
    """Until the web servers were asked for more than what they were asked for `before`."""

    def probe() -> Ready[None] | NotYet:
        new = len(asked(kube) - before)
        return Ready(None) if new >= 40 else NotYet(f"{new} requests")

    eventually(probe, within_seconds=200, what="workers send", every_seconds=1.0)


@pytest.mark.usefixtures("helper_image")
def test_workers_in_pods_send_one_plan_and_there_is_one_verdict_here(restricted: Kube, patient: Path) -> None:
    before = take_snapshot(restricted)
    with load(patient, "--arrivals", f"constant:{RATE}:{SECONDS}", "--seconds", "60") as process:
        code, out = ended(process)
    run = read_run(latest(patient))
    (result,) = run.results
    found = summary_of(patient)
    assert found["health"]["planned"] == RATE * SECONDS, out
    assert [each["health"]["planned"] for each in found["workers"]] == [RATE * SECONDS // NUMBER] * NUMBER
    assert sum(found["outcomes"].values()) == found["health"]["sent"]
    assert all("pod/seatrial-workers-" in each["where"] for each in found["workers"])
    clocks = [(each["ahead_seconds"], each["clock_error_seconds"]) for each in found["workers"]]
    assert all(abs(ahead) <= error + 0.001 for ahead, error in clocks), "all nodes are this machine"
    assert result.verdict.outcome in (Outcome.PASSED, Outcome.INCONCLUSIVE), out
    assert result.verdict.passed or "late" in result.verdict.observed, out
    assert code == (0 if result.verdict.passed else 1)
    assert len(result.verdict.reasons) == NUMBER
    page = (latest(patient) / "index.html").read_text()
    assert "pod/seatrial-workers-" in page
    assert [each.same for each in rejudge(latest(patient))] == [True]
    all_gone(restricted)
    assert compare(before, take_snapshot(restricted)) == []


@pytest.mark.usefixtures("helper_image")
def test_a_worker_whose_pod_is_lost_makes_it_inconclusive_by_name(restricted: Kube, patient: Path) -> None:
    before = asked(restricted)
    with load(patient, "--arrivals", "constant:40", "--seconds", "50") as process:
        wait_until_they_send(restricted, before)
        lost = worker_pods(restricted)[0]["metadata"]["name"]
        restricted.delete("Pod", lost, grace_seconds=0)
        code, out = ended(process)
    assert code == 1
    (result,) = read_run(latest(patient)).results
    assert result.verdict.outcome is Outcome.INCONCLUSIVE, out
    assert f"pod/{lost} on node " in result.verdict.observed
    assert summary_of(patient)["missing_workers"] == 1
    all_gone(restricted)


@pytest.mark.usefixtures("helper_image")
@pytest.mark.parametrize("who", ["seatrial", "the process that holds the connection"])
def test_all_of_it_ends_with_a_tester_that_was_killed(restricted: Kube, patient: Path, who: str) -> None:
    before = asked(restricted)
    with load(patient, "--arrivals", "constant:40", "--seconds", "300") as process:
        wait_until_they_send(restricted, before)
        victim = process.pid if who == "seatrial" else holder(process.pid)
        os.kill(victim, signal.SIGKILL)
        if who != "seatrial":
            code, out = ended(process)
            assert code == 1, out
    killed_at = time.monotonic()
    all_gone(restricted)
    assert time.monotonic() - killed_at < 100


def holder(pid: int) -> int:
    """The process below `pid` that holds the connection to the cluster."""
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        if b"seatrial.harness.workers" in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(child)
        if found := holder(int(child)):
            return found
    return 0


@pytest.mark.usefixtures("helper_image")
def test_more_than_a_quota_has_room_for_are_refused_before_anything_starts(
    restricted: Kube, patient: Path
) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"}}
    restricted.create({**quota, "spec": {"hard": {"limits.cpu": "5"}}})

    def in_force() -> Ready[None] | NotYet:
        status = restricted.get("ResourceQuota", "small").get("status") or {}
        return Ready(None) if status.get("hard") else NotYet("its controller has not counted yet")

    try:
        eventually(in_force, within_seconds=30, what="the quota is in force")
        with load(patient, workers=9) as process:
            code, out = ended(process)
    finally:
        restricted.delete("ResourceQuota", "small")
    assert code == 2
    assert "there is no room for 9 workers, so none was started: quota small has room for " in out
    assert "limits.cpu hard 5" in out
    assert not (patient.parent / "reports").exists()
    all_gone(restricted)


@pytest.fixture
def apart(restricted: Kube) -> Iterator[None]:
    """A policy that lets pods of ours out to the web servers, and not to each other."""
    ours, web = {"seatrial.dev/part": "generator"}, {"podSelector": {"matchLabels": {"app": "web"}}}
    dns = {"ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]}
    policy = {
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "apart"},
        "spec": {
            "podSelector": {"matchLabels": ours}, "policyTypes": ["Egress"], "egress": [{"to": [web]}, dns],
        },
    }  # fmt: skip
    restricted.create(policy)
    yield
    restricted.delete("NetworkPolicy", "apart")


@pytest.mark.usefixtures("helper_image", "apart")
def test_workers_that_cannot_reach_their_master_are_named_and_nothing_is_sent(
    restricted: Kube, patient: Path
) -> None:
    with load(patient, "--arrivals", "constant:40:5") as process:
        code, out = ended(process)
    assert code == 1
    (result,) = read_run(latest(patient)).results
    assert result.verdict.outcome is Outcome.INCONCLUSIVE, out
    assert "runs, and has not reached the master" in result.verdict.observed
    assert summary_of(patient)["outcomes"] == {}
    log = next((latest(patient) / "logs").glob("load-*.txt")).read_text()
    assert "apart limits what the generator may reach" in log
    all_gone(restricted)


@pytest.mark.usefixtures("helper_image")
def test_a_search_for_capacity_is_shared_by_workers_in_pods(restricted: Kube, patient: Path) -> None:
    environment = {"SEATRIAL_CAPACITY_FIRST": "20", "SEATRIAL_CAPACITY_HIGHEST": "40"}
    environment |= {"SEATRIAL_CAPACITY_SECONDS": "5", "SEATRIAL_CAPACITY_FEWEST": "2"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        with load(patient, "--test", "capacity") as process:
            _, out = ended(process, 900)
    found = summary_of(patient, "capacity")
    assert len(found["capacity"]["trials"]) >= 2, out
    assert [each["place"] for each in found["workers"]] == list(range(NUMBER))
    assert [each.same for each in rejudge(latest(patient))] == [True]
    all_gone(restricted)


def test_a_user_without_the_right_is_told_which_and_nothing_starts(
    restricted: Kube, patient: Path, as_user: Callable[[list[dict[str, Any]]], Kube]
) -> None:
    kube = as_user([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}])
    wanted = yaml.safe_load(patient.read_text())
    wanted["target"] = {"context": kube.context, "namespace": kube.namespace}
    wanted["images"] = {"helper": "helper:1"}
    patient.write_text(yaml.safe_dump(wanted))
    (account,) = patient.parent.glob("limited-*.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEATRIAL_KUBECONFIG", str(account))
        with load(patient) as process:
            code, out = ended(process)
    assert code == 1
    assert "not allowed to create" in out
    assert "jobs.batch" in out
    all_gone(restricted)
