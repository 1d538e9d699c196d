"""A StatefulSet left on a bad revision: the object is as before, and its pods are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from observations import fault

from seatrial import waiting
from seatrial.harness.session import Session
from seatrial.kube import snapshot
from seatrial.kube.snapshot import compare, snapshot_of
from seatrial.model.fault import TRACES


def stateful_set(replicas: int = 1) -> dict[str, Any]:
    return {"kind": "StatefulSet", "metadata": {"name": "store"}, "spec": {"replicas": replicas}}


def pod(
    name: str = "store-0",
    revision: str = "store-good",
    image: str = "store:1",
    *,
    ready: bool = True,
    owner: str = "StatefulSet/store",
    reason: str = "",
    deleting: bool = False,
) -> dict[str, Any]:
    kind, _, of = owner.partition("/")
    status: dict[str, Any] = {"conditions": [{"type": "Ready", "status": str(ready)}]}
    if reason:
        status["containerStatuses"] = [{"name": "store", "state": {"waiting": {"reason": reason}}}]
    return {
        "kind": "Pod",
        "metadata": {
            "name": name,
            "labels": {"controller-revision-hash": revision},
            "ownerReferences": [{"controller": True, "kind": kind, "name": of}],
            **({"deletionTimestamp": "now"} if deleting else {}),
        },
        "spec": {"containers": [{"name": "store", "image": image}]},
        "status": status,
    }


STUCK = pod(revision="store-bad", image="no:such", ready=False, reason="ImagePullBackOff")


def test_a_pod_that_is_stuck_on_the_bad_revision_is_told_in_full() -> None:
    before, after = snapshot_of([stateful_set(), pod()]), snapshot_of([stateful_set(), STUCK])
    assert before.objects == after.objects, "that is why the objects alone show nothing"
    (sentence,) = compare(before, after)
    assert sentence == (
        "pods of statefulset/store: revision was store-good, is store-bad; image of store was store:1, is "
        "no:such; 1 of 1 were ready, 0 of 1 are; waiting: store-0 (ImagePullBackOff)"
    )


@pytest.mark.parametrize(("restarted", "told"), [("statefulset/other", 1), ("statefulset/store", 0)])
def test_a_restart_of_another_workload_excuses_no_other_revision(restarted: str, told: int) -> None:
    """A whole run restarts several workloads on purpose; one that was not keeps the revision it had."""
    before = snapshot_of([stateful_set(), pod()])
    after = snapshot_of([stateful_set(), pod(revision="store-next")])
    assert len(compare(before, after, {restarted: {"restartedAt"}})) == told


def test_one_of_several_is_enough() -> None:
    first, second = pod(), pod("store-1")
    before = snapshot_of([stateful_set(2), first, second])
    stuck = {**STUCK, "metadata": {**STUCK["metadata"], "name": "store-1"}}
    (sentence,) = compare(before, snapshot_of([stateful_set(2), first, stuck]))
    assert "revision was store-good, is store-bad (1), store-good (1)" in sentence
    assert "2 of 2 were ready, 1 of 2 are" in sentence


@pytest.mark.parametrize(
    "after",
    [
        [pod("store-0")],  # a new pod of the same name, revision and image
        [pod(), pod(revision="store-bad", ready=False, deleting=True)],
    ],
)
def test_replaced_pods_and_those_that_are_going_do_not_count(after: list[dict[str, Any]]) -> None:
    assert compare(snapshot_of([stateful_set(), pod()]), snapshot_of([stateful_set(), *after])) == []


def test_a_pod_that_is_missing_counts_and_one_that_was_missing_before_does_not() -> None:
    whole, broken = snapshot_of([stateful_set(), pod()]), snapshot_of([stateful_set()])
    assert compare(whole, broken) == ["pods of statefulset/store: 1 of 1 were ready, 0 of 1 are"]
    assert compare(broken, broken) == []
    assert compare(broken, whole) == []


def test_a_controller_of_any_kind_counts_and_jobs_do_not() -> None:
    mine = pod("pg-1", owner="Cluster/pg")
    (sentence,) = compare(snapshot_of([mine, pod("pg-2", owner="Cluster/pg")]), snapshot_of([mine]))
    assert sentence == "pods of cluster/pg: 2 were ready, 1 are"
    job = pod("nightly-1", owner="Job/nightly")
    failed = pod("nightly-1", owner="Job/nightly", ready=False)
    assert compare(snapshot_of([job]), snapshot_of([failed])) == []


def test_what_an_autoscaler_scaled_is_compared_by_what_it_lacks() -> None:
    target = {"kind": "StatefulSet", "name": "store"}
    scaler = {
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "store"},
        "spec": {"scaleTargetRef": target},
    }
    two = [pod(), pod("store-1")]
    before = snapshot_of([scaler, stateful_set(2), *two])
    assert compare(before, snapshot_of([scaler, stateful_set(3), *two, pod("store-2")])) == []
    (sentence,) = compare(before, snapshot_of([scaler, stateful_set(3), *two]))
    assert "2 of 2 were ready, 2 of 3 are" in sentence


def test_pods_that_may_not_be_listed_are_not_compared() -> None:
    seen, unseen = snapshot_of([stateful_set(), pod()]), snapshot_of([stateful_set()], ("Pod",))
    assert compare(seen, unseen) == compare(unseen, seen) == []


class TestAfterARun:
    """What is still being replaced is waited for; what stays so is red."""

    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
        clock = SimpleNamespace(now=0.0)
        monkeypatch.setitem(waiting.eventually.__kwdefaults__, "clock", lambda: clock.now)
        monkeypatch.setitem(
            waiting.eventually.__kwdefaults__, "pause", lambda s: setattr(clock, "now", clock.now + s)
        )
        return clock

    def changed(
        self, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, replaced_after_seconds: float
    ) -> list[str]:
        def now(_: Any) -> Any:
            late = clock.now >= replaced_after_seconds
            return snapshot_of([stateful_set(), pod() if late else STUCK])

        monkeypatch.setattr(snapshot, "take_snapshot", now)
        session = Session(None, None, None, "", None)  # type: ignore[arg-type]
        return session.changed_since(snapshot_of([stateful_set(), pod()]))

    def test_a_restart_on_purpose_is_excused_where_it_was_injected(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        after = snapshot_of([stateful_set(), pod(revision="store-next")])
        monkeypatch.setattr(snapshot, "take_snapshot", lambda _: after)
        session, before = Session(None, None, None, "", None), snapshot_of([stateful_set(), pod()])  # type: ignore[arg-type]
        made = fault(kind="StatefulSet", name="store")
        restart = replace(made, details={TRACES: ["restartedAt"]})
        assert session.differences(before, [restart]) == []

    def test_a_pod_that_is_replaced_in_time_is_no_difference(
        self, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.changed(clock, monkeypatch, 40.0) == []

    def test_a_pod_that_stays_is_one(self, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
        (sentence,) = self.changed(clock, monkeypatch, 1e9)
        assert "revision was store-good, is store-bad" in sentence
        assert clock.now >= snapshot.REPLACED_SECONDS
