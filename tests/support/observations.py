"""Small hand-made observations. Times are seconds; faults begin at 100.0 unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from seatrial.model.exchange import DROPPED, Exchange, ExchangeOutcome, GeneratorHealth
from seatrial.model.fault import Disruption, FaultRecord, Target
from seatrial.model.objectives import Objectives
from seatrial.model.observation import Arm, Observation, observed
from seatrial.model.timeline import (
    AutoscalerSeen,
    Change,
    Clock,
    Endpoint,
    EndpointsSeen,
    EventSeen,
    PodSeen,
    Seen,
    ServiceSeen,
    Timeline,
    WorkloadSeen,
)

OBJECTIVES = Objectives(scale_up_seconds=150, scale_down_seconds=300)
CLOCK = Clock(offset_seconds=0.0, error_seconds=0.1, epoch_offset_seconds=0.0)


def exchange(
    at: float,
    outcome: ExchangeOutcome = ExchangeOutcome.OK,
    *,
    latency: float | None = 0.01,
    error: str = "",
    sequence: int | None = None,
    key: str = "",
    answer_id: str = "",
    backend: str = "",
) -> Exchange:
    """One request planned and sent at `at`."""
    return Exchange(
        sequence=round(at * 1000) if sequence is None else sequence,
        journey="browse",
        planned_at=at,
        sent_at=at,
        completed_at=None if latency is None else at + latency,
        outcome=outcome,
        status=200 if outcome is ExchangeOutcome.OK else None,
        error=error or ("" if outcome is ExchangeOutcome.OK else "connection refused"),
        key=key,
        answer_id=answer_id,
        backend=backend,
    )


def failed(at: float, **more: object) -> Exchange:
    return exchange(at, ExchangeOutcome.FAILED, **more)  # type: ignore[arg-type]


def unknown(at: float, **more: object) -> Exchange:
    return exchange(at, ExchangeOutcome.UNKNOWN, **{"error": "timeout 5 s", **more})  # type: ignore[arg-type]


def dropped(at: float) -> Exchange:
    return Exchange(round(at * 1000), "browse", at, None, None, ExchangeOutcome.FAILED, error=DROPPED)


def stream(begin: float, end: float, *, per_second: float = 100.0, backend: str = "orders") -> list[Exchange]:
    """Clean traffic from `begin` up to but not including `end`, each answer naming `backend`."""
    count = round((end - begin) * per_second)
    return [exchange(begin + n / per_second, backend=backend) for n in range(count)]


def health(planned: int = 1000, *, dropped: int = 0, late: int = 0) -> GeneratorHealth:
    return GeneratorHealth(
        planned=planned,
        sent=planned - dropped,
        dropped=dropped,
        late=late,
        late_after_seconds=0.010,
        lateness_p99_seconds=0.002,
        cpu_fraction=0.03,
    )


def fault(
    injected_at: float = 100.0,
    available_at: float | None = 101.0,
    *,
    proven: bool = True,
    disruption: Disruption = Disruption.VOLUNTARY,
    name: str = "orders-old",
    uid: str = "uid-old",
    kind: str = "Pod",
    identity: str = "",
    replacement: str = "orders-new",
) -> FaultRecord:
    return FaultRecord(
        id=identity or f"fault-{injected_at:g}",
        fault="delete-pod" if disruption is Disruption.VOLUNTARY else "kill-pod",
        disruption=disruption,
        target=Target(kind, "chandlery", name, uid),
        workload="orders",
        injected_at=injected_at,
        verified_at=injected_at + 0.5 if proven else None,
        effect="uid gone" if proven else "",
        available_at=available_at,
        reverted_at=available_at,
        seed=1,
        replacement=replacement,
    )


def crash_fault(
    injected_at: float = 100.0, available_at: float | None = 101.0, **more: object
) -> FaultRecord:
    return fault(injected_at, available_at, disruption=Disruption.INVOLUNTARY, **more)  # type: ignore[arg-type]


CRASHES = (crash_fault(100.0, 101.0), crash_fault(120.0, 121.0))


def three_faults() -> tuple[FaultRecord, ...]:
    """Windows 100-101, 110-111 and 120-121."""
    return tuple(fault(at, at + 1.0, uid=f"uid-{at:g}") for at in (100.0, 110.0, 120.0))


def observation(
    exchanges: Iterable[Exchange],
    faults: Sequence[FaultRecord] = (),
    *,
    generator: GeneratorHealth | None = None,
    timeline: Timeline | None = None,
    warm_up: Iterable[Exchange] = (),
) -> Observation:
    return observed(Arm(tuple(exchanges), generator or health(), tuple(faults), timeline, tuple(warm_up)))


def pod(
    at: float,
    name: str = "orders-new",
    *,
    uid: str = "uid-new",
    change: Change = Change.MODIFIED,
    node: str = "worker",
    ready: bool = False,
    started_at: float | None = None,
    ready_at: float | None = None,
    deleting: bool = False,
    restarts: int = 0,
    reason: str = "",
    created_at: float | None = None,
) -> PodSeen:
    return PodSeen(
        at=at,
        change=change,
        name=name,
        uid=uid,
        workload="orders",
        node=node,
        ip="10.0.0.1",
        phase="Running" if started_at is not None else "Pending",
        ready=ready,
        restarts=restarts,
        container_ids=(),
        owner="orders-rs",
        created_at=created_at,
        scheduled_at=None,
        started_at=started_at,
        ready_at=ready_at,
        deleting=deleting,
        reason=reason,
    )


def endpoints(at: float, **ready: bool) -> EndpointsSeen:
    """A slice of Service orders; `orders_old=True` lists pod orders-old as ready."""
    listed = tuple(
        Endpoint("10.0.0.1", name.replace("_", "-"), ready=is_ready, serving=is_ready, terminating=False)
        for name, is_ready in ready.items()
    )
    return EndpointsSeen(at, Change.MODIFIED, "orders-slice", "orders", listed)


def service(
    at: float, name: str = "orders", *, publish_not_ready: bool = False, affinity: str = "None"
) -> ServiceSeen:
    return ServiceSeen(at, Change.ADDED, name, publish_not_ready, affinity)


def workload(at: float, wanted: int = 2, ready: int = 2, current: int | None = None) -> WorkloadSeen:
    count = wanted if current is None else current
    return WorkloadSeen(at, Change.MODIFIED, "Deployment", "orders", "orders", wanted, count, ready, wanted)


def autoscaler(
    at: float,
    desired: int,
    *,
    current: int = 2,
    target: str = "Deployment/orders",
    metrics: tuple[str, ...] = ("cpu 30 % of 60 %",),
    conditions: tuple[str, ...] = (),
    maximum: int = 6,
) -> AutoscalerSeen:
    return AutoscalerSeen(
        at, Change.MODIFIED, "orders", target, 2, maximum, current, desired, metrics, conditions
    )


def warning(at: float, message: str, *, kind: str = "Pod", name: str = "orders-new") -> EventSeen:
    return EventSeen(at, kind, name, "Failed", message, warning=True)


def timeline(*seen: Seen, began_at: float = 0.0, ended_at: float = 1000.0) -> Timeline:
    return Timeline(began_at, ended_at, CLOCK, tuple(sorted(seen, key=lambda state: state.at)))
