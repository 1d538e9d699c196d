"""What is drawn lies where it happened, and nothing that matters is lost in between."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.model.exchange import DROPPED, Exchange, ExchangeOutcome
from seatrial.model.fault import Disruption, FaultRecord, Target
from seatrial.model.timeline import AutoscalerSeen, Change, Clock, PodSeen, Timeline, WorkloadSeen
from seatrial.report.chart import build_chart
from seatrial.report.lives import PodState, decisions, pod_lives, replicas
from seatrial.report.observed import ArmView
from seatrial.report.series import buckets, thinned
from seatrial.report.svg.axis import Axis
from seatrial.report.svg.cluster import pods_lane
from seatrial.report.svg.faults import draw_bands, draw_marks
from seatrial.report.svg.lane import nice_top

METRIC = "cpu 90 % of 60 %"
AXIS = Axis(100.0, 200.0, 1_795_500_000.0)


def fault(accepted: float, available: float | None, name: str = "delete-pod") -> FaultRecord:
    target = Target("Pod", "shop", "web-1", "u1")
    return FaultRecord(
        "f1",
        name,
        Disruption.VOLUNTARY,
        target,
        "web",
        accepted,
        accepted + 0.1,
        "gone",
        available,
        available,
        7,
    )


def exchange(
    number: int,
    at: float,
    outcome: ExchangeOutcome = ExchangeOutcome.OK,
    error: str = "",
    latency: float = 0.01,
) -> Exchange:
    return Exchange(number, "browse", at, at, at + latency, outcome, None, error)


def attributes(drawing: str, kind: str) -> list[dict[str, str]]:
    tags = re.findall(r"<\w+ [^>]*>", drawing)
    found = [dict(re.findall(r'([\w-]+)="([^"]*)"', tag)) for tag in tags]
    return [one for one in found if one.get("class") == kind]


def test_the_band_of_a_fault_lies_where_it_was() -> None:
    drawn = str(draw_bands(AXIS, [fault(125.0, 140.0)], []))
    (band,) = attributes(drawn, "fault-band")
    assert (band["x"], band["width"]) == ("25%", "15%")
    (line,) = attributes(drawn, "fault-line")
    assert line["x1"] == line["x2"] == "25%"


def test_the_band_of_a_fault_that_never_settled_reaches_to_the_end() -> None:
    (band,) = attributes(str(draw_bands(AXIS, [fault(125.0, None)], [])), "fault-band")
    assert (band["x"], band["width"]) == ("25%", "75%")


def test_the_band_of_a_short_fault_can_be_seen() -> None:
    (band,) = attributes(str(draw_bands(AXIS, [fault(125.0, 125.0)], [])), "fault-band")
    assert float(band["width"].rstrip("%")) >= 0.1


def test_a_gap_of_a_watch_is_drawn() -> None:
    (gap,) = attributes(str(draw_bands(AXIS, [], [(150.0, 160.0), (300.0, 310.0)])), "gap")
    assert (gap["x"], gap["width"]) == ("50%", "10%")


def test_marks_that_are_close_stand_in_rows() -> None:
    drawn = str(draw_marks(AXIS, [fault(at, at + 1) for at in (120.0, 121.0, 122.0, 180.0)]))
    assert [mark["cy"] for mark in attributes(drawn, "mark")] == ["9", "29", "49", "9"]
    assert [mark["cx"] for mark in attributes(drawn, "mark")] == ["20%", "21%", "22%", "80%"]


@given(st.lists(st.floats(0, 1e5), min_size=1, max_size=300), st.integers(1, 240), st.randoms())
def test_no_exchange_is_lost_between_buckets(times: list[float], at_most: int, chance: random.Random) -> None:
    outcomes = [chance.choice(list(ExchangeOutcome)) for _ in times]
    exchanges = [
        exchange(n, at, outcome) for n, (at, outcome) in enumerate(zip(times, outcomes, strict=True))
    ]
    found = buckets(exchanges, at_most)
    assert len(found) <= max(at_most, 2)
    assert sum(bucket.offered for bucket in found) == len(times)
    assert sum(bucket.failed for bucket in found) == outcomes.count(ExchangeOutcome.FAILED)
    assert sum(bucket.unknown for bucket in found) == outcomes.count(ExchangeOutcome.UNKNOWN)
    assert all(bucket.end > bucket.begin for bucket in found)


def test_a_dropped_arrival_is_not_the_systems_failure() -> None:
    (bucket,) = buckets([exchange(0, 1.0, ExchangeOutcome.FAILED, DROPPED)])
    assert (bucket.dropped, bucket.failed) == (1, 0)


def test_the_rate_of_the_last_bucket_counts_to_the_end_of_the_schedule() -> None:
    found = buckets([exchange(n, n / 100) for n in range(1010)], 20)
    rates = [bucket.per_second(bucket.offered) for bucket in found]
    assert rates == pytest.approx([100.0] * len(rates), rel=0.02)


@pytest.mark.parametrize("per_second", [1, 3, 12, 25, 100])
def test_a_steady_rate_is_drawn_level_whatever_the_spans(per_second: int) -> None:
    found = buckets([exchange(n, n / per_second) for n in range(per_second * 47)])
    rates = [bucket.per_second(bucket.offered) for bucket in found if bucket.offered]
    assert rates == pytest.approx([per_second] * len(found), rel=0.001)


def test_a_pause_is_not_taken_for_a_low_rate_after_it() -> None:
    times = [n / 100 for n in range(1000)] + [40 + n / 100 for n in range(1000)]
    found = buckets([exchange(n, at) for n, at in enumerate(times)], 100)
    assert min(bucket.per_second(bucket.offered) for bucket in found if bucket.offered) >= 95


def test_two_requests_at_almost_one_time_are_no_high_rate() -> None:
    found = buckets([exchange(n, at) for n, at in enumerate((0.0, 1.9999, 2.0001, 30.0))])
    assert [(bucket.begin, bucket.offered) for bucket in found[:2]] == [(0.0, 2), (2.0, 1)]
    assert max(bucket.per_second(bucket.offered) for bucket in found[:-1]) <= 2


def test_quantiles_are_by_nearest_rank() -> None:
    (bucket,) = buckets([exchange(n, 1.0, latency=n / 1000) for n in range(1, 101)])
    assert [bucket.quantile(q) for q in (0, 50, 99, 100)] == pytest.approx([0.001, 0.05, 0.099, 0.1])


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=3000), st.integers(8, 200))
def test_thinning_keeps_the_lowest_and_the_highest(values: list[float], at_most: int) -> None:
    points = [(float(n), value) for n, value in enumerate(values)]
    kept = thinned(points, at_most)
    assert len(kept) <= max(at_most, 8)
    assert {min(values), max(values)} <= {value for _, value in kept}
    assert kept == sorted(kept)
    assert (kept[0], kept[-1]) == (points[0], points[-1])


def test_thinning_keeps_a_single_spike_and_a_single_dip() -> None:
    values = {701: 9.0, 1402: -9.0}
    kept = thinned([(float(n), values.get(n, 1.0)) for n in range(2000)], 40)
    assert [point for point in kept if point[1] != 1.0] == [(701.0, 9.0), (1402.0, -9.0)]


def arm(exchanges: list[Exchange], timeline: Timeline | None = None) -> ArmView:
    return ArmView("trouble", tuple(exchanges), timeline=timeline, objective_seconds=0.3)


def test_a_chart_of_nothing_is_none() -> None:
    assert build_chart(arm([]), "c1") is None


def test_a_single_exchange_can_be_drawn() -> None:
    chart = build_chart(arm([exchange(0, 5.0)]), "c1")
    assert chart is not None
    assert chart.lanes[0].name == "Requests a second"


def test_a_chart_where_nothing_was_answered_has_no_latency() -> None:
    failed = [exchange(n, float(n), ExchangeOutcome.FAILED, "connection refused") for n in range(9)]
    chart = build_chart(arm(failed), "c1")
    assert chart is not None
    assert [lane.name.partition(",")[0] for lane in chart.lanes] == ["Requests a second", "Requests lost"]
    assert "9 failed; the first was planned at 0.0 s, the last at 8.0 s." in chart.lanes[1].finding


def pod(at: float, change: Change = Change.MODIFIED, **more: object) -> PodSeen:
    given: dict[str, object] = {
        "name": "web-1",
        "uid": "u1",
        "workload": "web",
        "node": "n1",
        "ip": "",
        "phase": "Running",
        "ready": False,
        "restarts": 0,
        "container_ids": (),
        "owner": "",
        "created_at": at,
        "scheduled_at": None,
        "started_at": None,
        "ready_at": None,
        "deleting": False,
        **more,
    }
    return PodSeen(at, change, **given)  # type: ignore[arg-type]


def test_the_life_of_a_pod_has_its_states() -> None:
    states = (
        pod(110, Change.ADDED, node=""),
        pod(111),
        pod(112),
        pod(115, ready=True),
        pod(130, reason="OOMKilled"),
        pod(133, ready=True),
        pod(150, ready=True, deleting=True),
        pod(158, Change.DELETED, deleting=True),
    )
    (life,) = pod_lives(Timeline(100, 200, Clock(0, 0, 0), states))
    assert [(span.state, span.begin, span.end) for span in life.spans] == [
        (PodState.PENDING, 110, 111), (PodState.STARTING, 111, 115), (PodState.READY, 115, 130),
        (PodState.UNREADY, 130, 133), (PodState.READY, 133, 150), (PodState.TERMINATING, 150, 158),
    ]  # fmt: skip
    assert not life.existed_before
    drawn = str(pods_lane("p", AXIS, [life]).drawing)
    (ending,) = attributes(drawn, "pod-terminating")
    assert (ending["x"], ending["width"]) == ("50%", "8%")
    assert "no longer ready, OOMKilled, 30.0 s to 33.0 s" in drawn


def test_many_pods_are_counted_and_not_all_drawn() -> None:
    states = tuple(pod(110.0 + n, Change.ADDED, uid=f"u{n}", name=f"web-{n}") for n in range(60))
    lane = pods_lane("p", AXIS, pod_lives(Timeline(100, 200, Clock(0, 0, 0), states)))
    assert "60 pods, 60 came." in lane.finding
    assert "36 pods not drawn." in lane.finding


def test_replicas_are_steps_and_decisions_have_reasons() -> None:
    def workload(at: float, wanted: int, ready: int) -> WorkloadSeen:
        return WorkloadSeen(at, Change.MODIFIED, "Deployment", "web", "web", wanted, ready, ready, ready)

    def scaler(at: float, desired: int) -> AutoscalerSeen:
        return AutoscalerSeen(
            at, Change.MODIFIED, "web", "Deployment/web", 2, 6, 2, desired, ("cpu 90 % of 60 %",), ()
        )

    seen = (scaler(100, 2), workload(100, 2, 2), workload(101, 2, 2), scaler(110, 3), workload(111, 3, 2),
            workload(115, 3, 3))  # fmt: skip
    timeline = Timeline(100, 200, Clock(0, 0, 0), seen)
    (steps,) = replicas(timeline)
    assert steps.wanted == ((100, 2.0), (111, 3.0))
    assert steps.ready == ((100, 2.0), (115, 3.0))
    (decision,) = decisions(timeline)
    assert (decision.at, decision.before, decision.after, decision.why) == (110, 2, 3, "cpu 90 % of 60 %")


def test_what_was_there_when_the_watch_began_is_no_event() -> None:
    before = Timeline(0, 500, Clock(0, 0, 0), (pod(0.2, Change.ADDED, ready=True, created_at=-100.0),))
    chart = build_chart(arm([exchange(n, 300.0 + n) for n in range(10)], before), "c1")
    assert chart is not None
    assert chart.axis.begin == 300.0


def test_ticks_are_round_and_have_wall_times() -> None:
    ticks = list(Axis(100.0, 162.0, 1_795_500_000.0).ticks())
    assert [tick.label for tick in ticks] == ["0 s", "10 s", "20 s", "30 s", "40 s", "50 s", "60 s"]
    assert ticks[1].wall == "06:01:50"
    assert [tick.label for tick in Axis(0.0, 600.0, 0.0).ticks()][:3] == ["0 min", "2 min", "4 min"]


@given(st.floats(-1e9, 1e9), st.floats(0, 1e7), st.floats(-1e9, 1e9))
def test_an_axis_keeps_everything_on_the_page(begin: float, length: float, at: float) -> None:
    axis = Axis(begin, begin + length, 0.0)
    assert 0 <= axis.percent(at) <= 100
    assert 1 <= len(list(axis.ticks())) <= 130


@given(st.floats(0, 1e9))
def test_the_top_of_a_scale_holds_the_highest(highest: float) -> None:
    top = nice_top(highest)
    assert highest <= top <= max(2 * highest, 2)
