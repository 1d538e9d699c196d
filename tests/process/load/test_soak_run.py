"""Locust itself, as a process, loads a small server for long: one that stays as it is, slows, or leaks."""

import json
import sys
from pathlib import Path

import pytest
from test_locust import headless

from seatrial.commands._rejudging import rejudge
from seatrial.model.soak import SoakRun
from seatrial.record.reader import read_run

LOOKER = """
import json, pathlib, sys, time

named = {"role": "api", "pod": "api-1", "container": "app"}
print(json.dumps({"held": []}), flush=True)
for line in sys.stdin:
    pages = int(pathlib.Path(f"/proc/{sys.argv[1]}/statm").read_text().split()[1])
    inside = {**named, "memory": pages * 4096, "killed": 0}
    life = {**named, "restarts": 0, "last_end": "", "memory_limit": 2**28}
    seen = {"containers": [inside], "lives": [life], "working_sets": {}, "unseen": "", "machine": None}
    print(json.dumps({"at": time.monotonic(), "replicas": {"api": 1}, **seen}), flush=True)
"""
"""Looks at a process of this machine as `harness.held` does at containers."""
SOAK = """
from seatrial.load.soak import SoakUser
from seatrial.loadtests import open_run


class Soak(SoakUser):
    recorder = open_run
    looker = ({python!r}, "looker.py", "{pid}")
"""
SHORT = ("--window-seconds", "0.2", "--look-seconds", "0.25", "--horizon-hours", "0.1")
ONLY_BROWSE = {'arrivals: "constant:60", journeys: {place-order: 1, browse: 4}': "journeys: {browse: 1}"}


@pytest.fixture(autouse=True)
def _here(toy, tmp_path, monkeypatch) -> None:
    (tmp_path / "looker.py").write_text(LOOKER)
    (tmp_path / "soak.py").write_text(SOAK.format(python=sys.executable, pid=toy.process.pid))
    monkeypatch.chdir(tmp_path)


def soaked(toy, path: str) -> tuple[int, str, SoakRun]:
    toy.describe(**ONLY_BROWSE, **{"path: /ok": f"path: {path}"})
    code, out, errors = headless("--arrivals", "constant:50:8", *SHORT, file=Path("soak.py"))
    assert "load.soak [toy]" in out, out + errors
    assert "Traceback" not in out + errors
    data = json.loads((toy.directory / "run" / "load" / "soak.json").read_text())
    assert [each.same for each in rejudge(toy.directory / "run")] == [True]
    return code, out, SoakRun.from_data(data["soak"])


def test_a_server_that_stays_as_it_is_neither_leaks_nor_ends(toy) -> None:
    """Nothing is said of its latency: on a busy machine a few seconds may well drift."""
    code, out, run = soaked(toy, "/ok")
    (result,) = read_run(toy.directory / "run").results
    assert code == (0 if result.verdict.passed else 1)
    assert "A leak" not in out
    assert "was restarted" not in out
    assert 300 <= sum(window.requests for window in run.windows) <= 400
    assert len(run.looks) >= 10
    assert run.looks[0].at < run.began_at + 4 < run.looks[-1].at


def test_a_server_that_slows_fails_by_its_drift(toy) -> None:
    """Planted: each request takes half a millisecond longer than the one before."""
    code, out, _ = soaked(toy, "/slowing/0.0005")
    assert code == 1
    assert "FAILED load.soak" in out
    assert "ms in the first third" in out


def test_a_server_that_leaks_fails_with_the_slope_and_the_time_of_its_limit(toy) -> None:
    """Planted: 200 KiB are kept of each of fifty requests a second."""
    code, out, _ = soaked(toy, "/leak/200")
    assert code == 1
    assert "FAILED load.soak" in out
    assert "app of api-1 grows by " in out
    assert "its limit 256 MiB is met in " in out


def test_a_soak_needs_a_constant_rate_and_a_plan_that_can_find_something(toy) -> None:
    for wrong, named in (
        (("--arrivals", "ramp:1:10:5"), "a soak needs a constant rate"),
        (("--arrivals", "constant:50:8", "--look-seconds", "0"), "look_seconds = 0"),
    ):
        code, out, errors = headless(*wrong, file=Path("soak.py"))
        assert code == 1
        assert named in errors
        assert "Traceback" not in out + errors
