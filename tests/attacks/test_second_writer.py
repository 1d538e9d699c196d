"""Tried: two pods of a single writer run at once, and the one of them is on its way out, gone or brief."""

from __future__ import annotations

from single_writer import FIRST, SOUND, THEN, begins, ends, judged, seen, state, workload

from seatrial.judge.admissible import judge
from seatrial.model.check import CHECKS
from seatrial.model.ledger import ActSeen
from seatrial.model.timeline import Change
from seatrial.model.verdict import Outcome


def test_a_pod_that_terminates_and_still_runs_is_a_writer() -> None:
    """A ReplicaSet replaces a pod that is deleted at once, though its Deployment says Recreate."""
    slow = [*FIRST, *ends("a", 100.1, 110), *begins("b", 100.2, 101), *THEN]
    verdict = judged(workload(), slow)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == "w-b ran beside w-a for 8.00 s to 10.0 s"
    assert "w-b was created 0.10 s after w-a was told to end" in verdict.next_step
    assert "StatefulSet" in verdict.next_step


def test_a_pod_that_went_without_the_word_of_its_node_is_no_pass() -> None:
    """Forced, or after its node was lost: nobody knows whether it still runs."""
    forced = [
        *FIRST, state("a", 100.1, Change.DELETED, started_at=50.0, deleting=True), *begins("b", 100.3, 101),
        *THEN,
    ]  # fmt: skip
    verdict = judged(workload(), forced)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "w-a went, and nobody said that its containers had ended" in verdict.observed
    assert "--force" in verdict.next_step


def test_a_deletion_by_force_by_somebody_else_voids_the_observation() -> None:
    forced = [
        *FIRST, state("a", 105.1, Change.DELETED, started_at=50.0, deleting=True), *begins("b", 105.3, 106),
    ]  # fmt: skip
    ours = ActSeen(100.0, "delete", "Pod", "w-x", "x")
    verdict = judge(
        CHECKS.get("data.one-writer-at-a-time"), seen(workload(), forced, ours, *THEN, ledger=True)
    )
    assert verdict.outcome is Outcome.ERROR
    assert "pod w-a was deleted, by whom is not known," in verdict.observed


def test_a_container_that_ended_before_it_was_told_to_run_may_have_written() -> None:
    brief = [
        state("x", 101.0, Change.ADDED, node="", phase="Pending"),
        state("x", 101.1, phase="Pending", scheduled_at=101.0),
        state("x", 103.0, scheduled_at=101.0, ended_at=102.0, restarts=1),
    ]
    verdict = judged(workload(), FIRST, ends("a", 100.1, 110), brief)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.observed == "w-x ran beside w-a for at most 2.00 s, or after it: that cannot be told"


def test_a_pod_that_is_not_replaced_shows_nothing() -> None:
    gone = judged(workload(), FIRST, ends("a", 100.1, 103))
    assert gone.outcome is Outcome.INCONCLUSIVE
    assert "0 pods of writer began to run" in gone.observed
    once = judged(SOUND[:8])
    assert once.outcome is Outcome.INCONCLUSIVE
    assert (
        "1 pod of writer began to run after delete-pod, rollout-restart, where 2 pods should" in once.observed
    )
