"""Attempts that cannot be told are no pass, and counts that cannot be right are an error."""

from __future__ import annotations

from dataclasses import replace

import pytest
from counted_attempts import BROWSED, PAID, counts, disturbed, judged, phases
from observations import health, timeline
from troubled_shop import FILE, PAY, PODS, look, sent, shop

from seatrial.model.dependency import CARRIED, COUNTED, DOWN, PHASES, PROXIED, WRONG
from seatrial.model.exchange import Exchange
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.verdict import Outcome, Verdict


def test_without_a_control_there_is_no_pass() -> None:
    late = look(165.0, {**counts(400), PHASES: phases()})
    none = judged(looks=[late])
    assert none.outcome is Outcome.INCONCLUSIVE
    assert none.observed == "what had come to the proxy before the trouble was not counted"
    why = Measurement(
        PROXIED, "proxy", 108.0, 108.1, MeasurementOutcome.COULD_NOT_TRY, reason="exec was refused"
    )
    assert judged(looks=[why, late]).observed.endswith("was not counted (exec was refused)")
    first = replace(disturbed()[0], details={})
    assert judged(faults=(first, *disturbed()[1:])).outcome is Outcome.INCONCLUSIVE
    end = judged(looks=[look(108.0, counts(50))])
    assert (end.outcome, "after the trouble" in end.observed) == (Outcome.INCONCLUSIVE, True)


def test_a_record_of_before_attempts_were_counted_is_no_pass() -> None:
    old = judged(looks=[look(108.0, counts(50)), look(165.0, counts(400))])
    assert old.outcome is Outcome.INCONCLUSIVE


def test_a_proxy_that_counted_nothing_is_an_error() -> None:
    before = judged(control=counts(10))
    assert before.outcome is Outcome.ERROR
    assert before.observed == "nobody asked orders by way of the proxy before the trouble"
    nothing = judged(phases(down=0, slow=0, wrong=(0, 0, 0, 0)))
    assert (nothing.outcome, nothing.observed) == (
        Outcome.ERROR, "the proxy counted no attempt at orders in any trouble"
    )  # fmt: skip
    assert judged([]).outcome is Outcome.ERROR


@pytest.mark.parametrize("end", [counts(49, accepted=300), counts(400, accepted=3)])
def test_a_proxy_that_was_started_anew_is_an_error(end: dict[str, object]) -> None:
    verdict = judged(end=end)
    assert verdict.outcome is Outcome.ERROR
    assert verdict.observed == "the proxy had counted more before: it was started anew"


def test_a_proxy_that_was_started_anew_in_between_is_an_error() -> None:
    faults = disturbed()
    details = {**faults[2].details, COUNTED: counts(5)}
    lost = judged(faults=(*faults[:2], replace(faults[2], details=details), faults[3]))
    assert lost.outcome is Outcome.ERROR
    only = judged([one for one in phases() if one["trouble"] != DOWN])
    assert only.outcome is Outcome.ERROR
    assert only.observed == (
        "the proxy counted in these troubles: slow, wrong; it was told to make these: down, slow, wrong"
    )


def test_few_requests_are_no_verdict_on_retries() -> None:
    def thinned(begin: float, end: float, keep: int) -> list[Exchange]:
        inside = [one for one in PAID if begin <= one.planned_at < end]
        return [*(one for one in PAID if one not in inside), *inside[:keep], *BROWSED]

    before = judged(exchanges=thinned(100.0, 110.0, 19))
    assert before.outcome is Outcome.INCONCLUSIVE
    assert before.observed == "only 16 requests that need it were begun before the trouble"
    within = judged(phases(down=900), thinned(110.0, 120.0, 19))
    assert within.outcome is Outcome.INCONCLUSIVE, "a storm of few requests, too"
    assert "only 19 requests that need it were under way when orders was down" in within.observed
    assert judged(exchanges=thinned(110.0, 120.0, 20)).outcome is Outcome.PASSED
    assert judged(phases(down=900), thinned(110.0, 120.0, 20)).outcome is Outcome.FAILED


def test_what_was_answered_all_the_same_went_past_the_proxy() -> None:
    other = [one for one in PAID if not 110 <= one.planned_at < 120]
    half = [*sent(PAY, 110, 115, error="reset"), *sent(PAY, 115, 120)]
    verdict = judged(phases(down=90), (*other, *half, *BROWSED))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.observed.endswith(
        "25 of these were answered when orders was down: what goes past the proxy is unseen"
    )
    assert judged(phases(down=75), (*other, *half, *BROWSED)).outcome is Outcome.PASSED, "bounded either way"


def test_what_did_not_meet_the_trouble_shows_nothing() -> None:
    paid = [one for one in PAID if not 150 <= one.planned_at < 157]
    verdict = judged(exchanges=(*paid, *sent(PAY, 150, 157), *BROWSED))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "nothing shows that pay asked it when orders answered wrongly" in verdict.observed
    assert judged(generator=health(dropped=3)).outcome is Outcome.INCONCLUSIVE
    gone = replace(timeline(*PODS), gaps=((115.0, 116.0),))
    assert judged(timeline=gone).outcome is Outcome.INCONCLUSIVE
    assert judged(timeline=None).outcome is Outcome.INCONCLUSIVE


def spoken(down: int, accepted: int = 3, asked: int = 15) -> Verdict:
    """A dependency to which nobody speaks HTTP: what is wrong could not be tried."""
    faults = disturbed()
    cannot = replace(faults[3], verified_at=None, impossible="nobody speaks HTTP/1 to it")
    changed = [replace(one, details={**one.details, COUNTED: counts(0, 0, 0)}) for one in faults[:3]]
    changed[0] = replace(faults[0], details={CARRIED: counts(0, 2, 5)})
    changed[1:] = [replace(one, details={**one.details, COUNTED: counts(0, 300, 300)}) for one in changed[1:]]
    control = counts(0, accepted, asked)
    quiet = [one if not 150 <= one.planned_at < 157 else replace(one, error="") for one in PAID]
    found = [one for one in phases(down) if one["trouble"] != WRONG]
    exchanges = [one for one in quiet if not 150 <= one.planned_at < 157]
    return judged(
        found, (*exchanges, *sent(PAY, 150, 157), *BROWSED), faults=(*changed, cannot), control=control,
        end=counts(0, 400, 400),
    )  # fmt: skip


def test_without_http_connections_are_counted_where_it_is_down() -> None:
    verdict = spoken(60)
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == (
        "orders was down: 60 connections for 50 requests of pay, 1.20 each; without trouble 10 questions "
        "and 1 new connection for 37; nothing failed later than 0.00 s after it was over"
    )
    assert verdict.reasons == ("nobody speaks HTTP/1 to it",)
    assert spoken(200).outcome is Outcome.FAILED


def test_without_http_several_questions_of_a_request_may_be_as_many_calls() -> None:
    doubtful = spoken(250, asked=5 + 37 * 4)
    assert doubtful.outcome is Outcome.INCONCLUSIVE
    assert (
        "whether these are retries is not known: without trouble 148 questions and 1 new" in doubtful.observed
    )
    assert spoken(700, asked=5 + 37 * 4).outcome is Outcome.FAILED, "14 each are more than 3 x 4"


def test_slow_answers_alone_tell_nothing_of_retries_over_open_connections() -> None:
    faults = disturbed()
    never = [replace(one, verified_at=None, impossible="nobody speaks HTTP/1 to it") for one in faults[1:]]
    details = {**faults[2].details, COUNTED: counts(0, 300, 300)}
    placed = replace(faults[0], details={CARRIED: counts(0, 2, 5)})
    slow = [one for one in phases() if one["trouble"] == "slow"]
    well = [one for one in PAID if not 110 <= one.planned_at < 120 and not 150 <= one.planned_at < 157]
    verdict = judged(
        slow, (*well, *sent(PAY, 110, 120), *sent(PAY, 150, 157)),
        faults=(placed, never[0], replace(faults[2], details=details), never[2]),
        control=counts(0, 3, 15), end=counts(0, 400, 400),
    )  # fmt: skip
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "in no trouble can attempts be told from what else was asked" in verdict.observed


def test_where_nobody_needs_it_or_no_proxy_can_stand_it_is_unsupported() -> None:
    alone = judged(system=shop(FILE.replace("{needed_by: [pay]}", "{}")))
    assert (alone.outcome, alone.observed) == (Outcome.UNSUPPORTED, "no journey is said to need orders")
    cannot = replace(disturbed()[0], verified_at=None, impossible="Service orders has no selector")
    verdict = judged(faults=(cannot,))
    assert (verdict.outcome, verdict.observed) == (Outcome.UNSUPPORTED, "Service orders has no selector")
    assert judged(faults=disturbed()[:1]).outcome is Outcome.ERROR
