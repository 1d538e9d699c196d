"""One request and its outcome."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class ExchangeOutcome(StrEnum):
    """What surely became of a request."""

    OK = "ok"
    """The expected answer arrived."""
    FAILED = "failed"
    """Surely not applied: no connection, or refused by a 4xx."""
    UNKNOWN = "unknown"
    """Bytes were sent and no expected answer came (timeout, reset, 5xx): it may have been applied."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request of a traffic stream. All times are monotonic seconds of this machine.

    Attributes:
        sequence: number of the arrival in its schedule, from 0.
        journey: the journey's name.
        planned_at: when the schedule wanted it sent; latency counts from here (open model).
        sent_at: when it was really sent; None when the arrival was dropped.
        completed_at: when the answer or the error came; None when dropped or still open at the end.
        outcome: see `ExchangeOutcome`. A dropped arrival is FAILED with error "dropped" (it never left).
        status: HTTP status code, or None.
        error: short reason when not OK, e.g. "connection refused", "timeout 5 s", "status 503".
        key: the value of {uuid} in the request (idempotency key), or empty.
        answer_id: the value captured from the answer (`{response.id}`), or empty.
        backend: who answered, when the answer says so: the header that the journey's `served_by` names, with
            a comma between several; empty without.
        operation: which part of the arrival this is, for protocols with several ("open", "message 1",
            "lifetime"); they share its sequence. Empty when the exchange is all of it.
        answer_bytes: length of the answer's body.
    """

    sequence: int
    journey: str
    planned_at: float
    sent_at: float | None
    completed_at: float | None
    outcome: ExchangeOutcome
    status: int | None = None
    error: str = ""
    key: str = ""
    answer_id: str = ""
    backend: str = ""
    operation: str = ""
    answer_bytes: int = 0

    @property
    def latency_seconds(self) -> float | None:
        """From the planned time to the answer; None without an answer."""
        return None if self.completed_at is None else self.completed_at - self.planned_at

    @property
    def begun_at(self) -> float:
        """When it was sent; planned, where it never was."""
        return self.planned_at if self.sent_at is None else self.sent_at

    @property
    def ok(self) -> bool:
        return self.outcome is ExchangeOutcome.OK


LATE_AFTER_SECONDS = 0.010
"""A request that was sent later than this after its planned time is late."""

NEVER_CONNECTED = (
    "connection refused", "name not found", "certificate refused", "network is unreachable",
    "no route to host",
)  # fmt: skip
"""How the words of an error begin with which no connection was made: nobody there has seen the request."""
DROPPED = "dropped"
"""The `error` of an arrival that the generator could not send: its fault, not the system's."""


@dataclass(frozen=True)
class GeneratorHealth:
    """How well the generator kept its schedule. Decides whether a verdict can be trusted.

    Attributes:
        planned: arrivals that the schedule had.
        sent: arrivals sent.
        dropped: arrivals never sent (too many in flight, or the end of the run).
        late: arrivals sent more than `late_after_seconds` after their time.
        late_after_seconds: the limit for `late` (0.010).
        lateness_p99_seconds: 99th percentile of (sent - planned).
        cpu_fraction: CPU seconds of the generator per second of the run, of one core.
        in_flight_seconds: the number of open requests, counted at each sending and end, added up over time;
            None in records that do not have it.
    """

    planned: int
    sent: int
    dropped: int
    late: int
    late_after_seconds: float
    lateness_p99_seconds: float
    cpu_fraction: float
    in_flight_seconds: float | None = None

    @property
    def late_fraction(self) -> float:
        return self.late / self.planned if self.planned else 0.0


def merged_health(parts: Iterable[GeneratorHealth]) -> GeneratorHealth:
    """The health of several generators: counts add up, the worst lateness and CPU stand."""
    healths = list(parts)
    counted = [health.in_flight_seconds for health in healths]
    known = [seconds for seconds in counted if seconds is not None]
    return GeneratorHealth(
        planned=sum(health.planned for health in healths),
        sent=sum(health.sent for health in healths),
        dropped=sum(health.dropped for health in healths),
        late=sum(health.late for health in healths),
        late_after_seconds=max((health.late_after_seconds for health in healths), default=LATE_AFTER_SECONDS),
        lateness_p99_seconds=max((health.lateness_p99_seconds for health in healths), default=0.0),
        cpu_fraction=max((health.cpu_fraction for health in healths), default=0.0),
        in_flight_seconds=sum(known) if known and len(known) == len(counted) else None,
    )
