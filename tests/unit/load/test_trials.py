"""One trial of a search for capacity, from what a load summary says."""

import pytest
from load_results import result, summary

from seatrial.load.trials import trial_from
from seatrial.model.system import System

SYSTEM = System.model_validate(
    {
        "apiVersion": "seatrial/v1",
        "kind": "System",
        "metadata": {"name": "tiny"},
        "target": {"context": "none", "namespace": "none"},
        "entry": {"url": "http://127.0.0.1:1"},
        "workloads": {"api": {"kind": "Deployment", "name": "api"}},
        "journeys": {
            "look": {"request": {"path": "/"}},
            "report": {"request": {"path": "/"}, "objectives": {"latency_p99_ms": 2_000}},
        },
    }
)


def trial(latencies, *, journey="look", **more):
    seen = summary(result(latencies, journeys={journey: latencies}, **more))
    return trial_from(seen, SYSTEM, per_second=50, seconds=12)


def test_a_trial_counts_what_failed_and_what_was_slow():
    seen = trial([10.0] * 590 + [900.0] * 10, bad=3)
    assert (seen.requests, seen.failed, seen.slow, seen.void) == (600, 3, 10, "")
    assert seen.p99_ms == pytest.approx(900, rel=0.01)


def test_each_journey_is_slow_by_its_own_objective():
    assert trial([900.0] * 100, journey="report").slow == 0
    assert trial([900.0] * 100, journey="look").slow == 100


def test_a_generator_that_was_late_makes_a_trial_void():
    assert "late" in trial([10.0] * 600, late=90).void
    assert "dropped 1" in trial([10.0] * 600, dropped=1).void


def test_a_late_generator_does_not_excuse_answers_that_were_slow_from_their_sending():
    assert trial([900.0] * 600, late=90).void == ""
    assert trial([10.0] * 600, bad=100, late=90).void == ""


def test_too_few_requests_say_nothing():
    assert "only 19" in trial([10.0] * 19).void
