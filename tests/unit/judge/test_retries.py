"""How many attempts at a dependency in trouble are too many for each request that needs it."""

from __future__ import annotations

from dataclasses import replace

from counted_attempts import BROWSED, FOUR_TIMES, PAID, counts, disturbed, judged, phase, phases
from observations import pod
from troubled_shop import FILE, PAY, of, sent, shop

from seatrial.model.dependency import DOWN
from seatrial.model.verdict import Outcome


def test_attempts_that_are_hardly_more_than_requests_pass_with_their_figures() -> None:
    verdict = judged()
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == (
        "orders was down: 60 attempts for 50 requests of pay, 1.20 each; "
        "orders answered 10.0 s late: 52 attempts for 50 requests of pay, 1.04 each; "
        "orders answered wrongly: 39 attempts for 35 requests of pay, 1.11 each; "
        "without trouble 40 attempts for 37; nothing failed later than 0.00 s after it was over"
    )
    assert verdict.numbers == {
        "before_attempts": 40, "before_requests": 37,
        "down_attempts": 60, "down_requests": 50, "down_amplification": 1.11,
        "slow_attempts": 52, "slow_requests": 50, "slow_amplification": 0.962,
        "wrong_attempts": 39, "wrong_requests": 35, "wrong_amplification": 1.031,
        "down_pay_healed_seconds": 0.0, "slow_pay_healed_seconds": 0.0, "wrong_pay_healed_seconds": 0.0,
    }  # fmt: skip


def test_a_storm_of_retries_is_a_failure_with_its_arithmetic_and_who_makes_it() -> None:
    found = phases()
    found[1] = phase(DOWN, 9.6, 550, _10_0_0_9=540, _10_0_0_77=10)
    verdict = judged(found)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == (
        "orders was down: 550 attempts for 50 requests of pay, 11.00 each: 10.2 times the 1.08 without "
        "trouble (40 attempts for 37); 98.2 % of them by gateway, 1.8 % of them by 10.0.0.77"
    )
    assert "asked at most 3 times as often" in verdict.expected
    assert "Retry in one place only" in verdict.next_step
    assert verdict.numbers["down_amplification"] == 10.175
    slow = judged(phases(slow=400))
    assert slow.observed.startswith(
        "orders answered 10.0 s late: 400 attempts for 50 requests of pay, 8.00 each"
    )
    wrong = judged(phases(wrong=(99, 99, 99, 3)))
    assert wrong.observed.startswith(
        "orders answered wrongly: 300 attempts for 35 requests of pay, 8.57 each"
    )


def test_who_has_no_role_is_named_by_what_owns_the_pod() -> None:
    job = replace(of(pod(0.0, "batch-1", uid="b", ready=True), ""), ip="10.0.0.8", owner="batch")
    found = phases()
    found[1] = phase(DOWN, 9.6, 500, _10_0_0_8=500)
    assert judged(found, (*PAID, *BROWSED), job).observed.endswith("100.0 % of them by a pod of batch")
    found[1]["callers"] = {}
    assert judged(found).observed.endswith("(40 attempts for 37)"), "nobody is named where nobody is known"


def test_one_wrong_answer_that_is_retried_is_a_failure_though_others_are_not() -> None:
    found = phases(down=200, slow=200, wrong=(240, 40, 40, 12))
    verdict = judged(found, (*FOUR_TIMES, *BROWSED), control=counts(170), faults=disturbed(170))
    assert verdict.numbers["wrong_amplification"] == 2.223, "the average of all answers is within the bound"
    assert verdict.numbers["wrong_500_requests"] == 68, "begun in 150.0 to 152.4, and in 156.0 to 157.0 again"
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed.startswith("orders answered 500: 252 attempts for 68 requests of pay, 3.71 each")


def test_as_many_as_the_objective_allows_pass() -> None:
    assert judged(phases(down=162)).outcome is Outcome.PASSED, "3 x 40/37 for 50 requests is 162.2"
    assert judged(phases(down=163)).outcome is Outcome.FAILED
    wide = shop(FILE.replace("retry_amplification: 3", "retry_amplification: 11"))
    assert judged(phases(down=550), system=wide).outcome is Outcome.PASSED
    assert judged(phases(down=600), system=wide).outcome is Outcome.FAILED


def test_a_request_that_asks_several_times_without_trouble_is_measured_by_that() -> None:
    often, faults = counts(10 + 4 * 37), disturbed(10 + 4 * 37)
    assert judged(phases(down=400), control=often, faults=faults).outcome is Outcome.PASSED, (
        "8 each are 2 x 4"
    )
    more = judged(phases(down=700), control=often, faults=faults)
    assert more.outcome is Outcome.FAILED
    assert "14.00 each: 3.5 times the 4.00 without trouble (148 attempts for 37)" in more.observed


def test_the_first_attempt_is_no_retry_where_others_needed_none() -> None:
    seldom, faults = counts(14), disturbed(14)
    assert judged(phases(down=50), control=seldom, faults=faults).outcome is Outcome.PASSED
    more = judged(phases(down=160), control=seldom, faults=faults)
    assert (
        "3.2 times the 1.00 without trouble (4 attempts for 37, and a first attempt is none too many)"
        in more.observed
    )


def test_what_does_not_heal_is_a_failure_whatever_was_counted() -> None:
    after = [*[one for one in PAID if one.planned_at < 157], *sent(PAY, 157, 170, error="status 503")]
    never = judged(exchanges=(*after, *BROWSED))
    assert never.outcome is Outcome.FAILED
    assert (
        never.observed
        == "pay went on failing for 12.8 s after orders answered wrongly, to the end (65x status 503)"
    )
    uncounted = judged(exchanges=(*after, *BROWSED), looks=())
    assert (uncounted.outcome, uncounted.observed) == (never.outcome, never.observed)
    every = judged(phases(down=550, slow=400, wrong=(99, 99, 99, 3)), (*after, *BROWSED))
    assert [words.split(":")[0] for words in every.reasons[:3]] == [
        "orders was down", "orders answered 10.0 s late", "orders answered wrongly"
    ]  # fmt: skip
    assert every.reasons[3:] == (never.observed,)
    assert every.observed == "; ".join(every.reasons[:3]), "three are told, the rest is among the reasons"
    assert every.next_step.startswith("Retry in one place only")


def test_the_latest_to_heal_is_told() -> None:
    late = [*(one for one in PAID if not 120 <= one.planned_at < 121), *sent(PAY, 120, 121, error="reset")]
    verdict = judged(exchanges=(*late, *BROWSED))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    last = max(value for name, value in verdict.numbers.items() if name.endswith("healed_seconds"))
    assert 0.5 < last < 1
    assert f"nothing failed later than {last:.2f} s after it was over" in verdict.observed


def test_exactly_the_bound_is_within_it() -> None:
    verdict = judged(phases(down=150), control=counts(10 + 37), faults=disturbed(10 + 37))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert "150 attempts for 50 requests of pay, 3.00 each" in verdict.observed
    assert "without trouble 37 attempts for 37;" in verdict.observed
