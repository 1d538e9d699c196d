"""Traffic stops in mid-experiment: what was seen before was ample, and the rest was not seen at all."""

from dataclasses import replace

import pytest
from dry_checks import a_check
from dry_experiment import activity
from observations import crash_fault, exchange, failed, fault, observation, stream, three_faults, timeline
from observations import workload as workload_seen

from seatrial.judge.disruption import involuntary, voluntary
from seatrial.model.exchange import Exchange
from seatrial.model.verdict import Outcome

WATCHED = timeline(workload_seen(1.0))
LONG = tuple(fault(at, at + 8.0, uid=f"uid-{at:g}") for at in (100.0, 110.0, 120.0))


@pytest.mark.parametrize(
    "sent",
    [
        stream(90, 118),
        [*stream(90, 112), *stream(128, 140)],
        [*stream(90, 112), *stream(114, 140)],
        [*stream(90, 100), *stream(100.8, 118), *stream(128.5, 140)],
    ],
    ids=["for-good", "over-the-last-disruption", "for-two-seconds-inside", "over-two-windows"],
)
def test_however_much_was_seen_before_it_is_no_pass(sent: list[Exchange]) -> None:
    verdict = voluntary(observation(sent, LONG, timeline=WATCHED))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "no request was begun for" in verdict.observed
    cut = voluntary(observation([*sent, failed(100.9)], LONG, timeline=WATCHED))
    assert cut.outcome is Outcome.FAILED, "admissibility never hides a red"


def test_of_a_crash_it_is_no_pass_either() -> None:
    crashed = [crash_fault(100.0, 110.0)]
    whole = replace(observation(stream(90, 140), crashed, timeline=WATCHED), repetitions=1)
    assert involuntary(whole).outcome is Outcome.PASSED
    stopped = replace(observation(stream(90, 104), crashed, timeline=WATCHED), repetitions=1)
    assert involuntary(stopped).outcome is Outcome.INCONCLUSIVE


def test_pauses_that_the_traffic_has_anyway_are_none() -> None:
    slow = [exchange(80 + n * 1.5) for n in range(40)]
    busy = [one for at in (100.0, 110.0, 120.0) for one in stream(at, at + 8.0)]
    verdict = voluntary(observation([*slow, *busy], LONG, timeline=WATCHED))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert voluntary(observation(stream(90, 140), three_faults(), timeline=WATCHED)).passed


STOPS = activity("action", "stop_traffic", name="subject")


def test_an_experiment_that_stops_its_own_traffic_is_no_pass(run_experiment, experiment) -> None:
    experiment["method"] = [
        activity("action", "inject", fault="delete-pod", times=2),
        STOPS,
        activity("action", "inject", fault="delete-pod"),
    ]
    code, run = run_experiment(experiment)
    assert code == 1
    assert run.results[0].verdict.outcome in (Outcome.INCONCLUSIVE, Outcome.ERROR)


SCENARIO = """
@scenario("stopping", disruption=VOLUNTARY)
def stopping(subject):
    '''Ends its traffic before the last fault.'''
    from seatrial.model.step import Stop
    return steps(
        traffic("look"), repeat(2, inject("delete-pod", subject.role)), Stop("subject"),
        inject("delete-pod", subject.role),
    )
"""


def test_a_scenario_that_ends_its_traffic_too_early_is_no_pass(run_checks, recorded) -> None:
    check = a_check("one", "return voluntary(observation)", scenario="'stopping'")
    result = run_checks(SCENARIO, check)
    (made,) = recorded().results
    assert made.verdict.outcome is Outcome.INCONCLUSIVE, made.verdict.explain()
    assert result.ret == 1
