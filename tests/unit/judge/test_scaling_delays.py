"""Where the time of a scale-up went, stage by stage, and why nothing rose."""

import dataclasses

import pytest
from observations import (
    autoscaler,
    endpoints,
    pod,
    timeline,
    warning,
    workload,
)

from seatrial.judge.load_step import LoadStep
from seatrial.judge.scaling_delays import delays, foreign_target, why_no_rise
from seatrial.model.timeline import Change, EventSeen, Seen

STEP = LoadStep("orders", "orders", 100.0, 300.0, 4)
"""A load from 100 to 300 that needs four replicas; up within 150 s, down within 300 s."""


def told(*seen: Seen) -> list[str]:
    return list(delays(timeline(workload(90.0), autoscaler(90.0, 2), *seen), STEP))


def test_a_metric_that_changes_at_the_step_was_there_before() -> None:
    hot = ("cpu 90 % of 60 %", "queue 5 of 2")
    assert not any("metric" in line for line in told(autoscaler(100.0, 2, metrics=hot)))
    assert "metric first seen to change 0.50 s after the step: cpu 90 % of 60 %, queue 5 of 2" in told(
        autoscaler(100.5, 2, metrics=hot)
    )
    assert "metric first seen to change 200.0 s after the step: no metric" in told(
        autoscaler(300.0, 2, metrics=())
    )
    assert not any("metric" in line for line in told(autoscaler(300.5, 2, metrics=hot)))


def test_the_first_decision_is_the_first_greater_number() -> None:
    assert told(autoscaler(110.0, 1), autoscaler(120.0, 2), autoscaler(130.0, 3), autoscaler(140.0, 6))[
        0
    ] == ("first decision 30.0 s after the step: desired 2 -> 3")
    assert told(autoscaler(110.0, 2)) == ["no decision to scale up was seen (desired 2)"]
    unseen = list(delays(timeline(autoscaler(110.0, 1)), STEP))
    assert unseen[-1] == "first decision 10.0 s after the step: desired 0 -> 1"


def test_what_held_before_the_step_did_not_hold_it_back() -> None:
    limited = autoscaler(100.0, 2, conditions=("ScalingLimited: ScaleUpLimit",))
    assert told(limited, autoscaler(110.0, 4)) == ["first decision 10.0 s after the step: desired 2 -> 4"]


def test_each_limit_is_told_once_and_when_it_was_first_met() -> None:
    lines = told(
        autoscaler(110.0, 3, conditions=("ScalingLimited: ScaleUpLimit",)),
        autoscaler(120.0, 4, conditions=("ScalingLimited: ScaleUpLimit", "AbleToScale: ScaleUpStabilized")),
        autoscaler(130.0, 6, conditions=("ScalingLimited: TooManyReplicas",)),
    )
    assert [line for line in lines if line.startswith("held back")] == [
        "held back at 3 by the scale-up policies 10.0 s after the step",
        "held back at 4 by the scale-up window 20.0 s after the step",
        "held back at 6 by maxReplicas 30.0 s after the step",
    ]


def new_pod(name: str, *, at: float, ready_at: float | None, role: str = "orders") -> list[Seen]:
    states = [
        pod(at, name, uid=name, change=Change.ADDED, node=""),
        pod(at + 1, name, uid=name),
        pod(at + 2, name, uid=name, started_at=at + 2, reason="NotReady"),
    ]
    if ready_at is not None:
        states.append(pod(ready_at, name, uid=name, started_at=at + 2, ready=True))
    return [dataclasses.replace(state, workload=role) for state in states]


def test_the_stages_of_new_pods_are_told_from_the_first_to_the_last_pod() -> None:
    lines = told(
        autoscaler(110.0, 4),
        *new_pod("orders-a", at=111.0, ready_at=115.0),
        *new_pod("orders-b", at=121.0, ready_at=135.0),
        *new_pod("orders-early", at=100.0, ready_at=104.0),
        *new_pod("orders-late", at=300.5, ready_at=304.0),
        *new_pod("shop-a", at=112.0, ready_at=113.0, role="shop"),
        endpoints(136.0, orders_b=True),
        endpoints(116.0, orders_a=True),
        endpoints(105.0, orders_early=True),
    )
    assert lines == [
        "first decision 10.0 s after the step: desired 2 -> 4",
        "new pods created: first 11.0 s after the step, last 21.0 s after the step",
        "new pods scheduled: first 12.0 s after the step, last 22.0 s after the step",
        "new pods started: first 13.0 s after the step, last 23.0 s after the step",
        "new pods Ready: first 15.0 s after the step, last 35.0 s after the step",
        "new pods serving: first 16.0 s after the step, last 36.0 s after the step",
    ]


def test_the_stage_at_which_pods_stay_is_the_last_one_told() -> None:
    stuck = [*new_pod("orders-a", at=111.0, ready_at=115.0), *new_pod("orders-b", at=121.0, ready_at=None)]
    lines = told(autoscaler(110.0, 4), *stuck, *new_pod("orders-c", at=300.0, ready_at=None))
    assert lines[-2:] == [
        "new pods Ready: first 15.0 s after the step, last 15.0 s after the step",
        "2 of 3 new pods never Ready: NotReady",
    ]
    silent = pod(111.0, "orders-a", uid="a", change=Change.ADDED, node="")
    assert told(autoscaler(110.0, 4), silent)[-1] == "1 of 1 new pods never scheduled: no reason was given"


def pulled(at: float, name: str, *, reason: str = "Pulled", message: str = "Pulled x in 1s") -> EventSeen:
    return EventSeen(at, "Pod", name, reason, message, warning=False)


def test_images_are_told_that_new_pods_had_to_pull() -> None:
    lines = told(
        autoscaler(110.0, 4),
        *new_pod("orders-a", at=111.0, ready_at=115.0),
        pulled(112.0, "orders-a"),
        pulled(113.0, "orders-a", message="Pulled y in 2s"),
        pulled(114.0, "orders-a", reason="Pulling"),
        pulled(114.0, "orders-a", message="Container image already present on machine"),
        pulled(114.0, "orders-old"),
    )
    assert lines[-1] == "2 images pulled, last 13.0 s after the step: Pulled y in 2s"


@pytest.mark.parametrize("target", ["Deployment/orders", "deployment/Orders", ""])
def test_an_autoscaler_of_this_workload_is_not_foreign(target: str) -> None:
    assert foreign_target(timeline(workload(90.0), autoscaler(90.0, 2, target=target)), STEP) == ""


def test_a_foreign_target_is_the_one_during_the_load() -> None:
    seen = timeline(workload(90.0), autoscaler(300.0, 2, target="StatefulSet/Db"), autoscaler(301.0, 2))
    assert foreign_target(seen, STEP) == (
        "orders scales statefulset/db, not deployment/orders: correct its scaleTargetRef."
    )
    assert foreign_target(timeline(workload(90.0)), STEP) == ""
    assert foreign_target(timeline(autoscaler(90.0, 2, target="StatefulSet/Db")), STEP) == ""


def test_why_nothing_rose_is_said_in_the_autoscalers_words_and_the_last_warning() -> None:
    seen = timeline(
        autoscaler(200.0, 3, metrics=("cpu 90 %", "queue 1"), conditions=("A", "B"), maximum=4),
        autoscaler(301.0, 6),
        warning(99.9, "before"),
        warning(100.0, "first"),
        warning(110.0, "of the autoscaler", kind="HorizontalPodAutoscaler", name="orders"),
        warning(120.0, "of another", kind="HorizontalPodAutoscaler", name="shop"),
        dataclasses.replace(warning(130.0, "no warning"), warning=False),
        warning(300.5, "after"),
    )
    assert why_no_rise(seen, STEP) == (
        "orders wanted 3 (minimum 2, maximum 4); metrics: cpu 90 %, queue 1; conditions: A, B; "
        "last warning: of the autoscaler."
    )
    assert why_no_rise(timeline(warning(100.0, "first")), STEP) == "last warning: first."
    assert why_no_rise(timeline(warning(300.0, "last")), STEP) == "last warning: last."
    below = timeline(autoscaler(300.0, 3, metrics=(), maximum=3))
    assert why_no_rise(below, STEP) == (
        "orders wanted 3 (minimum 2, maximum 3); metrics: none; conditions: none; "
        "maxReplicas is below the 4 that are needed."
    )
