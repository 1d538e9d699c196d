"""A shop whose journey `pay` needs orders and whose journey `browse` does not, while orders is disturbed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from observations import health, pod, timeline

from seatrial.model.dependency import INTERPOSE, PROXIED
from seatrial.model.exchange import Exchange, ExchangeOutcome
from seatrial.model.fault import Disruption, FaultRecord, Target
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.system import System
from seatrial.model.system_file import parse_system
from seatrial.model.timeline import PodSeen, Seen

FILE = """
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: {kind: {config: kind.yaml}, namespace: shop}
entry: {url: "http://127.0.0.1:1", served_by: x-pod}
workloads:
  orders: {kind: Deployment, name: orders, journey: pay}
  catalogue: {kind: Deployment, name: catalogue, journey: browse}
journeys:
  browse: {request: {path: /}}
  pay: {request: {path: /pay}, timeout_seconds: 5}
dependencies:
  orders: {needed_by: [pay]}
objectives: {retry_amplification: 3}
"""
BROWSE, PAY, PER_SECOND = "browse", "pay", 5.0


def shop(file: str = FILE) -> System:
    return parse_system(file, source="shop.yaml")


def sent(
    journey: str, begin: float, end: float, *, error: str = "", latency: float = 0.01, offset: float = 0.0
) -> list[Exchange]:
    outcome = ExchangeOutcome.UNKNOWN if error else ExchangeOutcome.OK
    moments = [begin + offset + number / PER_SECOND for number in range(round((end - begin) * PER_SECOND))]
    return [
        Exchange(
            round(at * 1000), journey, at, at, at + latency, outcome, None if error else 200, error,
            backend=f"{'orders' if journey == PAY else 'catalogue'}-a",
        )
        for at in moments
    ]  # fmt: skip


def fault(name: str, begin: float, end: float, **details: object) -> FaultRecord:
    kind = Disruption.NONE if name == INTERPOSE else Disruption.INVOLUNTARY
    return FaultRecord(
        f"{name}-{begin:g}", name, kind, Target("Service", "shop", "orders", "u"), "orders", begin,
        begin + 0.5, "seen", end, end, 1, details=details, held=True,
    )  # fmt: skip


def of(seen: PodSeen, role: str) -> PodSeen:
    return replace(seen, workload=role)


PODS = (
    of(pod(0.0, "orders-a", uid="o", ready=True), "orders"),
    of(pod(0.0, "catalogue-a", uid="c", ready=True), "catalogue"),
)


def look(at: float, value: dict[str, object]) -> Measurement:
    """What the proxy said when it was asked."""
    return Measurement(PROXIED, "proxy", at, at + 0.1, MeasurementOutcome.ANSWERED, value)


def troubled(
    exchanges: Iterable[Exchange],
    faults: tuple[FaultRecord, ...],
    looks: Iterable[Measurement],
    *seen: Seen,
    system: System | None = None,
    **arm: object,
) -> Observation:
    """An observation of dependency-trouble on orders; `arm` replaces fields of its arm."""
    made = Arm(
        tuple(sorted(exchanges, key=lambda one: one.planned_at)), health(), faults,
        timeline(*PODS, *seen), measurements=tuple(looks),
    )  # fmt: skip
    return Observation(
        {TROUBLE: replace(made, **arm)}, "d-1", "dependency-trouble", "orders", Disruption.INVOLUNTARY, PAY,
        1, shop() if system is None else system,
    )  # fmt: skip
