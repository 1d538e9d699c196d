"""A background activity in an experiment whose baseline is not met, or which never ends well."""

from typing import Any

import pytest
from dry_experiment import activity, own
from dry_session import Dry

from seatrial.model.verdict import Outcome


def background(function: str, **arguments: Any) -> dict[str, Any]:
    return {**activity("action", function, **arguments), "background": True}


@pytest.fixture
def unmet(experiment: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Its hypothesis does not hold before the method, in which a fault is injected in the background."""
    probes = [own(monkeypatch, "probe", lambda: False, tolerance=True)]
    experiment["steady-state-hypothesis"]["probes"] = probes
    hold = activity("action", "hold", seconds=5, reason="the fault is injected beside")
    experiment["method"] = [background("inject", fault="delete-pod", times=3), hold]
    return experiment


@pytest.mark.parametrize("strategy", ["default", "before-method-only", "during-method-only", "continuously"])
def test_a_baseline_that_is_not_met_is_no_pass_whatever_runs_beside(
    run_experiment, dry: Dry, unmet, strategy
) -> None:
    code, run = run_experiment(unmet, "--hypothesis-strategy", strategy, "--fail-fast")
    assert code == 1
    assert run.results[0].verdict.outcome is not Outcome.PASSED
    assert dry.world.done[-1] == "watches ended"


def test_a_background_fault_that_is_refused_is_an_error(run_experiment, dry: Dry, experiment) -> None:
    dry.world.refusals["drain-node"] = RuntimeError("no node is left")
    experiment["method"] = [background("inject", fault="drain-node"), *experiment["method"]]
    code, run = run_experiment(experiment)
    assert code == 1
    assert run.results[0].verdict.outcome is Outcome.ERROR
    assert "no node is left" in run.results[0].verdict.observed
