"""Where the lines run between a new pod that is able and one that is not."""

from __future__ import annotations

from dataclasses import replace

from replaced_shop import course, observed, pod, requests

from seatrial.judge.able import FIRST, TELLING, Beginning, beginnings, ready_means_able
from seatrial.judge.asked import PodLife
from seatrial.model.exchange import Exchange, ExchangeOutcome
from seatrial.model.verdict import Outcome

LIMIT = 500.0


def answer(at: float, who: str, took: float = 0.01) -> Exchange:
    return Exchange(0, "browse", at, at, at + took, ExchangeOutcome.OK, 200, backend=who)


def beginning(of: int, slow: int, others: int = 0, others_slow: int = 0) -> Beginning:
    life = PodLife("p2", "uid-p2", 100.0, 105.0, None, 200.0)
    return Beginning(life, (answer(110.0, "p2"),) * of, 0.0, slow, others, others_slow)


class TestOnePod:
    def test_it_is_unable_when_surely_more_than_a_tenth_were_slow(self) -> None:
        assert next(slow for slow in range(51) if beginning(50, slow).unable) == 10
        assert next(slow for slow in range(11) if beginning(10, slow).unable) == 3

    def test_others_are_alike_when_enough_of_them_were_as_slow(self) -> None:
        assert beginning(50, 50, TELLING, TELLING).alike
        assert not beginning(50, 50, TELLING - 1, TELLING - 1).alike
        assert not beginning(50, 50, 50, 9).alike
        assert beginning(50, 50, 50, 10).alike

    def test_what_others_answered_from_its_first_to_its_last_answer_is_beside_it(self) -> None:
        mine = [answer(at, "p2") for at in (110.0, 111.0, 112.0)]
        others = [answer(at, "p1") for at in (90.0, 109.0, 110.0, 111.5, 112.0, 113.0)]
        (found,) = beginnings(observed([*mine, *others]), LIMIT)
        assert (len(found.first), found.others, found.others_slow, found.after) == (3, 3, 0, 5.0)

    def test_an_answer_ahead_of_the_watch_waited_for_nothing(self) -> None:
        (found,) = beginnings(observed([answer(90.0, "p0"), answer(104.0, "p2")]), LIMIT)
        assert found.after == 0.0

    def test_it_is_slow_from_beyond_the_limit_on(self) -> None:
        fits, late = answer(110.0, "p2", 0.5), answer(111.0, "p2", 0.5 + 2**-12)
        open_still = replace(answer(112.0, "p2"), completed_at=None)
        (found,) = beginnings(observed([answer(90.0, "p0"), fits, late, open_still]), LIMIT)
        assert found.slow == 2

    def test_only_its_first_answers_count(self) -> None:
        sent = [answer(110.0 + n / 8, "p2", 2.0 if n >= FIRST else 0.01) for n in range(FIRST + 20)]
        (found,) = beginnings(observed([answer(90.0, "p0"), *sent]), LIMIT)
        assert (len(found.first), found.slow) == (FIRST, 0)


class TestWhichPodsAreNew:
    def test_one_that_became_ready_in_the_moment_of_the_first_request_is(self) -> None:
        late = [each for each in requests() if each.planned_at >= 105.0]
        assert ready_means_able(observed(late)).numbers["new_pods"] == 3

    def test_the_first_request_of_all_decides_and_not_the_last_of_one_that_went(self) -> None:
        without = [each for each in requests() if each.backend != "p0"]
        assert ready_means_able(observed(without)).numbers["new_pods"] == 3

    def test_it_needs_ten_answers(self) -> None:
        def first_of_p2(number: int) -> list[Exchange]:
            sent = requests()
            mine = [each for each in sent if each.backend == "p2"]
            return [each for each in sent if each.backend != "p2"] + mine[:number]

        assert ready_means_able(observed(first_of_p2(TELLING))).numbers["new_pods"] == 3
        few = ready_means_able(observed(first_of_p2(TELLING - 1)))
        assert (few.outcome, few.numbers["new_pods"]) == (Outcome.INCONCLUSIVE, 2)
        assert few.observed == "2 new pods gave 10 answers or more, and 3 are needed"

    def test_as_many_are_needed_as_times_it_was_done_and_one_at_least(self) -> None:
        sent = requests()
        alone = observed([each for each in sent if each.backend not in ("p3", "p4")])
        assert ready_means_able(replace(alone, repetitions=1)).outcome is Outcome.PASSED
        assert ready_means_able(replace(alone, repetitions=2)).outcome is Outcome.INCONCLUSIVE
        none = observed([each for each in sent if each.backend in ("p0", "p1")])
        verdict = ready_means_able(replace(none, repetitions=0))
        assert (verdict.outcome, verdict.numbers["slowest_first_ms"]) == (Outcome.INCONCLUSIVE, 0.0)


class TestWords:
    def test_what_is_expected_is_told_in_per_cent(self) -> None:
        verdict = ready_means_able(observed(requests()))
        assert verdict.expected == "at most 10 % of the first 50 answers of each new pod later than 300 ms"
        assert verdict.numbers["slowest_first_ms"] == 10.0

    def test_three_unable_pods_are_named_and_no_more(self) -> None:
        ready = {"p2": 105.0, "p3": 125.0, "p4": 145.0}
        sent = requests(latency=lambda at, who: 2.0 if at < ready.get(who, 0.0) + 3 else 0.01)
        more = [*course(), pod(101.0, "p9", ready=False), pod(106.0, "p9")]
        taken = [
            replace(each, backend="p9", completed_at=each.planned_at + 2.0)
            if each.planned_at > 150 and number % 3 == 0
            else each
            for number, each in enumerate(sent)
        ]
        verdict = ready_means_able(observed(taken, more))
        assert verdict.numbers["unable_pods"] == 4
        assert verdict.numbers["slowest_first_ms"] == 2000.0
        named = [name for name in ("p2", "p3", "p4", "p9") if f" of {name} took longer" in verdict.observed]
        assert len(named) == 3

    def test_the_slowest_is_told(self) -> None:
        sent = requests(latency=lambda at, who: 0.25 if 105 < at < 105.3 else 0.01)
        verdict = ready_means_able(observed(sent))
        assert verdict.numbers["slowest_first_ms"] == 250.0
        assert verdict.observed.endswith("the slowest took 250 ms")

    def test_the_first_of_those_whose_age_is_no_reason_is_named(self) -> None:
        sent = requests(latency=lambda at, who: 2.0 if 105 <= at < 108 or 125 <= at < 128 else 0.01)
        verdict = ready_means_able(observed(sent))
        assert (verdict.outcome, verdict.numbers["unable_pods"]) == (Outcome.INCONCLUSIVE, 2)
        assert " of p2 took longer" in verdict.observed

    def test_the_median_is_of_its_own_first_answers(self) -> None:
        sent = [answer(110.0 + n, "p2", 1.0 + n / 8) for n in range(20)]
        verdict = ready_means_able(observed([answer(90.0, "p0"), *sent]))
        assert "20 of the first 20 answers of p2 took longer than 300 ms or failed, median 2125 ms" in (
            verdict.observed
        )
