"""What a decision may rest on: what was to be seen from three seconds before it, and readings near it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hpa_building import down, rules
from hpa_world import explain, seen_pod, spec_of

from seatrial.judge.hpa import Behavior
from seatrial.model.timeline import AutoscalerSeen, Change, Clock, EventSeen, Seen, Timeline, UsageSeen
from seatrial.model.verdict import Outcome, Verdict

PODS = [seen_pod(0.0, f"orders-{n}", -3600.0, ready_at=-3500.0) for n in range(2)]
DECIDED_AT = 200.0


SPEC: dict[str, Any] = spec_of(down(window=0))
"""Without a window nothing earlier holds a number up."""

LAG = {"type": "Object", "object": {"metric": {"name": "lag"}, "target": {"type": "Value", "value": "3"}}}


def scaler(at: float, desired: int, spec: dict[str, Any] = SPEC) -> AutoscalerSeen:
    return AutoscalerSeen(at, Change.MODIFIED, "orders", "Deployment/orders", 2, 10, 2, desired, (), (), spec)


def used(at: float, amount: int = 80) -> list[UsageSeen]:
    """80m of 100m requested, target 50 %: ceil(1.6 x 2 ready) = 4."""
    return [UsageSeen(at, pod.name, at - 1, 15.0, {"app": {"cpu": amount}}) for pod in PODS]


def judged(*seen: Seen) -> Verdict:
    states = (*PODS, scaler(0.0, 2), scaler(DECIDED_AT, 4))
    return explain(Timeline(0.0, 300.0, Clock(0.0, 0.1, 0.0), (*states, *seen)))


@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        (106.5, Outcome.INCONCLUSIVE),
        (107.0, Outcome.PASSED),  # 90 s before the window of 3 s
        (197.0, Outcome.PASSED),
        (200.0, Outcome.PASSED),
        (202.0, Outcome.PASSED),  # the poll came 2 s later than the controller
        (202.5, Outcome.INCONCLUSIVE),
    ],
)
def test_a_reading_near_the_decision_explains_it(at: float, outcome: Outcome) -> None:
    verdict = judged(*used(at))
    assert verdict.outcome is outcome
    explained = int(outcome is Outcome.PASSED)
    assert verdict.observed == f"{explained} of 1 decision explained"
    assert verdict.numbers == {
        "decisions": 1, "decisions_explained": explained, "decisions_unread": 1 - explained,
    }  # fmt: skip
    assert verdict.reasons[0].startswith("200.0 s: 2 -> 4: ")


def test_only_the_last_reading_before_the_window_and_the_first_after_it_count() -> None:
    assert judged(*used(180.0), *used(190.0, 50)).outcome is Outcome.FAILED
    assert judged(*used(180.0, 50), *used(190.0)).outcome is Outcome.PASSED
    assert judged(*used(201.0, 50), *used(202.0)).outcome is Outcome.FAILED
    assert judged(*used(201.0), *used(202.0, 50)).outcome is Outcome.PASSED
    assert judged(*used(198.0, 50), *used(199.0), *used(200.0, 50)).outcome is Outcome.PASSED


@pytest.mark.parametrize(("at", "outcome"), [(197.0, Outcome.PASSED), (196.5, Outcome.FAILED)])
def test_pods_may_be_as_they_were_three_seconds_before(at: float, outcome: Outcome) -> None:
    """From 199 on a third pod without a sample damps the ratio to 1.06, which is tolerated."""
    third = seen_pod(199.0, "orders-2", 10.0, ready_at=100.0)
    moment = EventSeen(at, "Pod", "orders-0", "Pulled", "x", warning=False)
    assert judged(*used(150.0), third, moment).outcome is outcome


def test_the_nearest_number_is_named_when_none_explains() -> None:
    verdict = judged(*used(198.0, 120))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.reasons[0].startswith("200.0 s: 2 -> 4: NOT explained; nearest is 5: cpu: 120 % of 50 %")
    two = judged(*used(198.0, 120), *used(199.0, 160))
    assert "nearest is 5" in two.reasons[0]


def test_a_metric_that_the_status_does_not_hold_leaves_the_others_to_decide() -> None:
    mixed = {**SPEC, "metrics": [LAG, *SPEC["metrics"]]}
    states = (*PODS, scaler(100.0, 2, mixed), scaler(DECIDED_AT, 4, mixed), *used(198.0))
    verdict = explain(Timeline(50.0, 300.0, Clock(0.0, 0.1, 0.0), states))
    assert verdict.outcome is Outcome.PASSED
    assert verdict.reasons == ("150.0 s: 2 -> 4: cpu: 80 % of 50 %, ceil(1.6 x 2 ready) = 4",)


def with_four(behavior: Behavior, *seen: Seen, wanted: int) -> Verdict:
    """The decision from 4 to `wanted`, with four pods and what was seen before."""
    pods = [seen_pod(0.0, f"orders-{n}", -3600.0, ready_at=-3500.0) for n in range(4)]
    spec: dict[str, Any] = spec_of(behavior)
    states = (*pods, scaler(0.0, 4, spec), scaler(DECIDED_AT, wanted, spec), *seen)
    return explain(Timeline(0.0, 300.0, Clock(0.0, 0.1, 0.0), states))


def by_four(at: float, amount: int) -> list[UsageSeen]:
    return [UsageSeen(at, f"orders-{n}", at - 1, 15.0, {"app": {"cpu": amount}}) for n in range(4)]


THREE, TWO = 35, 20
"""Usage of four pods, target 50 %: ceil(0.7 x 4) = 3, and ceil(0.4 x 4) = 2."""


@pytest.mark.parametrize(
    ("begins", "ends", "outcome"),
    [
        (100.0, 150.0, Outcome.PASSED),  # 60 s before the decision the controller still wanted 3
        (153.0, 153.5, Outcome.FAILED),
        (154.0, 154.5, Outcome.PASSED),  # three periods of 15 s before, and a second more
        (155.0, 155.5, Outcome.PASSED),
        (156.0, 156.5, Outcome.PASSED),  # ... or less
        (157.0, 157.5, Outcome.FAILED),
    ],
)
def test_what_was_wanted_a_whole_number_of_periods_before_holds_a_number_up(
    begins: float, ends: float, outcome: Outcome
) -> None:
    usage = [*by_four(90.0, TWO), *by_four(begins, THREE), *by_four(ends, TWO)]
    assert with_four(down(window=60), *usage, wanted=3).outcome is outcome


def test_what_was_changed_before_counts_in_the_period_of_a_policy() -> None:
    slowly = Behavior(rules(("Pods", 1, 30), window=0), rules(window=0))
    spec: dict[str, Any] = spec_of(slowly)
    busy = by_four(195.0, 150)

    def explained(earlier: int, wanted: int) -> bool:
        changes = scaler(100.0, earlier, spec), scaler(190.0, 4, spec)
        verdict = with_four(slowly, *changes, *busy, wanted=wanted)
        return "NOT explained" not in verdict.reasons[-1]

    assert explained(4, 5)  # nothing was changed: one more
    assert not explained(3, 5)  # one was added ten seconds before
    assert not explained(3, 6)
    assert not explained(2, 5)
    assert explained(5, 6)  # one was taken away: 4 + 1 + 1
    assert not explained(6, 6)  # two were taken away: 4 + 2 + 1
    assert explained(6, 7)


def test_the_window_of_the_controller_itself_is_five_minutes_long() -> None:
    """300 s before the decision three were wanted, and two ever since."""
    pods = [seen_pod(0.0, f"orders-{n}", -3600.0, ready_at=-3500.0) for n in range(4)]
    spec: dict[str, Any] = spec_of(None)
    usage = [*by_four(50.0, TWO), *by_four(98.0, THREE), *by_four(102.0, TWO), *by_four(350.0, TWO)]
    states = (*pods, scaler(0.0, 4, spec), scaler(400.0, 3, spec), *usage)
    verdict = explain(Timeline(0.0, 500.0, Clock(0.0, 0.1, 0.0), states))
    assert verdict.outcome is Outcome.PASSED
    assert "held at 3 by a higher recommendation" in verdict.reasons[0]


def test_a_pod_that_is_gone_is_not_missed() -> None:
    gone = seen_pod(0.0, "orders-2", -3600.0, ready_at=-3500.0)
    ended = replace(gone, at=150.0, change=Change.DELETED)
    assert judged(*used(198.0), gone, ended).outcome is Outcome.PASSED
    assert judged(*used(198.0), gone).outcome is Outcome.FAILED


def test_the_share_of_one_pod_is_the_total() -> None:
    """25 for one pod with a target of 10 for each: ceil(25 / 10) = 3."""
    metric = {"metric": {"name": "lag"}, "target": {"type": "AverageValue", "averageValue": "10"}}
    spec = {"maxReplicas": 10, "behavior": {}, "metrics": [{"type": "External", "external": metric}]}
    now = {"type": "External", "external": {"metric": {"name": "lag"}, "current": {"averageValue": "25"}}}
    before, after = (
        replace(scaler(at, wanted, spec), minimum=1, current_metrics=written)
        for at, wanted, written in ((0.0, 1, ()), (DECIDED_AT, 3, (now,)))
    )
    verdict = explain(Timeline(0.0, 300.0, Clock(0.0, 0.1, 0.0), (PODS[0], before, after)))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()


@pytest.mark.parametrize(
    ("tolerance", "amount", "outcome"),
    [
        ("0.05", 52, Outcome.INCONCLUSIVE),  # 52 of 50 is within 5 %, and 3 % more of it is not
        ("0.05", 50, Outcome.FAILED),  # so far within that no reading of the same load tells otherwise
        ("", 54, Outcome.FAILED),  # the usual tolerance is wider than that
    ],
)
def test_usage_beside_a_narrow_tolerance_is_not_told_from_it(
    tolerance: str, amount: int, outcome: Outcome
) -> None:
    """Report 23: 5 % bands are narrower than what a load tool can hit, and never red."""
    spec = spec_of(Behavior())
    if tolerance:
        spec = {**spec, "behavior": {"scaleUp": {"tolerance": tolerance}}}
    states = (*PODS, scaler(0.0, 2, spec), scaler(DECIDED_AT, 3, spec))
    seen = Timeline(0.0, 300.0, Clock(0.0, 0.1, 0.0), (*states, *used(198.0, amount)))
    verdict = explain(seen)
    assert verdict.outcome is outcome, verdict.explain()
    told = "usage that is known within 3 % cannot tell a tolerance of 5 %"
    assert (told in " ".join(verdict.reasons)) is (outcome is Outcome.INCONCLUSIVE)
