"""A recorded autoscaler replayed with other settings."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hpa_building import down
from hpa_world import CPU, World
from observations import autoscaler, pod, timeline
from test_recorded_controller import read

from seatrial.judge.hpa import Autoscaler, Behavior, autoscaler_from
from seatrial.judge.hpa.watched import Watched
from seatrial.judge.hpa.what_if import (
    Changes,
    Course,
    at_the_limit,
    parse_changes,
    recorded_course,
    replayed,
    told,
    with_changes,
)
from seatrial.judge.watch import watched_of
from seatrial.model.timeline import UsageSeen
from seatrial.record.observations import read_observation

RUN = Path(__file__).parents[4] / "reports" / "example" / "observations" / "load-step.orders"
SPEC = Autoscaler(maximum=10, metrics=(CPU,), minimum=2, behavior=down(window=60))
LOAD = {20: 60, 100: 300}


@pytest.fixture(scope="module")
def real() -> Watched:
    found = watched_of(read_observation(RUN).observation)
    assert found is not None
    return found


def simulated(spec: Autoscaler, load: dict[int, int] = LOAD) -> Watched:
    return Watched(World(1, spec.behavior).run(400, load), "orders", "orders")


def steps(course: object) -> str:
    return str(course).partition(";")[0]


def test_what_really_happened_is_replayed_from_its_own_settings(real: Watched) -> None:
    """The model is right where it can be checked: with the recorded settings it decides what was decided."""
    lines = list(told(real, parse_changes("max=12"), "max=12"))
    assert lines[1].split()[1:] == lines[2].split()[4:]
    assert steps(recorded_course(real)) == "2 -> 4 at 39 s, 4 -> 2 at 84 s"
    assert any("total / replicas" in line for line in lines)
    assert any(line.strip().startswith("not known:") for line in lines)


@pytest.mark.parametrize("name", ["orders-one-step", "orders-missing-sample"])
def test_other_recordings_are_replayed_as_they_were(name: str) -> None:
    """In one of them a pod has no sample for a while: that is no load that went away."""
    watched = Watched(read(name), "orders", "orders")
    spec = autoscaler_from(watched.states[0].spec)
    assert str(replayed(watched, spec)) == str(recorded_course(watched))


def test_what_a_pod_used_last_counts_while_it_has_no_sample() -> None:
    watched = simulated(SPEC, {20: 300})
    last = max(reading.at for reading in watched.readings if reading.at < 200)
    pod = next(states[0].name for states in watched.timeline.pods.values())
    gone = UsageSeen(last + 0.5, pod, 0.0, 15.0, {})
    kept = tuple(
        item for item in watched.timeline.seen
        if not (isinstance(item, UsageSeen) and item.pod == pod and last < item.at < last + 40)
    )  # fmt: skip
    timeline = dataclasses.replace(watched.timeline, seen=(*kept, gone))
    holed = Watched(timeline, "orders", "orders")
    assert any(pod not in reading.usage for reading in holed.readings)
    nervous = with_changes(SPEC, Changes(down_window=0))
    assert steps(replayed(holed, nervous)) == steps(replayed(watched, nervous))


def test_a_lower_target_asks_for_more_and_the_maximum_holds_it(real: Watched) -> None:
    lines = list(told(real, parse_changes("target=35,max=5"), "target=35,max=5"))
    assert "ceil(4 x 2 ready) = 8; held at 5 by maxReplicas" in lines[4]
    assert steps(lines[3].split("changes")[1].strip()).startswith("2 -> 5 at 39 s")


def test_a_load_that_stays_is_shared_by_whatever_number_there_is() -> None:
    """300m in all, 100m a pod, target 50 %: 6 pods; with 25 % 12, at most 10; with 100 % 3."""
    watched = simulated(SPEC)
    for target, most in ((50, 6), (25, 10), (100, 3)):
        course = replayed(watched, with_changes(SPEC, Changes({"": str(target)})))
        assert course.changes[-1][2] == most, course


def test_bounds_are_kept_and_cost_is_counted() -> None:
    watched = simulated(SPEC)
    high = replayed(watched, with_changes(SPEC, Changes(minimum=8)))
    assert steps(high).startswith("2 -> 8")
    low = replayed(watched, with_changes(SPEC, Changes(maximum=3)))
    assert (low.peak, high.peak) == (3, 8)
    assert low.pod_seconds < high.pod_seconds <= 8 * 400


def test_pods_are_counted_for_as_long_as_they_are_there() -> None:
    quiet = replayed(simulated(SPEC, {20: 60}), SPEC)
    assert (quiet.changes, quiet.peak, quiet.pod_seconds) == ((), 2, 2 * 400)
    course = recorded_course(simulated(SPEC, {20: 140}))
    [(at, before, after, _)] = course.changes
    assert course.pod_seconds == pytest.approx(at * before + (400 - at) * after)


def test_a_course_is_told_with_its_peak_and_what_it_costs() -> None:
    assert str(Course(((30.0, 2, 5, ""), (90.4, 5, 3, "")), 5, 900.0)) == (
        "2 -> 5 at 30 s, 5 -> 3 at 90 s; peak 5, 15.0 pod minutes"
    )


def test_a_lone_pod_bears_the_whole_load() -> None:
    watched = simulated(SPEC, {20: 20, 200: 80})
    course = replayed(watched, with_changes(SPEC, Changes(minimum=1)))
    assert [(before, after) for _, before, after, _ in course.changes] == [(2, 1), (1, 2)]


def test_what_is_decided_as_the_recording_ends_is_replayed() -> None:
    """A quarter of a second has no rounding: the controller's last look is at the very end."""
    watched = simulated(SPEC)
    first = next(state for _, state in watched.decisions())
    moved = dataclasses.replace(first, at=round(first.at) + 0.25)
    seen = tuple(moved if item is first else item for item in watched.timeline.seen if item.at <= first.at)
    cut = Watched(dataclasses.replace(watched.timeline, seen=seen, ended_at=moved.at), "orders", "orders")
    assert steps(recorded_course(cut)) != "no change"
    assert steps(replayed(cut, SPEC)) == steps(recorded_course(cut))


TOTAL, MAILS = (
    {"type": "External", "external": {"metric": {"name": name}, "target": {"type": "Value", "value": "10"}}}
    for name in ("jobs", "mails")
)


@pytest.mark.parametrize("change", [{"maxReplicas": 4}, {"metrics": [TOTAL, TOTAL]}])
def test_the_first_specification_is_replayed_though_it_changed_and_that_is_said(
    change: dict[str, object],
) -> None:
    watched = simulated(SPEC)
    final = watched.states[-1]
    other = dataclasses.replace(final, spec={**final.spec, **change})
    seen = tuple(other if item is final else item for item in watched.timeline.seen)
    changed = Watched(dataclasses.replace(watched.timeline, seen=seen), "orders", "orders")
    lines, plain = (list(told(one, Changes(minimum=3), "min=3")) for one in (changed, watched))
    said = "  its specification changed meanwhile; the first one was replayed"
    assert said not in plain
    assert sorted(lines) == sorted([*plain, said])


def queued(*specs: dict[str, object]) -> Watched:
    """A workload that scales by 30 jobs in a queue; its specification is another one every 100 s."""
    current = {"type": "External", "external": {"metric": {"name": "jobs"}, "current": {"value": "30"}}}
    states = [
        dataclasses.replace(
            autoscaler(100.0 * number, 2), current_metrics=(current,),
            spec={"minReplicas": 1, "maxReplicas": 9, "metrics": [spec]},
        )
        for number, spec in enumerate(specs)
    ]  # fmt: skip
    return Watched(timeline(*states, pod(0.0, "orders-a", ready=True), ended_at=190.0), "orders", "orders")


def test_what_is_measured_outside_of_pods_is_taken_as_it_was() -> None:
    watched = queued(TOTAL)
    course = replayed(watched, with_changes(autoscaler_from(watched.states[0].spec), Changes(maximum=5)))
    assert [after for _, _, after, _ in course.changes] == [4, 5]
    changed = queued(MAILS, TOTAL)
    spec = autoscaler_from(changed.states[1].spec)
    assert all(at > 90 for at, *_ in replayed(changed, spec).changes), "the status spoke of other metrics"


def test_windows_hold_back() -> None:
    falling = {20: 300, 150: 20}
    watched = simulated(SPEC, falling)
    soon = replayed(watched, with_changes(SPEC, Changes(down_window=0)))
    late = replayed(watched, with_changes(SPEC, Changes(down_window=150)))
    assert soon.changes[-1][0] + 120 < late.changes[-1][0]
    never = replayed(watched, with_changes(SPEC, Changes(up_window=3600)))
    assert never.peak == 2


def test_one_number_may_be_both_bounds() -> None:
    changed = with_changes(SPEC, Changes(minimum=4, maximum=4))
    assert (changed.minimum, changed.maximum) == (4, 4)


def test_a_window_is_changed_where_there_was_no_behavior() -> None:
    changed = with_changes(Autoscaler(maximum=5, metrics=(CPU,)), Changes(up_window=30))
    assert changed.behavior is not None
    assert changed.behavior.scale_up.stabilization_seconds == 30
    assert changed.behavior.scale_down == Behavior().scale_down


def test_a_pod_at_its_limit_hides_load() -> None:
    assert "worked at the CPU limit" in at_the_limit(simulated(SPEC, {20: 60, 100: 900}))
    assert at_the_limit(simulated(SPEC, {20: 60})) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tgt=3", "'tgt=3' is none of target=N, min=N"),
        ("target", "is none of"),
        ("min.cpu=3", "is none of"),
        ("target=x", "no quantity above 0"),
        ("target=0", "no quantity above 0"),
        ("max=-3", "needs a whole number"),
        ("max=3,max=4", "max is named twice"),
        ("target=3,target=4", "target is named twice"),
        (",", "no setting is named"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_changes(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("max=1", "min 2 and max 1 leave no number"),
        ("min=0", "leave no number"),
        ("target.memory=60", "target.memory fits 0 of its metrics .cpu."),
        ("target=50.5", "whole number of percent"),
    ],
)
def test_what_does_not_fit_is_named(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        with_changes(SPEC, parse_changes(text))


def test_a_target_that_is_no_percentage_is_a_quantity() -> None:
    spec = autoscaler_from({"maxReplicas": 5, "metrics": [TOTAL]})
    changed = with_changes(spec, parse_changes("target=250m"))
    assert [(metric.name, metric.target) for metric in changed.metrics] == [("jobs", 250)]


def test_a_target_is_named_by_its_metric() -> None:
    changed = with_changes(SPEC, parse_changes("target.cpu=70, up-window=15,down-window=0"))
    assert changed.metrics[0].target == 70
    assert with_changes(SPEC, parse_changes("target=1000")).metrics[0].target == 1000
    two = dataclasses.replace(SPEC, metrics=(CPU, dataclasses.replace(CPU, resource="memory")))
    assert [one.target for one in with_changes(two, parse_changes("target.memory=70")).metrics] == [50, 70]
    with pytest.raises(ValueError, match=r"^target fits 2 of its metrics \(cpu, memory\)$"):
        with_changes(two, parse_changes("target=70"))
    assert parse_changes("target=60,max=12") == Changes({"": "60"}, maximum=12)
