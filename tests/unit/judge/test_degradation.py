"""What suffers while a dependency is down (here from 110 to 120) or slow (from 130 to 140), judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from observations import health, pod, timeline
from troubled_shop import BROWSE, FILE, PAY, PODS, fault, look, of, sent, shop, troubled

from seatrial.judge.admissible import judge
from seatrial.model.check import CHECKS
from seatrial.model.dependency import DELAY, DISTURB, DOWN, INTERPOSE, SLOW, TROUBLE, WRONG, Carried
from seatrial.model.exchange import Exchange
from seatrial.model.fault import FaultRecord
from seatrial.model.system import System
from seatrial.model.timeline import EventSeen, Seen
from seatrial.model.verdict import Outcome, Verdict

CHECK = CHECKS.get("dependencies.degradation-is-partial")
FAULTS = (
    fault(INTERPOSE, 100.0, 150.0),
    fault(DISTURB, 110.0, 120.0, **{TROUBLE: DOWN, DELAY: 0.0}),
    fault(DISTURB, 130.0, 140.0, **{TROUBLE: SLOW, DELAY: 10.0}),
)
PAID = [
    *sent(PAY, 90, 110), *sent(PAY, 110, 120, error="connection reset"), *sent(PAY, 120, 130),
    *sent(PAY, 130, 140, error="status 504", latency=2.0), *sent(PAY, 140, 160),
]  # fmt: skip
BROWSED = sent(BROWSE, 90, 160)


def judged(
    exchanges: Iterable[Exchange] = (*PAID, *BROWSED),
    *seen: Seen,
    faults: tuple[FaultRecord, ...] = FAULTS,
    system: System | None = None,
    **arm: object,
) -> Verdict:
    counts = Carried(accepted=9, asked=90, answered=80, reset=50, delayed=40).plain()
    return judge(CHECK, troubled(exchanges, faults, [look(145.0, counts)], *seen, system=system, **arm))


def test_only_what_needs_it_fails_and_heals() -> None:
    verdict = judged()
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == (
        "orders was down for 9.50 s: pay failed 50 of 50, each answered in time; browse held (100 requests); "
        "orders answered 10.0 s late for 9.50 s: pay failed 50 of 50, each answered in time; browse held "
        "(150 requests)"
    )
    assert verdict.numbers == {
        "proxy_accepted": 9, "proxy_answered": 80, "proxy_asked": 90, "proxy_delayed": 40, "proxy_reset": 50,
        "proxy_requests": 0, "proxy_unreachable": 0, "proxy_wrong": 0,
        "down_pay_failed": 50, "down_pay_healed_seconds": 0.0, "down_others_failed": 0,
        "slow_pay_failed": 50, "slow_pay_healed_seconds": 0.0, "slow_others_failed": 0,
    }  # fmt: skip


def test_wrong_answers_are_one_more_trouble_and_what_cannot_be_tried_is_told() -> None:
    wrong = fault(DISTURB, 145.0, 150.0, **{TROUBLE: WRONG, DELAY: 0.0})
    paid = [one for one in PAID if not 145 <= one.planned_at < 150]
    verdict = judged((*paid, *sent(PAY, 145, 150, error="status 500"), *BROWSED), faults=(*FAULTS, wrong))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert "; orders answered wrongly for 4.50 s: pay failed 25 of 25, " in verdict.observed
    assert verdict.numbers["wrong_pay_failed"] == 25
    late = judged((*paid, *sent(PAY, 145, 150, latency=9.0), *BROWSED), faults=(*FAULTS, wrong))
    assert late.outcome is Outcome.INCONCLUSIVE, "an answer that comes late is no wrong one"
    silent = replace(wrong, verified_at=None, impossible="nobody speaks HTTP/1 to it")
    without = judged(faults=(*FAULTS, silent))
    assert (without.outcome, without.reasons) == (Outcome.PASSED, ("nobody speaks HTTP/1 to it",))


def test_a_restart_of_another_is_a_failure_and_its_probe_is_named() -> None:
    anew = of(pod(131.0, "catalogue-a", uid="c", ready=True, restarts=1), "catalogue")
    told = EventSeen(114.0, "Pod", "catalogue-a", "Unhealthy", "Liveness probe failed: reset", warning=True)
    verdict = judged((*PAID, *BROWSED), anew, told)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == (
        "catalogue-a was restarted when orders was down (Liveness probe failed: reset)"
    )
    assert verdict.next_step.startswith("Let no liveness probe ask another process")
    untold = judged((*PAID, *BROWSED), anew)
    assert untold.observed == "catalogue-a was restarted when orders answered 10.0 s late"


def test_a_restart_of_the_dependency_itself_or_of_before_is_none() -> None:
    own = of(pod(115.0, "orders-a", uid="o", ready=True, restarts=1), "orders")
    before = of(pod(95.0, "catalogue-a", uid="c", ready=True, restarts=1), "catalogue")
    assert judged((*PAID, *BROWSED), own, before).passed


def test_a_pod_that_came_meanwhile_counts_from_where_it_was_first_seen() -> None:
    first = of(pod(112.0, "catalogue-b", uid="d", ready=True, restarts=1), "catalogue")
    again = of(pod(118.0, "catalogue-b", uid="d", ready=True, restarts=2), "catalogue")
    assert judged((*PAID, *BROWSED), first).passed
    assert judged((*PAID, *BROWSED), first, again).outcome is Outcome.FAILED


def test_another_that_becomes_unready_is_a_failure() -> None:
    away = of(pod(115.0, "catalogue-a", uid="c"), "catalogue")
    told = EventSeen(114.9, "Pod", "catalogue-a", "Unhealthy", "Readiness probe failed: 503", warning=True)
    verdict = judged((*PAID, *BROWSED), away, told)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == (
        "catalogue-a became unready when orders was down (readiness probe failed: 503)"
    )
    assert "Let readiness ask only for what every journey of the pod needs" in verdict.next_step
    early = of(pod(105.0, "catalogue-a", uid="c"), "catalogue")
    own = of(pod(115.0, "orders-a", uid="o"), "orders")
    assert judged((*PAID, *BROWSED), early, own).passed


@pytest.mark.parametrize(
    ("begin", "words"),
    [
        (112.0, "when orders was down"),
        (121.0, "when orders was down"),
        (131.0, "when orders answered 10.0 s late"),
        (150.0, "when orders answered 10.0 s late"),
    ],
)
def test_a_journey_that_does_not_need_it_and_fails_is_a_failure(begin: float, words: str) -> None:
    lost = sent(BROWSE, begin, begin + 2, error="status 503", offset=0.05)
    verdict = judged((*PAID, *BROWSED, *lost))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed.startswith("browse, which does not need it, lost 10 of 1")
    assert verdict.observed.endswith(f"(10x status 503) {words}")
    assert "Look at what they share" in verdict.next_step


def test_clients_that_are_left_waiting_are_a_failure_with_their_deadline() -> None:
    waits = sent(PAY, 130, 134, error="timeout 5 s", latency=5.0, offset=0.05)
    verdict = judged((*PAID, *BROWSED, *waits))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == (
        "pay left 20 of 70 requests without any answer for 5.00 s when orders answered 10.0 s late"
    )
    assert "a deadline that is shorter than its callers'" in verdict.next_step


def test_what_goes_on_failing_after_it_is_a_failure() -> None:
    late = [*sent(PAY, 140, 172, error="status 503"), *sent(PAY, 172, 180)]
    verdict = judged((*PAID[:-100], *late, *BROWSED))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == (
        "pay went on failing for 31.8 s after orders answered 10.0 s late (160x status 503)"
    )
    never = judged((*PAID[:-100], *sent(PAY, 140, 160, error="status 503"), *BROWSED))
    assert never.observed == (
        "pay went on failing for 19.8 s after orders answered 10.0 s late, to the end (100x status 503)"
    )
    assert "connect anew" in never.next_step


def test_what_heals_within_the_objective_passes_and_is_told() -> None:
    verdict = judged((*PAID[:-100], *sent(PAY, 140, 142, error="status 503"), *sent(PAY, 142, 160), *BROWSED))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.numbers["slow_pay_healed_seconds"] == 1.8


def test_what_fails_between_two_troubles_is_judged_after_the_last() -> None:
    between = sent(PAY, 120, 130, error="status 503")
    paid = [one for one in PAID if not 120 <= one.planned_at < 130]
    assert judged((*paid, *between, *BROWSED)).passed, "10 s is within the objective of 30 s"


def test_requests_that_fail_before_the_trouble_spoil_it() -> None:
    verdict = judged((*PAID, *BROWSED, *sent(PAY, 102, 104, error="status 503", offset=0.05)))
    assert verdict.outcome is Outcome.ERROR
    assert verdict.observed == "10 of 210 requests failed before orders was down (10x status 503)"
    one = sent(PAY, 102, 102.2, error="status 503", offset=0.05)
    assert judged((*PAID, *BROWSED, *one)).passed, "one of 201 is not surely more than the objective leaves"


def test_what_did_not_meet_the_trouble_shows_nothing() -> None:
    paid = [one for one in PAID if not 110 <= one.planned_at < 120]
    verdict = judged((*paid, *sent(PAY, 110, 120), *BROWSED))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.observed.endswith(
        "nothing shows that pay asked it when orders was down: none failed or was late"
    )
    assert "go past the proxy" in verdict.next_step
    paid = [one for one in PAID if not 130 <= one.planned_at < 140]
    quick = judged((*paid, *sent(PAY, 130, 140, latency=0.9), *BROWSED))
    assert quick.outcome is Outcome.INCONCLUSIVE
    assert judged((*paid, *sent(PAY, 130, 140, latency=1.1), *BROWSED)).passed


def test_a_dependency_that_no_journey_needs_is_judged_by_the_others() -> None:
    alone = shop(FILE.replace("{needed_by: [pay]}", "{}"))
    verdict = judged((*sent(PAY, 90, 160), *BROWSED), system=alone)
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed.startswith("orders was down for 9.50 s: browse, pay held (200 requests); ")


def test_too_few_requests_are_no_pass() -> None:
    thin = [one for number, one in enumerate(PAID) if number % 3 == 0]
    verdict = judged((*thin, *BROWSED))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "of pay were begun when orders was down" in verdict.observed
    few = judged((*PAID, *BROWSED[::6]))
    assert "only 8 requests of browse were begun when orders was down" in few.observed
    short = judged((*PAID[:-85], *BROWSED))
    assert short.observed.endswith("only 15 answers of pay came after it was over")
    dropped = judged(generator=health(dropped=3))
    assert dropped.observed.endswith("the generator dropped 3 arrivals")


def test_without_evidence_there_is_no_pass() -> None:
    assert judged(faults=()).outcome is Outcome.ERROR
    assert judged(faults=(*FAULTS[:2], replace(FAULTS[2], verified_at=None))).outcome is Outcome.ERROR
    assert judged(faults=FAULTS[:1]).observed == "orders was not disturbed"
    assert judged(timeline=None).outcome is Outcome.INCONCLUSIVE
    gone = replace(timeline(*PODS), gaps=((115.0, 116.0),))
    assert judged(timeline=gone).outcome is Outcome.INCONCLUSIVE
    undeclared = shop(FILE[: FILE.index("dependencies:")])
    assert judged(system=undeclared).outcome is Outcome.INCONCLUSIVE


def test_where_no_proxy_can_stand_it_is_unsupported_with_the_reason() -> None:
    cannot = replace(FAULTS[0], verified_at=None, impossible="Service orders has no selector")
    verdict = judged(faults=(cannot, replace(FAULTS[1], verified_at=None, impossible="no proxy stands")))
    assert (verdict.outcome, verdict.observed) == (Outcome.UNSUPPORTED, "Service orders has no selector")


def test_a_journey_that_needs_it_and_was_never_sent_is_no_evidence() -> None:
    verdict = judged(BROWSED)
    assert verdict.outcome is Outcome.INCONCLUSIVE, verdict.explain()
    assert "only 0 requests of pay were begun when orders was down" in verdict.observed
    lasting = shop(FILE.replace("pay: {request", "pay: {long: true, request"))
    assert judged(BROWSED, system=lasting).passed, "such a journey is not sent by this scenario"
