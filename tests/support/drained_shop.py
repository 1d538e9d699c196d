"""A hand-made drain of a small shop: browse passes gateway and catalogue, payments lies beside the path."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from seatrial.model.exchange import Exchange, ExchangeOutcome, GeneratorHealth
from seatrial.model.fault import Disruption, FaultRecord, Target
from seatrial.model.log import LogLine
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.pressure import CpuSeen
from seatrial.model.system import System
from seatrial.model.system_file import parse_system
from seatrial.model.timeline import (
    Change,
    Clock,
    Endpoint,
    EndpointsSeen,
    EventSeen,
    PodSeen,
    Seen,
    Timeline,
    WorkloadSeen,
)

FILE = """
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: TARGET
entry: {url: "http://127.0.0.1:1"}
workloads:
  catalogue: {kind: Deployment, name: catalogue, stateless: true, journey: browse}
  gateway: {kind: Deployment, name: gateway}
  payments: {kind: Deployment, name: payments, stateless: true, journey: pay}
journeys:
  browse: {request: {path: /}, through: [gateway, catalogue]}
  pay: {request: {path: /pay}}
"""
OWN = "{kind: {config: kind.yaml}, namespace: shop}"
FOREIGN = "{context: theirs, namespace: shop}"
DRAINED, OTHER = "node-a", "node-b"
BEGAN, ENDED, AVAILABLE = 40.0, 200.0, 130.0


def shop(target: str = OWN, file: str = FILE) -> System:
    return parse_system(file.replace("TARGET", target), source="shop.yaml")


def drain(available_at: float | None = AVAILABLE) -> FaultRecord:
    """The drain of a node at 100."""
    return FaultRecord(
        "drain-1", "drain-node", Disruption.VOLUNTARY, Target("Node", "", DRAINED, "node-uid"), "catalogue",
        100.0, 120.0, "drained", available_at, available_at, 1,
    )  # fmt: skip


def pod(at: float, name: str, *, ready: bool = True, deleting: bool = False, node: str = OTHER) -> PodSeen:
    """A pod of the workload that its name begins with."""
    workload = name.partition("-")[0]
    return PodSeen(
        at, Change.MODIFIED, name, f"uid-{name}", workload, node, "10.0.0.1", "Running", ready, 0, (),
        f"ReplicaSet/{workload}", 1.0, 1.0, 1.0, 2.0 if ready else None, deleting,
    )  # fmt: skip


def gone(at: float, name: str) -> PodSeen:
    return replace(pod(at, name, ready=False, deleting=True), change=Change.DELETED)


def listed(at: float, *pods: str, unready: Iterable[str] = (), service: str = "catalogue") -> EndpointsSeen:
    ends = [Endpoint("10.0.0.1", name, True, True, False) for name in pods]
    ends += [Endpoint("10.0.0.1", name, False, False, True) for name in unready]
    return EndpointsSeen(at, Change.MODIFIED, f"{service}-slice", service, tuple(ends))


def leaving(name: str, *, at: float, left_at: float, gone_at: float | None = None) -> list[Seen]:
    """A pod of the drained node whose deletion begins, whose endpoint leaves, and that is gone."""
    service = name.partition("-")[0]
    return [
        pod(BEGAN, name, node=DRAINED),
        pod(at, name, node=DRAINED, deleting=True),
        gone(at + 8 if gone_at is None else gone_at, name),
        listed(BEGAN, name, service=f"{service}-of-{name}"),
        listed(left_at, unready=[name], service=f"{service}-of-{name}"),
    ]


def unhealthy(at: float, name: str, message: str) -> EventSeen:
    return EventSeen(at, "Pod", name, "Unhealthy", message, warning=True)


def cpu(begin: float, end: float, *, waited: float, busy: float = 1.0) -> list[CpuSeen]:
    """A sample a second."""
    return [CpuSeen(begin + n + 1, "this machine", 1.0, waited, busy) for n in range(round(end - begin))]


def request(at: float, *, ok: bool = True, journey: str = "browse") -> Exchange:
    outcome = ExchangeOutcome.OK if ok else ExchangeOutcome.UNKNOWN
    status, error = (200, "") if ok else (503, "status 503")
    return Exchange(round(at * 1000), journey, at, at, at + 0.01, outcome, status, error)


def traffic(*failing: tuple[float, float], begin: float = 80.0, end: float = 140.0) -> tuple[Exchange, ...]:
    """Ten requests a second; those that begin within a span of `failing` fail."""
    times = [begin + n / 10 for n in range(round((end - begin) * 10))]
    return tuple(request(at, ok=not any(first <= at < last for first, last in failing)) for at in times)


def observed(
    exchanges: Iterable[Exchange],
    *seen: Seen,
    target: str = OWN,
    fault: FaultRecord | None = None,
    logs: tuple[LogLine, ...] | None = None,
    file: str = FILE,
) -> Observation:
    """The drain with what was seen beside it; two replicas of each workload are wanted."""
    sent = tuple(exchanges)
    workloads = [
        WorkloadSeen(BEGAN, Change.ADDED, "Deployment", name, name, 2, 2, 2, 2)
        for name in ("catalogue", "gateway", "payments")
    ]
    timeline = Timeline(BEGAN, ENDED, Clock(0.0, 0.1, 0.0), (*workloads, *seen))
    health = GeneratorHealth(len(sent), len(sent), 0, 0, 0.010, 0.002, 0.03)
    arm = Arm(sent, health, (fault or drain(),), timeline, logs=logs)
    return Observation(
        {TROUBLE: arm}, "drain-node.catalogue", "drain-node", "catalogue", Disruption.VOLUNTARY, "browse", 1,
        shop(target, file),
    )  # fmt: skip
