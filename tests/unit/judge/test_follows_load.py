"""A workload follows its load, up and down."""

from dataclasses import replace
from typing import Any

import pytest
from load_steps import BEFORE, DOWN, FIRST_OF_THE_LOAD, NEW_POD, TRAFFIC, UP, judged, observed
from observations import (
    autoscaler,
    endpoints,
    exchange,
    health,
    pod,
    warning,
    workload,
)

from seatrial.judge.load_step import load_step_of
from seatrial.judge.scaling import follows_load
from seatrial.model.observation import TROUBLE
from seatrial.model.timeline import Change, EventSeen, Seen
from seatrial.model.verdict import Outcome


def test_a_load_that_was_never_ended_or_not_watched_is_an_error() -> None:
    assert judged(BEFORE + UP + DOWN, load_ended_at=None).outcome is Outcome.ERROR
    whole = observed(BEFORE + UP + DOWN)
    unwatched = replace(whole, arms={TROUBLE: replace(whole.trouble, timeline=None)})
    assert follows_load(unwatched).outcome is Outcome.ERROR
    assert follows_load(replace(whole, target="catalogue")).outcome is Outcome.ERROR


def test_the_load_begins_with_its_first_arrival_and_not_with_its_process() -> None:
    whole = observed(BEFORE + UP + DOWN)
    step = load_step_of(whole)
    assert step is not None
    assert (step.began_at, step.ended_at, step.wanted_replicas) == (100.0, 300.0, 4)
    later = replace(FIRST_OF_THE_LOAD, planned_at=120.0)
    arm = replace(whole.trouble, exchanges=(later, *whole.exchanges[1:]))
    step = load_step_of(replace(whole, arms={TROUBLE: arm}))
    assert step is not None
    assert step.began_at == 120.0


def test_up_and_down_in_time_passes_and_tells_where_the_time_went() -> None:
    verdict = judged(BEFORE + UP + DOWN)
    assert verdict.outcome is Outcome.PASSED
    assert verdict.numbers["scale_up_seconds"] == 33.0
    assert verdict.numbers["replicas_most"] == 5
    assert verdict.numbers["scale_down_seconds"] == 101.0
    assert "metric first seen to change 15.0 s after the step: cpu 134 % of 60 %" in verdict.reasons
    assert "first decision 30.0 s after the step: desired 2 -> 5" in verdict.reasons
    assert "new pods Ready: first 32.5 s after the step, last 32.5 s after the step" in verdict.reasons


def test_limits_endpoints_and_image_pulls_are_attributed() -> None:
    limited = autoscaler(116.0, 4, conditions=("ScalingLimited: ScaleUpLimit",))
    pulled = EventSeen(131.5, "Pod", "orders-a", "Pulled", 'Successfully pulled image "x" in 900ms', False)
    present = EventSeen(131.6, "Pod", "orders-a", "Pulled", "Container image already present", False)
    serving = endpoints(133.5, orders_a=True)
    verdict = judged([*BEFORE, limited, *UP, *DOWN, pulled, present, serving])
    assert "held back at 4 by the scale-up policies 16.0 s after the step" in verdict.reasons
    assert "new pods serving: first 33.5 s after the step, last 33.5 s after the step" in verdict.reasons
    pulls = [reason for reason in verdict.reasons if "pulled" in reason]
    assert pulls == ['1 image pulled, last 31.5 s after the step: Successfully pulled image "x" in 900ms']


def test_no_rise_fails_with_the_autoscalers_own_words() -> None:
    stuck = autoscaler(120.0, 2, metrics=("cpu unknown",), conditions=("ScalingActive: FailedGetMetric",))
    verdict = judged([*BEFORE, stuck, warning(130.0, "no metrics", kind="X", name="orders")])
    assert verdict.outcome is Outcome.FAILED
    assert "2 ready at the load step, 2 at most in 200.0 s of load" in verdict.observed
    assert "ScalingActive: FailedGetMetric" in verdict.next_step
    assert "last warning: no metrics" in verdict.next_step
    assert "no decision to scale up was seen (desired 2)" in verdict.reasons


def test_a_container_that_was_injected_without_a_request_is_named() -> None:
    """Report 13: the manifest on disk is innocent, the injected pod is not, and the metric is unknown."""
    spec = {"metrics": [{"type": "Resource", "resource": {
        "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}}]}  # fmt: skip
    words = "failed to get cpu utilization: missing request for cpu in container proxy of Pod orders-a"
    stuck = replace(autoscaler(120.0, 2, conditions=("ScalingActive: FailedGetResourceMetric",)), spec=spec)
    injected = replace(pod(95.0, "orders-a", ready=True), requests={"app": {"cpu": 100}, "proxy": {}})
    said = [warning(130.0, words, kind="X", name="orders"), warning(140.0, "pulled")]
    verdict = judged([*BEFORE, stuck, injected, *said])
    assert verdict.outcome is Outcome.FAILED
    assert "ScalingActive: FailedGetResourceMetric" in verdict.next_step
    assert "container proxy of its pods requests no cpu" in verdict.next_step
    assert f"last warning: {words}" in verdict.next_step
    whole = replace(injected, requests={"app": {"cpu": 100}, "proxy": {"cpu": 10}})
    assert "requests no cpu" not in judged([*BEFORE, stuck, whole]).next_step


def test_an_autoscaler_of_another_workload_is_named() -> None:
    wrong = autoscaler(90.0, 2, target="Deployment/catalogue")
    verdict = judged([workload(90.0), wrong], load_ended_at=110.0)
    assert verdict.outcome is Outcome.FAILED
    assert "orders scales deployment/catalogue, not deployment/orders" in verdict.next_step


def test_a_maximum_below_the_need_is_named() -> None:
    verdict = judged([workload(90.0), autoscaler(90.0, 2, maximum=3)])
    assert "maxReplicas is below the 4 that are needed" in verdict.next_step


@pytest.mark.parametrize(
    ("seen", "more", "outcome", "words"),
    [
        ([workload(90.0)], {}, Outcome.ERROR, "no HorizontalPodAutoscaler orders was seen"),
        (BEFORE, {"load_ended_at": 200.0}, Outcome.INCONCLUSIVE, "2 at most"),
        (BEFORE, {"generator": health(20000, dropped=1001)}, Outcome.INCONCLUSIVE, "only 18999 of 20000"),
        (BEFORE, {"generator": health(20000, dropped=1000)}, Outcome.FAILED, "2 at most"),
        ([workload(90.0, 4, 4), autoscaler(90.0, 4)], {}, Outcome.INCONCLUSIVE, "nothing had to rise"),
        ([*BEFORE, workload(251.0, 5, 4)], {}, Outcome.FAILED, "4 after 151.0 s"),
        ([*BEFORE, *NEW_POD, workload(250.0, 5, 4), *DOWN], {}, Outcome.PASSED, "4 after 150.0 s"),
        (BEFORE + UP, {}, Outcome.FAILED, "5 replicas still there 400.0 s after"),
        (BEFORE + UP, {"watched_until": 500.0}, Outcome.INCONCLUSIVE, "5 replicas still there"),
        ([*BEFORE, *UP, workload(601.0)], {}, Outcome.FAILED, "back to 2 301.0 s after"),
    ],
)
def test_what_decides_the_outcome(
    seen: list[Seen], more: dict[str, Any], outcome: Outcome, words: str
) -> None:
    verdict = judged(seen, **more)
    assert verdict.outcome is outcome
    assert words in verdict.observed


def test_pods_that_never_start_are_told() -> None:
    stuck = [pod(130.2, "orders-b", uid="b", change=Change.ADDED, node="", reason="Unschedulable")]
    verdict = judged([*BEFORE, autoscaler(130.0, 5), *stuck])
    assert verdict.outcome is Outcome.FAILED
    assert "1 of 1 new pods never scheduled: Unschedulable" in verdict.reasons


def test_a_load_with_several_arrivals_begins_with_the_earliest_of_its_own() -> None:
    others = [replace(exchange(at), journey="quote") for at in (150.0, 99.9, 99.8, 120.0)]
    step = load_step_of(observed(BEFORE, [*others, exchange(99.85)]))
    assert step is not None
    assert step.began_at == 99.9


def test_after_a_rise_that_was_not_judged_no_fall_is() -> None:
    verdict = judged(BEFORE, TRAFFIC, load_ended_at=200.0)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "too little evidence" not in verdict.observed
    assert "scale_down_seconds" not in verdict.numbers
