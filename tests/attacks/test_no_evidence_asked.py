"""An experiment asks for no evidence: requests 0, repetitions 0, no traffic, no fault, no verdict at all."""

import pytest
from dry_experiment import activity
from dry_session import Dry

from seatrial.model.verdict import Outcome


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"role": "basket", "repetitions": 0},
        {"role": "basket", "repetitions": -1},
        {"role": "basket", "repetitions": 0.5},
        {"role": "basket", "requests": 0},
        {"role": "basket", "requests": 0, "repetitions": 0},
        {"role": "basket", "per_second": 0},
        {"role": "basket", "per_second": float("nan")},
        {"role": ""},
    ],
)
def test_it_exits_1_and_touches_nothing_with_validation_and_without(
    run_experiment, dry: Dry, experiment, arguments
) -> None:
    experiment["controls"][0]["provider"]["arguments"] = arguments
    for options in ((), ("--no-validation",)):
        code, run = run_experiment(experiment, *options)
        assert code == 1
        assert [result for result in run.results if result.verdict.passed] == []
        assert dry.world.done == []


@pytest.mark.parametrize(
    "method",
    [[], [activity("action", "hold", seconds=60, reason="nothing happens")]],
    ids=["an-empty-method", "a-method-without-a-fault"],
)
def test_an_experiment_that_injects_nothing_is_no_pass(run_experiment, experiment, method) -> None:
    experiment["method"] = method
    code, run = run_experiment(experiment)
    assert code == 1
    assert run.results[0].verdict.outcome is Outcome.ERROR


def test_an_experiment_without_the_control_that_judges_it_injects_nothing(
    run_experiment, dry: Dry, experiment
) -> None:
    experiment["controls"] = []
    code, run = run_experiment(experiment)
    assert code == 1
    assert run.results == ()
    assert dry.world.done == []
