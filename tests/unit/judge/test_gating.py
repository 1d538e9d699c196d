"""A pod that is not Ready is asked no more, and again when it is."""

from dataclasses import replace

import pytest
from observations import endpoints, exchange, fault, health, pod, service, timeline

from seatrial.judge.gating import readiness_gates_traffic
from seatrial.model.exchange import Exchange
from seatrial.model.fault import NO_PROBE
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.verdict import Outcome

UNREADY, LEFT, REVERTED, BACK = 103.0, 103.1, 117.0, 118.0
"""Its probe is refused from 100 on; its endpoint leaves, and is back after the fault."""


def answers(until=LEFT + 1.0, again=BACK + 1.0, *, to=130.0):
    """50 requests a second; every other one goes to `a` until `until` and from `again` on."""
    made: list[Exchange] = []
    for number in range(int((to - 90.0) * 50)):
        at = 90.0 + number / 50
        here = number % 2 and (at < until or at >= again)
        made.append(exchange(at, backend="orders-a" if here else "orders-b"))
    return made


def unready(exchanges=None, seen=None, **changes):
    one = fault(100.0, BACK, name="orders-a", uid="uid-a")
    one = replace(one, **({"verified_at": UNREADY, "reverted_at": REVERTED} | changes))
    course = [
        pod(0.0, "orders-a", uid="uid-a", ready=True), pod(0.0, "orders-b", uid="uid-b", ready=True),
        service(0.0), endpoints(0.0, orders_a=True, orders_b=True),
        pod(UNREADY, "orders-a", uid="uid-a"), pod(BACK - 0.1, "orders-a", uid="uid-a", ready=True),
    ]  # fmt: skip
    course += [endpoints(LEFT, orders_a=False, orders_b=True), endpoints(BACK, orders_a=True, orders_b=True)]
    sent = answers() if exchanges is None else exchanges
    arm = Arm(tuple(sent), health(), (one,), timeline(*(course if seen is None else seen(course))))
    return Observation({TROUBLE: arm}, target="orders")


def test_requests_keep_away_and_come_back():
    verdict = readiness_gates_traffic(unready())
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed.startswith(
        "orders-a: endpoint left 0.10 s after it was unready, last request 0.96 s"
    )
    assert "none of 194 requests from 10.0 s on was its; asked again 1.02 s after" in verdict.observed
    assert verdict.numbers["answered_unready"] == 0


def test_senders_that_go_on_are_a_failure():
    verdict = readiness_gates_traffic(unready(answers(until=REVERTED)))
    assert verdict.outcome is Outcome.FAILED
    assert (
        "orders-a was still sent 97 requests of 194 up to 13.9 s after its endpoint had left"
        in verdict.observed
    )
    assert "health checks of its own" in verdict.next_step


def test_senders_that_leave_it_within_the_time_are_none():
    assert readiness_gates_traffic(unready(answers(until=LEFT + 9.9))).passed


def test_an_endpoint_that_stays_is_a_failure_that_names_the_service():
    def stays(course):
        return [*course[:2], service(0.0, publish_not_ready=True), course[3], *course[4:6]]

    verdict = readiness_gates_traffic(unready(answers(until=REVERTED), stays))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == "Service orders listed orders-a as ready while it was unready for 14.0 s"
    assert "publishNotReadyAddresses" in verdict.next_step


def test_an_endpoint_that_leaves_late_is_a_failure():
    def late(course):
        return [*course[:6], endpoints(UNREADY + 6, orders_a=False, orders_b=True), course[7]]

    verdict = readiness_gates_traffic(unready(answers(), late))
    assert verdict.observed == "orders-a was unready 6.00 s before its endpoint left"


def test_a_pod_that_is_never_asked_again_is_a_failure_once_others_were_long_enough():
    verdict = readiness_gates_traffic(unready(answers(again=999.0)))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed.startswith(
        "orders-a got no request after its endpoint was back, while others answered 100"
    )
    assert readiness_gates_traffic(unready(answers(again=999.0, to=128.0))).outcome is Outcome.INCONCLUSIVE


def test_a_pod_that_is_not_ready_again_is_a_failure():
    verdict = readiness_gates_traffic(unready(available_at=None))
    assert verdict.outcome is Outcome.FAILED
    assert "not ready again" in verdict.observed


@pytest.mark.parametrize(
    ("exchanges", "seen", "outcome", "words"),
    [
        (answers(until=0.0), None, Outcome.INCONCLUSIVE, "no answer names orders-a while it was Ready"),
        ([], None, Outcome.INCONCLUSIVE, "no answer names orders-a"),
        (
            [e for e in answers() if not 112 < e.planned_at < 118],
            None,
            Outcome.INCONCLUSIVE,
            "could have gone to it",
        ),
        (
            None,
            lambda course: [s for s in course if not hasattr(s, "endpoints")],
            Outcome.UNSUPPORTED,
            "no Service",
        ),
    ],
)
def test_too_little_seen_is_no_pass(exchanges, seen, outcome, words):
    verdict = readiness_gates_traffic(unready(exchanges, seen))
    assert verdict.outcome is outcome, verdict.explain()
    assert words in verdict.observed


def test_no_probe_is_a_failure_and_one_that_cannot_be_refused_is_unsupported():
    none = unready(verified_at=None, impossible="orders-a has no readiness probe", details={NO_PROBE: True})
    assert readiness_gates_traffic(none).outcome is Outcome.FAILED
    command = unready(verified_at=None, impossible="its readiness is a command", details={NO_PROBE: False})
    assert readiness_gates_traffic(command).outcome is Outcome.UNSUPPORTED


def test_without_evidence_there_is_no_pass():
    made = unready()
    without = replace(made, arms={TROUBLE: replace(made.trouble, timeline=None)})
    assert readiness_gates_traffic(without).outcome is Outcome.INCONCLUSIVE
    assert readiness_gates_traffic(unready(verified_at=None)).outcome is Outcome.ERROR
