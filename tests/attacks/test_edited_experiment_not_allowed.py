"""Tried: an experiment of somebody's own asks for a fault that this user may not inject, as its last step."""

from __future__ import annotations

from typing import Any

import pytest
from dry_experiment import activity
from dry_session import Dry

from seatrial.chaos.generate import experiment_of
from seatrial.harness.measuring import measurement
from seatrial.model.right import Right
from seatrial.model.scenario import SCENARIOS
from seatrial.model.verdict import Outcome


@pytest.fixture
def copied() -> dict[str, Any]:
    """A copy of the experiment of a scenario, under a title of its own."""
    return {**experiment_of(SCENARIOS.get("delete-pod")), "title": "Mine"}


def unsupported(dry: Dry, run_experiment: Any, experiment: dict[str, Any]) -> str:
    """What the verdict says was not allowed; nothing was touched."""
    code, run = run_experiment(experiment)
    (result,) = run.results
    assert result.verdict.outcome is Outcome.UNSUPPORTED, result.verdict.explain()
    assert "`seatrial rights --disruptive`" in result.verdict.next_step
    assert code == 1
    assert dry.world.done == []
    return str(result.verdict.observed)


@pytest.mark.parametrize("place", ["method", "rollbacks"])
def test_of_an_edited_copy(dry: Dry, run_experiment: Any, copied: dict[str, Any], place: str) -> None:
    copied[place].append(activity("action", "inject", fault="evict-pod"))
    dry.world.forbidden.add("create pods/eviction")
    said = unsupported(dry, run_experiment, copied)
    assert "not allowed to create pods/eviction" in said
    assert "evict-pod" in said


def test_of_one_without_a_scenario(dry: Dry, run_experiment: Any, experiment: dict[str, Any]) -> None:
    dry.world.forbidden.add("delete pods")
    assert "delete pods" in unsupported(dry, run_experiment, experiment)


def test_of_a_fault_that_the_configuration_names(
    dry: Dry, run_experiment: Any, experiment: dict[str, Any]
) -> None:
    experiment["configuration"] = {"what": "drain-node"}
    experiment["method"] = [activity("action", "inject", fault="${what}")]
    dry.world.forbidden.add("patch nodes")
    assert "patch nodes" in unsupported(dry, run_experiment, experiment)


def test_of_a_measurement(dry: Dry, run_experiment: Any, experiment: dict[str, Any]) -> None:
    measurement("of-this-test", rights=[Right(("create",), "Job")])(lambda *_: iter(()))
    experiment["method"].append(activity("action", "measure", measurement="of-this-test"))
    dry.world.forbidden.add("create jobs")
    assert "create jobs" in unsupported(dry, run_experiment, experiment)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"fault": "delete-pot"}, "there is no fault 'delete-pot'"),
        ({"fault": "delete-pod", "role": "nobody"}, "the system file has no workload 'nobody'"),
    ],
)
def test_what_there_is_not_is_an_error_before_anything_is_touched(
    dry: Dry, run_experiment: Any, experiment: dict[str, Any], arguments: dict[str, str], said: str
) -> None:
    experiment["method"].append(activity("action", "inject", **arguments))
    code, run = run_experiment(experiment)
    (result,) = run.results
    assert (result.verdict.outcome, code) == (Outcome.ERROR, 1)
    assert said in result.verdict.observed
    assert dry.world.done == []


def test_what_is_allowed_is_carried_out(dry: Dry, run_experiment: Any, copied: dict[str, Any]) -> None:
    copied["method"].append(activity("action", "inject", fault="evict-pod"))
    dry.world.forbidden.add("patch nodes")
    code, run = run_experiment(copied)
    assert code == 0, run.results[0].verdict.explain()
    assert "injected evict-pod on basket" in dry.world.done
