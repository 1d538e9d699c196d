"""A workload is scaled out: neighbours hold, break, are slow or restarted, and the evidence says by what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from load_steps import BEFORE
from observations import pod, stream
from scaled_shop import ADDED, NO_SLOT, OWN, SOUND, STOCK, counted, during, judged, sent, step, system

from seatrial.judge.load_step import load_step_of
from seatrial.judge.neighbours import breaks_no_neighbour
from seatrial.judge.scale_out import ScaleOut, scale_out_of
from seatrial.model.exchange import ExchangeOutcome
from seatrial.model.log import LogLine
from seatrial.model.neighbours import neighbours_of
from seatrial.model.observation import TROUBLE
from seatrial.model.pressure import CpuSeen
from seatrial.model.scenario import Subject
from seatrial.model.timeline import Change, EventSeen, Seen, WorkloadSeen
from seatrial.model.verdict import Outcome
from seatrial.scenarios.needs.neighbours import neighbours


def window(*seen: Seen, **more: Any) -> ScaleOut | None:
    made = step(seen=seen or SOUND, **more)
    found = load_step_of(made)
    assert made.timeline is not None
    assert found is not None
    return scale_out_of(made.timeline, found)


class TestWindow:
    def test_it_is_from_the_first_replica_to_the_end_of_the_last(self) -> None:
        out = window()
        assert out == ScaleOut("orders", 130.2, 407.0, 2, 4, 4)
        assert str(out) == "orders ran 4 replicas in place of 2 for 276.8 s"
        assert out.since(131.2) == "1.00 s after the first replica was added"
        assert out.since(130.2) == "0.00 s after the first replica was added"
        assert out.since(129.2) == "1.00 s before the first replica was added"
        assert [out.holds(at) for at in (130.1, 130.2, 407.0, 407.1)] == [False, True, True, False]

    def test_without_an_end_it_lasts_to_the_end_of_the_watch(self) -> None:
        out = window(*BEFORE, *OWN, STOCK, *ADDED, watched_until=500.0)
        assert out is not None
        assert out.end == 500.0

    def test_from_none_at_all(self) -> None:
        out = window(*BEFORE, *ADDED)
        assert out is not None
        assert (out.before, out.most) == (0, 2)

    def test_only_what_is_created_under_the_load_counts(self) -> None:
        def moved(seconds: float) -> list[Seen]:
            return [*BEFORE, *OWN, *(replace(each, at=each.at + seconds) for each in ADDED)]

        for sooner in (-31.0, 170.0):
            assert window(*moved(sooner)) is None, "before it, or after"
        for within in (-29.0, 165.0):
            assert window(*moved(within)) is not None

    def test_to_the_moment(self) -> None:
        """One that runs from the load's first request on is added, and all may be gone at its last one."""
        third = pod(100.0, "orders-3", uid="o3", started_at=99.9, ready=True)
        out = window(*BEFORE, *OWN, third)
        assert out is not None
        assert (out.begin, out.before, out.most) == (100.0, 2, 3)
        gone = pod(300.0, "orders-3", uid="o3", change=Change.DELETED, deleting=True)
        out = window(*BEFORE, *OWN, third, gone)
        assert out is not None
        assert out.end == 300.0

    def test_a_pod_that_terminates_holds_what_it_has(self) -> None:
        late = pod(450.0, "orders-b", uid="b", change=Change.DELETED, deleting=True)
        out = window(*SOUND[:-1], late)
        assert out is not None
        assert out.end == 450.0
        ended = replace(pod(410.0, "orders-b", uid="b", deleting=True), phase="Succeeded")
        out = window(*SOUND[:-1], ended, late)
        assert out is not None
        assert out.end == 410.0


class TestPassed:
    def test_a_neighbour_that_holds(self) -> None:
        verdict = judged()
        assert verdict.outcome is Outcome.PASSED, verdict.explain()
        assert "orders ran 4 replicas in place of 2" in verdict.observed
        assert "count of stock: 0 of 1385 requests failed, 0 of 201 before" in verdict.observed
        assert verdict.numbers["count_before_requests"] == 201
        assert verdict.numbers["scaled_out_seconds"] == 276.8
        assert verdict.numbers["count_latency_p99_ms"] == 10.0
        assert (verdict.numbers["replicas_before"], verdict.numbers["replicas_most"]) == (2, 4)

    def test_what_needs_the_workload_is_none(self) -> None:
        """Its own journey, its load, and one that passes it fail all along."""
        broken = [
            replace(e, journey=name, outcome=ExchangeOutcome.UNKNOWN, error="status 503", backend="")
            for name in ("browse", "quote", "place")
            for e in stream(135, 200, per_second=5)
        ]
        assert judged([*sent(), *broken]).passed

    def test_a_failure_or_two_are_within_its_availability(self) -> None:
        assert judged(sent(lambda at: at in (150.0, 151.0))).passed
        assert judged(sent(during, per_second=5), described=system(objectives={"availability": 0.5})).passed

    def test_what_fails_when_the_replicas_are_gone_is_not_their_doing(self) -> None:
        assert judged(sent(lambda at: at > 408)).passed

    def test_pods_of_the_workload_itself_may_be_restarted_or_unready(self) -> None:
        own = replace(OWN[0], at=150.0, ready=False, restarts=3, last_end="OOMKilled")
        assert judged(seen=[*SOUND, own]).passed


class TestFailed:
    def test_it_is_named_with_its_figures_and_without_evidence_it_says_so(self) -> None:
        verdict = judged(sent(during))
        assert verdict.outcome is Outcome.FAILED
        assert "count of stock: 200 of 1385 requests failed (200x status 503), 0 of 201 " in verdict.observed
        assert "No cause found" in verdict.next_step
        assert "connections to a store" in verdict.next_step
        assert "logs were not recorded" in judged(sent(during), logs=None).next_step

    def test_no_connection_left_is_read_from_the_logs_on_its_path(self) -> None:
        logs = [
            LogLine(141.2, "store-0", "postgres", NO_SLOT),
            LogLine(141.3, "stock-1", "stock", "no connection: TooManyConnectionsError('...')"),
        ]
        verdict = judged(sent(during), logs=logs)
        assert verdict.outcome is Outcome.FAILED
        assert f"store-0 wrote 11.0 s after the first replica was added: {' '.join(NO_SLOT.split())}" in (
            verdict.next_step
        )
        assert "(2 such lines of stock-1, store-0, none before)" in verdict.next_step
        assert "4 replicas of orders hold more connections, with those of others, than the store" in (
            verdict.next_step
        )

    def test_a_long_line_is_cut_and_lines_before_are_counted(self) -> None:
        long = LogLine(141.0, "store-0", "postgres", f"{NO_SLOT} {'x' * 300}")
        text = judged(sent(during), logs=[replace(long, at=120.0), long]).next_step
        room = 199 - len(" ".join(NO_SLOT.split()))
        assert f" {'x' * room} (1 such line of store-0, 1 before)" in text
        at_once = judged(sent(during), logs=[replace(long, at=130.2)]).next_step
        assert "(1 such line of store-0, none before)" in at_once

    @pytest.mark.parametrize(
        "text",
        [
            'ERROR 1040 (HY000): Too many connections',
            'FATAL: sorry, too many clients already',
            'ERROR no more connections allowed (max_client_conn)',
            'ERR max number of clients reached',
            'connection refused because there are too many open connections: 100',
            'maximum connections exceeded',
            'Connection limit (100) for user is reached',
        ],
    )  # fmt: skip
    def test_stores_say_it_in_their_own_words(self, text: str) -> None:
        verdict = judged(sent(during), logs=[LogLine(141.0, "store-0", "store", text)])
        assert text in verdict.next_step

    @pytest.mark.parametrize(
        "line",
        [
            LogLine(141.0, "orders-1", "orders", NO_SLOT),  # not on the way of count
            LogLine(120.0, "store-0", "postgres", NO_SLOT),  # before
            LogLine(141.0, "store-0", "postgres", "max_connections = 100, checkpoint complete"),
        ],
    )  # fmt: skip
    def test_what_is_no_evidence_is_not_taken_for_one(self, line: LogLine) -> None:
        assert "hold more connections" not in judged(sent(during), logs=[line]).next_step

    def test_a_slow_neighbour(self) -> None:
        verdict = judged(sent(late=during))
        assert verdict.outcome is Outcome.FAILED
        assert "count of stock: 200 answers later than 300 ms (p99 2000 ms), 0 before" in verdict.observed
        assert judged(sent(late=during), described=system(objectives={"latency_p99_ms": 2500})).passed
        assert judged(sent(late=lambda at: 150 <= at < 152)).passed, "one in a hundred may be"

    def test_as_late_as_its_objective_is_not_late(self) -> None:
        def answered(seconds: float) -> Outcome:
            made = [replace(e, completed_at=e.planned_at + seconds) for e in counted(0, 100)]
            return judged([*counted(50, 0), *made]).outcome

        assert [answered(seconds) for seconds in (0.25, 0.2999, 0.3002)] == [
            Outcome.PASSED, Outcome.PASSED, Outcome.FAILED,
        ]  # fmt: skip
        to_the_bit = [
            replace(each, planned_at=140 + place / 64, completed_at=140.25 + place / 64)
            for place, each in enumerate(counted(0, 100))
        ]
        exact = system(objectives={"latency_p99_ms": 250})
        assert judged([*counted(50, 0), *to_the_bit], described=exact).passed

    def test_the_late_answers_alone_are_looked_at_for_a_cause(self) -> None:
        """CPU was gone while it was in time, and not while it was late."""
        busy: list[Seen] = [CpuSeen(float(at), "the machine", 1.0, 0.95, 0.95) for at in range(190, 420)]
        free: list[Seen] = [CpuSeen(float(at), "the machine", 1.0, 0.1, 0.2) for at in range(90, 190)]
        verdict = judged(sent(late=during), seen=[*SOUND, *free, *busy], described=system(own_cluster=True))
        assert verdict.outcome is Outcome.FAILED

    def test_a_restarted_and_an_unready_pod_of_others(self) -> None:
        unready = [replace(STOCK, at=150.0, ready=False), replace(STOCK, at=155.0)]
        verdict = judged(seen=[*SOUND, *unready])
        assert verdict.outcome is Outcome.FAILED
        assert "stock-1 became unready 19.8 s after the first replica was added" in verdict.observed
        at_once = [replace(STOCK, at=130.2, ready=False), replace(STOCK, at=131.0)]
        assert judged(seen=[*SOUND, *at_once]).outcome is Outcome.FAILED
        killed = [
            replace(STOCK, at=150.0, ready=False, reason="OOMKilled"),
            replace(STOCK, at=151.0, restarts=1, last_end="OOMKilled"),
        ]
        verdict = judged(sent(during), seen=[*SOUND, *killed])
        assert "a container of stock-1 was killed for memory" in verdict.next_step
        assert "its container ended (OOMKilled) and was started again" in verdict.observed
        again = replace(STOCK, at=160.0, restarts=2, last_end="OOMKilled")
        twice = judged(seen=[*SOUND, *killed, again]).observed
        assert twice.count("killed for memory") == 1
        assert "killed for memory 20.8 s after" in twice
        other = [replace(STOCK, at=at, restarts=1, last_end="OOMKilled") for at in (100.0, 150.0)]
        assert judged(seen=[*SOUND, *other]).passed, "that was before"
        errors = replace(STOCK, at=150.0, restarts=1, last_end="Error")
        assert "killed for memory" not in judged(seen=[*SOUND, errors]).explain()

    def test_a_pod_that_was_preempted_or_evicted_by_its_node(self) -> None:
        for reason, words in (("PreemptionByScheduler", "preempted"), ("TerminationByKubelet", "evicted")):
            gone = [replace(STOCK, at=150.0, deleting=True, disruption=reason)]
            verdict = judged(seen=[*SOUND, *gone])
            assert verdict.outcome is Outcome.FAILED
            assert words in verdict.observed
        moved = [replace(STOCK, at=150.0, deleting=True, disruption="EvictionByEvictionAPI")]
        assert judged(seen=[*SOUND, *moved]).passed, "that is somebody's, and voids the observation"

    def test_a_quota_that_has_no_room_left_for_others(self) -> None:
        stock = WorkloadSeen(1.0, Change.ADDED, "Deployment", "stock", "stock", 2, 1, 1, 1)

        def no_room(at: float) -> EventSeen:
            message = (
                'pods "stock-7d-x" is forbidden: exceeded quota: all, requested: pods=1, used: pods=9, '
                "limited: pods=9"
            )
            return EventSeen(at, "ReplicaSet", "stock-7d", "FailedCreate", message, warning=True)

        verdict = judged(seen=[*SOUND, stock, no_room(150.0)])
        assert verdict.outcome is Outcome.FAILED
        assert (
            "pods of stock were refused from 19.8 s after the first replica was added on, by quota all"
            in (verdict.observed)
        )
        assert judged(seen=[*SOUND, stock, no_room(95.0), no_room(150.0)]).passed, "it was full before"

    def test_it_stands_whatever_else_is_wrong(self) -> None:
        broken = sent(during)
        assert judged(broken, gaps=((140.0, 150.0),)).outcome is Outcome.FAILED
        few = [e for e in broken if e.planned_at > 120]
        assert judged(few).outcome is Outcome.FAILED, "with so few before it is sure all the same"


class TestCpu:
    def cpu(self, waited: float) -> list[Seen]:
        return [CpuSeen(float(at), "the machine", 1.0, waited, waited) for at in range(90, 420)]

    def test_on_a_cluster_of_our_own_it_may_be_the_machine(self) -> None:
        verdict = judged(sent(during), seen=[*SOUND, *self.cpu(0.95)], described=system(own_cluster=True))
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert "waited for CPU 95 %" in verdict.observed
        unready = [replace(STOCK, at=150.0, ready=False), replace(STOCK, at=155.0)]
        alone = judged(seen=[*SOUND, *unready, *self.cpu(0.95)], described=system(own_cluster=True))
        assert alone.outcome is Outcome.INCONCLUSIVE
        assert "became unready" in alone.observed
        elsewhen: list[Seen] = [
            replace(one, waited_seconds=0.1, busy=0.2) if 149 < one.at < 157 else one
            for one in self.cpu(0.95) if isinstance(one, CpuSeen)
        ]  # fmt: skip
        then = judged(seen=[*SOUND, *unready, *elsewhen], described=system(own_cluster=True))
        assert then.outcome is Outcome.FAILED, "CPU was gone at another time"

    def test_elsewhere_it_is_a_cause_and_with_other_evidence_it_excuses_nothing(self) -> None:
        verdict = judged(sent(during), seen=[*SOUND, *self.cpu(0.95)])
        assert verdict.outcome is Outcome.FAILED
        assert "Some tasks waited for CPU 95 %" in verdict.next_step
        logs = [LogLine(141.0, "store-0", "postgres", NO_SLOT)]
        both = judged(
            sent(during), seen=[*SOUND, *self.cpu(0.95)], described=system(own_cluster=True), logs=logs
        )
        assert both.outcome is Outcome.FAILED


class TestNeither:
    def test_fewer_replicas_than_the_load_needs_are_no_pass(self) -> None:
        three = [state for state in SOUND if getattr(state, "uid", "") != "b"]
        verdict = judged(seen=three)
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert "the load needs 4 replicas" in verdict.observed
        assert judged(sent(during), seen=three).outcome is Outcome.FAILED

    @pytest.mark.parametrize(
        ("before", "then", "passes"), [(50, 100, True), (49, 100, False), (50, 99, False)]
    )
    def test_so_many_are_needed(self, before: int, then: int, passes: bool) -> None:
        verdict = judged(counted(before, then))
        assert verdict.outcome is (Outcome.PASSED if passes else Outcome.INCONCLUSIVE)

    @pytest.mark.parametrize(
        ("failed", "outcome"),
        [
            ((0, 0), Outcome.PASSED), ((0, 1), Outcome.FAILED), ((1, 0), Outcome.INCONCLUSIVE),
            ((1, 3), Outcome.INCONCLUSIVE), ((1, 30), Outcome.FAILED),
        ],
    )  # fmt: skip
    def test_failures_are_compared_with_those_before(self, failed: tuple[int, int], outcome: Outcome) -> None:
        """One in a hundred is surely more than one in a thousand; of fifty, one may be ten in a hundred."""
        assert judged(counted(50, 100, failed=failed)).outcome is outcome

    def test_it_failed_before_as_well(self) -> None:
        always = judged(sent(lambda at: round(at * 5) % 10 == 0))
        assert always.outcome is Outcome.INCONCLUSIVE
        assert "it failed before a replica was added, too" in always.observed
        worse = judged(sent(lambda at: at == 95.0 or during(at)))
        assert worse.outcome is Outcome.FAILED, "one failure before hides nothing"

    def test_it_was_slow_before_as_well(self) -> None:
        always = judged(sent(late=lambda at: round(at * 5) % 10 == 0))
        assert always.outcome is Outcome.INCONCLUSIVE
        assert "it was slow before a replica was added, too" in always.observed
        assert judged(sent(late=lambda at: at == 95.0 or during(at))).outcome is Outcome.FAILED

    def test_its_pods_were_unready_before_as_well(self) -> None:
        flapping = [
            replace(STOCK, at=at, ready=ready) for at, ready in ((95, False), (96, True), (150, False))
        ]
        assert judged(seen=[*SOUND, *flapping]).outcome is Outcome.INCONCLUSIVE

    def test_a_broken_watch_and_dropped_arrivals_forbid_a_pass(self) -> None:
        assert judged(gaps=((140.0, 150.0),)).outcome is Outcome.INCONCLUSIVE
        made = step()
        weak = replace(made.trouble.generator, dropped=3)
        verdict = breaks_no_neighbour(replace(made, arms={TROUBLE: replace(made.trouble, generator=weak)}))
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert "dropped 3" in verdict.observed
        late = replace(made.trouble.generator, late=500)
        slow = step(sent(late=during))
        arm = replace(slow.trouble, generator=late)
        assert breaks_no_neighbour(replace(slow, arms={TROUBLE: arm})).outcome is Outcome.INCONCLUSIVE

    def test_without_such_a_journey_it_is_unsupported(self) -> None:
        alone = system(through=["orders"])
        assert neighbours_of(alone, "orders") == []
        assert not neighbours.holds(Subject("orders", alone))
        assert judged(described=alone).outcome is Outcome.UNSUPPORTED

    def test_what_was_not_scaled_out_was_not_tested(self) -> None:
        verdict = judged(seen=[*BEFORE, *OWN, STOCK])
        assert verdict.outcome is Outcome.ERROR
        assert verdict.observed == "no replica of orders was added that ran: nothing was scaled out"

    def test_a_journey_that_the_workload_answers_is_declared_wrongly(self) -> None:
        verdict = judged(sent(backend="orders-1"))
        assert verdict.outcome is Outcome.ERROR
        assert verdict.observed == "count: declared to pass orders by, and answered by it"

    def test_without_a_load_step_there_is_nothing_to_judge(self) -> None:
        assert judged(load_ended_at=None).outcome is Outcome.ERROR


def test_a_way_that_is_not_known_may_lead_by_the_workload() -> None:
    assert neighbours_of(system(), "orders") == ["count"]
    assert neighbours.holds(Subject("orders", system()))
    assert neighbours_of(system(through=[]), "orders") == [], "no workload has it as its own"
    assert neighbours_of(system(), "stock") == []
