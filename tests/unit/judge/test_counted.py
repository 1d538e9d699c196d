"""The system's counter of requests against what clients sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from drained_shop import FILE, listed, observed, pod, shop

from seatrial.judge.admissible import judge
from seatrial.model.check import CHECKS
from seatrial.model.counted import COUNTER, WRONG_REQUESTS, CounterRead, CounterSeries
from seatrial.model.exchange import Exchange, ExchangeOutcome
from seatrial.model.fault import Disruption
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import TROUBLE, Observation
from seatrial.model.verdict import Outcome, Verdict

TRUTH = CHECKS.get("observability.counters-tell-the-truth")
ERRORS = CHECKS.get("observability.errors-are-counted")
SERIES = 'requests_total{route="/"}'
COUNTED = f"counted: {{series: '{SERIES}', status: code, error: {{path: /none, status: 404}}}}"
SHOP = shop(
    file=FILE.replace("browse: {request: {path: /},", f"browse: {{request: {{path: /}}, {COUNTED},")
    + "capabilities: {metrics: {product: prometheus, service: prometheus}}\n"
)
A = {"job": "pods", "instance": "10.0.0.1:8080", "pod": "catalogue-a", "code": "200"}
B = {"job": "pods", "instance": "10.0.0.2:8080", "pod": "catalogue-b", "code": "200"}


def one(labels: dict[str, str], *values: float, begin: float = 1000.0) -> CounterSeries:
    return CounterSeries(labels, tuple((begin + 5 * number, value) for number, value in enumerate(values)))


def read(*series: CounterSeries, at: float = 1005.0, still: bool = True) -> Measurement:
    return CounterRead(series, at, 5.0, still).measurement(SERIES, 50.0, 60.0)


def answers(number: int = 160, *, unknown: int = 0, backend: str = "") -> list[Exchange]:
    made = [
        Exchange(n, "browse", 70.0, 70.0, 70.1, ExchangeOutcome.OK, 200, backend=backend)
        for n in range(number)
    ]
    lost = [
        Exchange(number + n, "browse", 70.0, 70.0, None, ExchangeOutcome.UNKNOWN, error="timeout 5 s")
        for n in range(unknown)
    ]
    return [*made, *lost]


def wrong(**statuses: int) -> Measurement:
    value = {"statuses": {name.removeprefix("s"): number for name, number in statuses.items()}}
    return Measurement(WRONG_REQUESTS, "/none", 80.0, 81.0, MeasurementOutcome.ANSWERED, value)


def seen(*looks: Measurement, sent: list[Exchange] | None = None, states: Any = ()) -> Observation:
    made = observed(answers() if sent is None else sent, listed(40.0, "catalogue-a"), *states)
    arm = replace(made.trouble, faults=(), measurements=looks)
    return replace(
        made, arms={TROUBLE: arm}, scenario="counted-requests", disruption=Disruption.NONE, repetitions=0,
        system=SHOP, journey="browse",
    )  # fmt: skip


def judged(*looks: Measurement, **more: Any) -> Verdict:
    return judge(TRUTH, seen(*looks, **more))


BEFORE = read(one(A, 10, 10), one(B, 20, 20))
AFTER = read(one(A, 10, 10, 90, 90), one(B, 20, 20, 100, 100))


def test_as_many_as_were_answered_pass() -> None:
    verdict = judged(BEFORE, AFTER)
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == "it grew by 160, in 2 series"
    assert judged(read(), read(one(A, 0, 90, 160, 160))).passed, "a series may begin with the first request"
    assert verdict.expected.endswith(" grows by what clients were answered, 160 requests")
    open_ = judged(BEFORE, AFTER, sent=answers(150, unknown=10))
    assert open_.passed, "those may be counted"
    assert open_.expected.endswith(", 150 to 160 requests")


def test_too_few_answers_are_no_pass() -> None:
    after = read(one(A, 10, 60, 60), one(B, 20, 20, 20))
    assert judged(BEFORE, after, sent=answers(50)).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("after", "observed_words", "next_words"),
    [
        (read(one(A, 10, 10, 90, 90), one(B, 20, 20, 100, 100),
              one({**A, "job": "again"}, 10, 90, 90), one({**B, "job": "again"}, 20, 100, 100)),
         "it grew by 320, in 4 series: each request is counted more than once, in series that only differ in "
         "job",
         "collected from twice"),
        (read(one(A, 10, 10, 50, 15, 60, 60), one(B, 20, 20, 100, 100)),
         "it fell though no container began anew", "one process per pod"),
        (read(one(A, 10, 10, 90, 90), one(B, 20, 20, 20, 20)), "only 50.0 % of them are counted",
         "collected from"),
        (read(one(A, 10, 10, 190, 190), one(B, 20, 20, 100, 100)), "100 more than were sent", "retries"),
        (read(), "there is no such series", "`counted.series`"),
    ],
)  # fmt: skip
def test_what_is_wrong_fails_with_its_cause(after: Measurement, observed_words: str, next_words: str) -> None:
    before = BEFORE
    if "differ in job" in observed_words:
        before = read(
            one(A, 10, 10), one(B, 20, 20), one({**A, "job": "again"}, 10, 10),
            one({**B, "job": "again"}, 20, 20),
        )  # fmt: skip
    verdict = judged(before, after)
    assert verdict.outcome is Outcome.FAILED, verdict.explain()
    assert observed_words in verdict.observed
    assert next_words in verdict.next_step


def test_the_pod_that_nothing_counts_is_named() -> None:
    sent = [*answers(80, backend="catalogue-a"), *answers(80, backend="catalogue-b")]
    verdict = judged(read(one(A, 10, 10)), read(one(A, 10, 90, 90)), sent=sent)
    assert verdict.outcome is Outcome.FAILED
    assert "nothing counts those of catalogue-b" in verdict.observed


def test_a_container_that_began_anew_may_count_from_0() -> None:
    states = [replace(pod(45.0, "catalogue-a"), restarts=0), replace(pod(75.0, "catalogue-a"), restarts=1)]
    after = read(one(A, 10, 10, 50, 40, 40), one(B, 20, 20, 100, 100))
    verdict = judged(BEFORE, after, states=states)
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.numbers["series_resets"] == 1


def test_somebody_elses_requests_are_inconclusive() -> None:
    moving = read(one(A, 10, 12), one(B, 20, 20), still=False)
    for looks, words in (((moving, AFTER), "before the first request"), ((BEFORE, moving), "after the last")):
        verdict = judged(*looks)
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert words in verdict.observed


@pytest.mark.parametrize(
    ("how", "outcome"),
    [
        (MeasurementOutcome.COULD_NOT_TRY, Outcome.UNSUPPORTED),
        (MeasurementOutcome.REFUSED, Outcome.INCONCLUSIVE),
    ],
)
def test_metrics_that_cannot_be_asked_are_no_pass(how: MeasurementOutcome, outcome: Outcome) -> None:
    unread = Measurement(COUNTER, SERIES, 1.0, 2.0, how, reason="not allowed")
    verdict = judged(unread, unread)
    assert verdict.outcome is outcome
    assert "not allowed" in verdict.observed
    assert judged(BEFORE).outcome is Outcome.INCONCLUSIVE


class TestErrors:
    @pytest.mark.parametrize("code", ["404", "4xx"])
    def test_counted_under_their_status_pass_and_are_not_the_other_checks_matter(self, code: str) -> None:
        after = read(one(A, 10, 90, 90), one(B, 20, 100, 100), one({**A, "code": code}, 30, 30))
        observation = seen(BEFORE, wrong(s404=30), after)
        assert judge(ERRORS, observation).passed
        assert judge(TRUTH, observation).passed

    def test_those_that_nobody_counted_fail_and_are_told(self) -> None:
        verdict = judge(ERRORS, seen(BEFORE, wrong(s404=30), AFTER))
        assert verdict.outcome is Outcome.FAILED
        assert verdict.observed == (
            "30 requests were answered with status 404, and 0 were counted so (by status it grew: 200 by 160)"
        )

    def test_errors_of_the_journey_itself_must_stand_there_too(self) -> None:
        failing = replace(answers(1)[0], sequence=9, status=503, outcome=ExchangeOutcome.FAILED)
        counted = one({**A, "code": "404"}, 30, 30)
        sent = [*answers(), failing]
        verdict = judge(ERRORS, seen(BEFORE, wrong(s404=30), read(*_series(AFTER), counted), sent=sent))
        assert "1 requests were answered with status 503, and 0 were counted so" in verdict.observed

    def test_a_request_that_is_no_error_shows_nothing(self) -> None:
        verdict = judge(ERRORS, seen(BEFORE, wrong(s200=30), AFTER))
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert "no request to /none was answered with status 404" in verdict.observed


def _series(look: Measurement) -> tuple[CounterSeries, ...]:
    return CounterRead.of(look).series
