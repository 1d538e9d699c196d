"""Lines that containers wrote while they were observed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of one container's log.

    Attributes:
        at: when it was written, by the container runtime's clock, as monotonic seconds of this machine.
        text: what was written; secrets are hidden, and a long line is cut.
    """

    at: float
    pod: str
    container: str
    text: str


@dataclass(frozen=True)
class Logs:
    """What was kept of the logs of all pods.

    Attributes:
        lines: in the order of time.
        left_out: how many lines were left out because a log was longer than its bound.
        notes: what could not be followed, and why.
    """

    lines: tuple[LogLine, ...]
    left_out: int = 0
    notes: tuple[str, ...] = ()
