"""After its controller was restarted an autoscaler follows the algorithm, and takes nothing under load."""

import dataclasses
from pathlib import Path

import pytest
from load_steps import observed
from observations import autoscaler, fault, workload

from seatrial.judge.controller_away import survives_controller_restart, window_of
from seatrial.judge.load_step import load_step_of
from seatrial.judge.scale_writers import rescales
from seatrial.model.ledger import Writer
from seatrial.model.observation import TROUBLE
from seatrial.model.timeline import AutoscalerSeen, UsageSeen
from seatrial.model.verdict import Outcome
from seatrial.record.observations import read_observation

RUN = Path(__file__).parents[3] / "reports" / "example" / "observations" / "load-step.orders"
CONTROLLER = Writer("kube-controller-manager", "scale", 0.0, "r")
KEEPER = Writer("keeper", "", 0.0, "r")


def restarted(at, leads_at, **changes):
    one = fault(at, leads_at, name="kube-controller-manager-x")
    return dataclasses.replace(one, fault="restart-controllers", verified_at=leads_at, **changes)


def with_fault(whole, *faults):
    return dataclasses.replace(whole, arms={TROUBLE: dataclasses.replace(whole.trouble, faults=faults)})


@pytest.fixture(scope="module")
def recorded():
    """A load step as it was recorded, as if the controller had been restarted before its first decision."""
    whole = read_observation(RUN).observation
    step = load_step_of(whole)
    grew = next(one.at for one in rescales(whole.timeline, "orders", step.began_at) if one.grows)
    return with_fault(whole, restarted(grew - 20.0, grew - 2.0))


def seen_again(whole, change):
    timeline = whole.timeline
    kept = tuple(new for item in timeline.seen if (new := change(item)) is not None)
    arm = dataclasses.replace(whole.trouble, timeline=dataclasses.replace(timeline, seen=kept))
    return dataclasses.replace(whole, arms={TROUBLE: arm})


def test_decisions_that_go_on_by_the_algorithm_pass(recorded):
    verdict = survives_controller_restart(recorded)
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == (
        "the controller was away for 18.0 s; replicas were added 2.00 s later, 2 of 2 decisions explained"
    )
    numbers = {key: verdict.numbers[key] for key in ("controller_away_seconds", "first_decision_seconds")}
    assert numbers == {"controller_away_seconds": 18.0, "first_decision_seconds": 2.0}
    assert (verdict.numbers["replica_changes"], verdict.numbers["scaled_in"]) == (1, 0)
    assert verdict.reasons[0].startswith("2.00 s after the controller led again: 2 -> 4 by ")


def test_one_that_the_algorithm_does_not_take_fails(recorded):
    def more(item):
        wrong = isinstance(item, AutoscalerSeen) and item.desired == 4
        return dataclasses.replace(item, desired=5) if wrong else item

    verdict = survives_controller_restart(seen_again(recorded, more))
    assert verdict.outcome is Outcome.FAILED
    assert "--horizontal-pod-autoscaler-* flags" in verdict.next_step
    blind = seen_again(recorded, lambda item: None if isinstance(item, UsageSeen) else item)
    assert survives_controller_restart(blind).outcome is Outcome.INCONCLUSIVE


def test_a_watch_that_broke_is_no_pass(recorded):
    at = recorded.faults[0].injected_at + 1
    timeline = dataclasses.replace(recorded.timeline, gaps=((at, at + 1),))
    arm = dataclasses.replace(recorded.trouble, timeline=timeline)
    broken = dataclasses.replace(recorded, arms={TROUBLE: arm})
    assert survives_controller_restart(broken).outcome is Outcome.INCONCLUSIVE


def course(*steps, **behavior):
    first = dataclasses.replace(workload(90.0, 2), writers=(KEEPER,), generation=1)
    scaler = dataclasses.replace(autoscaler(90.0, 2), spec={"behavior": behavior})
    seen = [first, scaler]
    for number, (at, wanted, writer) in enumerate(steps, 2):
        by = dataclasses.replace(writer, wrote_at=at)
        seen.append(dataclasses.replace(workload(at, wanted), writers=(by,), generation=number))
        if writer is CONTROLLER:
            seen.append(dataclasses.replace(scaler, at=at + 0.1, desired=wanted))
    return seen


def judged(*steps, **behavior):
    whole = observed(course(*steps, **behavior), ledger=True)
    return survives_controller_restart(with_fault(whole, restarted(102.0, 120.0)))


def test_a_scale_in_under_the_load_fails_and_the_window_that_was_forgotten_is_named():
    early = ((101.0, 4, CONTROLLER), (140.0, 2, CONTROLLER))
    verdict = judged(*early, scaleDown={"stabilizationWindowSeconds": 120})
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == (
        "the controller was away for 18.0 s; 1 time it took replicas away under the load: "
        "20.0 s after the controller led again: 4 -> 2 by kube-controller-manager"
    )
    assert verdict.next_step.startswith(
        "A controller that is restarted has forgotten what it recommended in the last 120.0 s"
    )
    assert "in the last 300.0 s" in judged(*early).next_step
    after = judged((101.0, 4, CONTROLLER), (301.0, 2, CONTROLLER))
    assert after.outcome is not Outcome.FAILED, "the load was over"
    assert window_of(observed(course()).timeline, "other") == 300.0


def test_a_second_writer_is_named():
    fight = ((125.0, 4, CONTROLLER), (127.0, 2, KEEPER), (140.0, 4, CONTROLLER), (142.0, 2, KEEPER))
    verdict = judged(*fight)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed.endswith("its replicas changed 2 by kube-controller-manager, 2 by keeper")
    assert verdict.next_step.startswith("Two write spec.replicas: the autoscaler and keeper.")
    assert judged(*fight[:2]).outcome is Outcome.ERROR, "somebody who does so once is no part of the system"


def test_where_nothing_is_added_nothing_is_claimed():
    verdict = judged()
    assert verdict.outcome is not Outcome.PASSED
    before = judged((101.0, 4, CONTROLLER))
    assert before.outcome is not Outcome.PASSED, "it was decided before the restart"


def test_without_a_restart_there_is_no_verdict(recorded):
    assert survives_controller_restart(with_fault(recorded)).outcome is Outcome.ERROR
    unseen = dataclasses.replace(recorded.faults[0], verified_at=None)
    assert survives_controller_restart(with_fault(recorded, unseen)).outcome is Outcome.ERROR
    two = dataclasses.replace(unseen, impossible="2 pods are labelled component=kube-controller-manager")
    verdict = survives_controller_restart(with_fault(recorded, two))
    assert (verdict.outcome, verdict.observed) == (Outcome.UNSUPPORTED, two.impossible)
    none = observed(course(), load_ended_at=None)
    assert survives_controller_restart(with_fault(none, restarted(102.0, 120.0))).outcome is Outcome.ERROR
