"""TCP connections of a pod, as its own kernel lists them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

CONNECTIONS = "connections"
"""Kind of the measurement that lists a pod's connections."""
ESTABLISHED, TIME_WAIT, FIN_WAIT, CLOSE_WAIT = "established", "time-wait", "fin-wait", "close-wait"
CLOSED_BY_SERVER = (FIN_WAIT, TIME_WAIT)
"""States of the side that closed first; the other one is in close-wait, and then gone."""


@dataclass(frozen=True)
class PodConnection:
    """One connection that somebody made to a port on which the pod listens.

    Attributes:
        port: of the pod.
        peer, peer_port: whose connection it is.
        state: established, time-wait, fin-wait, close-wait, or another one of the kernel's in words.
    """

    port: int
    peer: str
    peer_port: int
    state: str

    def plain(self) -> list[str | int]:
        """As JSON data."""
        return [self.port, self.peer, self.peer_port, self.state]


def of_plain(data: Iterable[Iterable[str | int]]) -> list[PodConnection]:
    """What `plain` wrote of several."""
    return [PodConnection(int(a), str(b), int(c), str(d)) for a, b, c, d in data]
