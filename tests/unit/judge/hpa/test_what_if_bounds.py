"""What of a recording counts when an autoscaler is replayed: which moments, which pods, which requests."""

from __future__ import annotations

import dataclasses

import pytest
from hpa_world import seen_pod, spec_of
from observations import autoscaler, timeline
from test_what_if import SPEC, TOTAL, queued, simulated

from seatrial.judge.hpa import autoscaler_from
from seatrial.judge.hpa.watched import Watched
from seatrial.judge.hpa.what_if import Changes, Course, at_the_limit, replayed, told, with_changes
from seatrial.model.timeline import PodSeen, Seen, UsageSeen

FIRST, SECOND, THIRD = (seen_pod(0.0, f"orders-{n}", -3600.0, ready_at=-3500.0) for n in range(3))


def course(
    *pods: PodSeen, at: float = 30.0, late: float = 0.0, began: float = 0.0, desired: int = 2
) -> Course:
    """Each pod uses 80, as the metrics API told once; it requests 100 and is to use 50."""
    state = dataclasses.replace(autoscaler(began, desired), spec=spec_of(SPEC.behavior))
    usage = [UsageSeen(at, pod.name, at - late, 15.0, {"app": {"cpu": 80}}) for pod in pods]
    seen: list[Seen] = [state, *pods, *usage]
    watched = Watched(timeline(*seen, ended_at=100.0), "orders", "orders")
    return replayed(watched, autoscaler_from(state.spec))


def first_change(found: Course) -> tuple[float, int]:
    return found.changes[0][0], found.changes[0][2]


def test_what_is_told_at_the_moment_of_a_look_counts() -> None:
    assert first_change(course(FIRST, SECOND)) == (30.0, 4)


def test_nothing_is_decided_before_the_autoscaler_was_seen() -> None:
    assert first_change(course(FIRST, SECOND, at=10.0, began=40.0)) == (45.0, 4)


@pytest.mark.parametrize("changed", [{"deleting": True}, {"phase": "Pending"}])
def test_what_a_pod_uses_that_comes_or_goes_is_no_load(changed: dict[str, object]) -> None:
    other = dataclasses.replace(THIRD, **changed)  # type: ignore[arg-type]
    assert course(FIRST, SECOND, other).changes == course(FIRST, SECOND).changes
    assert course(FIRST, SECOND, THIRD).peak > 4


def test_a_request_of_the_whole_pod_is_what_its_use_is_a_part_of() -> None:
    whole = [dataclasses.replace(pod, pod_requests={"cpu": 200}) for pod in (FIRST, SECOND)]
    assert course(*whole).changes == ()


def test_while_one_metric_was_not_measured_another_decides_nothing() -> None:
    [cpu] = spec_of(None)["metrics"]  # type: ignore[misc]
    watched = queued(TOTAL)
    state = watched.states[0]
    spec = {**state.spec, "metrics": [TOTAL, cpu]}
    seen = watched.timeline.seen
    both = tuple(dataclasses.replace(state, spec=spec) if item is state else item for item in seen)
    changed = Watched(dataclasses.replace(watched.timeline, seen=both), "orders", "orders")
    assert replayed(changed, autoscaler_from(spec)).changes == ()


def test_looks_are_in_step_with_what_the_controller_wrote_though_it_decided_nothing() -> None:
    watched = simulated(SPEC, {20: 60})
    wrote = dataclasses.replace(watched.states[0], at=7.25)
    seen = (*watched.timeline.seen, wrote)
    written = Watched(dataclasses.replace(watched.timeline, seen=seen), "orders", "orders")
    found = replayed(written, with_changes(SPEC, Changes({"": "20"})))
    assert {at % 15 for at, *_ in found.changes} == {7.25}


def test_what_was_measured_long_ago_is_no_load() -> None:
    assert first_change(course(FIRST, SECOND, at=40.0, late=85.0)) == (45.0, 4), "90 s before the look"
    assert course(FIRST, SECOND, at=40.0, late=85.1).changes == ()


def test_a_target_that_was_scaled_to_zero_stays_there() -> None:
    assert course(FIRST, SECOND, desired=0).changes == ()


def test_it_is_told_how_long_was_watched_and_what_hid_load() -> None:
    heavy = simulated(SPEC, {20: 60, 100: 900})
    later = Watched(dataclasses.replace(heavy.timeline, began_at=50.0), "orders", "orders")
    lines = list(told(later, Changes(maximum=8), "max=8"))
    assert lines[0] == "orders over 350.0 s, what if max=8"
    assert lines[-1].endswith("worked at the CPU limit: the load may have been more than was seen")
    light = list(told(simulated(SPEC, {20: 60}), Changes(maximum=8), "max=8"))
    assert light == [line for line in light if line.strip() and "CPU limit" not in line]


@pytest.mark.parametrize(
    ("app", "proxy", "hides"), [(189, 5, False), (190, 5, True), (100, 500, False), (195, 0, True)]
)
def test_a_container_works_at_its_own_limit(app: int, proxy: int, hides: bool) -> None:
    """The limit of one is no limit of the other; here only the first has any."""
    pod = dataclasses.replace(FIRST, limits={"app": {"cpu": 200}, "proxy": {"memory": 1}})
    used = UsageSeen(30.0, pod.name, 30.0, 15.0, {"app": {"cpu": app}, "proxy": {"cpu": proxy}})
    none = UsageSeen(45.0, pod.name, 45.0, 15.0, {"app": {"memory": 1}, "else": {"cpu": 900}})
    watched = Watched(timeline(autoscaler(0.0, 2), pod, used, none), "orders", "orders")
    assert bool(at_the_limit(watched)) is hides
