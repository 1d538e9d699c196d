"""Every experiment lists what makes `chaos run` tell the truth, and is valid for Chaos Toolkit itself."""

from pathlib import Path

import pytest
import yaml
from chaoslib.experiment import ensure_experiment_is_valid

from seatrial.chaos.experiment import Order

EXPERIMENTS = sorted((Path(__file__).parents[3] / "experiments").glob("*.yaml"))


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_there_are_experiments():
    assert {path.stem for path in EXPERIMENTS} >= {"delete-pod", "drain-node"}


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.stem)
class TestEachExperiment:
    def test_is_valid(self, path):
        ensure_experiment_is_valid(load(path))

    def test_lists_the_verdict_control(self, path):
        providers = [control["provider"] for control in load(path)["controls"]]
        assert "seatrial.chaos.control" in [provider["module"] for provider in providers]

    def test_asks_for_evidence(self, path):
        arguments = load(path)["controls"][0]["provider"]["arguments"]
        assert Order(**arguments).faults() == []

    def test_plays_rollbacks_always_and_watches_the_steady_state_throughout(self, path):
        runtime = load(path)["runtime"]
        assert runtime["rollbacks"]["strategy"] == "always"
        assert runtime["hypothesis"]["strategy"] == "continuously"

    def test_releases_in_the_rollbacks_what_it_holds(self, path):
        activities = [item["provider"] for item in load(path)["method"]]
        held = {item["arguments"]["fault"] for item in activities if item["arguments"].get("held")}
        released = {item["provider"]["arguments"]["fault"] for item in load(path)["rollbacks"]}
        assert held == released

    def test_has_a_steady_state(self, path):
        assert load(path)["steady-state-hypothesis"]["probes"]
