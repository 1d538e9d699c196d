"""Where connections go, and one of them."""

from __future__ import annotations

import contextlib
import ipaddress
import socket as plain_socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seatrial.traffic.loop import Loop


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
    tls: ssl.SSLContext | None
    literal: tuple[int, Any] | None


def peer_at(name: str, port: int, *, encrypted: bool) -> Peer:
    """The peer under a host name or address; its certificate and name are verified."""
    try:
        version = ipaddress.ip_address(name).version
    except ValueError:
        literal = None
    else:
        family = plain_socket.AF_INET6 if version == 6 else plain_socket.AF_INET
        literal = (int(family), (name, port))
    tls = None
    if encrypted:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.load_default_certs()
    return Peer(name, port, tls, literal)


class Line:
    """One connection; not yet connected.

    Attributes:
        socket: does not block: what it cannot do now, it refuses.
        idle_since: monotonic seconds since nobody uses it; whoever keeps it sets it.
    """

    __slots__ = ("_descriptor", "_loop", "idle_since", "socket")

    def __init__(self, loop: Loop, family: int) -> None:
        self._loop = loop
        self.socket: Any = loop.socket(family)
        self._descriptor: int = self.socket.fileno()
        self.idle_since = 0.0

    def wait_for(self, event: int, callback: Callable[[], None]) -> None:
        """Have `callback` called whenever the socket is READABLE, or WRITABLE, until `rest`."""
        self._loop.watch(self._descriptor, event, callback)

    def rest(self) -> None:
        """Call nobody any more."""
        self._loop.unwatch(self._descriptor)

    def peer_spoke(self) -> bool:
        """Whether there is something to read although nobody asked: the peer's end, or unbidden bytes."""
        return self._loop.readable_now(self._descriptor)

    def encrypt(self, tls: ssl.SSLContext, name: str) -> None:
        """Speak TLS from now on; the handshake is the caller's."""
        self.socket = tls.wrap_socket(self.socket, server_hostname=name, do_handshake_on_connect=False)

    def close(self) -> None:
        self._loop.forget(self._descriptor)
        with contextlib.suppress(OSError):
            self.socket.close()
