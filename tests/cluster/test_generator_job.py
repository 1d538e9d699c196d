"""Traffic from inside the cluster: a Job of the session's own, restricted, and no part of the system."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from json import dumps
from pathlib import Path
from typing import Any

import pytest
import yaml
from recordings import read_recording
from tiny import ROOT, Access, asked, label

from seatrial.commands.doctor import exit_code
from seatrial.errors import SeatrialError, WaitExpired
from seatrial.harness.doctor.entry import examine_entry
from seatrial.harness.doctor.finding import State
from seatrial.harness.observe import observe
from seatrial.harness.sending import Sending
from seatrial.harness.session import Session
from seatrial.judge.disruption import voluntary
from seatrial.kube.client import Kube
from seatrial.kube.exec import PodPipe
from seatrial.kube.generator_job import GeneratorJob, generator_job
from seatrial.kube.snapshot import compare, take_snapshot
from seatrial.kube.timeline import Recorder, pods_now
from seatrial.model.failure import verdict_of
from seatrial.model.scenario import SCENARIOS, Subject
from seatrial.model.system import System
from seatrial.model.verdict import Outcome
from seatrial.record.writer import RunWriter
from seatrial.settings import settings_from
from seatrial.traffic import channel as channels
from seatrial.traffic.generator import Generator, ResultsLost
from seatrial.traffic.job import job_from
from seatrial.traffic.runner import LocalProcess
from seatrial.traffic.stream import TrafficStream
from seatrial.waiting import NotYet, Ready, eventually


@pytest.fixture
def sending(restricted: Kube, inside: System, helper_image: str) -> Iterator[Sending]:
    with Sending(restricted, inside, lambda: helper_image) as sending:
        yield sending


def stream_of(sending: Sending, system: System, folder: Path, **more: Any) -> TrafficStream:
    return TrafficStream(
        system.entry.address, "read", system.journeys["read"], directory=folder, runner=sending.runner(),
        allow_remote=True, **more,
    )  # fmt: skip


def jobs(kube: Kube) -> list[str]:
    return [job["metadata"]["name"] for job in kube.objects("Job")]


def all_were_asked(kube: Kube, keys: set[str]) -> None:
    """A line of a log can be read some time after it was written."""

    def probe() -> Ready[None] | NotYet:
        missing = keys - asked(kube)
        return NotYet(f"{len(missing)} are in no log") if missing else Ready(None)

    eventually(probe, within_seconds=20, what=f"all of {len(keys)} requests to be logged", every_seconds=1)


def test_a_stream_from_inside_is_recorded_as_one_from_here(
    restricted: Kube, inside: System, sending: Sending, tmp_path: Path
) -> None:
    before, began_at = take_snapshot(restricted), time.monotonic()
    with Recorder(restricted, inside) as recorder:
        with stream_of(sending, inside, tmp_path, per_second=100) as stream:
            stream.wait_for_requests(500, within_seconds=60)
            assert compare(before, take_snapshot(restricted)) == [], "the Job is no part of the system"
        exchanges, health = stream.stop()
        pods = {pod.name for pod in pods_now(recorder.snapshot())}
    assert not any("generator" in name for name in pods)
    assert [exchange.sequence for exchange in exchanges] == list(range(health.planned))
    assert all(exchange.ok for exchange in exchanges)
    assert {exchange.backend for exchange in exchanges} == {name for name in pods if name.startswith("web")}
    assert all(began_at < e.planned_at <= e.completed_at < time.monotonic() for e in exchanges)
    recording = stream.recording()
    assert "pod/seatrial-generator-" in recording.head["where"]
    assert recording.head["clock"]["error_seconds"] < 1
    all_were_asked(restricted, {exchange.key for exchange in exchanges})
    sending.close()
    assert jobs(restricted) == []
    assert restricted.objects("Pod", selector="seatrial.dev/part") == []


def test_it_runs_where_no_fault_of_a_node_hits_it(restricted: Kube, sending: Sending) -> None:
    sending.runner()
    (pod,) = restricted.objects("Pod", selector="seatrial.dev/part=generator")
    node = restricted.get("Node", pod["spec"]["nodeName"])
    assert "node-role.kubernetes.io/control-plane" in node["metadata"]["labels"]


def test_a_connection_that_is_cut_loses_nothing(
    restricted: Kube, inside: System, sending: Sending, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipes: list[PodPipe] = []
    make = GeneratorJob.pipe

    def pipe(self: GeneratorJob) -> PodPipe:
        pipes.append(make(self))
        return pipes[-1]

    monkeypatch.setattr(GeneratorJob, "pipe", pipe)
    with stream_of(sending, inside, tmp_path, per_second=100) as stream:
        for requests in (100, 300, 500):
            stream.wait_for_requests(requests, within_seconds=60)
            pipes[-1].interrupt()
        stream.wait_for_requests(700, within_seconds=60)
    exchanges, health = stream.stop()
    assert len(pipes) >= 4
    assert [exchange.sequence for exchange in exchanges] == list(range(health.planned))
    all_were_asked(restricted, {exchange.key for exchange in exchanges})


def test_a_pod_that_is_lost_makes_it_inconclusive_and_the_next_stream_has_another(
    restricted: Kube, inside: System, sending: Sending, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Read seldom: else what it writes when its pod is asked to end may all be here before the pod is gone.
    monkeypatch.setattr("seatrial.traffic.remote.POLL_SECONDS", 10.0)
    stream = stream_of(sending, inside, tmp_path, per_second=50)
    stream.start()
    monkeypatch.setattr(channels, "LOST_SECONDS", 3.0)
    (pod,) = restricted.objects("Pod", selector="seatrial.dev/part=generator")
    restricted.delete("Pod", pod["metadata"]["name"], grace_seconds=0)
    with pytest.raises(ResultsLost, match=f"pod/{pod['metadata']['name']} was deleted; it ran on node"):
        stream.wait_until_ended(within_seconds=60)
    with pytest.raises(ResultsLost) as raised:
        stream.stop()
    assert verdict_of(raised.value).outcome is Outcome.INCONCLUSIVE
    monkeypatch.undo()
    with stream_of(sending, inside, tmp_path, per_second=50) as second:
        second.wait_for_requests(20, within_seconds=60)


def test_single_requests_take_the_same_way(restricted: Kube, inside: System, sending: Sending) -> None:
    with sending.http() as http:
        http.wait_for_journey("read", inside.journeys["read"], within_seconds=30)
        answer = http.request("GET", "/logged", headers={"X-Request-Id": "just-this-one"})
        assert answer.status == 200
        assert answer.headers["x-pod"].startswith("web-")
    all_were_asked(restricted, {"just-this-one"})


def test_a_scenario_is_judged_by_what_was_sent_from_inside(
    restricted: Kube, inside: System, tmp_path: Path
) -> None:
    """Two web servers that end at once when they are asked to: some requests fail, and the judge says so."""
    label(restricted, None)  # its own pods are not restricted, and must be replaced here
    settings = settings_from({"system": str(tmp_path / "system.yaml")}, {})
    run = RunWriter(tmp_path / "run", "pytest")
    before = take_snapshot(restricted)
    with Session(settings, inside, restricted, inside.entry.address, run) as session:
        session.require_answer()
        observation = observe(session, run, SCENARIOS.get("delete-pod"), Subject("web", inside))
        changed = session.changed_since(before, observation.faults)
    label(restricted, "restricted")
    assert observation.failure is None
    assert changed == []
    assert len(observation.faults) == 3
    answered = [exchange for exchange in observation.exchanges if exchange.ok]
    # Which of them is chance: one that was just begun may be taken away before it was asked.
    assert {exchange.backend for exchange in answered} & {fault.target.name for fault in observation.faults}
    verdict = voluntary(observation)
    assert verdict.outcome in (Outcome.PASSED, Outcome.FAILED), verdict.explain()


PARENT = """
import pathlib, sys
from seatrial.harness.sending import Sending
from seatrial.kube.client import Kube
from seatrial.model.system_file import parse_system
from seatrial.traffic.stream import TrafficStream
folder = pathlib.Path(sys.argv[1])
system = parse_system((folder / "system.yaml").read_text(), source="system.yaml")
with Kube(pathlib.Path(sys.argv[2]), sys.argv[3], system.target.namespace) as kube:
    with Sending(kube, system, lambda: sys.argv[4]) as sending:
        with TrafficStream(system.entry.address, "read", system.journeys["read"], per_second=50,
                           directory=folder, runner=sending.runner(), allow_remote=True) as stream:
            stream.wait_for_requests(50, within_seconds=60)
            (folder / "sending").touch()
            stream.wait_for_requests(100_000, within_seconds=600)
"""


def test_the_job_of_a_killed_tester_stops_sending_within_seconds_and_goes(
    restricted: Kube, access: Access, helper_image: str, system_file: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path), str(access.kubeconfig), access.context]
    with subprocess.Popen([*command, helper_image], stdin=subprocess.DEVNULL) as parent:
        eventually(
            lambda: Ready(None) if (tmp_path / "sending").exists() else NotYet("nothing is sent"),
            within_seconds=120, what="the tester sends",
        )  # fmt: skip
        assert jobs(restricted) != []
        os.kill(parent.pid, signal.SIGKILL)
        killed_at = time.monotonic()
    counts: list[int] = []

    def quiet() -> Ready[float] | NotYet:
        counts.append(len(asked(restricted)))
        return (
            Ready(time.monotonic()) if counts[-3:] == [counts[-1]] * 3 else NotYet(f"{counts[-1]} requests")
        )

    assert eventually(quiet, within_seconds=30, what="nothing is sent", every_seconds=1.0) - killed_at < 20
    eventually(
        lambda: NotYet("it is there") if jobs(restricted) else Ready(None),
        within_seconds=90, what="the Job is gone", every_seconds=1.0,
    )  # fmt: skip
    assert len(asked(restricted)) == counts[-1]


def test_a_tool_without_a_connection_of_its_own_sends_by_way_of_the_relay(
    restricted: Kube, inside: System, system_file: Path, tmp_path: Path
) -> None:
    """As Locust does: the generator is a process of this machine, which stands for the Job."""
    output = tmp_path / "load.ndjson"
    journeys = {"read": inside.journeys["read"].model_dump(mode="json", by_alias=True)}
    job = job_from(
        {
            "base_url": inside.entry.address, "journeys": journeys, "schedule": "constant:50:3",
            "output": str(output), "allow_remote": True,
        }
    )  # fmt: skip
    runner = LocalProcess([sys.executable, "-m", "seatrial.harness.relay", "--system", str(system_file)])
    with Generator(
        runner, output, deadline_seconds=120, first_line=dumps(asdict(job)).encode() + b"\n", packed=False
    ) as generator:
        generator.wait_until_ended(within_seconds=120)
    exchanges, health = generator.stop()
    assert (len(exchanges), health.planned) == (150, 150)
    assert all(exchange.ok for exchange in exchanges)
    assert jobs(restricted) == []


def test_locust_sends_from_inside_and_judges_it(restricted: Kube, system_file: Path, tmp_path: Path) -> None:
    wanted = yaml.safe_load(system_file.read_text())
    wanted["objectives"] = {"availability": 0.95, "latency_p99_ms": 5000}
    system_file.write_text(yaml.safe_dump(wanted))
    command = [sys.executable, "-m", "locust", "-f", str(ROOT / "loadtests" / "journeys.py"), "--headless"]
    ran = subprocess.run(
        [*command, "--only-summary", "--arrivals", "constant:60:5"], capture_output=True, text=True,
        env={**os.environ, "SEATRIAL_SYSTEM": str(system_file), "SEATRIAL_REPORT_DIR": str(tmp_path / "out")},
        stdin=subprocess.DEVNULL, timeout=180, check=False,
    )  # fmt: skip
    late = (
        "INCONCLUSIVE load.journeys" in ran.stderr and "late" in ran.stderr
    )  # a busy machine, and it says so
    assert "PASSED" in ran.stdout if ran.returncode == 0 else late, ran.stdout + ran.stderr
    (recorded,) = (tmp_path / "out").rglob("exchanges-worker-0.ndjson.gz")
    assert len(read_recording(recorded).in_order()) == 300
    assert jobs(restricted) == []


def test_doctor_says_from_where_and_how_far_the_clock_is(
    restricted: Kube, inside: System, helper_image: str
) -> None:
    found = list(examine_entry(restricted, inside, lambda: helper_image))
    texts = " | ".join(finding.text for finding in found)
    assert exit_code(found) == 0, texts
    assert "requests are sent by pod/seatrial-generator-" in texts
    assert "its clock is " in texts
    assert "journey read: GET http://web:80/logged: 200 after" in texts
    assert "web: the answer names web-" in texts
    assert jobs(restricted) == []


def test_without_consent_no_job_is_made(restricted: Kube, inside: System) -> None:
    calm = inside.model_copy(update={"consent": inside.consent.model_copy(update={"disruptive": False})})
    (finding,) = examine_entry(restricted, calm, lambda: pytest.fail("no image is needed"))
    assert finding.state is State.NOTE
    assert "takes a Job" in finding.text
    with Sending(restricted, calm, lambda: "image") as sending, pytest.raises(SeatrialError, match="consent"):
        sending.runner()
    assert jobs(restricted) == []


@pytest.fixture
def denied(restricted: Kube) -> Iterator[None]:
    """A policy that lets nobody out."""
    policy = {
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "nobody-out"},
        "spec": {"podSelector": {}, "policyTypes": ["Egress"]},
    }  # fmt: skip
    restricted.create(policy)
    yield
    restricted.delete("NetworkPolicy", "nobody-out")


@pytest.mark.usefixtures("denied")
def test_a_network_policy_that_refuses_the_job_is_named(
    restricted: Kube, inside: System, helper_image: str
) -> None:
    *_, finding = examine_entry(restricted, inside, lambda: helper_image)
    assert finding.state is State.BAD
    assert "nobody-out limits what the generator may reach" in finding.next_step
    assert "seatrial.dev/part: generator" in finding.next_step


def test_what_keeps_the_job_from_running_is_said(
    restricted: Kube, helper_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seatrial.kube.generator_job.START_SECONDS", 15.0)
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "full"}}
    restricted.create({**quota, "spec": {"hard": {"limits.cpu": "500m"}}})

    def in_force() -> Ready[None] | NotYet:
        status = restricted.get("ResourceQuota", "full").get("status") or {}
        return Ready(None) if status.get("hard") else NotYet("its controller has not counted yet")

    try:
        eventually(in_force, within_seconds=30, what="the quota is in force")
        with (
            pytest.raises(SeatrialError, match=r"refused: .*exceeded quota: full"),
            GeneratorJob(restricted, helper_image, own_cluster=True),
        ):
            pass
    finally:
        restricted.delete("ResourceQuota", "full")
    with (
        pytest.raises(WaitExpired, match="the generator of job/") as raised,
        GeneratorJob(restricted, "localhost:1/nowhere/helper:1", own_cluster=True),
    ):
        pass
    assert "ImagePull" in raised.value.where
    assert jobs(restricted) == []


def test_a_user_without_the_right_is_told_which(
    restricted: Kube, inside: System, as_user: Callable[[list[dict[str, Any]]], Kube]
) -> None:
    kube = as_user([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}])
    with (
        Sending(kube, inside, lambda: "image") as sending,
        pytest.raises(SeatrialError, match=r"jobs\.batch"),
    ):
        sending.runner()


def test_the_manifest_is_taken_by_the_api_server(restricted: Kube) -> None:
    made = restricted.apply(
        generator_job("seatrial-generator-dry", "helper:1", own_cluster=False), dry_run=True
    )
    assert made["spec"]["backoffLimit"] == 0
