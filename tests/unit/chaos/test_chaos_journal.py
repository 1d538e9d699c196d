"""What Chaos Toolkit calls completed is judged by what its journal holds.

The journals are made by real runs of chaoslib on harmless Python activities.
"""

import sys
import types

import pytest
from chaoslib.run import Runner
from chaoslib.types import Strategy

from seatrial.chaos.journal import journal_verdict
from seatrial.model.verdict import Outcome


@pytest.fixture
def play(monkeypatch):
    """Run an experiment whose probe gives `health` in turn and whose action is `action`."""

    def run(*, health=(True,), action=lambda: "done", rollback=lambda: "undone", strategy=Strategy.DEFAULT):
        answers = list(health)
        module = types.ModuleType("activities_of_this_test")
        module.probe = lambda: answers.pop(0) if len(answers) > 1 else answers[0]
        module.action = action
        module.rollback = rollback
        monkeypatch.setitem(sys.modules, module.__name__, module)

        def activity(kind, func, **more):
            provider = {"type": "python", "module": module.__name__, "func": func}
            return {"type": kind, "name": func, "provider": provider, **more}

        experiment = {
            "title": "t",
            "description": "d",
            "steady-state-hypothesis": {"title": "h", "probes": [activity("probe", "probe", tolerance=True)]},
            "method": [activity("action", "action")],
            "rollbacks": [activity("action", "rollback")],
        }
        settings = {"runtime": {"rollbacks": {"strategy": "always"}}}
        with Runner(strategy) as runner:
            return runner.run(experiment, settings=settings)

    return run


def fails():
    raise RuntimeError("403 forbidden")


def test_a_clean_run_passes(play):
    assert journal_verdict(play()).outcome is Outcome.PASSED


def test_an_action_that_raises_is_an_error_although_chaos_calls_it_completed(play):
    journal = play(action=fails)
    assert journal["status"] == "completed"
    verdict = journal_verdict(journal)
    assert verdict.outcome is Outcome.ERROR
    assert "403 forbidden" in verdict.observed


def test_a_rollback_that_fails_is_an_error_although_chaos_calls_it_completed(play):
    journal = play(rollback=fails)
    assert journal["status"] == "completed"
    assert journal_verdict(journal).outcome is Outcome.ERROR


def test_a_steady_state_not_met_before_is_an_error_although_chaos_calls_it_completed(play):
    journal = play(health=(False,))
    assert journal["status"] == "completed"
    verdict = journal_verdict(journal)
    assert verdict.outcome is Outcome.ERROR
    assert "before the method" in verdict.observed


def test_a_steady_state_lost_after_fails(play):
    assert journal_verdict(play(health=(True, False))).outcome is Outcome.FAILED


def test_a_steady_state_lost_during_fails_although_chaos_calls_it_completed():
    met, lost = ({"steady_state_met": value, "probes": [_probe(value)]} for value in (True, False))
    journal = {
        "status": "completed",
        "deviated": False,
        "steady_states": {"before": met, "during": [met, lost], "after": met},
        "run": [{"activity": {"name": "a"}, "status": "succeeded"}],
        "rollbacks": [],
    }
    assert journal_verdict(journal).outcome is Outcome.FAILED


def _probe(met):
    return {"activity": {"name": "p"}, "status": "succeeded", "tolerance_met": met, "output": met}


@pytest.mark.parametrize("status", ["interrupted", "aborted"])
def test_an_interrupted_run_is_an_error(play, status):
    journal = {**play(), "status": status}
    assert journal_verdict(journal).outcome is Outcome.ERROR


def test_an_activity_without_a_status_is_an_error(play):
    journal = play()
    del journal["run"][0]["status"]
    assert journal_verdict(journal).outcome is Outcome.ERROR


def test_an_empty_journal_is_an_error():
    assert journal_verdict({}).outcome is Outcome.ERROR


def test_a_method_that_did_not_run_is_an_error(play):
    assert journal_verdict({**play(), "run": []}).outcome is Outcome.ERROR
