"""Where exactly a journey beside the subject's has failed, and the numbers that are said of it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from observations import crash_fault, exchange, failed, fault, observation, timeline, workload

from seatrial.judge.bystanders import bystanders
from seatrial.model.exchange import Exchange
from seatrial.model.pressure import CpuSeen, DiskSeen
from seatrial.model.system import System
from seatrial.model.timeline import Seen
from seatrial.model.verdict import Outcome, Verdict

SYSTEM = {
    "apiVersion": "seatrial/v1",
    "kind": "System",
    "metadata": {"name": "shop"},
    "target": {"context": "nowhere", "namespace": "shop"},
    "entry": {"url": "http://127.0.0.1:1"},
    "workloads": {"orders": {"kind": "Deployment", "name": "orders", "stateless": True}},
    "journeys": {name: {"request": {"path": "/"}} for name in ("browse", "count")},
}


def beside(
    sent: Iterable[Exchange],
    *,
    crash: bool = False,
    backend: str = "",
    watched: Sequence[Seen] = (),
    target: Any = None,
    **objectives: Any,
) -> Verdict:
    """Of journey `count`, while `orders` is disturbed from 100 to 101."""
    mine = [replace(each, journey="count", backend=backend if each.ok else "") for each in sent]
    one = crash_fault() if crash else fault()
    made = observation(mine, [one], timeline=timeline(workload(1.0), *watched))
    where = {"target": target} if target else {}
    system = System.model_validate(SYSTEM | where | {"objectives": objectives})
    made = replace(made, target="orders", journey="browse", system=system, disruption=one.disruption)
    verdict = bystanders(made)
    assert verdict is not None
    return verdict


def answers(begin: float, count: int, latency: float = 0.0625) -> list[Exchange]:
    """Four a second."""
    return [exchange(begin + n / 4, latency=latency) for n in range(count)]


class TestLatency:
    def test_the_limit_itself_is_in_time(self) -> None:
        assert beside([*answers(90, 20), *answers(100, 120, 0.25)], latency_p99_ms=250).passed
        slower = beside([*answers(90, 20), *answers(100, 120, 0.25)], latency_p99_ms=249)
        assert slower.outcome is Outcome.FAILED

    def test_what_took_as_long_as_the_limit_before_was_not_slow(self) -> None:
        sent = [*answers(80, 60, 0.25), *answers(100, 120, 0.5)]
        assert beside(sent, latency_p99_ms=250).outcome is Outcome.FAILED
        assert "60 of 60 answers slow before" in beside(sent, latency_p99_ms=249).observed

    SLOW = (*answers(90, 20), *answers(100, 120, 0.5))
    BUSY = tuple(CpuSeen(at + 1.0, "this machine", 1.0, 0.95, 0.99) for at in range(80, 140))
    OURS: ClassVar[dict[str, Any]] = {"kind": {"config": "kind.yaml"}, "namespace": "shop"}

    def test_without_cpu_on_a_cluster_of_ours_nothing_can_be_said(self) -> None:
        verdict = beside(self.SLOW, watched=self.BUSY, target=self.OURS)
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert "some tasks waited for CPU 95 %" in verdict.observed

    def test_elsewhere_it_has_failed_and_the_cpu_is_named(self) -> None:
        verdict = beside(self.SLOW, watched=self.BUSY)
        assert verdict.outcome is Outcome.FAILED
        assert "Some tasks waited for CPU 95 %" in verdict.next_step
        assert beside(self.SLOW, target=self.OURS).outcome is Outcome.FAILED

    def test_failed_requests_without_another_cause_are_the_machines_where_it_is_ours(self) -> None:
        lost = [*answers(90, 20), *(failed(100.0 + n / 4) for n in range(8)), *answers(102, 112)]
        verdict = beside(lost, watched=self.BUSY, target=self.OURS)
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert "8 of 120 requests failed" in verdict.observed
        assert "some tasks waited for CPU 95 %" in verdict.observed
        assert beside(lost, watched=self.BUSY).outcome is Outcome.FAILED
        assert beside(lost, target=self.OURS).outcome is Outcome.FAILED

    def test_a_disk_that_kept_tasks_waiting_is_named(self) -> None:
        disk = [
            DiskSeen(at + 1.0, "this machine", 1.0, 0.4 if 100 <= at < 131 else 0.01) for at in range(80, 140)
        ]
        verdict = beside(self.SLOW, watched=disk, target=self.OURS)
        assert verdict.outcome is Outcome.FAILED
        assert "Some task waited for a disk of this machine" in verdict.next_step


class TestErrorBudget:
    CALM: tuple[Exchange, ...] = tuple(answers(90, 20))

    def test_nothing_failed_is_nothing_charged(self) -> None:
        for sent in ([*self.CALM, *answers(100, 40)], [*self.CALM]):
            verdict = beside(sent, crash=True)
            assert verdict.passed
            assert "0 failed seconds, longest outage 0.00 s" in verdict.observed
            assert verdict.numbers == {"count_failed_seconds": 0}

    def test_the_budget_is_what_availability_leaves_of_the_window(self) -> None:
        verdict = beside(
            [*self.CALM, *answers(100, 40)], crash=True, availability=0.5, budget_window_hours=0.5
        )
        assert verdict.expected == "bystander count: 900.0 s failed, each outage at most 30.0 s"

    def test_all_of_the_budget_may_be_spent_and_no_more(self) -> None:
        lost = [failed(100.0 + n) for n in range(9)]
        sent = [*self.CALM, *lost, *answers(109, 44)]
        budget = {"availability": 0.5, "budget_window_hours": 0.005}
        assert "9.00 s failed" in beside(sent, crash=True, **budget).expected
        assert beside(sent, crash=True, **budget).passed
        more = beside([*sent, failed(130.0)], crash=True, **budget)
        assert more.outcome is Outcome.FAILED
        assert "10 failed seconds" in more.observed

    @pytest.mark.parametrize(("seconds", "outcome"), [(6.0, Outcome.PASSED), (5.5, Outcome.FAILED)])
    def test_the_longest_outage_may_last_as_long_as_a_recovery(
        self, seconds: float, outcome: Outcome
    ) -> None:
        long, short = [failed(100.0 + n) for n in range(6)], [failed(120.0), failed(121.0)]
        sent = [*self.CALM, *long, *answers(106, 40), *short, *answers(122, 20)]
        verdict = beside(sent, crash=True, recovery_seconds=seconds)
        assert "longest outage 6.00 s" in verdict.observed
        assert verdict.outcome is outcome


def test_what_the_disturbed_workload_answers_itself_is_put_down_to_no_neighbour() -> None:
    lost = [failed(100.0 + n / 4) for n in range(8)]
    for backend in ("orders", ""):
        verdict = beside([*answers(90, 20), *lost, *answers(103, 120)], backend=backend)
        assert verdict.outcome is Outcome.FAILED
        assert verdict.next_step == (
            "Journey count broke while orders was disturbed: see which requests failed."
        )
