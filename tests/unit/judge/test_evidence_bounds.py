"""Where evidence of a cause begins and ends: CPU, probes, events, and what lies on the path."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest

SUPPORT = str(Path(__file__).parents[2] / "support")
if SUPPORT not in sys.path:
    sys.path.insert(0, SUPPORT)

from drained_shop import FILE, FOREIGN, cpu, gone, observed, pod, request, traffic, unhealthy  # noqa: E402

from seatrial.judge.logs import around_first_failure, telling  # noqa: E402
from seatrial.judge.path import Path as Way  # noqa: E402
from seatrial.judge.path import path_of, ready_counts  # noqa: E402
from seatrial.judge.probes import left_without_deletion, unready_spells  # noqa: E402
from seatrial.judge.saturation import pressure  # noqa: E402
from seatrial.model.exchange import Exchange  # noqa: E402
from seatrial.model.log import LogLine  # noqa: E402
from seatrial.model.pressure import CpuSeen  # noqa: E402
from seatrial.model.system_file import parse_system  # noqa: E402
from seatrial.model.timeline import Clock, EventSeen, Seen, Timeline  # noqa: E402

GATEWAY = Way(frozenset({"gateway"}))


def timeline(*seen: Seen) -> Timeline:
    return Timeline(40.0, 200.0, Clock(0.0, 0.1, 0.0), seen)


def failing(*times: float) -> list[Exchange]:
    return [request(at, ok=False) for at in times]


class TestCpu:
    def test_the_bounds_themselves_are_without_cpu(self) -> None:
        half = [*cpu(99.0, 101.0, waited=0.6, busy=0.9), *cpu(101.0, 103.0, waited=1.0, busy=0.9)]
        found = pressure(timeline(*half), failing(100.0, 102.0))
        assert found is not None
        assert (found.waited, found.covered) == (pytest.approx(0.8), 0.5)
        assert replace(found, waited=0.8).saturated
        assert not replace(found, waited=0.79).saturated
        assert not replace(found, covered=0.49).saturated

    def test_samples_are_weighed_by_their_length(self) -> None:
        long = CpuSeen(102.0, "this machine", 4.0, 1.0, 1.0)
        empty = CpuSeen(100.0, "this machine", 0.0, 0.0, 0.0)
        found = pressure(timeline(empty, long), failing(100.0))
        assert found is not None
        assert (found.waited, found.failing_seconds) == (0.25, pytest.approx(1.01))

    def test_a_part_of_a_second_is_enough_and_nothing_is_none(self) -> None:
        edge = CpuSeen(99.6, "this machine", 1.0, 0.5, 1.0)
        found = pressure(timeline(edge), failing(100.0))
        assert found is not None
        assert found.failing_seconds == pytest.approx(0.1)
        assert pressure(timeline(edge), []) is None
        assert pressure(timeline(edge), failing(110.0)) is None
        assert pressure(None, failing(100.0)) is None


class TestUnready:
    @pytest.mark.parametrize(("at", "told"), [(80.0, True), (79.9, False), (112.0, True), (112.1, False)])
    def test_events_from_30_s_before_to_2_s_after_tell_why(self, at: float, told: bool) -> None:
        seen = [
            pod(50.0, "gateway-a"),
            pod(110.0, "gateway-a", ready=False),
            unhealthy(at, "gateway-a", "No."),
        ]
        (spell,) = unready_spells(timeline(*seen), GATEWAY)
        assert spell.probe == ("No." if told else "")
        assert spell.until == math.inf

    @pytest.mark.parametrize(("at", "counts"), [(109.9, False), (110.0, True), (115.0, True), (115.1, False)])
    def test_requests_until_2_s_after_it_count(self, at: float, counts: bool) -> None:
        seen = [pod(50.0, "gateway-a"), pod(110.0, "gateway-a", ready=False), pod(113.0, "gateway-a")]
        assert bool(left_without_deletion(timeline(*seen), GATEWAY, failing(at))) is counts

    def test_it_ends_when_the_deletion_begins_or_was_missed(self) -> None:
        unready = [pod(50.0, "gateway-a"), pod(110.0, "gateway-a", ready=False)]
        late = replace(pod(111.0, "gateway-a", ready=False), reason="Error", restarts=1)
        ended = pod(112.0, "gateway-a", ready=False, deleting=True)
        (spell,) = unready_spells(timeline(*unready, late, ended, gone(118.0, "gateway-a")), GATEWAY)
        assert (spell.until, spell.restarted, spell.reason) == (112.0, True, "Error")
        assert spell.advice == "find out why it ended, in its log."
        assert spell.why == "its container ended (Error) and was started again"
        (spell,) = unready_spells(timeline(*unready, gone(118.0, "gateway-a")), GATEWAY)
        assert spell.until == 118.0

    def test_a_pod_that_is_deleted_is_none(self) -> None:
        seen = [pod(50.0, "gateway-a"), pod(110.0, "gateway-a", ready=False, deleting=True)]
        assert unready_spells(timeline(*seen, gone(118.0, "gateway-a")), GATEWAY) == []

    def test_the_fewest_that_were_ready_meanwhile_are_said(self) -> None:
        others = [pod(50.0, f"gateway-{name}") for name in "bcd"]
        left = [pod(111.0, "gateway-b", deleting=True), pod(112.0, "gateway-e")]
        seen = [pod(50.0, "gateway-a"), pod(110.0, "gateway-a", ready=False), pod(113.0, "gateway-a")]
        (found,) = left_without_deletion(timeline(*others, *left, *seen), GATEWAY, failing(110.5, 111.5))
        assert (found.stayed, len(found.lost)) == (2, 2)
        assert "2 of gateway stayed Ready, and 2 requests failed meanwhile" in found.sentence


class TestPath:
    def test_events_belong_by_the_name_of_a_pod_or_of_its_workload(self) -> None:
        names = ["gateway-a", "gateway", "gateway-5cc8-x", "catalogue-7", "payments-a", "gatewayed-1"]
        events = [EventSeen(100.0 + n, "Pod", name, "Any", "", True) for n, name in enumerate(names)]
        seen = observed(traffic(), pod(50.0, "gateway-a"), *events)
        assert seen.timeline is not None
        both = Way(frozenset({"gateway", "catalogue"}))
        assert [event.name for event in both.events(seen.timeline)] == names[:4]
        assert len(Way().events(seen.timeline)) == 6

    def test_with_one_journey_of_unknown_path_everything_may_be_on_it(self) -> None:
        file = FILE.replace("TARGET", FOREIGN) + "  other: {request: {path: /other}}\n"
        seen = replace(observed(traffic()), system=parse_system(file, source="shop.yaml"))
        assert path_of(seen, [request(1.0, ok=False)]).roles == {"gateway", "catalogue"}
        both = [request(1.0, ok=False), request(2.0, ok=False, journey="other")]
        assert path_of(seen, both).roles == frozenset()
        assert path_of(seen, [both[0], request(2.0, ok=False, journey="pay")]).roles == {
            "gateway", "catalogue", "payments",
        }  # fmt: skip

    def test_pods_that_can_answer_are_counted(self) -> None:
        seen = [
            pod(50.0, "gateway-a"), pod(51.0, "gateway-b"), pod(52.0, "gateway-b"),
            pod(53.0, "gateway-a", deleting=True), gone(54.0, "gateway-b"), pod(55.0, "payments-a"),
        ]  # fmt: skip
        assert ready_counts(timeline(*seen), "gateway") == [(50.0, 1), (51.0, 2), (53.0, 1), (54.0, 0)]


class TestLogs:
    def test_the_nearest_lines_of_each_pod_are_kept_those_of_trouble_first(self) -> None:
        quiet = [LogLine(100.0 + n / 100, "gateway-a", "gateway", f"fine {n}") for n in range(50)]
        loud = LogLine(104.9, "gateway-a", "gateway", "upstream error")
        other = LogLine(99.0, "gateway-b", "gateway", "fine")
        seen = timeline(pod(50.0, "gateway-a"), pod(50.0, "gateway-b"))
        kept = around_first_failure([*quiet, loud, other], seen, GATEWAY, failing(100.0))
        assert [line.text for line in kept] == ["fine", *(f"fine {n}" for n in range(11)), "upstream error"]
        assert around_first_failure([replace(loud, at=105.1)], seen, GATEWAY, failing(100.0)) == []
        assert around_first_failure(None, seen, GATEWAY, failing(100.0)) == []

    @pytest.mark.parametrize(
        ("text", "tells"),
        [
            ("ERROR no room", True), ("Traceback (most recent call last):", True), ("errors: 0", False),
            ('{"status":503,"path":"/"}', True), ('{"status": 200}', False), ("read: connection reset", True),
            ("context deadline exceeded", True), ("started in 5 s", False),
        ],
    )  # fmt: skip
    def test_what_says_that_something_went_wrong(self, text: str, tells: bool) -> None:
        logs = (LogLine(111.9, "gateway-a", "gateway", text), LogLine(114.0, "gateway-a", "gateway", "fatal"))
        seen = observed(traffic((110.0, 113.0)), pod(50.0, "gateway-a"), logs=logs)
        failed = [exchange for exchange in seen.exchanges if not exchange.ok]
        found = telling(seen, failed)
        assert (found is not None and found.text == text) is tells
