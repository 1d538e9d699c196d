"""When a pod became unready without being deleted, why, and which requests it cost."""

import math
from dataclasses import replace

import pytest
from drained_shop import DRAINED, drain, gone, pod, request, unhealthy
from observations import CLOCK

from seatrial.judge.path import Path
from seatrial.judge.probes import Unready, left_without_deletion, unready_spells
from seatrial.model.exchange import Exchange
from seatrial.model.fault import Disruption, FaultRecord, Target
from seatrial.model.timeline import EventSeen, PodSeen, Seen, Timeline

A = "catalogue-a"
LATE = "Readiness probe failed: context deadline exceeded"


def of(*seen: Seen) -> Timeline:
    return Timeline(0.0, 200.0, CLOCK, seen)


def unready(name: str, begin: float, end: float) -> list[PodSeen]:
    return [pod(50.0, name), pod(begin, name, ready=False), pod(end, name)]


def spells(*seen: Seen) -> list[Unready]:
    return unready_spells(of(*seen), Path())


def fails(*moments: float) -> list[Exchange]:
    return [request(at, ok=False) for at in moments]


class TestSpells:
    def test_each_begins_unready_and_ends_ready(self) -> None:
        seen = [*unready(A, 110.0, 113.0), *unready(A, 120.0, 121.0)[1:]]
        assert spells(*seen) == [
            Unready(A, f"uid-{A}", "catalogue", 110.0, 113.0, "", False),
            Unready(A, f"uid-{A}", "catalogue", 120.0, 121.0, "", False),
        ]

    def test_several_pods_come_in_the_order_of_time(self) -> None:
        seen = [*unready("catalogue-b", 111.0, 112.0), *unready(A, 110.0, 113.0)]
        assert [spell.pod for spell in spells(*seen)] == [A, "catalogue-b"]

    @pytest.mark.parametrize(
        "end", [pod(115.0, A, ready=False, deleting=True), replace(gone(115.0, A), deleting=False)]
    )
    def test_a_deletion_ends_it_and_is_none(self, end: PodSeen) -> None:
        [spell] = spells(pod(50.0, A), pod(110.0, A, ready=False), pod(112.0, A, ready=False), end)
        assert (spell.since, spell.until) == (110.0, 115.0)
        assert spells(pod(50.0, A), end, pod(120.0, A), pod(121.0, A, ready=False)) == []

    def test_one_that_never_ended_goes_on(self) -> None:
        [spell] = spells(pod(50.0, A), pod(110.0, A, ready=False))
        assert math.isinf(spell.until)

    def test_a_pod_that_was_never_ready_has_none(self) -> None:
        assert spells(pod(50.0, A, ready=False), pod(60.0, A, ready=False), pod(70.0, A)) == []


class TestWhy:
    @pytest.mark.parametrize(("at", "told"), [(80.0, True), (79.99, False), (112.0, True), (112.01, False)])
    def test_a_probe_may_have_failed_half_a_minute_before_and_be_told_a_little_later(
        self, at: float, told: bool
    ) -> None:
        [spell] = spells(*unready(A, 110.0, 113.0), unhealthy(at, A, LATE))
        assert spell.probe == (LATE if told else "")

    def test_the_last_event_about_this_pods_probe_counts(self) -> None:
        events = [
            unhealthy(108.0, A, "Liveness probe failed:\n  status 500"),
            unhealthy(109.0, A, LATE),
            unhealthy(109.5, "catalogue-b", "another's"),
            EventSeen(109.5, "Pod", A, "BackOff", "another reason", warning=True),
        ]
        [spell] = spells(*unready(A, 110.0, 113.0), *events)
        assert spell.probe == LATE
        [spell] = spells(*unready(A, 110.0, 113.0), events[0])
        assert spell.probe == "Liveness probe failed: status 500"

    def test_it_is_cut_off(self) -> None:
        [spell] = spells(*unready(A, 110.0, 113.0), unhealthy(109.0, A, "x" * 300))
        assert spell.probe == "x" * 200

    def test_a_restart_is_seen_whenever_it_is_told(self) -> None:
        before, ended, again = unready(A, 110.0, 113.0)
        told = replace(pod(111.0, A, ready=False), reason="OOMKilled")
        for states in (
            [before, ended, told, replace(again, restarts=1)],
            [before, ended, replace(told, restarts=1), again],
            [before, replace(ended, restarts=1, reason="OOMKilled"), again],
        ):
            [spell] = spells(*states)
            assert (spell.restarted, spell.reason) == (True, "OOMKilled")
        [same] = spells(*(replace(state, restarts=2) for state in (before, ended, again)))
        assert not same.restarted

    @pytest.mark.parametrize(
        ("probe", "restarted", "reason", "why", "advice"),
        [
            ("", False, "", "no event tells why", "its log tells more."),
            ("", False, "Evicted", "Evicted", "its log tells more."),
            ("HTTP probe failed", False, "Evicted", "hTTP probe failed", "its log tells more."),
            ("Probe timed out", False, "", "probe timed out", "give the probe more time (timeoutSeconds, "
             "failureThreshold), or the pod more CPU."),
            (LATE, True, "", "its container ended and was started again",
             "find out why it ended, in its log."),
            ("", True, "OOMKilled", "its container ended (OOMKilled) and was started again",
             "find out why it ended, in its log."),
        ],
    )  # fmt: skip
    def test_what_is_said(self, probe: str, restarted: bool, reason: str, why: str, advice: str) -> None:
        spell = Unready(A, "uid", "catalogue", 1.0, 2.0, probe, restarted, reason)
        assert (spell.why, spell.advice) == (why, advice)


THREE = [pod(50.0, f"catalogue-{name}") for name in "abc"]


class TestLeft:
    def left(self, failed: list[Exchange], *seen: Seen, faults: tuple[FaultRecord, ...] = ()) -> list[str]:
        return [each.sentence for each in left_without_deletion(of(*seen), Path(), failed, faults)]

    @pytest.mark.parametrize(("at", "lost"), [(109.9, 0), (110.0, 1), (115.0, 1), (115.1, 0)])
    def test_requests_count_from_its_begin_to_a_little_after_its_end(self, at: float, lost: int) -> None:
        seen = [*unready(A, 110.0, 113.0), *unready("catalogue-b", 104.0, 106.0)]
        found = left_without_deletion(of(*seen[:3]), Path(), fails(at))
        assert [len(each.lost) for each in found] == [1] * lost
        [both] = left_without_deletion(of(*seen), Path(), fails(105.0, at))
        assert len(both.lost) == 1 + lost

    def test_the_fewest_that_stayed_are_counted(self) -> None:
        earlier = [pod(60.0, f"catalogue-{n}", ready=False) for n in "bc"] + THREE[1:]
        earlier[2:] = [replace(state, at=65.0) for state in earlier[2:]]
        seen = [*THREE, *earlier, *unready(A, 110.0, 113.0)[1:]]
        [text] = self.left(fails(111.0), *seen)
        assert text.startswith(
            "catalogue-a became unready for 3.00 s without being deleted, 2 of catalogue stayed Ready, and "
            "1 request failed meanwhile: no event tells why; its log tells more."
        )
        another = unready("catalogue-b", 111.0, 112.0)[1:]
        [text] = self.left(fails(111.0), *seen, *another)
        assert text.startswith("2 pods of catalogue became unready for 3.00 s")
        assert ", 1 of catalogue stayed Ready" in text

    def test_one_time_is_told_from_the_first_begin_to_the_last_end(self) -> None:
        seen = [*unready("catalogue-b", 111.0, 116.0), *unready(A, 110.0, 113.0)]
        [text] = self.left(fails(111.0), *seen)
        assert "became unready for 6.00 s" in text
        [text] = self.left(fails(111.0), *seen[:-1])
        assert "became unready to the end without" in text

    def test_why_is_that_of_the_pod_that_cost_the_most(self) -> None:
        seen = [*unready(A, 110.0, 112.0), *unready("catalogue-b", 110.0, 118.0)]
        events = [unhealthy(109.0, A, "A failed"), unhealthy(109.0, "catalogue-b", "B failed")]
        [text] = self.left(fails(111.0, 116.0, 117.0), *seen, *events)
        assert "b failed; its log tells more." in text

    def test_each_workload_is_told_by_itself(self) -> None:
        seen = [*unready(A, 110.0, 113.0), *unready("gateway-a", 110.0, 113.0)]
        assert [text.partition(" ")[0] for text in self.left(fails(111.0), *seen)] == [A, "gateway-a"]

    def test_what_a_fault_hit_or_its_node_carried_is_no_cause(self) -> None:
        victim = replace(drain(), target=Target("Pod", "shop", A, f"uid-{A}"))
        assert self.left(fails(111.0), *unready(A, 110.0, 113.0), faults=(victim,)) == []
        lost = replace(drain(), disruption=Disruption.INVOLUNTARY)
        waits, *rest = unready(A, 110.0, 113.0)
        moved = [replace(waits, node=""), *(replace(state, node=DRAINED) for state in rest)]
        assert self.left(fails(111.0), *moved, faults=(lost,)) == []
        assert len(self.left(fails(111.0), *moved, faults=(drain(),))) == 1
        assert len(self.left(fails(111.0), *unready(A, 110.0, 113.0), faults=(lost,))) == 1
        other = replace(lost, target=Target("Pod", "shop", DRAINED, "uid"))
        assert len(self.left(fails(111.0), *moved, faults=(other,))) == 1
