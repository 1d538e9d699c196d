"""The recovery objective of a workload with one pod: only its own declared delays change or exclude it."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.errors import SeatrialError
from seatrial.judge.recoverable import with_recovery
from seatrial.model.scenario import Subject
from seatrial.model.system import System

SYSTEM = {
    "apiVersion": "seatrial/v1",
    "kind": "System",
    "metadata": {"name": "shop"},
    "target": {"context": "nowhere", "namespace": "shop"},
    "entry": {"url": "http://127.0.0.1:1"},
    "workloads": {"store": {"kind": "StatefulSet", "name": "postgres"}},
    "journeys": {"look": {"request": {"path": "/"}}},
}


def subject(**objectives: float) -> Subject:
    return Subject("store", System.model_validate({**SYSTEM, "objectives": objectives}))


def store(kind: str = "StatefulSet", name: str = "postgres", **spec: Any) -> dict[str, Any]:
    """A workload whose pods are asked for the first time after a minute."""
    probe = {"initialDelaySeconds": 60}
    template = {"spec": {"containers": [{"name": "main", "readinessProbe": probe}]}}
    return {"kind": kind, "metadata": {"name": name}, "spec": {"template": template, **spec}}


def seconds(*objects: dict[str, Any], **objectives: float) -> float:
    return with_recovery(subject(**objectives), objects).system.objectives.recovery_seconds


def test_a_workload_that_says_no_number_of_replicas_has_one() -> None:
    assert seconds(store()) == seconds(store(replicas=1)) == 90
    assert seconds(store(replicas=2)) == 30


def test_no_recovery_is_as_quick_as_the_delay_itself() -> None:
    """The pod has to be started, too."""
    with pytest.raises(SeatrialError, match=r"never be met: the only pod of postgres is not Ready for 60 s"):
        seconds(store(), recovery_seconds=60)
    assert seconds(store(), recovery_seconds=60.5) == 60.5


def test_only_the_workload_itself_is_looked_at() -> None:
    strangers = [store("Deployment"), store(name="redis")]
    assert seconds(*strangers) == 30
    assert seconds(*strangers, store()) == 90


def test_what_cannot_be_read_changes_no_objective() -> None:
    found = subject()
    assert with_recovery(found, []) is found
    assert with_recovery(found, [{**store(), "spec": None}]) is found
    assert with_recovery(found, [store(template=None)]) is found


def test_nothing_but_the_objective_changes() -> None:
    before, after = subject(), with_recovery(subject(), [store()])
    assert after.role == before.role
    assert after.system.objectives.model_copy(update={"recovery_seconds": 30}) == before.system.objectives
