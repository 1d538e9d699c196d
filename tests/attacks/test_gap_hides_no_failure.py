"""Failures were seen, and the evidence is thin in any way or in all: they stay failed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce

from hypothesis import given, settings
from hypothesis import strategies as st
from observations import crash_fault, failed, health, observation, stream, three_faults, timeline, workload

from seatrial.judge.admissible import judge
from seatrial.judge.disruption import involuntary, voluntary
from seatrial.model.check import CORE, Check
from seatrial.model.objectives import Objectives
from seatrial.model.observation import EXCHANGES, READ_BACK, TIMELINE, TROUBLE, Observation
from seatrial.model.system import System
from seatrial.model.verdict import Outcome, Verdict

WATCHED = timeline(workload(1.0))
SYSTEM = System.model_validate(
    {
        "apiVersion": "seatrial/v1",
        "kind": "System",
        "metadata": {"name": "shop"},
        "target": {"context": "nowhere", "namespace": "shop"},
        "entry": {"url": "http://127.0.0.1:1"},
        "workloads": {"orders": {"kind": "Deployment", "name": "orders"}},
        "journeys": {"browse": {"request": {"path": "/"}}},
        "objectives": Objectives(availability=0.9999, budget_window_hours=1).model_dump(),
    }
)
FAILURES = [failed(100.1 + n / 10) for n in range(9)]
RED = replace(
    observation([*stream(90, 140), *FAILURES], three_faults(), timeline=WATCHED), repetitions=3, system=SYSTEM
)
RED_CRASH = replace(
    observation([*stream(90, 140), *FAILURES], [crash_fault(100.0, 103.0)], timeline=WATCHED),
    repetitions=1,
    system=SYSTEM,
)


def changed(seen: Observation, **arm: object) -> Observation:
    return replace(seen, arms={TROUBLE: replace(seen.trouble, **arm)})  # type: ignore[arg-type]


def watched(seen: Observation, **more: object) -> Observation:
    kept = seen.timeline or WATCHED
    return changed(seen, timeline=replace(kept, **more))  # type: ignore[arg-type]


THIN: dict[str, Callable[[Observation], Observation]] = {
    "a gap over all of it": lambda seen: watched(seen, gaps=((0.0, 1000.0),)),
    "watches that ended early": lambda seen: watched(seen, ended_at=100.5),
    "a generator that was late": lambda seen: changed(seen, generator=health(late=900)),
    "a generator that dropped": lambda seen: changed(seen, generator=health(dropped=900)),
    "more repetitions were wanted": lambda seen: replace(seen, repetitions=9),
    "traffic that stopped": lambda seen: changed(
        seen, exchanges=tuple(one for one in seen.exchanges if one.planned_at < 101.0)
    ),
    "a record was not kept": lambda seen: replace(seen, missing={TIMELINE: "the disk was full"}),
    "the control failed as well": lambda seen: changed(seen, exchanges=(*seen.exchanges, failed(130.0))),
}


def weakened(seen: Observation, names: Sequence[str]) -> Observation:
    return reduce(lambda made, name: THIN[name](made), names, seen)


def a_check(judges: Callable[[Observation], Verdict]) -> Check:
    records = frozenset({EXCHANGES, TIMELINE, READ_BACK})
    return Check("data.made", CORE, "x", records, (), "MUST", "Do.", (), "", judges)


@settings(deadline=None, max_examples=80)
@given(st.permutations(list(THIN)), st.integers(0, len(THIN)))
def test_failures_stay_failed(names: list[str], number: int) -> None:
    for red, judges in ((RED, voluntary), (RED_CRASH, involuntary)):
        verdict = judge(a_check(judges), weakened(red, names[:number]))
        assert verdict.outcome is Outcome.FAILED, (names[:number], verdict.explain())


@settings(deadline=None, max_examples=30)
@given(st.sets(st.sampled_from(sorted(set(THIN) - {"the control failed as well"})), min_size=1))
def test_the_same_without_failures_is_no_pass(names: set[str]) -> None:
    clean = changed(RED, exchanges=tuple(one for one in RED.exchanges if one.ok))
    assert voluntary(clean).outcome is Outcome.PASSED
    assert judge(a_check(voluntary), weakened(clean, sorted(names))).outcome is Outcome.INCONCLUSIVE
