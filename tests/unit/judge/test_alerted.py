"""An alert over the time in which a pod hung, as the collector of metrics has kept it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from observations import crash_fault

from seatrial.judge.alerted import alert_fires_and_resolves, short_ranges
from seatrial.model.alerted import ALERT, AlertRead, AlertRule, AlertState
from seatrial.model.fault import NO_PROBE, Disruption, FaultRecord
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.system_file import parse_system
from seatrial.model.verdict import Outcome, Verdict

SHOP = parse_system(
    """
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: {context: none, namespace: none}
entry: {url: "http://127.0.0.1:1"}
workloads:
  web: {kind: Deployment, name: web, stateless: true, alerts: {freeze-process: Away}}
journeys: {browse: {request: {path: /}}}
capabilities: {metrics: {product: prometheus, service: prometheus}}
""",
    source="shop.yaml",
)
HANG = replace(crash_fault(100.0, 155.0, name="web-a"), fault="freeze-process")
RULE = AlertRule('up{job="pods"} == 0', 30.0, 5.0)
RATED = "sum by (pod) (rate(requests_total[{}])) == 0"


def state(begin: float, end: float, *, name: str = "firing", pod: str = "web-a") -> AlertState:
    times = tuple(begin + 5 * number for number in range(round((end - begin) / 5) + 1))
    return AlertState({"alertname": "Away", "alertstate": name, "pod": pod}, times)


PENDING, FIRING = state(110, 135, name="pending"), state(140, 160)


def judged(
    *states: AlertState, rule: AlertRule | None = RULE, fault: FaultRecord = HANG, read_at: float = 172.0,
    look: Measurement | None = None,
) -> Verdict:  # fmt: skip
    read = AlertRead(rule, states, 5.0, read_at).measurement("Away", 165.0, 172.0)
    arms = {TROUBLE: Arm(faults=(fault,), measurements=(look or read,))}
    kind = Disruption.INVOLUNTARY
    return alert_fires_and_resolves(Observation(arms, target="web", disruption=kind, system=SHOP))


def test_one_that_fires_in_time_and_resolves_passes() -> None:
    verdict = judged(PENDING, FIRING)
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert (
        verdict.observed
        == "Away fired 40.0 s after a pod hung and resolved by 10.0 s after it answered again"
    )
    assert verdict.expected == "Away fires while a pod hangs, and resolves when it answers again"
    assert verdict.numbers == {
        "hung_seconds": 55.0, "for_seconds": 30.0, "evaluated_every_seconds": 5.0,
        "collected_every_seconds": 5.0, "fired_seconds": 40.0, "resolved_seconds": 10.0,
    }  # fmt: skip
    assert verdict.reasons == ('Away: up{job="pods"} == 0, for 30 s',)


def test_the_first_and_the_last_moment_of_the_hang_belong_to_it() -> None:
    at_once = judged(state(100, 100))
    assert at_once.observed == (
        "Away fired 0.00 s after a pod hung and resolved by 0.00 s after it answered again"
    )
    assert at_once.numbers["resolved_seconds"] == -50.0, "before it answered"
    assert judged(state(155, 155)).observed.startswith("Away fired 55.0 s after a pod hung and resolved")


def test_what_other_pods_are_in_does_not_count_where_it_names_the_one_that_hung() -> None:
    others = state(60, 170, pod="web-b")
    assert judged(PENDING, FIRING, others, read_at=200.0).passed
    assert judged(replace(FIRING, labels={"alertstate": "firing"})).passed


def test_one_that_goes_on_firing_fails() -> None:
    verdict = judged(PENDING, state(140, 270), read_at=275.0)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed.endswith("and is firing still 120.0 s after it answered again")
    assert judged(PENDING, state(140, 265), read_at=275.0).outcome is Outcome.FAILED
    assert judged(PENDING, state(140, 260), read_at=275.0).passed


def test_one_that_was_firing_already_says_nothing() -> None:
    verdict = judged(state(80, 160))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.observed == "Away was firing already when the pod began to hang"
    assert judged(state(85, 90), FIRING).outcome is Outcome.INCONCLUSIVE
    assert judged(state(60, 85), FIRING).passed, "it was over"


def test_a_rule_that_is_not_there_fails() -> None:
    assert judged(rule=None).observed == "there is no alerting rule called Away"
    assert judged(rule=None).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("rule", "states", "words"),
    [
        (replace(RULE, expression=RATED.format("5s")), (),
         "the range [5s] of `rate` holds fewer than two samples where one is taken each 5 s, and"),
        (replace(RULE, expression=RATED.format("8s")), (), "[8s] of `rate` often holds fewer than two"),
        (replace(RULE, expression=RATED.format("1m")), (), "its expression asks for no absence"),
        (RULE, (), "its expression never held"),
        (RULE, (PENDING,), "it was pending, but not for 30 s on end"),
        (replace(RULE, problem="parse error"), (), "it cannot be evaluated (parse error)"),
    ],
)  # fmt: skip
def test_why_one_did_not_fire(rule: AlertRule, states: tuple[AlertState, ...], words: str) -> None:
    verdict = judged(*states, rule=rule)
    assert verdict.outcome is Outcome.FAILED, verdict.explain()
    assert verdict.observed.startswith("Away did not fire while a pod hung for 55.0 s: ")
    assert words in verdict.observed


def test_one_that_could_not_fire_in_so_short_a_time_says_so() -> None:
    verdict = judged(PENDING, rule=replace(RULE, for_seconds=40.0))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "and may take 55 s: 5 s until it is asked, 5 s until it did not answer, 5 s" in verdict.observed
    assert judged(PENDING, rule=replace(RULE, for_seconds=39.0)).outcome is Outcome.FAILED


def test_a_pod_that_never_came_back_hung_until_the_alert_was_read() -> None:
    verdict = judged(PENDING, state(140, 170), fault=replace(HANG, available_at=None), read_at=172.0)
    assert verdict.numbers["hung_seconds"] == 72.0


@pytest.mark.parametrize(
    ("outcome", "judgement"),
    [
        (MeasurementOutcome.REFUSED, Outcome.INCONCLUSIVE),
        (MeasurementOutcome.COULD_NOT_TRY, Outcome.UNSUPPORTED),
    ],
)
def test_one_that_could_not_be_read_is_no_pass(outcome: MeasurementOutcome, judgement: Outcome) -> None:
    verdict = judged(look=Measurement(ALERT, "Away", 1.0, 2.0, outcome, reason="forbidden"))
    assert verdict.outcome is judgement
    assert "forbidden" in verdict.observed
    other = judged(look=Measurement("other", "Away", 1.0, 2.0, MeasurementOutcome.ANSWERED))
    assert (other.outcome, other.observed) == (Outcome.INCONCLUSIVE, "the alert was not read")


def test_a_hang_that_was_not_made_is_not_judged() -> None:
    assert judged(fault=replace(HANG, verified_at=None)).outcome is Outcome.ERROR
    unwatched = replace(HANG, impossible="no probe", details={NO_PROBE: True})
    assert judged(fault=unwatched).outcome is Outcome.FAILED
    assert judged(fault=replace(unwatched, details={})).outcome is Outcome.UNSUPPORTED


@pytest.mark.parametrize(
    ("unit", "length"),
    [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400), ("w", 7 * 86400), ("y", 365 * 86400)],
)
def test_ranges_have_the_units_of_prometheus(unit: str, length: float) -> None:
    """Two collections within it are enough, and a little less than two are not."""
    assert not list(short_ranges(f"rate(a[4{unit}])", 2 * length))
    assert list(short_ranges(f"rate(a[4{unit}])", 2 * length + 1e-6))


@pytest.mark.parametrize(
    ("expression", "number"),
    [
        ("rate(a[5s]) > 0", 1),
        ("rate(a[10s]) > 0", 0),
        ('increase(a{b="c"}[9s]) + changes(b[1s])', 2),
        ("max_over_time(a[1s]) > 0", 0),
        ("rate(a[1m30s]) > 0", 0),
        ("rate(a[500ms]) > 0", 1),
        ("deriv(a[5s:1s]) > 0", 1),
    ],
)
def test_which_ranges_are_too_short(expression: str, number: int) -> None:
    assert len(list(short_ranges(expression, 5.0))) == number
