"""A load that is shared by workers elsewhere: pods there, processes of their own here.

`local_crew` stands for the cluster: agent, Locust's master and its workers are the real ones.
"""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest
from test_locust import LOADTESTS, locust

from seatrial.commands._rejudging import rejudge
from seatrial.model.verdict import Outcome
from seatrial.record.reader import read_run
from seatrial.waiting import NotYet, Ready, eventually

SUPPORT = Path(__file__).parents[2] / "support"
ELSEWHERE = f"""
import sys
from seatrial.load import cluster_workers
cluster_workers.COMMAND = (sys.executable, {str(SUPPORT / "local_crew.py")!r})
"""


@pytest.fixture
def crew(toy, tmp_path, monkeypatch):
    """The small server as a Service, two workers, and journeys as a locustfile."""
    port = toy.url.rpartition(":")[2]
    toy.describe(**{f'url: "{toy.url}"': f"service: {{name: localhost, port: {port}}}"})
    monkeypatch.setenv("SEATRIAL_WORKERS", "2")
    monkeypatch.setenv("CREW_FOLDER", str(tmp_path))
    return toy


def locustfile(folder: Path, name: str = "journeys", more: str = "") -> Path:
    path = folder / f"{name}_elsewhere.py"
    path.write_text((LOADTESTS / f"{name}.py").read_text() + ELSEWHERE + more)
    return path


def ended(process, within_seconds: float = 120) -> tuple[int, str, str]:
    out, errors = process.communicate(timeout=within_seconds)
    return process.returncode, out, errors


def summary_of(folder: Path) -> dict:
    (file,) = (folder / "run" / "load").glob("*.json")
    return json.loads(file.read_text())


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def all_gone(folder: Path) -> None:
    pids = [int(file.read_text()) for file in folder.glob("worker-*")]

    def probe() -> Ready[None] | NotYet:
        left = [pid for pid in pids if not is_gone(pid)]
        return NotYet(f"{left} run") if left else Ready(None)

    eventually(probe, within_seconds=60, what="the workers have ended", every_seconds=0.2)


def test_two_workers_send_one_plan_and_there_is_one_verdict(crew) -> None:
    file = locustfile(crew.directory)
    with locust(file, "--headless", "--only-summary", "--arrivals", "constant:100:5") as process:
        code, out, errors = ended(process)
    (result,) = read_run(crew.directory / "run").results
    found = summary_of(crew.directory)
    assert found["health"]["planned"] == 500
    assert [each["health"]["planned"] for each in found["workers"]] == [250, 250]
    assert [(each["place"], each["where"]) for each in found["workers"]] == [
        (index, f"pod/crew-{index}-x on node here") for index in range(2)
    ]
    assert sum(found["outcomes"].values()) == 500
    assert all(abs(each["ahead_seconds"]) < 0.1 for each in found["workers"])
    assert result.verdict.outcome in (Outcome.PASSED, Outcome.INCONCLUSIVE), errors
    assert code == (0 if result.verdict.outcome is Outcome.PASSED else 1)
    assert "worker 1, pod/crew-1-x on node here: 250 planned, 250 sent" in out
    total = next(line for line in errors.splitlines() if line.split()[:2] == ["Aggregated", "500"])
    assert total, "Locust's tables hold what all workers have sent"
    assert [each.same for each in rejudge(crew.directory / "run")] == [True]
    all_gone(crew.directory)


def test_a_worker_that_is_lost_makes_it_inconclusive_by_name(crew) -> None:
    with locust(locustfile(crew.directory), "--headless", "--arrivals", "constant:50:20") as process:
        worker = crew.directory / "worker-1"
        eventually(
            lambda: Ready(None) if worker.exists() else NotYet("it does not run"),
            within_seconds=60, what="a worker runs",
        )  # fmt: skip
        wait_for_a_table(process)
        os.kill(int(worker.read_text()), signal.SIGKILL)
        code, out, errors = ended(process)
    assert code == 1
    assert "INCONCLUSIVE load.journeys" in out, out + errors
    assert "1 of the workers never reported what they sent (lost: worker 1, pod/crew-1-x on node here" in out
    assert "a worker is lost: pod/crew-1-x on node here was killed" in errors
    (result,) = read_run(crew.directory / "run").results
    assert result.verdict.outcome is Outcome.INCONCLUSIVE
    assert [each.same for each in rejudge(crew.directory / "run")] == [True]
    all_gone(crew.directory)


def wait_for_a_table(process) -> None:
    """Locust prints its tables every two seconds; requests stand in one of the first."""
    until = time.monotonic() + 60
    while time.monotonic() < until and (line := process.stderr.readline()):
        words = line.split()
        if words[:1] == ["Aggregated"] and words[1].isdecimal() and int(words[1]) > 0:
            return
    raise AssertionError("nothing was sent")


def test_a_worker_that_never_came_keeps_the_load_from_being_sent(crew, monkeypatch) -> None:
    monkeypatch.setenv("CREW_LAME", "1")
    monkeypatch.setenv("CREW_SECONDS", "10")
    with locust(locustfile(crew.directory), "--headless", "--arrivals", "constant:50:2") as process:
        code, out, errors = ended(process)
    assert code == 1
    assert "INCONCLUSIVE load.journeys" in out, out + errors
    assert "lost: worker 1: it was not started" in out
    assert summary_of(crew.directory)["outcomes"] == {}
    assert [each.same for each in rejudge(crew.directory / "run")] == [True]
    all_gone(crew.directory)


def test_a_tester_that_was_killed_leaves_nothing_behind(crew) -> None:
    with locust(locustfile(crew.directory), "--headless", "--arrivals", "constant:50") as process:
        wait_for_a_table(process)
        process.kill()
    all_gone(crew.directory)


def test_a_search_for_capacity_is_shared_trial_by_trial(crew) -> None:
    file = locustfile(crew.directory, "capacity", "\nCapacity.holds = False\n")
    options = ("--first", "40", "--highest", "60", "--trial-seconds", "3", "--trials", "2")
    with locust(file, "--headless", "--only-summary", *options) as process:
        code, out, errors = ended(process, 300)
    assert code in (0, 1)
    found = summary_of(crew.directory)
    trials = found["capacity"]["trials"]
    first, second = (each["health"]["planned"] for each in found["workers"])
    assert first + second >= sum(trial["requests"] for trial in trials)
    assert [each.same for each in rejudge(crew.directory / "run")] == [True]
    assert len(trials) >= 2, out + errors
    assert all(trial["requests"] >= 100 for trial in trials)
    all_gone(crew.directory)


@pytest.mark.parametrize(
    ("name", "url", "words"),
    [
        ("journeys", True, "without `url`"),
        ("scaling", False, "judged by each of its requests"),
    ],
)
def test_where_they_cannot_share_a_load_it_is_said_and_nothing_started(crew, name, url, words) -> None:
    if url:
        crew.describe()
    else:
        text = crew.system_file.read_text()
        crew.system_file.write_text(text.replace("name: api, load", "name: api, autoscaled: api, load"))
    with locust(locustfile(crew.directory, name), "--headless") as process:
        code, _, errors = ended(process)
    assert code == 1
    assert words in errors
    assert "Traceback" not in errors
    assert not (crew.directory / "worker-0").exists()
