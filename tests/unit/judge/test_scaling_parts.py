"""Each part of the scaling judge on its line: rising and falling."""

import dataclasses
from dataclasses import replace

import pytest
from observations import (
    OBJECTIVES,
    autoscaler,
    dropped,
    exchange,
    failed,
    health,
    pod,
    timeline,
    workload,
)

from seatrial.judge.load_step import LoadStep
from seatrial.judge.pods import last
from seatrial.judge.scaling import answered, falls, rises
from seatrial.judge.scaling_delays import first
from seatrial.model.timeline import Seen, UsageSeen
from seatrial.model.verdict import Outcome, Verdict

STEP = LoadStep("orders", "orders", 100.0, 300.0, 4)
"""A load from 100 to 300 that needs four replicas; up within 150 s, down within 300 s."""


def rise(*seen: Seen, step: LoadStep = STEP, sent: int = 20000) -> Verdict:
    generator = health(20000, dropped=20000 - sent)
    return rises(timeline(workload(90.0), autoscaler(90.0, 2), *seen), step, OBJECTIVES, generator)


def fall(*seen: Seen, ended_at: float = 700.0) -> Verdict:
    seen = (workload(90.0), autoscaler(90.0, 2), *seen)
    return falls(timeline(*seen, ended_at=ended_at), STEP, OBJECTIVES)


def test_the_last_state_is_the_one_at_or_before_the_moment() -> None:
    states = [workload(90.0), workload(100.0, 3), workload(110.0, 4)]
    assert last(states, 100.0) is states[1]
    assert last(states, 89.0) is None


def test_what_was_so_already_is_so_from_the_beginning() -> None:
    def reached(*states: tuple[float, int]) -> float | None:
        return first((workload(at, 5, ready) for at, ready in states), 100.0, lambda s: s.ready >= 4)

    assert reached((90.0, 4), (110.0, 4)) == 100.0
    assert reached((90.0, 4)) == 100.0
    assert reached((90.0, 4), (100.0, 2), (110.0, 4)) == 110.0
    assert reached((90.0, 2), (100.0, 4)) == 100.0
    assert reached((90.0, 2), (110.0, 3), (120.0, 4), (130.0, 5)) == 120.0
    assert reached((90.0, 2), (110.0, 3)) is None
    assert reached((110.0, 4)) == 110.0
    assert reached() is None


def test_a_rise_is_told_in_full() -> None:
    verdict = rise(workload(120.0, 5, 3), workload(130.5, 5, 5), workload(140.0, 3, 3), sent=19999)
    assert verdict.outcome is Outcome.PASSED
    assert verdict.observed == "2 ready at the load step, 4 after 30.5 s"
    assert verdict.expected == "4 ready within 150.0 s of the load step"
    assert verdict.numbers == {
        "replicas_before": 2,
        "replicas_most": 5,
        "scale_up_seconds": 30.5,
        "load_offered_fraction": 1.0,
    }


def test_replicas_before_the_step_do_not_count_as_risen() -> None:
    verdict = rise(
        workload(80.0, 9, 9), workload(100.0, 3, 3), step=dataclasses.replace(STEP, ended_at=300.0)
    )
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == "3 ready at the load step, 3 at most in 200.0 s of load"
    assert verdict.numbers["replicas_most"] == 3
    fallen = rise(workload(100.0, 3, 3), workload(150.0, 2, 2))
    assert fallen.observed == "3 ready at the load step, 3 at most in 200.0 s of load"
    unseen = rises(timeline(autoscaler(90.0, 2)), STEP, OBJECTIVES, health(20000))
    assert unseen.observed == "0 ready at the load step, 0 at most in 200.0 s of load"
    assert unseen.numbers["scale_up_seconds"] is None


@pytest.mark.parametrize(
    ("ended_at", "outcome"), [(249.0, Outcome.INCONCLUSIVE), (250.0, Outcome.FAILED), (251.0, Outcome.FAILED)]
)
def test_a_load_as_long_as_the_limit_is_long_enough(ended_at: float, outcome: Outcome) -> None:
    verdict = rise(step=dataclasses.replace(STEP, ended_at=ended_at))
    assert verdict.outcome is outcome


def test_a_rise_too_late_fails_although_the_load_was_short() -> None:
    verdict = rise(workload(251.0, 4, 4), step=dataclasses.replace(STEP, ended_at=200.0))
    assert verdict.outcome is Outcome.FAILED


def test_nothing_planned_is_no_load() -> None:
    seen = timeline(workload(90.0), autoscaler(90.0, 2))
    verdict = rises(seen, STEP, OBJECTIVES, health(0))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "only 0 of 0 arrivals were sent" in verdict.observed
    assert verdict.numbers["load_offered_fraction"] == 0.0


def test_what_was_offered_is_told() -> None:
    assert rise(sent=12345).numbers["load_offered_fraction"] == 0.6172


def test_requests_of_the_load_may_fail_as_far_as_availability_leaves() -> None:
    """One of a thousand: one may be chance, five are not. Its first and last moment belong to the load."""
    clean = [exchange(100.0 + n / 5) for n in range(1001)]
    verdict = answered(STEP, [*clean, failed(100.0), dropped(150.0), failed(99.9), failed(300.1)], OBJECTIVES)
    assert verdict.outcome is Outcome.PASSED
    assert verdict.observed == "1 of 1002 requests failed during the load"
    assert verdict.expected == "0.1 % of the requests during the load (availability 0.999)"
    assert verdict.numbers == {"load_requests": 1002, "load_failed": 1}
    bad = answered(STEP, [*clean, *(failed(300.0) for _ in range(5))], OBJECTIVES)
    assert bad.outcome is Outcome.FAILED
    assert bad.observed == "5 of 1006 requests failed during the load (5x connection refused)"
    assert answered(STEP, clean[:49], OBJECTIVES).outcome is Outcome.INCONCLUSIVE
    assert answered(STEP, clean[:50], OBJECTIVES).outcome is Outcome.PASSED


def test_a_fall_is_told_in_full() -> None:
    verdict = fall(workload(290.0, 5, 5), workload(400.5, 2, 2, current=5), workload(410.25, 2, 2))
    assert verdict.outcome is Outcome.PASSED
    assert verdict.observed == "back to 2 110.2 s after the end of the load"
    assert verdict.expected == "back to 2 replicas within 300.0 s of the end of the load"
    assert verdict.numbers == {"scale_down_seconds": 110.25}
    assert verdict.next_step == ""
    assert fall(workload(290.0, 5, 5), workload(600.0, 2, 2)).outcome is Outcome.PASSED
    late = fall(workload(290.0, 5, 5), workload(600.5, 2, 2))
    assert late.outcome is Outcome.FAILED
    assert late.next_step.startswith("Shorten the scale-down stabilisation window")


def test_replicas_that_were_never_more_are_back_at_once() -> None:
    assert fall().numbers == {"scale_down_seconds": 0.0}
    assert fall(workload(310.0, 1, 1)).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("ended_at", "outcome"), [(599.0, Outcome.INCONCLUSIVE), (600.0, Outcome.FAILED), (700.0, Outcome.FAILED)]
)
def test_replicas_that_stay_fail_once_they_were_watched_for_as_long(
    ended_at: float, outcome: Outcome
) -> None:
    last_words = autoscaler(500.0, 5, metrics=("cpu 50 % of 60 %",), conditions=("AbleToScale",))
    verdict = fall(workload(290.0, 5, 5, current=6), last_words, ended_at=ended_at)
    assert verdict.outcome is outcome
    assert verdict.observed.startswith("6 replicas still there")
    if outcome is Outcome.FAILED:
        assert verdict.next_step == "The autoscaler last said: cpu 50 % of 60 %; AbleToScale."


def test_what_was_never_seen_is_unknown() -> None:
    verdict = falls(timeline(), STEP, OBJECTIVES)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == "unknown replicas still there 700.0 s after the end of the load"
    assert verdict.next_step == "The autoscaler last said nothing."


MEMORY = {
    "maxReplicas": 6, "minReplicas": 2, "scaleTargetRef": {"kind": "Deployment", "name": "orders"},
    "metrics": [{"type": "Resource", "resource": {
        "name": "memory", "target": {"type": "AverageValue", "averageValue": "100Mi"}}}],
}  # fmt: skip


def test_replicas_that_memory_keeps_are_told_with_the_arithmetic() -> None:
    """76 MiB of 100 MiB in each of four: ceil(0.76 x 4) is four again, for ever."""
    pods = [
        pod(1.0, f"orders-{name}", uid=name, ready=True, ready_at=1.0, started_at=1.0) for name in "abcd"
    ]
    used = [
        UsageSeen(690.0, each.name, 689.0, 15.0, {"app": {"memory": 76 * 1024**2 * 1000}}) for each in pods
    ]
    scaler = replace(autoscaler(600.0, 4, current=4, metrics=("memory 76Mi of 100Mi",)), spec=MEMORY)
    verdict = fall(*pods, workload(290.0, 4, 4), scaler, *used, ended_at=700.0)
    assert verdict.outcome is Outcome.FAILED
    assert "The autoscaler last said: memory 76Mi of 100Mi." in verdict.next_step
    assert "ceil(0.76 x 4 ready) = 4" in verdict.next_step


def test_a_fall_that_comes_late_is_no_matter_of_pauses() -> None:
    late = fall(workload(290.0, 4, 4), workload(690.0, 2, 2))
    assert late.outcome is Outcome.FAILED
    assert "is no pause between two steps" in late.next_step
