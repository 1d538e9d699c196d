"""One trial of a search for capacity, from what a load summary says."""

import pytest
from load_results import result, summary

from seatrial.judge.capacity.search import held
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
            "pay": {"request": {"path": "/"}, "objectives": {"availability": 0.9999}},
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


def mixed(journeys, **more):
    """A trial with several journeys, each with its latencies."""
    seen = summary(result([x for some in journeys.values() for x in some], journeys=journeys, **more))
    return trial_from(seen, SYSTEM, per_second=50, seconds=12)


def test_a_rare_journey_that_is_always_slow_does_not_hide_among_the_others():
    seen = mixed({"look": [10.0] * 20_000, "report": [3_000.0] * 150})
    assert seen.slow / seen.requests < 0.01, "all together they would be held"
    assert (seen.worst, seen.worst_badness) == ("report", pytest.approx(100))
    assert not held(seen, SYSTEM.objectives.availability)


def test_a_journey_that_must_fail_less_than_the_others_is_judged_by_its_own():
    seen = mixed(
        {"look": [10.0] * 9_800, "pay": [10.0] * 200}, bad=2, failures={"look": {}, "pay": {"status 503": 2}}
    )
    assert (seen.worst, seen.worst_badness) == ("pay", pytest.approx(100))
    assert not held(seen, SYSTEM.objectives.availability)


def test_of_a_journey_with_few_requests_its_own_share_tells_nothing():
    seen = mixed({"look": [10.0] * 20_000, "report": [3_000.0] * 99})
    assert (seen.worst, held(seen, SYSTEM.objectives.availability)) == ("", True)


def test_what_failed_is_kept_by_its_kind():
    assert trial([10.0] * 600, bad=100).errors == {"status 503": 100}
