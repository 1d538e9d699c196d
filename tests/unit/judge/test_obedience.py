"""Every decision in a recorded load step is replayed; one that was changed is not agreed with."""

import dataclasses
from pathlib import Path

import pytest

from seatrial.judge.obedience import obeys_the_algorithm
from seatrial.judge.oscillation import does_not_oscillate
from seatrial.judge.scale_in import scale_in_loses_nothing
from seatrial.judge.shares import new_replicas_carry_load
from seatrial.model.observation import TROUBLE, Observation
from seatrial.model.timeline import AutoscalerSeen, Seen, UsageSeen
from seatrial.model.verdict import Outcome
from seatrial.record.observations import read_observation

RUN = Path(__file__).parents[3] / "reports" / "example" / "observations" / "load-step.orders"


@pytest.fixture(scope="module")
def recorded() -> Observation:
    return read_observation(RUN).observation


def with_seen(whole: Observation, seen: list[Seen], **more: object) -> Observation:
    assert whole.timeline is not None
    timeline = dataclasses.replace(whole.timeline, seen=tuple(seen), **more)  # type: ignore[arg-type]
    return dataclasses.replace(whole, arms={TROUBLE: dataclasses.replace(whole.trouble, timeline=timeline)})


def seen_of(whole: Observation) -> list[Seen]:
    assert whole.timeline is not None
    return list(whole.timeline.seen)


def test_the_recorded_autoscaler_obeys_and_does_not_oscillate(recorded: Observation) -> None:
    verdict = obeys_the_algorithm(recorded)
    assert verdict.outcome is Outcome.PASSED
    assert verdict.observed == "2 of 2 decisions explained"
    steady = does_not_oscillate(recorded)
    assert steady.outcome is Outcome.PASSED
    assert steady.observed.startswith("2 changes of the number of replicas, 1 turn")


def test_scale_in_of_the_recording_lost_nothing(recorded: Observation) -> None:
    verdict = scale_in_loses_nothing(recorded)
    assert verdict.outcome is Outcome.PASSED
    assert verdict.numbers["scale_in_pods"] == 2


def test_answers_that_name_no_pod_show_no_shares(recorded: Observation) -> None:
    assert new_replicas_carry_load(recorded).outcome is Outcome.INCONCLUSIVE


def test_a_decision_that_was_changed_is_not_agreed_with(recorded: Observation) -> None:
    def more(item: Seen) -> Seen:
        wrong = isinstance(item, AutoscalerSeen) and item.desired == 4
        return dataclasses.replace(item, desired=5) if wrong else item  # type: ignore[type-var]

    verdict = obeys_the_algorithm(with_seen(recorded, [more(item) for item in seen_of(recorded)]))
    assert verdict.outcome is Outcome.FAILED
    assert "NOT explained; nearest is 4" in verdict.explain()
    assert "--horizontal-pod-autoscaler-* flags" in verdict.next_step


def test_what_the_metrics_api_did_not_tell_is_no_pass(recorded: Observation) -> None:
    blind = [item for item in seen_of(recorded) if not isinstance(item, UsageSeen)]
    assert obeys_the_algorithm(with_seen(recorded, blind)).outcome is Outcome.INCONCLUSIVE


def test_a_watch_that_broke_is_no_pass(recorded: Observation) -> None:
    assert recorded.timeline is not None
    at = recorded.timeline.ended_at - 30
    broken = with_seen(recorded, seen_of(recorded), gaps=((at, at + 1),))
    assert obeys_the_algorithm(broken).outcome is Outcome.INCONCLUSIVE
