"""What rollouts, budgets and lost nodes mean, decided on finished timelines and plain objects."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from stand_ins import pod, timeline, workload

from seatrial.errors import FaultRefused
from seatrial.faults.bad_rollout import NEVER_READY_SECONDS, shows_bad_state, template_values
from seatrial.faults.budgets import never_allows
from seatrial.faults.effects.deleted_object import without_status
from seatrial.faults.effects.stuck_pods import stuck_pods
from seatrial.faults.lost import lost_at, node_ready, require_other_data, tolerated_seconds
from seatrial.faults.revisions import no_rollout
from seatrial.faults.rollout_restart import (
    REFUSED_SECONDS,
    RESTARTED_AT,
    deadline_is_over,
    refused_throughout,
    restarted_at,
)
from seatrial.model.timeline import Change, EventSeen, NodeSeen, PodSeen


def new_pod(at: float, **changes: Any) -> PodSeen:
    starting = pod("new", at, ready=False, phase="Pending", started_at=None)
    return replace(starting, **changes)


PENDING = new_pod(1.0)
RUNNING = new_pod(2.0, phase="Running", started_at=2.0)
READY = replace(RUNNING, at=3.0, ready=True)


def bad(kind: str, *states: PodSeen, now: float = 100.0) -> tuple[float, str] | None:
    return shows_bad_state(kind, "app", states, now)


def test_an_image_that_is_not_pulled_shows() -> None:
    waiting = new_pod(4.0, reason="ErrImagePull")
    found = bad("image-missing", PENDING, waiting)
    assert found is not None
    assert found[0] == 4.0
    assert bad("image-missing", PENDING, RUNNING, new_pod(4.0, reason="CrashLoopBackOff")) is None


def test_a_crash_counts_only_after_the_pod_was_ready() -> None:
    restarted = replace(READY, at=9.0, ready=False, restarts=1)
    found = bad("crash-after-ready", PENDING, RUNNING, READY, restarted)
    assert found == (9.0, "was ready, and app was killed 6.0 s later")
    assert bad("crash-after-ready", PENDING, RUNNING, replace(restarted, at=3.0)) is None
    assert bad("crash-after-ready", PENDING, RUNNING, READY) is None
    ready_again = replace(READY, at=9.5, restarts=1)
    assert bad("crash-after-ready", PENDING, replace(RUNNING, restarts=1), ready_again) is None


def test_a_pod_that_runs_and_is_not_ready_shows_only_after_a_while() -> None:
    shown_at = RUNNING.at + NEVER_READY_SECONDS
    assert bad("never-ready", PENDING, RUNNING, now=shown_at - 0.1) is None
    assert bad("never-ready", PENDING, RUNNING, now=shown_at) == (shown_at, "runs for 5 s and is not ready")
    assert bad("never-ready", PENDING) is None
    assert bad("never-ready", PENDING, RUNNING, READY) is None


def test_a_bad_rollout_changes_one_container_by_its_name() -> None:
    for kind, last in (
        ("image-missing", "image"),
        ("crash-after-ready", "livenessProbe"),
        ("never-ready", "readinessProbe"),
    ):
        ((path, _),) = template_values(kind, "app", 7).items()
        assert path == ("spec", "template", "spec", "containers", "[name=app]", last)
    probe = template_values("crash-after-ready", "app", 7).popitem()[1]
    assert (probe["initialDelaySeconds"], probe["failureThreshold"]) == (7, 1)
    assert template_values("image-missing", "app", 7).popitem()[1].startswith("127.0.0.1:1/"), "stays here"


def rolled(kind: str = "Deployment", **spec: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": "w"}, "spec": {"replicas": 2} | spec}


@pytest.mark.parametrize(
    ("obj", "words"),
    [
        (rolled(), ""),
        (rolled(paused=True), "is paused"),
        (rolled(replicas=0), "wants 0 replicas"),
        (rolled("StatefulSet", updateStrategy={"type": "OnDelete"}), "OnDelete"),
        (rolled("StatefulSet", updateStrategy={"rollingUpdate": {"partition": 2}}), "partition 2"),
        (rolled("StatefulSet", updateStrategy={"rollingUpdate": {"partition": 1}}), ""),
    ],
)
def test_a_template_whose_change_replaces_no_pod_is_known(obj: dict[str, Any], words: str) -> None:
    reason = no_rollout(obj)
    assert words in reason
    assert bool(reason) is bool(words)


def budget(expected: int, desired: int, **spec: Any) -> dict[str, Any]:
    status = {"expectedPods": expected, "desiredHealthy": desired}
    return {"metadata": {"name": "b"}, "spec": spec, "status": status}


def test_a_budget_that_never_allows_a_disruption_says_its_arithmetic() -> None:
    assert never_allows(budget(2, 1, minAvailable=1)) == ""
    assert never_allows(budget(2, 2, minAvailable=2)) == (
        "PodDisruptionBudget b (minAvailable 2) allows 2 pods - 2 that must stay healthy = 0 disruptions"
    )
    assert "maxUnavailable 0" in never_allows(budget(3, 3, maxUnavailable=0))
    assert never_allows(budget(1, 0, minAvailable=0)) == ""
    assert "minAvailable 5" in never_allows(budget(2, 5, minAvailable=5))


def set_pod(
    name: str, revision: str, *, ready: bool = True, restarts: int = 0, **more: Any
) -> dict[str, Any]:
    owner = {"kind": "StatefulSet", "uid": "set", "controller": True}
    labels = {"controller-revision-hash": revision}
    conditions = [{"type": "Ready", "status": str(ready)}]
    status = {"conditions": conditions, "containerStatuses": [{"restartCount": restarts}]}
    return {
        "metadata": {"name": name, "labels": labels, "ownerReferences": [owner], **more},
        "status": status,
    }


def test_pods_are_stuck_on_another_revision_when_they_are_not_ready_or_restart() -> None:
    pods = [
        set_pod("good", "old"),
        set_pod("good-unready", "old", ready=False),
        set_pod("bad", "new", ready=False),
        set_pod("crashing", "new", restarts=2),
        set_pod("going", "new", ready=False, deletionTimestamp="now"),
        set_pod("fine", "new"),
        set_pod("foreign", "new", ready=False, ownerReferences=[]),
    ]
    assert [item["metadata"]["name"] for item in stuck_pods(pods, "set", "old")] == ["bad", "crashing"]


def test_a_deleted_object_comes_back_without_what_the_server_gave_it() -> None:
    metadata = {"name": "s", "uid": "u", "resourceVersion": "7", "generation": 2, "labels": {"a": "b"}}
    obj = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {**metadata, "finalizers": ["foregroundDeletion", "own/one"], "deletionTimestamp": "t"},
        "spec": {"clusterIP": "10.96.0.9"},
        "status": {"x": 1},
    }
    assert without_status(obj) == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s", "labels": {"a": "b"}, "finalizers": ["own/one"]},
        "spec": {"clusterIP": "10.96.0.9"},
    }


def node(at: float, ready: bool, name: str = "node-1") -> NodeSeen:
    return NodeSeen(at, Change.MODIFIED, name, ready, True)


def test_a_node_is_lost_when_the_api_server_says_so_after_the_injection() -> None:
    seen = timeline(node(0.0, True), node(1.0, False), node(2.0, True), node(50.0, False))
    assert lost_at(seen, "node-1", 10.0) == 50.0
    assert lost_at(seen, "node-1", 60.0) is None
    assert lost_at(seen, "node-2", 0.0) is None
    assert not node_ready(seen, "node-1")
    assert node_ready(timeline(node(0.0, False), node(1.0, True)), "node-1")


def test_the_only_replica_with_its_volume_is_spared() -> None:
    store = pod("store-0", role="store")
    lone = timeline(workload(role="store", wanted=1), store)
    with pytest.raises(FaultRefused, match="store-0 is the only replica of role 'store'"):
        require_other_data([store], lone, ["store"], frozenset(["store-0"]), {"store-0": 300.0})
    require_other_data([store], lone, ["store"], frozenset(), {"store-0": 300.0})
    require_other_data([store], lone, [], frozenset(["store-0"]), {"store-0": 300.0})
    two = timeline(workload(role="store"), store, pod("store-1", role="store"))
    require_other_data([store], two, ["store"], frozenset(["store-0"]), {"store-0": 300.0})


@pytest.mark.parametrize(
    ("tolerations", "seconds"),
    [
        ([], 0.0),
        ([{"key": "node.kubernetes.io/unreachable", "effect": "NoExecute", "tolerationSeconds": 300}], 300.0),
        ([{"key": "node.kubernetes.io/not-ready", "effect": "NoExecute", "tolerationSeconds": 5}], 0.0),
        ([{"operator": "Exists"}], None),
    ],
)
def test_how_long_a_pod_stays_on_a_lost_node(
    tolerations: list[dict[str, Any]], seconds: float | None
) -> None:
    assert tolerated_seconds({"spec": {"tolerations": tolerations}}) == seconds


def refused(at: float) -> EventSeen:
    return EventSeen(at, "ReplicaSet", "web-7c9f", "FailedCreate", "no room", warning=True)


def test_a_rollout_whose_pods_are_refused_for_long_while_none_comes_does_not_move() -> None:
    events = [refused(at) for at in (5.0, 6.0, 30.0)]
    late = 5.0 + REFUSED_SECONDS
    assert refused_throughout(timeline(workload(), *events), "web", 1.0, late).endswith("3 times, by no room")
    assert refused_throughout(timeline(workload(), *events), "web", 1.0, late - 0.1) == ""
    assert refused_throughout(timeline(workload(), *events), "web", 50.0, late + 50) == "", (
        "not of this rollout"
    )
    came = pod("c", 7.0, change=Change.ADDED)
    assert refused_throughout(timeline(workload(), *events, came), "web", 1.0, late) == ""
    others = replace(came, workload="store")
    assert refused_throughout(timeline(workload(), *events, others), "web", 1.0, late) != ""
    assert refused_throughout(timeline(workload()), "web", 1.0, late) == ""


def test_a_progress_deadline_is_over_by_the_controllers_word() -> None:
    def deployment(reason: str) -> dict[str, Any]:
        return {"status": {"conditions": [{"type": "Progressing", "reason": reason, "status": "False"}]}}

    assert deadline_is_over(deployment("ProgressDeadlineExceeded"))
    assert not deadline_is_over(deployment("ReplicaSetUpdated"))
    assert not deadline_is_over({"status": {}})


def test_what_a_restart_takes_back_is_the_annotation_of_before() -> None:
    def of(annotations: dict[str, str] | None) -> dict[str, Any]:
        return {"spec": {"template": {"metadata": {"annotations": annotations}}}}

    assert restarted_at(of({RESTARTED_AT: "yesterday", "a": "b"})) == "yesterday"
    assert restarted_at(of({"a": "b"})) is None
    assert restarted_at(of(None)) is None
