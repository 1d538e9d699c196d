"""A workload whose pods were all lost at once must begin again in time."""

from __future__ import annotations

from dataclasses import replace

from observations import crash_fault, endpoints, failed, observation, pod, stream, timeline, workload

from seatrial.judge.admissible import judge
from seatrial.judge.cold import converges
from seatrial.judge.disruption import involuntary
from seatrial.model.check import CHECKS
from seatrial.model.observation import Observation
from seatrial.model.timeline import Change, Seen
from seatrial.model.verdict import Outcome

CHECK = CHECKS.get("orchestration.cold-start-converges")
OLD, NEW = ("orders-a", "orders-b"), ("orders-c", "orders-d")


def course(*, ready_after: float, started_after: float = 1.0, restarts: int = 0) -> list[Seen]:
    """Both pods go at 100, and two new ones are Ready so long after it."""
    seen: list[Seen] = [workload(1.0), endpoints(1.0, orders_a=True, orders_b=True), endpoints(100.1)]
    for name in OLD:
        seen += [pod(1.0, name, uid=name, ready=True), pod(100.05, name, uid=name, change=Change.DELETED)]
    for name in NEW:
        seen += [
            pod(100.1, name, uid=name, change=Change.ADDED, node=""),
            pod(100.2, name, uid=name),
            pod(100 + started_after, name, uid=name, started_at=100 + started_after),
            pod(100 + ready_after, name, uid=name, started_at=1.0, ready=True, restarts=restarts),
        ]
    return [*seen, endpoints(100.2 + ready_after, orders_c=True, orders_d=True)]


def made(ready_after: float, *, again: bool = True, end: float = 200.0, **more: object) -> Observation:
    available_at = 100.2 + ready_after if again else None
    lost = crash_fault(100.0, available_at, kind="Deployment", name="orders", uid="u", replacement=NEW[0])
    fault = replace(lost, fault="delete-all-pods", verified_at=100.1, reverted_at=available_at)
    until = end if available_at is None else available_at
    requests = [
        failed(each.planned_at, error="status 503") if 100 <= each.planned_at < until else each
        for each in stream(80.0, end, per_second=20)
    ]
    states = course(ready_after=ready_after, **more)  # type: ignore[arg-type]
    seen = observation(requests, [fault], timeline=timeline(*states, ended_at=end))
    return replace(seen, target="orders", repetitions=1, disruption=fault.disruption)


def test_it_passes_where_all_are_ready_in_time() -> None:
    verdict = judge(CHECK, made(6.0))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert "all pods of orders Ready 6.20 s after all were lost, 0 restarts on the way" in verdict.observed
    assert (verdict.numbers["cold_pods"], verdict.numbers["cold_seconds"]) == (2, 6.2)


def test_restarts_on_the_way_are_told_and_no_fault_where_it_is_in_time() -> None:
    verdict = converges(made(12.0, restarts=2))
    assert verdict.outcome is Outcome.PASSED
    assert "4 restarts on the way" in verdict.observed
    assert "orders-c was restarted 2 times on the way" in verdict.explain()


def test_too_late_is_a_failure_that_names_the_longest_step() -> None:
    verdict = judge(CHECK, made(60.0, started_after=55.0))
    assert verdict.outcome is Outcome.FAILED
    assert "all pods of orders Ready 60.2 s after all were lost" in verdict.observed
    assert "until its containers started (images, init containers)" in verdict.next_step
    assert "The longest was 54.8 s of orders-d" in verdict.next_step
    slow = converges(made(60.0))
    assert "The longest was 59.0 s of orders-d from there until it was Ready" in slow.next_step


def test_one_that_never_comes_back_has_failed() -> None:
    verdict = converges(made(500.0, again=False))
    assert verdict.outcome is Outcome.FAILED
    assert "orders was not available again" in verdict.observed


def test_clients_that_are_not_served_in_time_fail_it_whatever_the_pods_say() -> None:
    seen = made(6.0)
    late = [
        failed(each.planned_at, error="status 503") if 100 <= each.planned_at < 150 else each
        for each in seen.exchanges
    ]
    again = replace(seen, arms={"trouble": replace(seen.trouble, exchanges=tuple(late))})
    assert converges(again).outcome is Outcome.FAILED


def test_what_was_not_verified_or_watched_is_no_pass() -> None:
    seen = made(6.0)
    unseen = replace(seen.trouble, faults=(replace(seen.faults[0], verified_at=None),))
    assert converges(replace(seen, arms={"trouble": unseen})).outcome is Outcome.ERROR
    blind = replace(seen.trouble, timeline=None)
    assert not judge(CHECK, replace(seen, arms={"trouble": blind})).passed
    assert converges(replace(seen, arms={"trouble": blind})).outcome is Outcome.INCONCLUSIVE
    gap = replace(seen.trouble, timeline=replace(seen.timeline, gaps=((101.0, 102.0),)))  # type: ignore[type-var]
    assert converges(replace(seen, arms={"trouble": gap})).outcome is Outcome.INCONCLUSIVE


def test_of_a_loss_that_was_not_verified_nothing_is_told() -> None:
    seen = made(60.0)
    arm = replace(seen.trouble, faults=(replace(seen.faults[0], verified_at=None),))
    unseen = replace(seen, arms={"trouble": arm})
    assert converges(unseen) == involuntary(unseen)


def test_in_time_is_up_to_the_objective() -> None:
    limit = made(6.0).objectives.recovery_seconds
    for took, outcome in ((limit, Outcome.PASSED), (limit + 0.25, Outcome.FAILED)):
        seen = made(6.0)
        fault = replace(seen.faults[0], available_at=100.0 + took)
        quick = [each for each in seen.exchanges if each.ok or each.planned_at < 106.2]
        arm = replace(seen.trouble, faults=(fault,), exchanges=tuple(quick))
        verdict = converges(replace(seen, arms={"trouble": arm}))
        assert verdict.outcome is outcome, verdict.explain()


def test_a_pod_that_is_seen_in_the_very_moment_of_the_loss_is_a_new_one() -> None:
    seen = made(60.0)
    fault = replace(seen.faults[0], injected_at=100.1)
    verdict = converges(replace(seen, arms={"trouble": replace(seen.trouble, faults=(fault,))}))
    assert verdict.numbers["cold_pods"] == 2
    assert "from there until it was Ready" in verdict.next_step


def test_where_no_new_pod_was_seen_its_controller_knows_why() -> None:
    seen = made(60.0, again=False)
    assert seen.timeline is not None
    old = tuple(state for state in seen.timeline.seen if getattr(state, "name", "") not in NEW)
    arm = replace(seen.trouble, timeline=replace(seen.timeline, seen=old))
    verdict = converges(replace(seen, arms={"trouble": arm}))
    assert verdict.outcome is Outcome.FAILED
    assert "No new pod was seen: read the events of its controller." in verdict.next_step


def test_what_never_came_lasts_to_the_end_and_is_the_longest() -> None:
    seen = made(60.0, again=False)
    assert seen.timeline is not None
    stuck = tuple(
        state for state in seen.timeline.seen
        if getattr(state, "name", "") != "orders-c" or not getattr(state, "node", "")
    )  # fmt: skip
    arm = replace(seen.trouble, timeline=replace(seen.timeline, seen=stuck))
    verdict = converges(replace(seen, arms={"trouble": arm}))
    assert "The longest was 99.9 s of orders-c to be scheduled" in verdict.next_step
