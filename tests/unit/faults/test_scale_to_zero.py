"""A workload is gone when none of its pods is wanted, none is there, and all that were there have ended."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from observations import pod, timeline, workload

from seatrial.errors import FaultRefused
from seatrial.faults.base import Verified
from seatrial.faults.effects.scaled import Scaled
from seatrial.faults.scale_to_zero import ScaleToZero
from seatrial.model.system_file import parse_system
from seatrial.model.timeline import Change
from seatrial.waiting import NotYet, Ready

SYSTEM = parse_system(
    """
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: {context: none, namespace: shop}
entry: {url: "http://127.0.0.1:1"}
workloads: {orders: {kind: Deployment, name: orders, stateless: true}}
journeys: {browse: {request: {path: /}}}
""",
    source="shop.yaml",
)
A, B = (pod(1.0, f"orders-{name}", uid=name, ready=True) for name in "ab")
BEFORE = (workload(0.5), A, B)
OBJECT = {"kind": "Deployment", "metadata": {"name": "orders", "uid": "u"}, "spec": {"replicas": 2}}


def recorder(*seen):
    kube = SimpleNamespace(namespace="shop", get=lambda kind, name: OBJECT)
    return SimpleNamespace(system=SYSTEM, kube=kube, snapshot=lambda: timeline(*seen))


def gone(one, at):
    return replace(one, at=at, change=Change.DELETED, deleting=True)


def test_all_of_its_pods_are_victims_and_its_replicas_come_back():
    plan = ScaleToZero("orders").plan(recorder(*BEFORE))
    assert [one.name for one in plan.victims] == ["orders-a", "orders-b"]
    assert plan.effects == (Scaled("Deployment", "orders", "u", 2, 0),)
    assert (plan.target.kind, plan.target.name, plan.details) == ("Deployment", "orders", {"replicas": 2})


def test_what_has_no_ready_pod_is_not_taken_away():
    with pytest.raises(FaultRefused, match="no ready pod"):
        ScaleToZero("orders").plan(recorder(workload(0.5)))


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ((), "2 replicas are wanted"),
        ((workload(11.0, 0, 2), gone(A, 12.0)), "orders-b still there"),
        ((workload(11.0, 0, 0), gone(A, 12.0), gone(B, 13.0), replace(A, at=14.0, uid="c", name="orders-c")),
         "orders-c is there"),
        ((workload(11.0, 0, 0), gone(A, 12.0), gone(B, 13.0), workload(14.0, 2, 0)), "2 replicas are wanted"),
    ],
)  # fmt: skip
def test_what_is_missing_is_told(seen, words):
    fault = ScaleToZero("orders")
    found = fault.verify(fault.plan(recorder(*BEFORE)), recorder(*BEFORE, *seen), 10.0)
    assert isinstance(found, NotYet)
    assert words in found.reason


def test_it_is_seen_when_the_last_pod_is_gone():
    fault = ScaleToZero("orders")
    after = recorder(*BEFORE, workload(11.0, 0, 0), gone(A, 12.0), gone(B, 13.0))
    found = fault.verify(fault.plan(recorder(*BEFORE)), after, 10.0)
    assert found == Ready(Verified(13.0, "no pod of deployment/orders left after 3.0 s"))
