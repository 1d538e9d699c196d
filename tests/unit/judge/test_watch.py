"""What existing traffic shows: decisions, turns, rollouts and pods, and nothing where nothing happened."""

import dataclasses
from pathlib import Path

import pytest
from load_steps import SYSTEM
from observations import autoscaler, pod, timeline, workload
from test_oscillation import CONTROLLER, FIGHT, KEEPER, UP_AND_DOWN, course

from seatrial.judge.watch import QUESTIONS, judged, question_of, questions_of, watched_of
from seatrial.model.fault import Disruption
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.timeline import AutoscalerSeen, Seen, Timeline, UsageSeen, WorkloadSeen
from seatrial.model.verdict import Outcome, Verdict
from seatrial.record.observations import read_observation

RUN = Path(__file__).parents[3] / "reports" / "example" / "observations" / "load-step.orders"


def watched(*seen: Seen, ended_at: float = 700.0, gaps: tuple[tuple[float, float], ...] = ()) -> Observation:
    found = dataclasses.replace(timeline(*seen, ended_at=ended_at), gaps=gaps)
    return observed(found)


def observed(found: Timeline | None) -> Observation:
    return Observation(
        {TROUBLE: Arm(timeline=found)}, target="orders", disruption=Disruption.NONE, system=SYSTEM
    )


def scaler(at: float, *conditions: str) -> AutoscalerSeen:
    return dataclasses.replace(autoscaler(at, 2, conditions=conditions), spec={"maxReplicas": 6})


def asked(name: str, observation: Observation) -> Verdict:
    question = question_of(f"observe.{name}")
    assert question is not None
    return judged(question, observation)


def test_the_recorded_decisions_are_judged_without_a_load_step() -> None:
    """A timeline alone: no traffic of ours, no step."""
    verdict = asked("obeys-the-algorithm", observed(read_observation(RUN).observation.timeline))
    assert verdict.outcome is Outcome.PASSED
    assert verdict.observed == "2 of 2 decisions explained"


def test_where_nothing_was_decided_nothing_is_claimed() -> None:
    quiet = watched(workload(90.0), scaler(90.0))
    for name in ("obeys-the-algorithm", "does-not-oscillate"):
        assert asked(name, quiet).outcome is Outcome.INCONCLUSIVE
    assert "orders decided nothing in 700.0 s" in asked("obeys-the-algorithm", quiet).observed
    for question in QUESTIONS:
        assert judged(question, observed(None)).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("words", ["ScalingActive: FailedGetResourceMetric", "AbleToScale: FailedGetScale"])
def test_an_autoscaler_that_cannot_scale_has_failed_in_its_own_words(words: str) -> None:
    verdict = asked("obeys-the-algorithm", watched(workload(90.0), scaler(90.0, words)))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == f"orders cannot scale: {words}"


def test_what_it_said_before_it_could_is_over() -> None:
    early = scaler(90.0, "ScalingActive: FailedGetResourceMetric")
    for words in ("ScalingLimited: TooFewReplicas", "ScalingActive: ScalingDisabled"):
        verdict = asked("obeys-the-algorithm", watched(workload(90.0), early, scaler(100.0, words)))
        assert verdict.outcome is Outcome.INCONCLUSIVE


def test_a_second_writer_is_named() -> None:
    fight = watched(*course(*FIGHT))
    for name in ("obeys-the-algorithm", "does-not-oscillate"):
        verdict = asked(name, fight)
        assert verdict.outcome is Outcome.FAILED
        assert "keeper" in verdict.observed
    assert "134.0 s after the beginning: 4 -> 2 by keeper" in asked("does-not-oscillate", fight).reasons


def used(at: float, amount: int) -> UsageSeen:
    return UsageSeen(at, "orders-a", at, 15.0, {"app": {"cpu": amount}})


def swinging(*amounts: int) -> Observation:
    swing = [(130.0 + 30 * n, 4 if n % 2 == 0 else 2, CONTROLLER) for n in range(5)]
    seen = [*course(*swing), pod(90.0, "orders-a", uid="a", ready=True)]
    return watched(*seen, *(used(110.0 + 20 * n, amount) for n, amount in enumerate(amounts)))


def test_turns_are_the_autoscalers_own_only_under_a_steady_load() -> None:
    steady = asked("does-not-oscillate", swinging(300, 310, 290, 305, 300))
    assert steady.outcome is Outcome.FAILED
    assert "a period of 60.0 s" in steady.observed
    moving = asked("does-not-oscillate", swinging(300, 100, 300, 100, 300))
    assert moving.outcome is Outcome.INCONCLUSIVE
    assert "the load moved by" in moving.observed
    assert "the load was not seen" in asked("does-not-oscillate", swinging()).observed


def test_up_and_down_once_passes_unless_a_watch_broke() -> None:
    assert asked("does-not-oscillate", watched(*course(*UP_AND_DOWN))).outcome is Outcome.PASSED
    broken = watched(*course(*UP_AND_DOWN), gaps=((200.0, 201.0),))
    assert asked("does-not-oscillate", broken).outcome is Outcome.INCONCLUSIVE


def rolled(at: float, revision: str, *, updated: int, ready: int = 2, current: int = 2) -> WorkloadSeen:
    return dataclasses.replace(workload(at, 2, ready, current), revision=revision, updated=updated)


WHOLE = [
    rolled(90.0, "1", updated=2),
    rolled(200.0, "2", updated=1, current=3),
    rolled(220.0, "2", updated=2, current=3),
    rolled(231.0, "2", updated=2),
]


def test_a_rollout_that_ends_and_keeps_its_replicas_passes() -> None:
    verdict = asked("rollouts-end", watched(*WHOLE))
    assert verdict.outcome is Outcome.PASSED
    assert verdict.reasons == (
        "revision 2, 200.0 s after the beginning: ended after 31.0 s, 2 of 2 ready at least",
    )
    broken = watched(*WHOLE, gaps=((210.0, 211.0),))
    assert asked("rollouts-end", broken).outcome is Outcome.INCONCLUSIVE


def test_a_rollout_with_fewer_ready_has_failed() -> None:
    low = [*WHOLE[:2], rolled(205.0, "2", updated=1, ready=1), *WHOLE[2:]]
    assert asked("rollouts-end", watched(*low)).outcome is Outcome.FAILED
    after = [*WHOLE, rolled(300.0, "2", updated=2, ready=1)]
    assert asked("rollouts-end", watched(*after)).outcome is Outcome.PASSED, "that was no rollout's doing"


def test_a_rollout_that_is_under_way_or_none_is_no_pass() -> None:
    assert asked("rollouts-end", watched(*WHOLE[:3])).outcome is Outcome.INCONCLUSIVE
    assert asked("rollouts-end", watched(*WHOLE[:1])).outcome is Outcome.UNSUPPORTED
    replaced = [*WHOLE[:3], rolled(225.0, "3", updated=1, current=3), rolled(240.0, "3", updated=2)]
    verdict = asked("rollouts-end", watched(*replaced))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "1 replaced by the next" in verdict.observed


def test_what_no_autoscaler_scales_is_asked_less() -> None:
    plain = SYSTEM.workloads["orders"].model_copy(update={"autoscaled": None})
    system = SYSTEM.model_copy(update={"workloads": {"orders": plain}})
    observation = dataclasses.replace(watched(*WHOLE), system=system)
    names = [question.id for question in questions_of(observation)]
    assert names == ["observe.rollouts-end", "observe.pods-are-well"]
    assert len(list(questions_of(watched(*WHOLE)))) == len(QUESTIONS)
    assert watched_of(observation) is None
    assert watched_of(watched(*WHOLE)) is None, "no reading of its metrics"


def test_a_judge_that_raises_is_an_error_and_a_failure_is_told() -> None:
    assert question_of("scaling.follows-load") is None
    question = QUESTIONS[0]
    broken = dataclasses.replace(question, judge=lambda _: 1 / 0)  # type: ignore[arg-type, return-value]
    assert judged(broken, watched()).outcome is Outcome.ERROR
    failure = Verdict(Outcome.ERROR, "the watches did not start", "watches")
    assert judged(question, dataclasses.replace(watched(), failure=failure)) == failure


def test_a_person_at_a_keyboard_is_told_and_no_second_writer() -> None:
    verdict = asked("does-not-oscillate", watched(*course((130.0, 4, CONTROLLER), (400.0, 2, KEEPER))))
    assert verdict.outcome is Outcome.PASSED
    assert "400.0 s after the beginning: 4 -> 2 by keeper" in verdict.reasons
