"""Locust itself, as a process, and a load step where there is no cluster, or nothing to scale."""

import ast
import json
import subprocess
import sys
from urllib.request import urlopen

from recordings import read_recording
from test_locust import LOADTESTS, headless

from seatrial.commands._rejudging import rejudge
from seatrial.model.verdict import Outcome
from seatrial.record.reader import read_run

SCALING = LOADTESTS / "scaling.py"
BESIDE = """
from gevent import monkey
monkey.patch_all()
import sys, types
from pathlib import Path
import gevent
from locust.env import Environment
from seatrial.load.scaling import OwnTraffic
from seatrial.model.system_file import parse_system
from seatrial.traffic.runner import COMMAND, LocalProcess


system = parse_system(Path(sys.argv[1]).read_text(), source="toy.yaml")
environment = Environment(host=system.entry.url)
counted = []
environment.events.request.add_listener(lambda name, **_: counted.append(name))
session = types.SimpleNamespace(
    system=system, own="place-order", environment=environment, _patience_seconds=10.0,
    conclusion=types.SimpleNamespace(seed=1), _keeps=types.SimpleNamespace(directory=Path(sys.argv[2])),
    _runner_of_load=lambda: LocalProcess(COMMAND),
)
with OwnTraffic(session) as own:
    gevent.sleep(3)
[stream] = own.streams()
print(stream.journeys, {name: counted.count(name) for name in sorted(set(counted))})
"""


def requests_at(toy) -> dict[str, int]:
    with urlopen(f"{toy.url}/count", timeout=5) as answer:
        return {path: number for path, number in json.load(answer).items() if path != "/count"}


def test_a_cluster_that_cannot_be_asked_is_an_error_before_any_load(toy) -> None:
    toy.describe(**{"kind: Deployment, name: api,": "kind: Deployment, name: api, autoscaled: api,"})
    code, out, errors = headless(file=SCALING)
    assert code == 1
    assert "ERROR load.scaling [toy]" in out, out + errors
    assert "Traceback" not in out + errors
    assert requests_at(toy) == {}
    (result,) = read_run(toy.directory / "run").results
    assert result.verdict.outcome is Outcome.ERROR
    assert [each.same for each in rejudge(toy.directory / "run")] == [True]


def test_a_system_without_an_autoscaler_is_refused_in_words(toy) -> None:
    code, out, errors = headless(file=SCALING)
    assert code == 1
    assert "no workload of toy has `autoscaled` and a `load_step`" in errors
    assert "Traceback" not in out + errors
    assert not (toy.directory / "run").exists()


def test_other_journeys_are_sent_beside_the_workloads_own_but_for_its_load(toy) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BESIDE, str(toy.system_file), str(toy.directory)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    journeys, _, counts = done.stdout.partition(") ")
    assert journeys == "('place-order', 'talk', 'broken'"
    sent = ast.literal_eval(counts)
    assert 40 <= sent["place-order"] <= 80, sent
    assert 8 <= sent["broken"] <= 20, sent
    assert "browse" not in sent
    [kept] = toy.directory.glob("exchanges-*.gz")
    assert {each.journey for each in read_recording(kept).in_order()} >= {"place-order", "broken", "talk"}
