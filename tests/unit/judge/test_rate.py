"""Requests below and above a rate limit, judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from drained_shop import FILE, shop

from seatrial.judge.admissible import judge
from seatrial.model.check import CHECKS
from seatrial.model.fault import Disruption
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.rate import ABOVE, BELOW, Burst
from seatrial.model.verdict import Outcome, Verdict

CHECK = CHECKS.get("gateway.rate-limit-holds")
ENTRY = 'entry: {url: "http://127.0.0.1:1"}'
LIMIT = "{request: {path: /a}, requests: 10, per_seconds: 2, by: gateway, scope: SCOPE}"
ROUTE = "GET /a"


def burst(rate: str, *counts: tuple[int, int], replicas: int = 2, reason: str = "") -> Burst:
    """A burst of so many answers of each status, in 8 seconds, or 2 below the limit."""
    statuses = tuple(status for status, number in counts for _ in range(number))
    return Burst(0, ROUTE, rate, statuses, 8.0 if rate == ABOVE else 2.0, (200,), replicas, {}, reason)


FINE = burst(BELOW, (200, 8))


def judged(*bursts: Burst, scope: str = "replica", limits: str = LIMIT) -> Verdict:
    entry = f'entry: {{url: "http://127.0.0.1:1", rate_limits: [{limits.replace("SCOPE", scope)}]}}'
    looks = tuple(one.measurement(1.0, 2.0) for one in bursts)
    head = Observation(
        {TROUBLE: Arm(measurements=looks)}, "rate-limit.system", "rate-limit", "system", Disruption.NONE,
        "browse", 0, shop(file=FILE.replace(ENTRY, entry)),
    )  # fmt: skip
    return judge(CHECK, head)


def test_a_limit_of_each_replica_that_holds_passes_and_says_so() -> None:
    told = replace(burst(ABOVE, (200, 96), (429, 144)), told={"retry-after": "2"})
    verdict = judged(FINE, told)
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == (
        "GET /a: below the limit 8 of 8 were answered; of 240 in 8.00 s 96 were answered and 144 refused "
        "with 429: each of 2 replicas counts for itself, 2 x 10 in all"
    )
    assert verdict.expected == (
        "10 requests per 2 s are answered by each replica of gateway: nothing below it is refused, and with "
        "status 429 what is above"
    )
    assert verdict.reasons == ("a refusal says retry-after: 2",)
    assert verdict.numbers == {
        "below_sent": 8, "below_refused": 0, "above_sent": 240, "above_answered": 96, "above_refused": 144,
        "above_seconds": 8.0, "above_answered_at_most": 100, "replicas": 2,
    }  # fmt: skip


def test_one_count_for_all_passes_either_declaration_and_is_told() -> None:
    above = burst(ABOVE, (200, 50), (429, 190))
    for scope in ("global", "replica"):
        verdict = judged(FINE, above, scope=scope)
        assert verdict.outcome is Outcome.PASSED, verdict.explain()
        assert verdict.observed.endswith("with 429: no more than one count for all 2 replicas allows")
        assert verdict.reasons == ("refusals do not say when to come again (Retry-After)",)


def test_of_one_replica_nothing_is_told() -> None:
    verdict = judged(FINE, burst(ABOVE, (200, 50), (429, 70), replicas=1), scope="global")
    assert verdict.outcome is Outcome.PASSED
    assert verdict.observed.endswith("refused with 429")
    assert "by all replicas together" in verdict.expected


@pytest.mark.parametrize(
    ("above", "scope", "words"),
    [
        (burst(ABOVE, (200, 240)), "replica",
         "GET /a: of 240 in 8.00 s 240 were answered, where the limit allows 100, and none was refused: "
         "nothing limits them"),
        (burst(ABOVE, (200, 101), (429, 139)), "replica",
         "of 240 in 8.00 s 101 were answered, where the limit allows 100: the limit in force is higher than "
         "declared"),
        (burst(ABOVE, (200, 51), (429, 189)), "global",
         "where the limit allows 50: each of 2 replicas counts for itself"),
        (burst(ABOVE, (200, 100), (429, 140)), "global", ": each of 2 replicas counts for itself"),
        (burst(ABOVE, (200, 101), (429, 139)), "global", ": the limit in force is higher than declared"),
        (burst(ABOVE, (200, 51), (429, 69), replicas=1), "global", "higher than declared"),
        (burst(ABOVE, (200, 51), (429, 69), replicas=1), "replica", "the limit allows 50: the limit"),
        (burst(ABOVE, (200, 51), (429, 69), replicas=0), "global", "higher than declared"),
    ],
)  # fmt: skip
def test_a_limit_that_is_missing_or_too_high_fails(above: Burst, scope: str, words: str) -> None:
    verdict = judged(FINE, above, scope=scope)
    assert verdict.outcome is Outcome.FAILED, verdict.explain()
    assert words in verdict.observed
    assert ("scope: replica" in verdict.next_step) == (scope == "global")
    if scope == "replica":
        assert verdict.next_step == (
            "Look whether the limit is on this route, enforced, and as high as declared, on every replica."
        )
    assert bool(verdict.reasons) == bool(verdict.numbers["above_refused"])


def test_what_is_refused_below_the_limit_fails() -> None:
    verdict = judged(burst(BELOW, (200, 7), (429, 1)), burst(ABOVE, (200, 40), (429, 200)))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == (
        "GET /a: 1 of 8 requests below the limit were refused: the limit in force is lower than declared"
    )
    assert verdict.numbers["below_refused"] == 1


@pytest.mark.parametrize(
    ("bursts", "words"),
    [
        ([], "no request was sent below and above the limit"),
        ([FINE], "no request was sent below and above the limit"),
        ([replace(FINE, limit=1), replace(burst(ABOVE, (429, 240)), limit=1)], "no request was sent"),
        ([burst(BELOW, (200, 6), (503, 1), (0, 1), reason="no answer: x"), burst(ABOVE, (429, 200))],
         "GET /a: 2 of 8 requests below the limit got no good answer (status 503, no answer: x)"),
        ([burst(BELOW, reason="the right token could not be shown, it expired 9 s ago"), burst(ABOVE)],
         "GET /a: it could not be asked (the right token could not be shown, it expired 9 s ago)"),
        ([burst(BELOW, (0, 8), reason="no answer: refused"), burst(ABOVE, (0, 240))],
         "it could not be asked (no answer: refused)"),
        ([FINE, burst(ABOVE, (200, 90), (429, 10))],
         "100 in 8.00 s, of which 90 were answered, do not go above the limit, which allows 100: "
         "they were sent too slowly"),
        ([FINE, burst(ABOVE, (200, 99), (503, 2))], "do not go above the limit"),
        ([FINE, burst(ABOVE, (200, 80), (429, 147), (503, 12), (0, 1), reason="no answer: reset")],
         "5.4 % of the requests above the limit were neither answered nor refused (status 503, no answer: "
         "reset)"),
        ([FINE, burst(ABOVE, (200, 240), replicas=0)],
         "no replica of gateway was seen ready, so that what all may answer is not known"),
    ],
)  # fmt: skip
def test_what_could_not_be_seen_is_no_verdict(bursts: Sequence[Burst], words: str) -> None:
    verdict = judged(*bursts)
    assert verdict.outcome is Outcome.INCONCLUSIVE, verdict.explain()
    assert words in verdict.observed


def test_few_other_answers_say_nothing_against_it() -> None:
    above = burst(ABOVE, (200, 80), (429, 148), (503, 12))
    assert judged(FINE, above).outcome is Outcome.PASSED
    assert judged(FINE, burst(ABOVE, (200, 80), (429, 21))).outcome is Outcome.PASSED, "101 is above 100"


def test_another_status_and_a_longer_time_count_as_declared() -> None:
    limits = "{request: {path: /a}, requests: 10, per_seconds: 3, status: 503}"
    verdict = judged(FINE, burst(ABOVE, (200, 40), (503, 200)), limits=limits)
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert "200 refused with 503" in verdict.observed
    assert verdict.numbers["above_answered_at_most"] == 40
    assert judged(FINE, burst(ABOVE, (200, 41), (503, 200)), limits=limits).outcome is Outcome.FAILED


def test_of_several_limits_the_worst_counts() -> None:
    limits = f"{LIMIT}, {{journey: pay, requests: 10, per_seconds: 2, by: gateway, scope: replica}}"
    good = [FINE, burst(ABOVE, (200, 96), (429, 144))]
    bad = [replace(one, limit=1, route="GET /pay") for one in (FINE, burst(ABOVE, (200, 240)))]
    verdict = judged(*good, *bad, limits=limits)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed.startswith("GET /pay: of 240 in 8.00 s 240 were")


def test_what_is_recorded_is_what_was_sent() -> None:
    one = replace(burst(ABOVE, (200, 2), (0, 1), reason="x"), told={"retry-after": "2"})
    assert Burst.of(one.measurement(1.0, 2.0)) == one
    assert one.measurement(1.0, 2.0).answered
    assert not burst(ABOVE, (0, 3)).measurement(1.0, 2.0).answered
