"""Containers of the system that were started again, and what kubelet said before. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from seatrial.judge.probes import liveness_failures
from seatrial.model.timeline import Timeline

LONGEST_MESSAGE = 160


@dataclass(frozen=True)
class Restarted:
    """A pod of the system of which a container was started again.

    Attributes:
        at: when its liveness probe began to fail, or else when the restart was first seen.
        told: what kubelet said of the liveness probe that had failed; empty without such an event.
    """

    pod: str
    workload: str
    at: float
    told: str

    @property
    def because(self) -> str:
        """What kubelet said, to stand behind a sentence."""
        return f" ({self.told})" if self.told else ""


def restarted(timeline: Timeline, since: float, until: float) -> Iterator[Restarted]:
    """The system's pods of which a container was seen to have been started again in this time."""
    for states in timeline.pods.values():
        # One that came meanwhile is counted from where it was first seen.
        before = [state.restarts for state in states if state.at <= since] or [states[0].restarts]
        more = [s for s in states if since < s.at <= until and s.restarts > before[-1]]
        if not more or not states[-1].workload:
            continue
        name = states[-1].name
        told = liveness_failures(timeline, name, since, until)
        said = " ".join(told[-1].message.split())[:LONGEST_MESSAGE] if told else ""
        yield Restarted(name, states[-1].workload, told[0].at if told else more[0].at, said)
