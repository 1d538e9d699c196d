"""Locust itself, as a process, searches for the capacity of a small server."""

import json
import signal
import time
from pathlib import Path
from urllib.request import urlopen

import pytest
from test_locust import LOADTESTS, locust
from test_locust import headless as any_headless

from seatrial.commands._rejudging import rejudge
from seatrial.model.capacity import CapacityRun
from seatrial.record.reader import read_run
from seatrial.waiting import NotYet, Ready, eventually

CAPACITY = LOADTESTS / "capacity.py"
NO_CLUSTER = """
from seatrial.load.capacity import CapacityUser
from seatrial.loadtests import open_run


class Capacity(CapacityUser):
    recorder = open_run
    holds = False
"""
SHORT = ("--trial-seconds", "1", "--trials", "2", "--width", "1")
OF_THE_LOAD = 'arrivals: "constant:60", journeys: {place-order: 1, browse: 4}'
FOUR_WORKERS_OF_20_MS = {
    "/ok": "/workers/4/0.02",
    OF_THE_LOAD: "journeys: {browse: 1}",
    "5000": "300",
}
"""200 requests a second."""


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch) -> None:
    (tmp_path / "no_cluster.py").write_text(NO_CLUSTER)
    monkeypatch.chdir(tmp_path)


def headless(*arguments: str, file: Path = Path("no_cluster.py")) -> tuple[int, str, str]:
    return any_headless(*arguments, file=file, within_seconds=300)


def recorded(directory: Path) -> CapacityRun:
    data = json.loads((directory / "run" / "load" / "capacity.json").read_text())
    return CapacityRun.from_data(data["capacity"])


def test_a_search_ends_by_itself_and_is_judged_alike_again(toy) -> None:
    toy.describe(**FOUR_WORKERS_OF_20_MS)
    code, out, errors = headless("--first", "100", "--highest", "1000", *SHORT)
    assert "load.capacity [toy]" in out, out + errors
    run = recorded(toy.directory)
    assert not run.broken, out
    rates = [trial.per_second for trial in run.trials]
    assert rates[0] == 100
    assert len(rates) >= 4
    assert all(trial.requests > 20 for trial in run.trials)
    assert (code == 0) == ("PASSED load.capacity" in out)
    assert "requests/s" in out
    (again,) = rejudge(toy.directory / "run")
    assert again.same
    assert read_run(toy.directory / "run").results[0].verdict.numbers["trials"] == len(rates)


def test_several_numbers_of_replicas_are_searched_one_after_the_other_and_judged_alike_again(toy) -> None:
    """Nothing holds replicas here, so that both searches find no peak up to 100/s."""
    toy.describe(**{OF_THE_LOAD: "journeys: {browse: 1}"})
    arguments = ("--first", "100", "--highest", "100", *SHORT, "--replicas", "1-2")
    code, out, errors = headless(*arguments)
    assert code == 1
    assert "1 replica of api: no answer" in out, out + errors
    assert "2 replicas of api: no answer" in out
    data = json.loads((toy.directory / "run" / "load" / "capacity.json").read_text())
    assert [len(data["series"][count]["trials"]) > 0 for count in ("1", "2")] == [True, True]
    (again,) = rejudge(toy.directory / "run")
    assert again.same


def test_a_target_that_is_down_is_told_before_any_trial(toy) -> None:
    toy.process.kill()
    toy.process.wait()
    began = time.monotonic()
    code, out, _ = headless("--first", "10", *SHORT, "-t", "4s")
    assert code == 1
    assert time.monotonic() - began < 60
    assert "PASSED" not in out
    assert recorded(toy.directory).trials == ()


def test_a_trial_that_would_harm_ends_itself(toy) -> None:
    toy.describe(**FOUR_WORKERS_OF_20_MS, **{"timeout_seconds: 1}": "timeout_seconds: 0.2}"})
    arguments = ("--first", "150", "--errors-bound", "0.05", "--trial-seconds", "8", "-t", "30s")
    code, out, _ = headless(*arguments)
    assert code == 1
    run = recorded(toy.directory)
    assert any("stopped itself" in trial.stopped for trial in run.trials), out


def test_workers_search_together(toy) -> None:
    toy.describe(**FOUR_WORKERS_OF_20_MS)
    arguments = ("--first", "100", "--highest", "100", *SHORT, "--processes", "2")
    code, out, errors = headless(*arguments)
    assert code == 1
    assert "peak not identified in the tested range" in out or "void" in out, out + errors
    assert recorded(toy.directory).trials[0].requests > 20


def wait_for_requests(toy) -> None:
    def begun() -> Ready[int] | NotYet:
        with urlopen(f"{toy.url}/count", timeout=5) as answer:
            sent = json.load(answer).get("/ok", 0)
        return Ready(sent) if sent else NotYet("nothing was sent")

    eventually(begun, within_seconds=60, what="the search begins", every_seconds=0.2)


def test_a_search_that_is_stopped_is_inconclusive(toy) -> None:
    with locust(Path("no_cluster.py"), "--headless", "--first", "20", "--trial-seconds", "600") as process:
        wait_for_requests(toy)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "INCONCLUSIVE load.capacity" in out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(("--first", "0"), "first = 0"), (("--first", "900", "--highest", "100"), "first = 900")],
)
def test_bad_input_is_told_before_any_load(toy, arguments, named) -> None:
    code, out, errors = headless(*arguments)
    assert code == 1
    assert named in errors
    assert "Traceback" not in out + errors
    assert not (toy.directory / "run").exists()


def test_a_cluster_that_cannot_be_asked_is_an_error_before_any_load(toy) -> None:
    code, out, errors = headless(*SHORT, file=CAPACITY)
    assert code == 1
    assert "ERROR load.capacity [toy]" in out, out + errors
    assert recorded(toy.directory).trials == ()
    assert "Traceback" not in out + errors
