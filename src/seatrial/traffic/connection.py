"""One request on the wire, with certainty about what left this machine.

gevent's sockets and geventhttpclient's parser, no more: its client repeats requests by itself.

What counts as a failure, and why:

- Nothing is ever sent twice. A retry would hide what a user without one sees; many HTTP clients have none.
- No connection (refused, unreachable, no name, TLS refused, deadline while connecting) is FAILED: surely not
  applied.
- When bytes were handed to the kernel and no complete expected answer came (reset, end of stream, deadline),
  it is UNKNOWN.
- This includes a kept-alive connection that the peer closes while the request is under way. A server that
  says `Connection: close` in its last answer, as a draining reverse proxy does, never causes it; one that
  drops its idle connections without a word does, and that is a finding. So that it is never the generator's
  own doing, a connection that the peer has closed is discarded before any byte is sent, and one that was idle
  for `IDLE_LIMIT_SECONDS` is not used again (servers close idle connections after 5 s or more).
- The deadline is the generator's own timer. It covers a peer whose process is frozen: its kernel still
  accepts connections and acknowledges bytes, so no socket error would ever come.
"""

from __future__ import annotations

import contextlib
import ipaddress
import select
import socket as plain_socket
import ssl
import time
from collections import deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import gevent
import gevent.socket
import gevent.ssl
from gevent import monkey
from geventhttpclient.response import HTTPParseError, HTTPResponse

from seatrial.errors import BadInput

IDLE_LIMIT_SECONDS = 3.0
BLOCK_BYTES = 16_384

_WORDS: dict[type[Exception], str] = {
    ConnectionRefusedError: "connection refused",
    ConnectionResetError: "connection reset",
    BrokenPipeError: "connection closed before it was sent",
    plain_socket.gaierror: "name not found",
    HTTPParseError: "answer is no HTTP",
}

# Under Locust select is patched to switch greenlets; here it must answer at once.
_poll = monkey.get_original("select", "poll")


@dataclass(slots=True)
class Answer:
    """What came of one request.

    Attributes:
        completed_at: monotonic seconds when the answer was complete or the error came.
        sent: whether any byte was handed to the kernel.
        status: code of a complete or an incomplete answer; None when there was none.
        complete: whether the whole answer arrived.
        error: short reason when it did not.
    """

    completed_at: float
    sent: bool
    status: int | None = None
    complete: bool = False
    error: str = ""
    body: bytes = b""
    backend: str = ""


class Connections:
    """Connections to one base address: a few kept alive and used in turn, others for one request only.

    In turn, not last-in first-out: at a low rate the latter would send everything over one connection, hence
    to one replica of whatever stands behind the address.
    """

    def __init__(self, base_url: str, *, keep: int) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadInput(f"`{base_url}` is no base address", next_step="write http://HOST:PORT, no path.")
        self._tls = _tls_context() if parts.scheme == "https" else None
        self._name = parts.hostname
        self._port = parts.port or (443 if self._tls else 80)
        self._address = _literal_address(self._name)
        self._keep = keep
        self._kept = 0
        self._idle: deque[tuple[Any, float]] = deque()
        self.host_header = parts.netloc.rpartition("@")[2]

    def send(self, method: str, wire: bytes, *, deadline_seconds: float, fresh: bool) -> Answer:
        """Send one request and wait for its answer, at most `deadline_seconds`. Never raises for the peer.

        Args:
            fresh: use a new connection and close it afterwards.
        """
        answer = Answer(0.0, sent=False)
        connection: Any = None
        reusable = False
        deadline = gevent.Timeout.start_new(deadline_seconds)
        try:
            if not fresh:
                connection = self._take_idle()
                self._kept += connection is None
            if connection is None:
                connection = self._connect()
            response = HTTPResponse(method)
            _transmit(connection, wire, answer)
            _receive(connection, response, answer)
            reusable = answer.complete and not response.should_close()
        except gevent.Timeout as raised:
            if raised is not deadline:
                raise
            where = "" if answer.sent else " before it was sent"
            answer.error = f"timeout {deadline_seconds:g} s{where}"
        except (OSError, HTTPParseError) as error:
            answer.error = answer.error or _short(error)
        finally:
            deadline.close()
            answer.completed_at = time.monotonic()
            if reusable and not fresh:
                self._idle.append((connection, answer.completed_at))
            else:
                self._kept -= not fresh
                _close(connection)
        return answer

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._drop(self._idle.popleft()[0])

    def _connect(self) -> Any:
        if self._address is not None:
            family, address = self._address
            connection = gevent.socket.socket(family, plain_socket.SOCK_STREAM)
            try:
                connection.connect((address, self._port))
            except BaseException:
                _close(connection)
                raise
        else:
            connection = gevent.socket.create_connection((self._name, self._port))
        try:
            connection.setsockopt(plain_socket.IPPROTO_TCP, plain_socket.TCP_NODELAY, 1)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_hostname=self._name)
        except BaseException:
            _close(connection)
            raise
        return connection

    def _take_idle(self) -> Any:
        """The connection that was idle longest and still stands; None when a new one must be made.

        New ones are made while fewer than `keep` exist, and when all are in use. So the pool grows with the
        load, and what it no longer needs grows old and goes.
        """
        youngest_ok = time.monotonic() - IDLE_LIMIT_SECONDS
        while self._idle and (self._idle[0][1] < youngest_ok or _peer_spoke(self._idle[0][0])):
            self._drop(self._idle.popleft()[0])
        if self._kept < self._keep or not self._idle:
            return None
        return self._idle.popleft()[0]

    def _drop(self, connection: Any) -> None:
        self._kept -= 1
        _close(connection)


def _tls_context() -> Any:
    """gevent's own, verifying name and certificate; `create_default_context` would make one that blocks."""
    context = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    return context


def _transmit(connection: Any, wire: bytes, answer: Answer) -> None:
    """Hand the bytes to the kernel. `answer.sent` tells whether it took any before an error."""
    count = connection.send(wire)
    answer.sent = True
    if count < len(wire):
        connection.sendall(memoryview(wire)[count:])


def _receive(connection: Any, response: HTTPResponse, answer: Answer) -> None:
    """Read until the final answer is complete; interim 1xx answers are passed over."""
    try:
        while not (response.message_complete and response.get_code() >= 200):
            data = connection.recv(BLOCK_BYTES)
            if not data and not _ends_with_connection(response):
                place = "in" if response.message_begun else "before"
                answer.error = f"connection closed {place} the answer"
                return
            if data:
                response.feed(data)
        answer.complete = True
    finally:
        if response.headers_complete:
            answer.status = response.get_code()
            answer.backend = str(response.get("x-served-by") or "")
            answer.body = bytes(response._body_buffer)


def _ends_with_connection(response: HTTPResponse) -> bool:
    """Tell the parser that the stream ended; whether that completed an answer without a length."""
    if not response.headers_complete or response.get_code() < 200:
        return False
    with contextlib.suppress(HTTPParseError):
        response.feed(b"")
    return bool(response.message_complete)


def _peer_spoke(connection: Any) -> bool:
    """Whether there is something to read on an idle connection: its end, or bytes nobody asked for."""
    poll = _poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _close(connection: Any) -> None:
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.close()


def _literal_address(host: str) -> tuple[int, str] | None:
    """(family, address) when the host is an address, which spares a look-up per connection."""
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        return None
    return (plain_socket.AF_INET6 if version == 6 else plain_socket.AF_INET), host


def _short(error: Exception) -> str:
    """The error in a few words, without this machine's details."""
    for kind, words in _WORDS.items():
        if isinstance(error, kind):
            return words
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate refused: {error.verify_message}"
    strerror = getattr(error, "strerror", None)
    return strerror.lower() if isinstance(strerror, str) else str(error) or type(error).__name__
