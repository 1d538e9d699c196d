"""Who wrote an object, and why a pod goes, as a real API server says it (recorded.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seatrial.kube import ownership
from seatrial.model.timeline import Change, Clock

CLOCK = Clock(0.0, 0.01, 0.0)
RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "recorded.json").read_text())


def written(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "web", "managedFields": list(entries)}}


def entry(manager: str, fields: dict[str, Any], subresource: str = "") -> dict[str, Any]:
    more = {"subresource": subresource} if subresource else {}
    return {"manager": manager, "time": "2026-11-25T12:00:00Z", "fieldsV1": fields, **more}


def test_whoever_writes_status_changes_nothing_of_what_an_object_is() -> None:
    obj = written(
        entry("kubectl-edit", {"f:spec": {}}),
        entry("kube-controller-manager", {"f:status": {}}, "status"),
        entry("kube-controller-manager", {"f:spec": {"f:replicas": {}}}, "scale"),
    )
    writers = ownership.writers_of(obj, CLOCK)
    assert [(writer.manager, writer.subresource) for writer in writers] == [
        ("kubectl-edit", ""),
        ("kube-controller-manager", "scale"),
    ]
    assert writers[0].wrote_at == 1795608000.0
    assert writers[0].fields != writers[1].fields
    assert ownership.writers_of(written(), CLOCK) == ()


def test_the_revision_and_the_reason_of_a_pod() -> None:
    assert ownership.revision_of_pod(RECORDED["pod_of_deployment"]) == "56c4975bd9"
    assert ownership.revision_of_pod(RECORDED["pod_running"]).startswith("store-")
    assert ownership.disruption_of(RECORDED["pod_running"]) == ""
    target = {"type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager"}
    assert ownership.disruption_of({"status": {"conditions": [target]}}) == "DeletionByTaintManager"
    over = {**target, "status": "False"}
    assert ownership.disruption_of({"status": {"conditions": [over]}}) == ""


def test_the_strategy_of_a_rollout_in_words() -> None:
    assert ownership.strategy_of(RECORDED["deployment"]) == "RollingUpdate, maxSurge 25%"
    assert ownership.strategy_of(RECORDED["statefulset"]) == "RollingUpdate"
    assert ownership.strategy_of({"spec": {"strategy": {"type": "Recreate"}}}) == "Recreate"
    none = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0}}}}
    assert ownership.strategy_of(none) == "RollingUpdate, maxSurge 0"
    assert ownership.strategy_of({}) == ""


@pytest.mark.parametrize(
    ("replicas", "there", "change", "wanted"),
    [(2, 2, Change.ADDED, 2), (None, 1, Change.ADDED, 1), (0, 1, Change.ADDED, 0),
     (0, 0, Change.ADDED, None), (0, 0, Change.MODIFIED, 0)],
)  # fmt: skip
def test_replica_sets_of_old_revisions_are_left_out(
    replicas: int | None, there: int, change: Change, wanted: int | None
) -> None:
    spec = {} if replicas is None else {"replicas": replicas}
    obj = {"metadata": {"name": "web-1"}, "spec": spec, "status": {"replicas": there}}
    seen = ownership.replica_set_seen(obj, 5.0, change)
    assert (None if seen is None else seen.wanted) == wanted
