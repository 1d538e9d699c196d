"""The shipped experiments are those of the scenarios, as they are generated, and valid for Chaos Toolkit."""

import inspect
from dataclasses import fields
from pathlib import Path

import pytest
import yaml
from chaoslib.experiment import ensure_experiment_is_valid

from seatrial.chaos import actions
from seatrial.chaos.generate import ACTIONS, experiment_of, experiment_text, is_unedited, write_experiments
from seatrial.chaos.method import steps_of
from seatrial.chaos.order import Order
from seatrial.errors import BadInput
from seatrial.harness.general import KINDS, general_steps
from seatrial.model.fault import VOLUNTARY
from seatrial.model.scenario import SCENARIOS, Subject
from seatrial.model.system_file import parse_system

FOLDER = Path(__file__).parents[3] / "experiments"
NAMES = sorted(SCENARIOS)


def load(name):
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def test_every_scenario_has_its_experiment_and_there_is_no_other():
    assert sorted(path.stem for path in FOLDER.glob("*.yaml")) == NAMES


def test_they_can_be_written_into_another_folder(tmp_path):
    written = write_experiments(tmp_path / "mine")
    assert [path.stem for path in written] == NAMES
    assert written[0].read_text() == (FOLDER / written[0].name).read_text()


@pytest.mark.parametrize("name", NAMES)
class TestEachExperiment:
    def test_is_as_it_is_generated(self, name):
        text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
        assert text == experiment_text(SCENARIOS.get(name)), "run `seatrial experiment --write experiments`"
        assert is_unedited(load(name), SCENARIOS.get(name))

    def test_is_valid(self, name):
        ensure_experiment_is_valid(load(name))

    def test_names_its_scenario_and_nothing_of_any_system(self, name):
        (control,) = load(name)["controls"]
        assert control["provider"]["module"] == "seatrial.chaos.control"
        assert control["provider"]["arguments"] == {"scenario": name}
        assert Order(**control["provider"]["arguments"]).faults() == []

    def test_has_an_activity_for_each_step(self, name):
        method = load(name)["method"]
        kinds = [activity["provider"]["func"] for activity in method]
        assert kinds == [step.kind for step in general_steps(SCENARIOS.get(name))]
        assert set(kinds) <= set(KINDS.values())
        assert len({activity["name"] for activity in method}) == len(method)

    def test_watches_the_steady_state_throughout_where_no_request_may_fail(self, name):
        runtime = load(name)["runtime"]
        assert runtime["rollbacks"]["strategy"] == "always"
        continuously = runtime["hypothesis"]["strategy"] == "continuously"
        assert continuously == (SCENARIOS.get(name).disruption is VOLUNTARY)
        assert load(name)["steady-state-hypothesis"]["probes"]


@pytest.mark.parametrize(("step", "action"), KINDS.items(), ids=str)
def test_every_field_of_a_step_can_be_said_in_an_experiment(step, action):
    said = set(inspect.signature(getattr(actions, action)).parameters)
    wanted = {field.name for field in fields(step)}
    assert ({"name"} if action == "stop_traffic" else wanted) <= said


class TestUnedited:
    @pytest.fixture
    def scenario(self):
        return SCENARIOS.get("delete-pod")

    @pytest.fixture
    def given(self, scenario):
        return yaml.safe_load(experiment_text(scenario))

    def test_roles_and_what_chaos_toolkit_adds_change_nothing(self, scenario, given):
        given["controls"][0]["provider"]["arguments"]["roles"] = ["basket"]
        given |= {"dry": None, "configuration": {}}
        assert is_unedited(given, scenario)

    @pytest.mark.parametrize(
        "change",
        [
            lambda data: data["method"].pop(),
            lambda data: data["method"][0]["provider"]["arguments"].update(per_second=1),
            lambda data: data["controls"][0]["provider"]["arguments"].update(repetitions=1),
            lambda data: data["controls"].append({"name": "another", "provider": {}}),
            lambda data: data.update(title="Another"),
            lambda data: data.pop("steady-state-hypothesis"),
            lambda data: data.update(rollbacks=[{"type": "action"}]),
            lambda data: data.update(controls=[]),
        ],
    )
    def test_any_other_change_makes_it_another_experiment(self, scenario, given, change):
        change(given)
        assert not is_unedited(given, scenario)

    def test_it_is_not_that_of_another_scenario(self, given):
        assert not is_unedited(given, SCENARIOS.get("drain-node"))
        assert experiment_of(SCENARIOS.get("drain-node")) != given


def test_what_cannot_be_tried_is_refused_by_name():
    """Report 36: an experiment that would move a clock is unsupported in words, and nothing was touched."""
    activity = {"provider": {"module": ACTIONS, "func": "inject", "arguments": {"fault": "clock-skew"}}}
    system = parse_system(SHOP, source="shop.yaml")
    with pytest.raises(BadInput, match="clock-skew is unsupported, for the nodes of a kind") as raised:
        steps_of({"method": [activity]}, Subject("web", system))
    assert "libfaketime" in raised.value.next_step


SHOP = """
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: {context: none, namespace: none}
entry: {url: "http://127.0.0.1:1"}
workloads: {web: {kind: Deployment, name: web}}
journeys: {browse: {request: {path: /}}}
"""
