"""Locust itself, as a process, and a load step where there is no cluster, or nothing to scale."""

import json
from urllib.request import urlopen

from test_locust import LOADTESTS, headless

from seatrial.commands._rejudging import rejudge
from seatrial.model.verdict import Outcome
from seatrial.record.reader import read_run

SCALING = LOADTESTS / "scaling.py"


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
