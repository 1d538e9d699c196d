"""The connections of one generator: a few kept alive and used in turn, others for one request only.

In turn, not last-in first-out: at a low rate the latter would send everything over one connection, hence to
one replica of whatever stands behind the address.

A kept-alive connection that the peer closes while a request is under way makes that request UNKNOWN. A server
that says `Connection: close` in its last answer, as a draining reverse proxy does, never causes it; one that
drops its idle connections without a word does, and that is a finding. So that it is never the generator's own
doing, a connection that the peer has closed is discarded before any byte is sent, and one that was idle for
`IDLE_LIMIT_SECONDS` is not used again (servers close idle connections after 5 s or more).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from urllib.parse import urlsplit

from seatrial.errors import BadInput
from seatrial.traffic.answer import Answer
from seatrial.traffic.line import Line, peer_at
from seatrial.traffic.loop import Loop
from seatrial.traffic.request import Request

IDLE_LIMIT_SECONDS = 3.0


class Connections:
    """Connections to one base address.

    Args:
        loop: carries them.
        keep: how many kept-alive connections are made before one is used twice.
    """

    def __init__(self, loop: Loop, base_url: str, *, keep: int) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadInput(f"`{base_url}` is no base address", next_step="write http://HOST:PORT, no path.")
        encrypted = parts.scheme == "https"
        self._peer = peer_at(parts.hostname, parts.port or (443 if encrypted else 80), encrypted=encrypted)
        self._loop = loop
        self._keep = keep
        self._kept = 0
        self._idle: deque[Line] = deque()
        self.host_header = parts.netloc.rpartition("@")[2]

    def request(
        self, method: str, wire: bytes, *, deadline_seconds: float, on_answer: Callable[[Answer], None]
    ) -> Request:
        """Make a request, for `send`.

        Args:
            deadline_seconds: so long after it was sent it ends, whatever has come.
            on_answer: called once, from the event loop: it must not wait.
        """
        return Request(self._loop, self._peer, method, wire, deadline_seconds, on_answer)

    def send(self, request: Request, *, fresh: bool) -> None:
        """Send it; returns at once, and never raises for the peer.

        Args:
            fresh: use a new connection and close it afterwards.
        """
        line = None
        if fresh:
            request.fresh = True
        elif (line := self._take_idle()) is None:
            self._kept += 1
        request.send(line, self._ended)

    def _ended(self, request: Request) -> None:
        line = request.line
        if line is not None and request.reusable and not request.fresh:
            line.idle_since = request.answer.completed_at
            self._idle.append(line)
        else:
            self._kept -= not request.fresh
            if line is not None:
                line.close()
        request.on_answer(request.answer)

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._drop(self._idle.popleft())

    def _take_idle(self) -> Line | None:
        """The connection that was idle longest and still stands; None when a new one must be made.

        New ones are made while fewer than `keep` exist, and when all are in use. So the pool grows with the
        load, and what it no longer needs grows old and goes.
        """
        youngest_ok = time.monotonic() - IDLE_LIMIT_SECONDS
        while self._idle and (self._idle[0].idle_since < youngest_ok or self._idle[0].peer_spoke()):
            self._drop(self._idle.popleft())
        if self._kept < self._keep or not self._idle:
            return None
        return self._idle.popleft()

    def _drop(self, line: Line) -> None:
        self._kept -= 1
        line.close()
