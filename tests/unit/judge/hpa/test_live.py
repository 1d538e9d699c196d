"""Decisions of an autoscaler, simulated with a clock of its own, explained from a recorded timeline."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from hpa_building import down, up
from hpa_world import World, explain, seen_pod

from seatrial.judge.hpa import Behavior, decision_lags
from seatrial.model.timeline import AutoscalerSeen, Change, Clock, Timeline, UsageSeen, WorkloadSeen
from seatrial.model.verdict import Outcome

LOAD = {20: 60, 100: 700, 400: 80}
BEHAVIORS = [None, down(window=60), up(("Pods", 1, 30), window=0), Behavior()]


@pytest.mark.parametrize("behavior", BEHAVIORS, ids=["none", "down 60 s", "one pod in 30 s", "defaults"])
@pytest.mark.parametrize("seed", range(4))
def test_every_decision_of_a_right_autoscaler_is_explained(behavior: Behavior | None, seed: int) -> None:
    verdict = explain(World(seed, behavior).run(800, LOAD))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.numbers["decisions"] >= 3
    assert any("cpu: " in reason and "ceil(" in reason for reason in verdict.reasons)


@pytest.mark.parametrize("off", [-1, 1, 2])
def test_a_wrong_decision_is_named_with_the_nearest_right_one(off: int) -> None:
    timeline = World(1, down(window=60)).run(380, LOAD)
    decisions = [n for n, s in enumerate(timeline.seen) if isinstance(s, AutoscalerSeen)]
    seen = list(timeline.seen)
    first = seen[decisions[1]]
    assert isinstance(first, AutoscalerSeen)
    seen[decisions[1]] = dataclasses.replace(first, desired=first.desired + off)
    verdict = explain(dataclasses.replace(timeline, seen=tuple(seen)))
    assert verdict.outcome is Outcome.FAILED
    assert f"NOT explained; nearest is {first.desired}: cpu: " in verdict.explain()


def test_without_decisions_or_readings_nothing_is_claimed() -> None:
    quiet = World(1, None).run(60, {20: 60})
    assert explain(quiet).outcome is Outcome.INCONCLUSIVE
    watched = World(1, None).run(300, LOAD)
    unread = tuple(item for item in watched.seen if not isinstance(item, UsageSeen))
    verdict = explain(dataclasses.replace(watched, seen=unread))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "no reading of the metrics lies near" in verdict.explain()


def test_what_cannot_be_read_is_an_error_though_nothing_was_decided_and_what_is_not_there_is_none() -> None:
    quiet = World(1, None).run(60, {20: 60})
    without = tuple(item for item in quiet.seen if not isinstance(item, AutoscalerSeen))
    unread = (*without, *(dataclasses.replace(state, spec={}) for state in quiet.autoscaler_states("orders")))
    assert explain(dataclasses.replace(quiet, seen=unread)).outcome is Outcome.ERROR
    assert explain(dataclasses.replace(quiet, seen=without)).outcome is Outcome.INCONCLUSIVE


def test_the_time_before_a_decision_is_told_by_stage() -> None:
    timeline = World(1, None).run(380, {20: 104, 100: 700})
    told = list(decision_lags(timeline, autoscaler="orders", workload="orders", since=30.0))
    assert told[0].startswith("usage was over the target but within tolerance for ")
    assert "after the step, " in told[1]
    assert told[1].endswith(" s after it was measured")
    assert told[2].startswith("the controller decided ")
    grown = next(b for a, b in itertools.pairwise(timeline.autoscaler_states()) if b.desired > a.desired)
    served, decided = (float(line.split(" s ")[0].rsplit(" ", 1)[1]) for line in told[1:])
    assert served + decided == pytest.approx(grown.at - 30.0, abs=0.2)


def test_without_a_decision_to_grow_no_time_is_told() -> None:
    quiet = World(1, None).run(60, {20: 60})
    assert list(decision_lags(quiet, autoscaler="orders", workload="orders", since=30.0)) == []


def of_status(kind: str, target: dict[str, object], current: dict[str, object], desired: int) -> Timeline:
    """One decision from 2 replicas that rests on a metric which only the status holds."""
    field = kind[:1].lower() + kind[1:]
    spec = {
        "maxReplicas": 10,
        "metrics": [{"type": kind, field: {"metric": {"name": "lag"}, "target": target}}],
        "behavior": {},
    }
    written = ({"type": kind, field: {"metric": {"name": "lag"}, "current": current}},)
    pods = [seen_pod(0.0, f"orders-{n}", -3600.0, ready_at=-3500.0) for n in range(2)]
    before, after = (
        AutoscalerSeen(
            at, Change.MODIFIED, "orders", "Deployment/orders", 1, 10, 2, wanted, (), (), spec, now
        )
        for at, wanted, now in ((0.0, 2, ()), (30.0, desired, written))
    )
    return Timeline(0.0, 60.0, Clock(0.0, 0.1, 0.0), (*pods, before, after))


@pytest.mark.parametrize(
    ("kind", "target", "current", "desired"),
    [
        # 2 pods at 15 for each, target 10: ceil(1.5 x 2) = 3
        ("Pods", {"type": "AverageValue", "averageValue": "10"}, {"averageValue": "15"}, 3),
        # 45 of 30, both ready: ceil(1.5 x 2) = 3
        ("Object", {"type": "Value", "value": "30"}, {"value": "45"}, 3),
        # The share of two pods is 25.001 at most, so the total was 50.002 at most: ceil(50.002 / 10) = 6
        ("External", {"type": "AverageValue", "averageValue": "10"}, {"averageValue": "25001m"}, 6),
        # ... or 50.001 and no more than that; a share of 25 means 49.999 to 50: 5
        ("External", {"type": "AverageValue", "averageValue": "10"}, {"averageValue": "25"}, 5),
    ],
)
def test_metrics_that_only_the_status_holds(
    kind: str, target: dict[str, object], current: dict[str, object], desired: int
) -> None:
    right = explain(of_status(kind, target, current, desired))
    assert right.outcome is Outcome.PASSED, right.explain()
    wrong = explain(of_status(kind, target, current, desired + 1))
    assert wrong.outcome is Outcome.FAILED
    assert f"nearest is {desired}: lag: " in wrong.explain()


def test_the_controller_goes_by_what_the_target_says_and_not_by_what_it_wanted() -> None:
    """Somebody else has set the target from 2 to 6; the metric is at its target: no change from 6."""
    seen = of_status("Object", {"type": "Value", "value": "30"}, {"value": "30"}, 6)
    assert explain(seen).outcome is Outcome.FAILED
    written = WorkloadSeen(20.0, Change.MODIFIED, "Deployment", "orders", "orders", 6, 6, 6, 6)
    verdict = explain(dataclasses.replace(seen, seen=(*seen.seen, written)))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    late = dataclasses.replace(written, at=29.0)
    assert explain(dataclasses.replace(seen, seen=(*seen.seen, late))).outcome is Outcome.FAILED, (
        "so late it is the controller's own write"
    )


def test_a_moment_whose_metric_failed_leaves_no_recommendation_behind() -> None:
    """Before the decision the status held no value: nothing of that time holds the number up."""
    verdict = explain(of_status("Object", {"type": "Value", "value": "30"}, {"value": "10"}, 1))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()


def test_a_metric_that_nothing_tells_of_is_no_explanation() -> None:
    verdict = explain(of_status("Object", {"type": "Value", "value": "30"}, {}, 3))
    assert verdict.outcome is Outcome.FAILED
    assert "the status holds no value of it" in verdict.explain()


@pytest.mark.parametrize(("share", "desired"), [("25001m", 5), ("45", 3)])
def test_a_share_was_rounded_up_by_less_than_one_thousandth_a_pod(share: str, desired: int) -> None:
    """Of two pods: 50.001 or 50.002 in all, and 89.999 or 90; the target is 10 for each."""
    target = {"type": "AverageValue", "averageValue": "10"}
    assert explain(of_status("External", target, {"averageValue": share}, desired)).outcome is Outcome.FAILED
