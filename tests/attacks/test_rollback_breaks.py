"""A rollback that itself breaks the system, after the last look of Chaos Toolkit."""

from collections.abc import Callable
from typing import Any

import pytest
from dry_experiment import own
from dry_session import Dry

from seatrial.model.verdict import Outcome


@pytest.fixture
def rollback(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], dict[str, Any]]:
    """A rollback that does whatever a test says."""
    return lambda does: own(monkeypatch, "action", lambda: str(does()))


def test_requests_that_fail_from_the_rollback_on_are_no_pass(
    run_experiment, dry: Dry, experiment, rollback
) -> None:
    world = dry.world
    experiment["rollbacks"] = [rollback(lambda: world.failing.append((world.now, float("inf"))))]
    code, run = run_experiment(experiment)
    assert code == 1
    assert run.results[0].verdict.outcome in (Outcome.FAILED, Outcome.ERROR)
    assert "failed" in run.results[0].verdict.observed


def test_objects_that_the_rollback_leaves_changed_are_an_error(
    run_experiment, dry: Dry, experiment, rollback
) -> None:
    gone = "deployment/till: spec.replicas was 2, is 0"
    experiment["rollbacks"] = [rollback(lambda: dry.world.changed.append(gone))]
    code, run = run_experiment(experiment)
    assert code == 1
    (result,) = run.results
    assert result.verdict.outcome is Outcome.ERROR
    assert gone in result.verdict.observed
    assert run.changed_objects == (gone,)


def test_a_rollback_that_raises_is_an_error(run_experiment, experiment, rollback) -> None:
    def fails() -> None:
        raise RuntimeError("403 forbidden")

    experiment["rollbacks"] = [rollback(fails)]
    code, run = run_experiment(experiment)
    assert code == 1
    assert run.results[0].verdict.outcome is Outcome.ERROR
    assert "403 forbidden" in run.results[0].verdict.observed


def test_a_rollback_that_does_no_harm_is_a_pass(run_experiment, experiment, rollback) -> None:
    experiment["rollbacks"] = [rollback(lambda: "done")]
    assert run_experiment(experiment)[0] == 0
