"""Which lines of which pods are kept around a failure, and which one is quoted where nothing explains it."""

from dataclasses import replace

import pytest
from drained_shop import observed, pod, request, traffic
from observations import CLOCK

from seatrial.judge.cause import causes, never_available, no_cause
from seatrial.judge.logs import around_first_failure, telling
from seatrial.judge.path import Path
from seatrial.judge.windows import windows
from seatrial.model.exchange import Exchange
from seatrial.model.fault import FaultRecord, Target
from seatrial.model.log import LogLine
from seatrial.model.observation import Observation
from seatrial.model.timeline import EventSeen, Seen, Timeline

GATEWAY = Path(frozenset({"gateway"}))
WATCHED = Timeline(0.0, 200.0, CLOCK, (pod(50.0, "gateway-a"), pod(50.0, "payments-a")))
FAILED = [request(112.0, ok=False), request(110.0, ok=False)]


def line(at: float, text: str = "an error", name: str = "gateway-a") -> LogLine:
    return LogLine(at, name, name.partition("-")[0], text)


def kept(*logs: LogLine, timeline: Timeline | None = WATCHED) -> list[float]:
    return [found.at for found in around_first_failure(logs, timeline, GATEWAY, FAILED)]


class TestKept:
    def test_those_within_five_seconds_of_the_first_failure(self) -> None:
        assert kept(line(104.9), line(105.0), line(115.0), line(115.1)) == [105.0, 115.0]

    def test_those_of_pods_on_the_path_or_of_all_where_pods_were_not_watched(self) -> None:
        beside = line(110.0, name="payments-a")
        assert kept(beside, line(110.5)) == [110.5]
        assert kept(beside, line(110.5), timeline=None) == [110.0, 110.5]

    def test_without_lines_or_failures_there_are_none(self) -> None:
        for logs in ((), None):
            assert around_first_failure(logs, WATCHED, GATEWAY, FAILED) == []
        assert around_first_failure([line(110.0)], WATCHED, GATEWAY, []) == []

    def test_trouble_comes_before_what_is_near_and_the_result_is_in_order(self) -> None:
        calm = [line(110.0 + n / 100, "served") for n in range(1, 13)]
        assert kept(line(113.0), *calm) == [*(each.at for each in calm[:11]), 113.0]
        assert kept(line(106.0, "served"), *calm) == [each.at for each in calm]

    def test_twelve_of_a_pod_and_sixty_in_all(self) -> None:
        names = [f"gateway-{letter}" for letter in "abcdefg"]
        seen = Timeline(0.0, 200.0, CLOCK, tuple(pod(50.0, name) for name in names))
        many = [line(110.0 + n / 100, name=name) for name in names for n in range(14)]
        found = around_first_failure(many, seen, GATEWAY, FAILED)
        assert len(found) == 60
        of_one = around_first_failure(many[:14], seen, GATEWAY, FAILED)
        assert [each.at for each in of_one] == [each.at for each in many[:12]]


def silent(logs: tuple[LogLine, ...] | None, *failed: Exchange) -> tuple[Observation, list[Exchange]]:
    return observed([*traffic(), *failed], pod(50.0, "gateway-a"), logs=logs), list(failed)


class TestTold:
    @pytest.mark.parametrize(("at", "told"), [(107.9, False), (108.0, True), (112.0, True), (112.1, False)])
    def test_a_line_of_trouble_within_two_seconds(self, at: float, told: bool) -> None:
        assert (telling(*silent((line(at),), *FAILED)) is not None) is told
        assert telling(*silent((line(at, "served"),), *FAILED)) is None

    def test_the_nearest_of_several(self) -> None:
        found = telling(*silent((line(108.5), line(110.5), line(111.5)), *FAILED))
        assert found is not None
        assert found.at == 110.5

    def test_nothing_failed_and_nothing_is_told(self) -> None:
        assert telling(*silent((line(110.0),))) is None

    @pytest.mark.parametrize(
        ("at", "when"),
        [(109.5, "0.50 s before"), (110.0, "0.00 s after"), (110.5, "0.50 s after"), (111.5, "1.50 s after")],
    )
    def test_it_is_quoted_with_its_time_from_the_first_failure(self, at: float, when: str) -> None:
        said = no_cause(*silent((line(at, "error " + "x" * 300),), *FAILED))
        assert said.endswith(f". gateway-a wrote {when} the first failure: error {'x' * 194}")

    def test_without_a_timeline_there_is_no_cause(self) -> None:
        seen, failed = silent(None, *FAILED)
        blind = replace(seen.trouble, timeline=None)
        assert causes(replace(seen, arms={"trouble": blind}), failed, windows(seen)) == []

    def test_where_the_path_is_not_known_none_is_named(self) -> None:
        seen, failed = silent(None, *FAILED)
        said = no_cause(replace(seen, system=None), failed)
        assert said.startswith("No cause found in the watch records and events; logs were not recorded")


def refused(at: float, message: str) -> EventSeen:
    return EventSeen(at, "ReplicaSet", "catalogue-7c9f", "FailedCreate", message, warning=True)


class TestNeverAvailable:
    def lost(self, workload: str = "catalogue") -> FaultRecord:
        target = Target("Pod", "shop", "catalogue-a", "uid")
        return FaultRecord(
            "x", "delete-pod", observed([]).disruption, target, workload, 100.0, 101.0, "", None, 100.0, 1
        )

    def said(self, fault: FaultRecord, *seen: Seen) -> str:
        return never_available(observed([], *seen, fault=fault), fault)

    def test_who_refused_first_is_told_before_any_warning(self) -> None:
        said = self.said(self.lost(), refused(101.0, "on holiday"), refused(103.0, "still away"))
        assert said.endswith(
            "2 of 2 ready: its pods were refused from 1.00 s after the fault on, 1 time, by on holiday."
        )

    def test_a_pod_that_waits_is_told_by_its_reason_or_its_phase(self) -> None:
        waits = pod(105.0, "catalogue-b", ready=False)
        assert "; catalogue-b is Running." in self.said(self.lost(), waits)
        assert "; catalogue-b is not ready." in self.said(self.lost(), replace(waits, phase=""))
        both = replace(waits, reason="CrashLoopBackOff")
        assert "; catalogue-b is CrashLoopBackOff." in self.said(self.lost(), both)

    def test_a_fault_of_no_workload_is_one_of_the_system(self) -> None:
        said = self.said(self.lost(""))
        assert said == "the system was not available again after delete-pod on pod/catalogue-a."
        blind = observed([], fault=self.lost())
        arm = replace(blind.trouble, timeline=None)
        unseen = never_available(replace(blind, arms={"trouble": arm}), self.lost())
        assert unseen.endswith("pod/catalogue-a (no timeline was recorded).")
