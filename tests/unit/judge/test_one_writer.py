"""Two pods of a single writer ran at once, did not, or it cannot be told: both ways, at every edge."""

from dataclasses import replace
from pathlib import Path

import pytest
from single_writer import FAULTS, FIRST, SOUND, THEN, begins, ends, judged, seen, state, workload

from seatrial.judge.one_writer import one_writer_at_a_time
from seatrial.model.observation import TROUBLE
from seatrial.model.timeline import Change, PodSeen
from seatrial.model.verdict import Outcome
from seatrial.record.observations import read_observation

RECORDED = Path(__file__).parents[3] / "reports" / "example" / "observations" / "delete-pod.orders"


def test_each_pod_that_waits_for_the_end_of_the_one_before_it_passes() -> None:
    verdict = judged(SOUND)
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert "2 pods of writer began to run after delete-pod, rollout-restart, each when" in verdict.observed
    assert verdict.numbers["replacements"] == 2
    assert verdict.numbers["without_writer_seconds"] == 3.0
    assert (verdict.numbers["overlaps"], verdict.numbers["overlap_at_least_seconds"]) == (0, 0.0)


def test_the_order_of_the_watch_shows_it_where_whole_seconds_cannot() -> None:
    """It got its node after the other was told to have ended, within the same second."""
    close = [
        *FIRST, *ends("a", 100.1, 103, told=103.4), *begins("b", 103.5, 103),
        *ends("b", 120.1, 123), *begins("c", 124.5, 125),
    ]  # fmt: skip
    assert judged(workload(), close).passed
    waiting = [
        *FIRST, state("b", 100.2, Change.ADDED, node="", phase="Pending"), *ends("a", 100.1, 103, told=103.4),
        state("b", 103.45, phase="Pending"), state("b", 104.0, started_at=103.0),
        *ends("b", 120.1, 123), *begins("c", 124.5, 125),
    ]  # fmt: skip
    assert judged(workload(), waiting).passed, "it was created before, and placed after"


def test_a_rollout_with_surge_has_failed_and_is_named_with_its_seconds() -> None:
    surge = [
        *SOUND[1:8], *begins("c", 120.5, 121, revision="2"), *ends("b", 142.0, 143),
    ]  # fmt: skip
    verdict = judged(workload(strategy="RollingUpdate, maxSurge 1"), surge)
    assert verdict.outcome is Outcome.FAILED, verdict.explain()
    assert verdict.observed == "w-c ran beside w-b for 21.0 s to 23.0 s"
    assert "Deployment/w rolls out with RollingUpdate, maxSurge 1" in verdict.next_step
    assert "21.5 s before the old one was told to end" in verdict.next_step
    assert verdict.numbers["overlap_at_least_seconds"] == 21.0
    assert verdict.numbers["overlaps"] == 1
    assert "rolls out: the new pod" in judged(surge).next_step, "nobody told how"
    assert "rolls out: the new pod" in judged(workload(strategy=""), surge).next_step
    orders = (0.5, "0.50 s before the old one"), (0.0, "0.00 s after w-b was"), (-0.5, "0.50 s after w-b was")
    for early, words in orders:
        soon = [*SOUND[1:8], *begins("c", 120.5, 121, revision="2"), *ends("b", 120.5 + early, 143)]
        assert words in judged(workload(), soon).next_step
    endless = [*SOUND[1:8], *begins("c", 120.5, 121, revision="2")]
    assert "and the old one was never told to end" in judged(workload(), endless).next_step


def test_the_surest_of_several_is_told_first_and_the_rest_beside_it() -> None:
    """Three at once: the first two for 8 s, all three for less."""
    third = begins("z", 103.0, 104)
    verdict = judged(workload(), FIRST, ends("a", 100.1, 110), begins("b", 100.2, 101), third)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == "w-z ran beside w-b for 93.0 s and more"
    assert verdict.reasons == (
        "w-b ran beside w-a for 8.00 s to 10.0 s", "w-z ran beside w-a for 5.00 s to 7.00 s",
    )  # fmt: skip
    assert verdict.numbers["overlap_at_least_seconds"] == 93.0
    assert verdict.numbers["overlaps"] == 3
    assert verdict.numbers["without_writer_seconds"] == 0.0


def test_one_that_is_sure_stands_beside_one_that_is_not() -> None:
    verdict = judged(
        workload(), FIRST, ends("a", 100.1, 110), begins("b", 100.2, 101), ends("b", 120.1, 123),
        begins("c", 120.2, 123),
    )  # fmt: skip
    assert verdict.outcome is Outcome.FAILED
    assert (verdict.numbers["overlaps"], verdict.numbers["overlap_at_least_seconds"]) == (1, 8.0)
    assert verdict.reasons == ("w-c ran beside w-b for at most 1.00 s, or after it: that cannot be told",)


def test_who_created_it_is_named_where_nobody_told_the_old_one_to_end() -> None:
    verdict = judged(workload(), SOUND[1:8], begins("x", 110.0, 111))
    assert "before anybody told w-b to end: see who made ReplicaSet/w-1" in verdict.next_step
    before = [*FIRST, *ends("a", 103.5, 110), *begins("b", 100.2, 101)]
    assert "before anybody told w-a to end" in judged(workload(), before).next_step
    near = [*FIRST, *ends("a", 102.0, 110), *begins("b", 100.2, 101)]
    assert "w-b was created 0.00 s after w-a was told to end" in judged(workload(), near).next_step
    assert judged(near).next_step == judged(workload(), near).next_step
    lagging = [*FIRST, *ends("a", 102.25, 110), *begins("b", 100.25, 101)]
    assert "w-b was created 0.00 s after" in judged(workload(), lagging).next_step, "a watch lags by 2 s"


def forced(name: str, at: float, revision: str = "1") -> list[PodSeen]:
    """It is told to run still, and is gone five seconds later without another word."""
    gone = state(name, at, Change.DELETED, started_at=50.0, deleting=True, revision=revision)
    return [state(name, at - 5.0, started_at=50.0, revision=revision), gone]


def test_one_of_which_nobody_said_that_it_had_ended_may_run_on() -> None:
    verdict = judged(workload(), FIRST, forced("a", 100.1), begins("b", 100.3, 101), THEN)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.observed == (
        "w-b ran beside w-a or after it: w-a went, and nobody said that its containers had ended"
    )
    assert verdict.next_step.startswith("Delete no pod with `--force`")


def test_force_is_no_cause_of_what_surely_was_before_it() -> None:
    surge = [workload(), *SOUND[1:8], *begins("c", 120.5, 121, revision="2")]
    for last in ([*forced("b", 142.0)], [*ends("b", 142.0, 143), *forced("c", 142.0, revision="2")]):
        verdict = judged(surge, last)
        assert verdict.outcome is Outcome.FAILED, verdict.explain()
        assert "Deployment/w rolls out" in verdict.next_step


def test_fewer_new_pods_than_disturbances_are_no_pass() -> None:
    verdict = judged(SOUND[:8])
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "1 pod of writer began to run after delete-pod, rollout-restart, where 2" in verdict.observed


def test_another_one_of_the_same_name_is_told_apart() -> None:
    def named(states: list[PodSeen]) -> list[PodSeen]:
        return [replace(each, name="w-0") for each in states]

    verdict = judged(named(FIRST), named(ends("a", 100.1, 110)), named(begins("b", 100.2, 101)))
    assert verdict.observed == "w-0 ran beside the w-0 before it for 8.00 s to 10.0 s"


def test_of_several_containers_the_first_may_have_begun_as_soon_as_the_pod_had_its_node() -> None:
    def sidecar(started: int, scheduled: float | None = 102.0) -> Outcome:
        pair = [
            replace(each, container_ids=("main", "proxy"), scheduled_at=scheduled)
            for each in begins("b", 100.2, started)
        ]
        return judged(workload(), FIRST, ends("a", 100.1, 103), pair, THEN).outcome

    assert sidecar(109) is Outcome.INCONCLUSIVE
    assert sidecar(109, scheduled=104.0) is Outcome.PASSED
    assert sidecar(109, scheduled=None) is Outcome.INCONCLUSIVE
    assert sidecar(101) is Outcome.FAILED


def test_the_replacement_is_what_was_created_after_the_disturbance() -> None:
    at_once = [*FIRST, *ends("a", 99.0, 99, told=99.5), *begins("b", 100.0, 101), *THEN]
    assert judged(workload(), at_once).numbers["replacements"] == 1


def test_what_may_have_lasted_into_the_watch_counts() -> None:
    """Both were there when it began, so their order tells nothing."""
    just = state("old", 0.5, Change.ADDED, phase="Failed", ended_at=-0.5, scheduled_at=-90.0)
    running = state("a", 1.0, Change.ADDED, started_at=-50.0)
    assert judged(workload(), running, SOUND[2:], just).outcome is Outcome.INCONCLUSIVE
    assert judged(workload(), running, SOUND[2:]).passed


@pytest.mark.parametrize(
    ("started", "outcome"),
    [
        (101, Outcome.FAILED),
        (102, Outcome.INCONCLUSIVE),
        (103, Outcome.INCONCLUSIVE),
        (104, Outcome.PASSED),
    ],
)
def test_whole_seconds_tell_what_they_can(started: int, outcome: Outcome) -> None:
    """The old one ended in the second 103."""
    near = [*FIRST, *ends("a", 100.1, 103), *begins("b", 100.2, started), *THEN]
    verdict = judged(workload(), near)
    assert verdict.outcome is outcome, verdict.explain()
    assert ("that cannot be told" in verdict.observed) == (outcome is Outcome.INCONCLUSIVE)
    assert ("whole seconds" in verdict.next_step) == (outcome is Outcome.INCONCLUSIVE)


def test_on_two_nodes_clocks_may_differ() -> None:
    def apart(started: int) -> Outcome:
        near = [*FIRST, *ends("a", 100.1, 103), *begins("b", 100.2, started), *THEN]
        elsewhere = [
            replace(each, node="node-2")
            if isinstance(each, PodSeen) and each.uid == "b" and each.node
            else each
            for each in near
        ]
        return judged(workload(), elsewhere).outcome

    assert [apart(at) for at in (100, 101, 104, 105)] == [
        Outcome.FAILED, Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE, Outcome.PASSED,
    ]  # fmt: skip


def test_two_replicas_are_two_writers_all_the_time() -> None:
    wants = [replace(workload(wanted=number), at=at) for number, at in ((1, 1.0), (3, 2.0), (2, 3.0))]
    verdict = judged(SOUND, wants, state("z", 1.0, Change.ADDED, started_at=40.0))
    assert verdict.outcome is Outcome.FAILED
    assert "Deployment/w wants 3 replicas, and a single writer has one." in verdict.next_step
    assert len(verdict.reasons) == 2, "beside each of the three"


def test_two_that_never_end_are_told_as_far_as_they_were_watched() -> None:
    other = begins("z", 150.0, 151)
    verdict = judged(workload(), SOUND[1:], other)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == "w-z ran beside w-c for 46.0 s and more"
    assert "never told to end" in verdict.next_step


def test_without_the_end_of_its_containers_what_the_watch_told_is_taken_with_its_lag() -> None:
    def unended(states: list[PodSeen]) -> list[PodSeen]:
        return [replace(each, ended_at=None) for each in states]

    last = state("a", 109.0, started_at=50.0, deleting=True)
    late = [*FIRST, *unended(ends("a", 100.1, 110)), last, *begins("b", 100.2, 101), *THEN]
    verdict = judged(workload(), late)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == "w-b ran beside w-a for 5.00 s to 10.1 s"
    soon = [*FIRST, *unended(ends("a", 100.1, 103)), *begins("b", 100.2, 101), *THEN]
    assert judged(workload(), soon).outcome is Outcome.INCONCLUSIVE


def test_a_pod_between_two_starts_of_its_container_does_not_run() -> None:
    """It crashed at 90 and waits; it is deleted, and another one runs while it terminates."""
    crashed = [
        *FIRST, state("a", 91.0, ended_at=90.0, reason="CrashLoopBackOff"),
        state("a", 100.1, ended_at=90.0, deleting=True), *begins("b", 100.2, 101),
        state("a", 130.0, Change.DELETED, ended_at=90.0, deleting=True), *THEN,
    ]  # fmt: skip
    assert judged(workload(), crashed).passed


def test_what_ended_before_the_watch_is_no_matter() -> None:
    old = state("old", 0.5, Change.ADDED, phase="Failed", ended_at=-20.0, scheduled_at=-90.0)
    assert judged(SOUND, old).passed


def test_pods_of_others_are_no_writers() -> None:
    beside = [replace(each, workload="other") for each in begins("o", 101.0, 101)]
    assert judged(SOUND, beside).passed


def test_a_broken_watch_forbids_a_pass_and_no_failure() -> None:
    assert judged(SOUND, gaps=((110.0, 112.0),)).outcome is Outcome.INCONCLUSIVE
    slow = [*FIRST, *ends("a", 100.1, 110), *begins("b", 100.2, 101), *THEN]
    assert judged(workload(), slow, gaps=((110.0, 112.0),)).outcome is Outcome.FAILED


def test_what_was_not_done_is_not_judged() -> None:
    unproven = (replace(FAULTS[0], verified_at=None), FAULTS[1])
    assert judged(SOUND, faults=unproven).outcome is Outcome.ERROR
    assert judged(SOUND, faults=()).outcome is Outcome.ERROR
    never = tuple(replace(each, impossible="it is paused") for each in FAULTS)
    verdict = judged(SOUND, faults=never)
    assert (verdict.outcome, verdict.observed) == (Outcome.UNSUPPORTED, "it is paused; it is paused")
    half = judged(SOUND, faults=(FAULTS[0], replace(FAULTS[1], impossible="it is paused")))
    assert half.passed
    assert half.reasons == ("it is paused",)
    without = replace(seen(SOUND), arms={TROUBLE: replace(seen(SOUND).trouble, timeline=None)})
    assert one_writer_at_a_time(without).outcome is Outcome.INCONCLUSIVE


def test_a_recorded_workload_of_two_replicas_has_two_writers() -> None:
    """Three pods of a Deployment were deleted on a real cluster; each ran on for about ten seconds."""
    recorded = read_observation(RECORDED).observation
    verdict = one_writer_at_a_time(recorded)
    assert verdict.outcome is Outcome.FAILED
    assert "wants 2 replicas" in verdict.next_step
