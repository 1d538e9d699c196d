"""A TCP or TLS connection as the event loop sees it: non-blocking, with one callback waiting at a time."""

from __future__ import annotations

import contextlib
import ipaddress
import select
import socket as plain_socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gevent
import gevent.socket
import gevent.ssl
from gevent import monkey

READABLE = 1
WRITABLE = 2
"""libev's own numbers of the two events."""

# Under Locust these are patched to switch greenlets; here they must answer at once.
_poll = monkey.get_original("select", "poll")
_socket = monkey.get_original("socket", "socket")


@dataclass(frozen=True)
class Peer:
    """Where connections go.

    Attributes:
        name: host as it was written; what a certificate must be for.
        tls: context of TLS; None for plain TCP.
        literal: (family, address) when the host is an address, which spares a look-up per connection.
    """

    name: str
    port: int
    tls: Any
    literal: tuple[int, Any] | None

    def look_up(self) -> list[tuple[int, Any]]:
        """(family, address) of each way to reach it. Waits for the resolver: not for a callback.

        Raises:
            OSError: when there is no such name.
        """
        found = gevent.socket.getaddrinfo(self.name, self.port, type=plain_socket.SOCK_STREAM)
        return [(family, address) for family, _, _, _, address in found]


def peer_at(name: str, port: int, *, encrypted: bool) -> Peer:
    """The peer under a host name or address."""
    try:
        version = ipaddress.ip_address(name).version
    except ValueError:
        literal = None
    else:
        family = plain_socket.AF_INET6 if version == 6 else plain_socket.AF_INET
        literal = (int(family), (name, port))
    return Peer(name, port, _tls_context() if encrypted else None, literal)


class Line:
    """One connection; not yet connected.

    Attributes:
        socket: does not block: what it cannot do now, it refuses. gevent's once it speaks TLS.
        idle_since: monotonic seconds since nobody uses it; whoever keeps it sets it.
    """

    __slots__ = ("_readable", "_waiting", "_writable", "idle_since", "socket")

    def __init__(self, family: int) -> None:
        self.socket: Any = _socket(family, plain_socket.SOCK_STREAM)
        self.socket.setblocking(False)
        self.idle_since = 0.0
        loop = gevent.get_hub().loop
        self._readable = loop.io(self.socket.fileno(), READABLE)
        self._writable = loop.io(self.socket.fileno(), WRITABLE)
        self._waiting: Any = None

    def wait_for(self, event: int, callback: Callable[[], None]) -> None:
        """Have `callback` called whenever `event` is there, until `rest` or another wait."""
        watcher = self._readable if event == READABLE else self._writable
        if watcher is not self._waiting:
            self.rest()
            watcher.start(callback)
            self._waiting = watcher

    def rest(self) -> None:
        """Call nobody any more."""
        if self._waiting is not None:
            self._waiting.stop()
            self._waiting = None

    def peer_spoke(self) -> bool:
        """Whether there is something to read although nobody asked: the peer's end, or unbidden bytes."""
        poll = _poll()
        poll.register(self.socket.fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        self.rest()
        self._readable.close()
        self._writable.close()
        with contextlib.suppress(OSError):
            self.socket.close()


def _tls_context() -> Any:
    """gevent's own, verifying name and certificate; `create_default_context` would make one that blocks."""
    context = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    return context
