"""One load step makes replicas grow once and shrink once; who writes them else is named."""

import dataclasses

import pytest
from load_steps import BEFORE, observed
from observations import autoscaler, workload

from seatrial.judge.admissible import judge
from seatrial.judge.obedience import obeys_the_algorithm
from seatrial.judge.oscillation import does_not_oscillate
from seatrial.model.check import CHECKS
from seatrial.model.ledger import Writer
from seatrial.model.observation import Observation
from seatrial.model.timeline import Seen, WorkloadSeen
from seatrial.model.verdict import Outcome, Verdict

CONTROLLER = Writer("kube-controller-manager", "scale", 0.0, "r")
KEEPER = Writer("keeper", "", 0.0, "r")


def written(at: float, wanted: int, writer: Writer, generation: int) -> WorkloadSeen:
    by = dataclasses.replace(writer, wrote_at=at)
    return dataclasses.replace(workload(at, wanted), writers=(by,), generation=generation)


def course(*steps: tuple[float, int, Writer]) -> list[Seen]:
    """The number of replicas, each with its writer; the autoscaler says what it wants when it writes."""
    begin = written(90.0, 2, KEEPER, 1)
    seen: list[Seen] = [begin, autoscaler(90.0, 2)]
    for number, (at, wanted, writer) in enumerate(steps, 2):
        seen.append(written(at, wanted, writer, number))
        if writer is CONTROLLER:
            seen.append(autoscaler(at + 0.1, wanted))
    return seen


UP_AND_DOWN = ((130.0, 4, CONTROLLER), (145.0, 5, CONTROLLER), (400.0, 3, CONTROLLER), (415.0, 2, CONTROLLER))
FIGHT = (
    (130.0, 4, CONTROLLER), (134.0, 2, KEEPER), (145.0, 4, CONTROLLER), (149.0, 2, KEEPER),
    (160.0, 4, CONTROLLER), (164.0, 2, KEEPER),
)  # fmt: skip


def turns(*steps: tuple[float, int, Writer], **more: object) -> Verdict:
    return does_not_oscillate(observed(course(*steps), **more))  # type: ignore[arg-type]


def test_up_and_down_once_passes_and_tells_who_wrote() -> None:
    verdict = turns(*UP_AND_DOWN)
    assert verdict.outcome is Outcome.PASSED
    assert verdict.observed == ("4 changes of the number of replicas, 1 turn (4 by kube-controller-manager)")
    assert verdict.reasons[0] == "30.0 s after the step: 2 -> 4 by kube-controller-manager"
    assert verdict.numbers == {"replica_changes": 4, "direction_changes": 1, "period_seconds": None}
    assert turns(*UP_AND_DOWN, gaps=((200.0, 201.0),)).outcome is Outcome.INCONCLUSIVE


def test_what_happened_before_the_step_does_not_count() -> None:
    before = ((92.0, 3, CONTROLLER), (94.0, 2, CONTROLLER))
    assert turns(*before, *UP_AND_DOWN).outcome is Outcome.PASSED


@pytest.mark.parametrize("steps", [(), UP_AND_DOWN[:2], UP_AND_DOWN[3:]])
def test_without_a_rise_and_a_fall_nothing_is_claimed(steps: tuple[tuple[float, int, Writer], ...]) -> None:
    verdict = turns(*steps)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "too few to tell" in verdict.observed


def test_an_autoscaler_that_swings_fails_with_its_period() -> None:
    swing = [(130.0 + 30 * n, 4 if n % 2 == 0 else 2, CONTROLLER) for n in range(5)]
    verdict = turns(*swing)
    assert verdict.outcome is Outcome.FAILED
    assert "5 changes of the number of replicas, 4 turns, a period of 60.0 s" in verdict.observed
    assert verdict.numbers["period_seconds"] == 60.0
    assert "stabilizationWindowSeconds longer than the period of 60.0 s" in verdict.next_step


def test_a_second_writer_is_named_by_both_checks() -> None:
    whole = observed(course(*FIGHT), ledger=True)
    swings, obeys = does_not_oscillate(whole), obeys_the_algorithm(whole)
    assert {swings.outcome, obeys.outcome} == {Outcome.FAILED}
    assert "(3 by kube-controller-manager, 3 by keeper)" in swings.observed
    assert "34.0 s after the step: 4 -> 2 by keeper" in swings.reasons
    assert "3 of 6 changes of its replicas were no decision, but written by keeper" in obeys.observed
    for verdict in (swings, obeys):
        assert verdict.next_step.startswith("Two write spec.replicas: the autoscaler and keeper.")


def judged_all(whole: Observation) -> dict[str, Verdict]:
    names = [name for name, check in CHECKS.all().items() if check.scenario == "load-step"]
    return {name: judge(CHECKS.get(name), whole) for name in names}


def test_what_others_did_voids_what_cannot_tell_it_from_the_system() -> None:
    found = judged_all(observed(course(*FIGHT), ledger=True))
    assert {name for name, verdict in found.items() if verdict.outcome is Outcome.FAILED} == {
        "scaling.obeys-the-algorithm", "scaling.does-not-oscillate",
    }  # fmt: skip
    others = [verdict for verdict in found.values() if verdict.outcome is not Outcome.FAILED]
    assert len(others) == 4
    assert all("changed by keeper" in verdict.observed for verdict in others)


def test_a_person_who_writes_once_is_no_part_of_the_system() -> None:
    """Once is somebody at a keyboard: nothing can be said then, by any of the checks."""
    found = judged_all(observed(course(*UP_AND_DOWN[:2], (160.0, 2, KEEPER), *UP_AND_DOWN[:2]), ledger=True))
    assert {verdict.outcome for verdict in found.values()} == {Outcome.ERROR}


def test_a_second_writer_that_never_turns_it_is_named_too() -> None:
    steps = ((130.0, 3, KEEPER), (131.0, 4, KEEPER))
    verdict = does_not_oscillate(observed(course(*steps), ledger=True))
    assert verdict.outcome is Outcome.FAILED
    assert "(2 by keeper)" in verdict.observed


def test_without_a_load_step_it_is_an_error() -> None:
    for judged in (does_not_oscillate, obeys_the_algorithm):
        assert judged(observed(BEFORE, load_ended_at=None)).outcome is Outcome.ERROR
