"""An alert over the time in which no pod of a workload was left, as the collector of metrics has kept it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from observations import fault as any_fault

from seatrial.judge.admissible import judge
from seatrial.model.alerted import ALERT, AlertRead, AlertRule, AlertState
from seatrial.model.check import CHECKS
from seatrial.model.fault import SCALE_TO_ZERO, Disruption, FaultRecord
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.system_file import parse_system
from seatrial.model.verdict import Outcome, Verdict

CHECK = CHECKS.get("observability.absence-is-alerted")
SHOP = parse_system(
    """
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: {context: none, namespace: none}
entry: {url: "http://127.0.0.1:1"}
workloads:
  orders: {kind: Deployment, name: orders, alerts: {scale-to-zero: Gone}}
journeys: {browse: {request: {path: /}}}
capabilities: {metrics: {product: prometheus, service: prometheus}}
""",
    source="shop.yaml",
)
TAKEN = any_fault(100.0, 190.0, name="orders", kind="Deployment", disruption=Disruption.INVOLUNTARY)
AWAY = replace(TAKEN, fault=SCALE_TO_ZERO, verified_at=110.0, reverted_at=170.0)
"""Scaled at 100, the last pod gone at 110, scaled back at 170, Ready at 190."""
RULE = AlertRule('absent(up{service="orders"})', 15.0, 5.0)


def state(begin: float, end: float, *, name: str = "firing", service: str = "orders") -> AlertState:
    times = tuple(begin + 5 * number for number in range(round((end - begin) / 5) + 1))
    return AlertState({"alertname": "Gone", "alertstate": name, "service": service}, times)


def judged(
    *states: AlertState, rule: AlertRule | None = RULE, fault: FaultRecord = AWAY, read_at: float = 200.0,
    looks: tuple[Measurement, ...] | None = None,
) -> Verdict:  # fmt: skip
    early = AlertRead(rule, (), 5.0, 150.0).measurement("Gone", 110.0, 150.0)
    late = AlertRead(rule, states, 5.0, read_at).measurement("Gone", 190.0, read_at)
    arm = Arm(faults=(fault,), measurements=(early, late) if looks is None else looks)
    kind = Disruption.INVOLUNTARY
    seen = Observation({TROUBLE: arm}, target="orders", disruption=kind, system=SHOP, repetitions=1)
    return judge(CHECK, seen)


def test_one_that_fires_and_resolves_passes() -> None:
    verdict = judged(state(125, 140, name="pending"), state(145, 175))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == (
        "Gone fired 35.0 s after its last pod had gone and resolved by 10.0 s after pods were to be back"
    )
    assert verdict.expected == "Gone fires while no pod is left, and resolves when there are pods again"
    assert verdict.numbers["absent_seconds"] == 60.0


def test_one_that_fires_as_pods_end_and_goes_on_fired_at_once() -> None:
    verdict = judged(state(103, 175))
    assert verdict.outcome is Outcome.PASSED
    assert verdict.observed.startswith("Gone fired 0.00 s after its last pod had gone")


def test_one_that_asks_only_after_what_is_there_is_red_with_that_cause() -> None:
    verdict = judged(rule=replace(RULE, expression='up{service="orders"} == 0'))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == (
        "Gone did not fire while no pod was left for 60.0 s: with no target left its series are gone, and a "
        "comparison holds for none of them"
    )
    assert "absent(up{...})" in verdict.next_step


def test_one_that_fired_only_while_its_pods_ended_fires_no_more_when_they_are_gone() -> None:
    """`up == 0` may hold for the seconds in which pods end: it resolves while nobody is there."""
    verdict = judged(state(103, 113), rule=replace(RULE, expression="up == 0", for_seconds=0.0))
    assert verdict.outcome is Outcome.FAILED, verdict.explain()
    assert "its series are gone" in verdict.observed


def test_one_for_another_workload_is_none_for_this_one() -> None:
    assert judged(state(145, 175, service="till"), state(145, 175)).passed
    assert judged(state(60, 175, service="till"), state(145, 175)).passed


def test_one_that_goes_on_firing_fails_and_one_that_fired_before_says_nothing() -> None:
    assert judged(state(145, 200)).outcome is Outcome.FAILED
    assert judged(state(90, 175)).observed == "Gone was firing already when its pods were taken away"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (replace(RULE, for_seconds=60.0), "and may take 80.5 s: 15.5 s until its series are gone from all"),
        (replace(RULE, expression="absent_over_time(up[1m])"), "and may take 95.5 s: 75.5 s until"),
        (replace(RULE, expression="absent_over_time(up[5s]) and absent_over_time(up[1m])"), "take 95.5 s:"),
    ],
)
def test_one_that_could_not_fire_in_so_short_a_time_says_so(rule: AlertRule, words: str) -> None:
    verdict = judged(rule=rule)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert words in verdict.observed


def test_one_that_fires_only_when_pods_are_to_be_back_did_not_fire_in_time() -> None:
    assert judged(state(171, 175)).outcome is Outcome.FAILED


def test_a_rule_that_is_not_there_or_never_held_fails() -> None:
    assert judged(rule=None).observed == "there is no alerting rule called Gone"
    assert judged().observed.endswith("its expression never held")


def test_without_evidence_there_is_no_pass() -> None:
    fired = state(145, 175)
    assert judged(fired, fault=replace(AWAY, verified_at=None)).outcome is Outcome.ERROR
    assert judged(fired, fault=replace(AWAY, fault="delete-pod")).outcome is Outcome.ERROR
    assert judged(fired, fault=replace(AWAY, available_at=None)).outcome is Outcome.INCONCLUSIVE
    assert judged(looks=()).outcome is Outcome.INCONCLUSIVE
    refused = Measurement(ALERT, "Gone", 1.0, 2.0, MeasurementOutcome.REFUSED, reason="forbidden")
    assert judged(looks=(refused,)).outcome is Outcome.INCONCLUSIVE
