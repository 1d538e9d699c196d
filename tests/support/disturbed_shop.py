"""A shop whose pod `a` Seatrial deletes at 100, with whatever somebody else does meanwhile."""

from dataclasses import replace

from observations import CLOCK, fault, health, stream

from seatrial.judge.foreign import foreign
from seatrial.model.ledger import ActSeen, Writer
from seatrial.model.observation import Arm, observed
from seatrial.model.timeline import AutoscalerSeen, Change, PodSeen, ReplicaSetSeen, Timeline, WorkloadSeen
from seatrial.model.verdict import Outcome

ADDED, MODIFIED, DELETED = Change.ADDED, Change.MODIFIED, Change.DELETED
AT = 101.0
"""When somebody does something in these tests; a fault of ours is at work from 100 to 104."""
OURS = Writer("seatrial", "", 1.0, "aa")


def pod(name, at=0.0, change=ADDED, **changes):
    state = PodSeen(
        at, change, name, f"uid-{name}", "orders", "worker", "10.0.0.1", "Running", True, 0, (),
        "ReplicaSet/orders-1", None, None, None, None, False, revision="1",
    )  # fmt: skip
    return replace(state, **changes)


def goes(name, at=AT, gone=True, **changes):
    """A pod is deleted at some time, and gone two seconds later."""
    leaving = pod(name, at, MODIFIED, deleting=True, **changes)
    return [leaving, pod(name, at + 2.0, DELETED, deleting=True, **changes)] if gone else [leaving]


def workload(at=0.0, change=MODIFIED, **changes):
    state = WorkloadSeen(at, change, "Deployment", "orders", "orders", 2, 2, 2, 2, "1", 7, (OURS,))
    return replace(state, **changes)


def wants(number, at=0.0, name="orders-1"):
    return ReplicaSetSeen(at, MODIFIED, name, number)


def autoscaler(at, desired, **changes):
    state = AutoscalerSeen(at, MODIFIED, "orders", "Deployment/orders", 2, 6, 2, desired, (), ())
    return replace(state, **changes)


BEFORE = (workload(), wants(2), pod("a"), pod("b"))
OUR_DELETION = (ActSeen(100.0, "delete", "Pod", "a", "uid-a"), *goes("a", 100.1), pod("c", 100.2))
"""What delete-pod does: our act, the pod that goes, and the one that comes in its place."""


FAULT = fault(100.0, 104.0, name="a", uid="uid-a")


def seen(*more, faults=(FAULT,), exchanges=None, ledger=True, clock=CLOCK):
    """An observation of delete-pod with whatever else was seen meanwhile."""
    events = tuple(item for one in more for item in (one if isinstance(one, list) else [one]))
    recorded = (*BEFORE, *(OUR_DELETION if faults else ()), *events)
    traffic = stream(90.0, 110.0) if exchanges is None else exchanges
    return observed(
        Arm(
            exchanges=tuple(traffic), generator=health(),
            timeline=Timeline(0.0, 200.0, clock, recorded, ledger=ledger), faults=tuple(faults),
        )
    )  # fmt: skip


def named(observation):
    verdict = foreign(observation)
    assert verdict is not None, "it was not noticed"
    assert verdict.outcome is Outcome.ERROR
    return verdict.observed
