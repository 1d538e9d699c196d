"""What a user may not do is said in the run, and stands for nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from dry_session import Dry, dry_system
from rbac import Granted, RuleKube

from seatrial.errors import NotAllowed
from seatrial.faults.lease import Lease
from seatrial.harness.holding import Holding
from seatrial.harness.session import Session
from seatrial.kube.errors import Call, refused
from seatrial.kube.snapshot import take_snapshot
from seatrial.record.reader import read_run

LEASES = {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"]}


class Objects(RuleKube):
    """A namespace of nothing, in which Secrets may not be listed, and which knows no autoscalers."""

    def objects(self, kind: str) -> list[dict[str, Any]]:
        status = {"Secret": 403, "HorizontalPodAutoscaler": 404}.get(kind)
        if status is not None:
            call = Call("list", "", f"{kind.lower()}s", "", "shop", "https://nowhere", "nowhere")
            raise refused(call, status, b"{}")
        return []


def session(dry: Dry, **changes: Any) -> Session:
    kube: Any = Objects([])
    return Session(replace(dry.settings, **changes), dry_system(), kube, "http://nowhere", dry.run)


def test_kinds_that_may_not_be_listed_are_named_as_not_compared(dry: Dry) -> None:
    assert session(dry).snapshot().unseen == ("Secret",)
    (note,) = read_run(dry.run.directory).notes
    assert note == "not compared with how they were before, for they may not be listed: secrets"


def test_a_tool_of_a_run_leaves_that_to_the_run(dry: Dry) -> None:
    session(dry, run_directory=dry.run.directory).snapshot()
    assert not read_run(dry.run.directory).notes


def test_a_kind_that_the_cluster_does_not_have_is_not_unseen() -> None:
    kube: Any = Objects([])
    assert "HorizontalPodAutoscaler" not in take_snapshot(kube).unseen


def test_a_run_without_the_rights_of_the_lease_goes_on_and_says_that_nothing_can_be_disturbed(
    dry: Dry,
) -> None:
    kube: Any = Objects([])
    assert Holding(kube, dry.run).lend() == {}
    (note,) = read_run(dry.run.directory).notes
    assert "nothing can be disturbed: not allowed to create leases" in note


@pytest.mark.parametrize("lacking", ["get", "create", "patch", "delete"])
def test_the_lease_is_not_taken_where_one_of_its_rights_lacks(lacking: str) -> None:
    verbs = [verb for verb in ("get", "create", "patch", "delete") if verb != lacking]
    kube: Any = RuleKube([Granted("shop", {**LEASES, "verbs": verbs})])  # it has nothing else to ask of
    with pytest.raises(NotAllowed, match=f"not allowed to {lacking} leases"):
        Lease(kube).hold()
