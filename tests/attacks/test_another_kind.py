"""Graceful deletions are judged as a crash, or a crash as graceful deletions."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from observations import crash_fault, observation, stream, three_faults, timeline, workload

from seatrial.judge.disruption import by_disruption, involuntary, voluntary
from seatrial.model.observation import Observation
from seatrial.model.verdict import Outcome, Verdict

WATCHED = timeline(workload(1.0))
CLEAN = observation(stream(90, 140), three_faults(), timeline=WATCHED)
CRASHED = replace(observation(stream(90, 140), [crash_fault(100.0, 103.0)], timeline=WATCHED), repetitions=1)


@pytest.mark.parametrize(("judge", "seen"), [(voluntary, CRASHED), (involuntary, CLEAN)])
def test_another_kind_is_an_error_that_names_it(
    judge: Callable[[Observation], Verdict], seen: Observation
) -> None:
    verdict = judge(seen)
    assert verdict.outcome is Outcome.ERROR
    assert seen.faults[0].fault in verdict.observed


def test_both_kinds_in_one_observation_are_no_pass() -> None:
    mixed = observation(stream(90, 140), [*three_faults(), crash_fault(125.0, 126.0)], timeline=WATCHED)
    for judge in (voluntary, involuntary, by_disruption):
        assert judge(mixed).outcome is Outcome.ERROR
    assert by_disruption(mixed) == involuntary(mixed)
