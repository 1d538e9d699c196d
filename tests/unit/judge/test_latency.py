"""Which answers are slow, and when that is put down to the age of the pods that gave them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from drained_shop import FOREIGN, OWN, cpu, shop
from observations import exchange, failed, fault, health, observation, pod, timeline, workload

from seatrial.judge.latency import latencies_ms, latency_inside, p99_ms
from seatrial.model.exchange import Exchange
from seatrial.model.objectives import Objectives
from seatrial.model.observation import TROUBLE, Observation
from seatrial.model.timeline import PodSeen, Seen
from seatrial.model.verdict import Outcome, Verdict

OLD = pod(50.0, "old", uid="old", ready=True)


def born(name: str = "new", at: float = 101.0) -> list[PodSeen]:
    return [pod(at - 1.0, name, uid=name), pod(at, name, uid=name, ready=True), pod(at + 9, name, uid=name)]


def answers(
    latencies: Iterable[float], backend: str = "old", begin: float = 102.0, every: float = 1 / 64
) -> list[Exchange]:
    """Of so many seconds each; times and latencies are sums of powers of two, so that nothing is rounded."""
    return [
        exchange(begin + n * every, latency=latency, backend=backend) for n, latency in enumerate(latencies)
    ]


def seen(sent: Sequence[Exchange], *more: Seen, target: str | None = None) -> Observation:
    """A pod is replaced from 100 to 112."""
    made = observation(
        sorted(sent, key=lambda each: each.planned_at),
        [fault(100.0, 112.0)],
        timeline=timeline(workload(1.0), OLD, *more),
    )
    system = None if target is None else shop(target)
    return replace(made, target="orders" if target is None else "", system=system)


def judged(sent: Sequence[Exchange], *more: Seen, limit: float = 250.0, target: str | None = None) -> Verdict:
    return latency_inside(seen(sent, *more, target=target), Objectives(latency_p99_ms=limit))


class TestNames:
    def test_a_tail_at_five_seconds_is_put_down_to_lost_lookups(self) -> None:
        """Report 29: ndots 5 and conntrack races make answers late by 5.0 s, which is not the application."""
        sent = answers([*[0.0625] * 200, 5.0625, 5.03125, 10.0625, 5.0])
        verdict = judged(sent)
        assert verdict.outcome is Outcome.FAILED
        assert verdict.next_step.startswith("4 of 4 slow answers took 5 s, or twice that")
        assert "not the application slow" in verdict.next_step

    @pytest.mark.parametrize(
        "slow", [[5.0625] * 2 + [4.0] * 2, [1.0, 2.0, 3.0, 4.0, 5.0, 5.0, 5.0], [5.25] * 4, [15.0] * 4]
    )
    def test_another_tail_is_not(self, slow: list[float]) -> None:
        verdict = judged(answers([*[0.0625] * 200, *slow]))
        assert verdict.outcome is Outcome.FAILED
        assert "resolver" not in verdict.next_step


class TestTheNumber:
    def test_only_answers_have_a_latency(self) -> None:
        assert latencies_ms([exchange(1.0, latency=0.25), failed(2.0), exchange(3.0, latency=None)]) == [
            250.0
        ]

    def test_a_hundred_answers_have_a_99th_percentile(self) -> None:
        sent = [exchange(0.0, latency=n / 1024) for n in range(1, 101)]
        assert p99_ms(sent) == 99 / 1024 * 1000
        assert p99_ms(sent[1:]) is None

    def test_fewer_say_nothing_and_it_is_told_how_many_there_were(self) -> None:
        verdict = judged([*answers([0.0625] * 99), failed(103.0)])
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert verdict.observed == "99 answers during the disruptions say nothing about a p99"
        assert verdict.numbers == {"disruption_latency_samples": 99, "disruption_latency_p99_ms": None}

    def test_the_limit_itself_is_met(self) -> None:
        assert judged(answers([0.25] * 100)).outcome is Outcome.PASSED
        assert judged(answers([0.25] * 100), limit=249.9).outcome is Outcome.FAILED

    def test_a_generator_that_lags_proves_nothing(self) -> None:
        late = seen(answers([0.5] * 100))
        arm = replace(late.trouble, generator=health(1000, late=100))
        verdict = latency_inside(replace(late, arms={TROUBLE: arm}), Objectives(latency_p99_ms=250))
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert verdict.observed.startswith("p99 500 ms of 100 answers during the disruptions; ")


def young_of(verdict: Verdict) -> str:
    assert verdict.outcome is Outcome.FAILED
    return verdict.next_step.partition(" in their first")[0]


class TestAge:
    @pytest.mark.parametrize(("young", "old", "said"), [(4, 1, True), (3, 2, False)])
    def test_four_fifths_of_the_slow_answers_must_be_of_young_pods(
        self, young: int, old: int, said: bool
    ) -> None:
        sent = answers([0.5] * young, "new") + answers([0.5] * old + [0.0625] * 200 * old)
        words = young_of(judged(sent, *born()))
        assert words.startswith("4 of 5 slow answers came from new pods (new)") is said
        assert words.startswith("Answers of old and new pods alike were slow") is not said

    def test_what_takes_as_long_as_the_limit_is_not_slow(self) -> None:
        """Neither one by one nor as the 99th percentile of the others."""
        sent = answers([0.2501] * 20, "new") + answers([0.25] * 100)
        assert young_of(judged(sent, *born())).startswith("20 of 20 slow answers came from new pods (new)")

    def test_others_that_are_slower_than_the_limit_clear_the_young(self) -> None:
        sent = answers([0.5] * 20, "new") + answers([0.2501] * 2 + [0.0625] * 100)
        assert young_of(judged(sent, *born())).startswith("Answers of old and new pods alike were slow")

    def test_the_words_are_computed_from_both_sides(self) -> None:
        """The older a new pod is, the less slow: the last of its slow answers is 6.11 s old."""
        slow = answers([(699 - n) / 1000 for n in range(200)], "new", 104.0)
        later = answers([n / 1000 for n in range(300)], "new", 108.0, 1 / 128)
        verdict = judged(slow + later, *born(), limit=400)
        assert verdict.next_step.startswith(
            "200 of 200 slow answers came from new pods (new) in their first 6.11 s after Ready "
            "(p99 697 ms, 296 ms from others): be Ready only when warm"
        )

    def test_where_there_are_no_others_nothing_is_said_of_them(self) -> None:
        assert "after Ready (p99 500 ms):" in judged(answers([0.5] * 100, "new"), *born()).next_step

    def test_up_to_three_pods_are_named(self) -> None:
        names = ("d", "c", "b", "a")
        sent = [each for name in names for each in answers([0.5] * 40, name)]
        pods = [state for name in names for state in born(name)]
        assert "from new pods (a, b, c)" in judged(sent, *pods).next_step
        assert "from new pods (b, c, d)" in judged(sent[:120], *pods).next_step

    def test_pods_that_were_ready_when_first_seen_or_never_are_not_young(self) -> None:
        never = pod(101.0, "never", uid="never")
        sent = answers([0.5] * 100) + answers([0.5] * 100, "never")
        assert young_of(judged(sent, never)).startswith("Answers of old and new pods alike")

    def test_answers_that_name_nobody_have_no_age(self) -> None:
        assert young_of(judged(answers([0.5] * 100, ""), *born())).startswith("No answer says which pod")


class TestCpu:
    """At 102 there is CPU, at 110 there is none."""

    GONE = (*cpu(100.0, 108.0, waited=0.0, busy=0.2), *cpu(108.0, 112.0, waited=1.0))

    @pytest.mark.parametrize(("target", "outcome"), [(OWN, Outcome.INCONCLUSIVE), (FOREIGN, Outcome.FAILED)])
    def test_only_what_was_slow_must_lie_in_seconds_without_it(self, target: str, outcome: Outcome) -> None:
        sent = answers([0.25] * 100) + answers([0.2501] * 10, begin=110.0)
        verdict = judged(sent, *self.GONE, target=target)
        assert verdict.outcome is outcome
        words = "ome tasks waited for CPU 100 %"
        assert (f"; s{words}" in verdict.observed) is (outcome is Outcome.INCONCLUSIVE)
        assert (f". S{words}" in verdict.next_step) is (outcome is Outcome.FAILED)

    def test_where_there_was_cpu_nothing_is_said_of_it(self) -> None:
        for more in ((), self.GONE):
            verdict = judged(answers([0.5] * 100), *more, target=OWN)
            assert verdict.outcome is Outcome.FAILED
            assert "CPU" not in verdict.explain()
