"""Where the lines run between a spread and none, and which of several is told."""

from __future__ import annotations

from dataclasses import replace

from replaced_shop import BEGAN, ENDED, course, listed, observed, pod, requests

from seatrial.judge.asked import ready_spans
from seatrial.judge.shares import SETTLE_SECONDS
from seatrial.judge.spread import Spread, is_proxied, load_is_spread
from seatrial.model.exchange import Exchange, ExchangeOutcome
from seatrial.model.timeline import Clock, Timeline
from seatrial.model.verdict import Outcome


def counted(*counts: int) -> Spread:
    return Spread(0.0, 1.0, tuple((f"p{number}", count) for number, count in enumerate(counts)))


def answers(begin: float, end: float, **counts: int) -> list[Exchange]:
    """So many answers of each pod, spread over a time."""
    made = []
    for who, count in counts.items():
        times = [begin + (end - begin) * number / count for number in range(count)]
        made += [Exchange(0, "browse", at, at, at, ExchangeOutcome.OK, 200, backend=who) for at in times]
    return made


class TestOneTime:
    def test_so_many_answers_tell_that_a_pod_got_none(self) -> None:
        assert [counted(0, total).telling(1.0) for total in (26, 27)] == [False, True]
        assert [counted(0, total).telling(0.1) for total in (303, 304)] == [False, True]
        assert [counted(0, 0, total).telling(1.0) for total in (42, 43)] == [False, True]

    def test_surely_less_than_a_quarter_of_the_fair_share_is_uneven(self) -> None:
        assert [counted(few, 100 - few).uneven(1.0) for few in (6, 7)] == [True, False]
        assert [counted(few, 1000 - few).uneven(0.1) for few in (5, 6)] == [True, False]

    def test_the_times_are_those_of_one_set_of_ready_pods_without_empty_ones(self) -> None:
        timeline = Timeline(BEGAN, ENDED, Clock(0.0, 0.1, 0.0), tuple(course()))
        found = [
            (begin, end, "".join(sorted(uids))) for begin, end, uids in ready_spans(timeline, "catalogue")
        ]
        assert found[:3] == [
            (50.0, 100.0, "uid-p0uid-p1"), (100.0, 105.0, "uid-p1"), (105.0, 120.0, "uid-p1uid-p2")
        ]  # fmt: skip
        assert found[-1] == (145.0, ENDED, "uid-p3uid-p4")
        assert len(found) == 7
        assert list(ready_spans(timeline, "gateway")) == [(BEGAN, ENDED, frozenset())]

    def test_a_while_after_a_change_does_not_count(self) -> None:
        before = answers(105.0, 105.0 + SETTLE_SECONDS, p1=500)
        after = answers(107.0, 120.0, p1=50, p2=50)
        verdict = load_is_spread(observed([*answers(60.0, 100.0, p0=50, p1=50), *before, *after]))
        assert verdict.numbers == {"spans": 2, "answers": 200, "uneven_spans": 0}


class TestWhichIsTold:
    def test_the_most_uneven_by_share_of_those_that_failed(self) -> None:
        for first, second in (((99, 1), (398, 2)), ((398, 2), (99, 1))):
            sent = [
                *answers(60.0, 100.0, p0=first[0], p1=first[1]),
                *answers(107.0, 120.0, p1=second[0], p2=second[1]),
            ]
            verdict = load_is_spread(observed(sent))
            assert verdict.outcome is Outcome.FAILED
            assert verdict.observed.startswith("2 times of 2 uneven: ")
            assert verdict.observed.endswith("398 of 400 answers (0.5 % where 50.0 % were fair)")

    def test_the_most_uneven_by_share_of_those_that_passed(self) -> None:
        for first, second in (((60, 40), (250, 150)), ((250, 150), (60, 40))):
            sent = [
                *answers(60.0, 100.0, p0=first[0], p1=first[1]),
                *answers(107.0, 120.0, p1=second[0], p2=second[1]),
            ]
            verdict = load_is_spread(observed(sent))
            assert verdict.outcome is Outcome.PASSED, "two times are enough"
            assert "250 of 400 answers (37.5 % where 50.0 % were fair)" in verdict.observed

    def test_one_time_is_too_few(self) -> None:
        verdict = load_is_spread(observed(answers(60.0, 100.0, p0=50, p1=50)))
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert verdict.observed.startswith(
            "100 answers of pods of catalogue in 1 time with the same ready pods"
        )

    def test_pods_that_got_as_many_are_told_by_name(self) -> None:
        names = ("p6", "p3", "p5", "p1", "p4", "p2")
        seen = [*(pod(BEGAN, name) for name in names), listed(BEGAN, *names), pod(100.0, "p7")]
        alike = dict.fromkeys(names, 40)
        sent = [*answers(60.0, 100.0, **alike), *answers(103.0, 150.0, **alike, p7=40)]
        verdict = load_is_spread(observed(sent, seen))
        assert verdict.outcome is Outcome.PASSED
        told = ", ".join(f"p{number} 40" for number in range(1, 8))
        assert f"{told} of 280 answers (14.3 % where 14.3 % were fair)" in verdict.observed


def test_a_store_before_it_spreads_nothing_and_a_proxy_among_others_does() -> None:
    made = observed(requests())
    system = made.system
    assert system is not None
    store = system.workloads["gateway"].model_copy(update={"stateful": True})
    journey = system.journeys["browse"]
    for through, expected in (
        (("store", "catalogue"), False),
        (("store", "gateway", "catalogue"), True),
        (("gateway", "store", "catalogue"), True),
        (("catalogue", "gateway"), False),
        (("elsewhere", "catalogue"), False),
        (("store", "gateway"), False),
    ):
        changed = system.model_copy(
            update={
                "workloads": {**system.workloads, "store": store},
                "journeys": {"browse": journey.model_copy(update={"through": through})},
            }
        )
        assert is_proxied(replace(made, system=changed)) is expected, through
    assert not is_proxied(replace(made, system=None))
