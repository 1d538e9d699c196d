"""What containers and the machine used in a trial, from two looks at a system."""

from dataclasses import replace

import pytest

from seatrial.load.held import busy_between, looks_in, used_between, with_looks
from seatrial.model.capacity import Trial

TRIAL = Trial(50, 12, 600, 0, 0)


def container(used: float, periods: int | None = None, throttled: int | None = None, **more):
    names = {"role": "api", "pod": "api-1", "container": "app", "limit": 0.5, "request": None}
    return {**names, "used_seconds": used, "periods": periods, "throttled": throttled, **more}


def look(at: float, *containers, ready: int = 2, machine=None):
    return {"at": at, "replicas": {"api": ready}, "containers": containers, "machine": machine, "unseen": ""}


def test_used_is_a_mean_over_the_time_between_the_looks():
    (use,) = used_between(look(10, container(4.0, 100, 5)), look(20, container(8.0, 200, 55)))
    assert (use.cores, use.limit_cores, use.request_cores, use.throttled) == (0.4, 0.5, None, 0.5)


def test_a_container_without_a_limit_is_never_throttled():
    (use,) = used_between(look(10, container(4.0)), look(20, container(8.0)))
    assert use.throttled is None


def test_a_container_that_began_anew_or_was_not_there_before_is_left_out():
    assert used_between(look(10, container(4.0)), look(20, container(1.0))) == ()
    assert used_between(look(10), look(20, container(1.0))) == ()
    assert used_between(look(10, container(1.0)), look(20, container(2.0, pod="api-2"))) == ()


def test_the_machine_is_busy_by_its_own_counters():
    one, other = ({"busy": 100, "total": 1_000}, {"busy": 250, "total": 1_200})
    assert busy_between(look(0, machine=one), look(1, machine=other)) == pytest.approx(0.75)
    assert busy_between(look(0), look(1)) is None
    assert busy_between(look(0, machine=one), look(1, machine=one)) is None


def test_a_trial_in_which_replicas_changed_is_void():
    moved = with_looks(TRIAL, look(0, ready=2), look(12, ready=3))
    assert "api had 2 ready replicas before the trial and 3 after it" in moved.void
    late = with_looks(replace(TRIAL, void="late"), look(0), look(12))
    assert (late.void, late.replicas) == ("late", {"api": 2})


def test_a_look_tells_memory_from_inside_else_from_the_metrics_api_and_how_each_container_fares():
    named = {"role": "api", "pod": "api-1"}
    lives = [
        {**named, "container": "app", "restarts": 2, "last_end": "OOMKilled", "memory_limit": 100.0},
        {**named, "container": "proxy", "restarts": 0, "last_end": "", "memory_limit": None},
        {**named, "container": "dark", "restarts": 0, "last_end": "", "memory_limit": None},
    ]
    inside = container(1.0, memory=60, killed=3)
    sets = {"api-1": {"app": 90.0, "proxy": 20.0}}
    app, proxy, dark = looks_in({**look(7.0, inside), "lives": lives, "working_sets": sets})
    assert (app.at, app.memory_bytes, app.limit_bytes, app.restarts, app.last_end, app.killed) == (
        7.0, 60.0, 100.0, 2, "OOMKilled", 3,
    )  # fmt: skip
    assert (proxy.memory_bytes, proxy.killed, dark.memory_bytes) == (20.0, None, None)
