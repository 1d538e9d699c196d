"""One request on the wire, with certainty about what left this machine.

Sockets and a parser, no more: an HTTP client may repeat requests by itself.

What counts as a failure, and why:

- Nothing is ever sent twice. A retry would hide what a user without one sees; many HTTP clients have none.
- No connection (refused, unreachable, no name, TLS refused, deadline while connecting) is FAILED: surely not
  applied.
- When bytes were handed to the kernel and no complete expected answer came (reset, end of stream, deadline),
  it is UNKNOWN.
- The deadline is the generator's own timer. It covers a peer whose process is frozen: its kernel still
  accepts connections and acknowledges bytes, so no socket error would ever come.
"""

from __future__ import annotations

import errno
import os
import socket as plain_socket
import ssl
import time
from collections.abc import Callable
from typing import Any

from seatrial.traffic.answer import Answer, AnswerReader, NoHttp
from seatrial.traffic.line import Line, Peer
from seatrial.traffic.loop import READABLE, WRITABLE, Loop

BLOCK_BYTES = 16_384
_NOW = 0
"""What a step returns when the next one can be taken at once; else the event that it waits for."""
_ENDED = -1

_WORDS: dict[type[Exception], str] = {
    ConnectionRefusedError: "connection refused",
    ConnectionResetError: "connection reset",
    BrokenPipeError: "connection closed before it was sent",
    plain_socket.gaierror: "name not found",
    NoHttp: "answer is no HTTP",
}


class Request:
    """One request: made ahead, sent once, ended by its answer or its deadline. Never raises for the peer.

    Args:
        on_answer: called once, from the loop: it must not wait.

    Attributes:
        line: the connection; None while there is none. At the end it is for `on_end` to keep or to close.
        fresh: whether the connection is for this request only.
        reusable: at the end: whether the connection may carry another request.
    """

    __slots__ = (
        "_deadline_seconds",
        "_loop",
        "_on_end",
        "_over",
        "_peer",
        "_reader",
        "_step",
        "_timer",
        "_ways",
        "_wire",
        "answer",
        "fresh",
        "line",
        "on_answer",
        "reusable",
    )

    def __init__(
        self,
        loop: Loop,
        peer: Peer,
        method: str,
        wire: bytes,
        deadline_seconds: float,
        on_answer: Callable[[Answer], None],
    ) -> None:
        self.on_answer = on_answer
        self.answer = Answer(0.0, sent=False)
        self.line: Line | None = None
        self.fresh = self.reusable = self._over = False
        self._loop = loop
        self._peer = peer
        self._wire: bytes | memoryview = wire
        self._ways = [] if peer.literal is None else [peer.literal]
        self._step: Callable[[], int] = _none
        self._reader = AnswerReader(method, self.answer)
        self._deadline_seconds = deadline_seconds

    def send(self, line: Line | None, on_end: Callable[[Request], None]) -> None:
        """Begin; returns at once.

        Args:
            line: a connection that stands; None to make one.
            on_end: called once with this, from the loop, when it has ended.
        """
        self._on_end = on_end
        self._timer = self._loop.timer(self._deadline_seconds, self._expire)
        if line is not None:
            self.line = line
            self._step = self._transmit
            self._go_on()
            return
        self._step = self._connect
        if self._peer.literal is None:
            self._loop.look_up(self._peer.name, self._peer.port, self._found)
        else:
            self._go_on()

    def discard(self) -> None:
        """It will never be sent."""
        self._reader.close()

    def _go_on(self) -> None:
        """Take the steps that can be taken now, and wait for what the next one needs."""
        if self._over:
            return  # The deadline came while the name was looked up.
        try:
            while (event := self._step()) == _NOW:
                pass
        except (OSError, NoHttp) as error:
            self._end(_short(error))
        except BaseException as error:
            self._end(f"the generator failed: {error!r}")
            raise
        else:
            if event != _ENDED and self.line is not None:
                self.line.wait_for(event, self._go_on)

    def _found(self, ways: list[tuple[int, Any]] | OSError) -> None:
        if isinstance(ways, OSError):
            self._end(_short(ways))
        else:
            self._ways = ways
            self._go_on()

    def _connect(self) -> int:
        """Try the next address of the peer."""
        family, address = self._ways.pop(0)
        refused, self.line = self.line, None
        if refused is not None:
            refused.close()
        self.line = Line(self._loop, family)
        code = self.line.socket.connect_ex(address)
        if code == errno.EINPROGRESS:
            self._step = self._connected
            return WRITABLE
        return self._connected(code)

    def _connected(self, code: int | None = None) -> int:
        assert self.line is not None
        connection = self.line.socket
        if code is None:
            code = connection.getsockopt(plain_socket.SOL_SOCKET, plain_socket.SO_ERROR)
        if code:
            if not self._ways:
                raise OSError(code, os.strerror(code))
            self._step = self._connect
            return _NOW
        connection.setsockopt(plain_socket.IPPROTO_TCP, plain_socket.TCP_NODELAY, 1)
        self._step = self._transmit
        if self._peer.tls is not None:
            self.line.encrypt(self._peer.tls, self._peer.name)
            self._step = self._shake_hands
        return _NOW

    def _shake_hands(self) -> int:
        assert self.line is not None
        try:
            self.line.socket.do_handshake()
        except ssl.SSLWantReadError:
            return READABLE
        except ssl.SSLWantWriteError:
            return WRITABLE
        self._step = self._transmit
        return _NOW

    def _transmit(self) -> int:
        """Hand the bytes to the kernel. `answer.sent` tells whether it took any before an error."""
        assert self.line is not None
        while self._wire:
            try:
                count = self.line.socket.send(self._wire)
            except (BlockingIOError, ssl.SSLWantWriteError):
                return WRITABLE
            except ssl.SSLWantReadError:
                return READABLE
            if not count:  # how gevent refuses
                return WRITABLE
            self.answer.sent = True
            self._wire = b"" if count == len(self._wire) else memoryview(self._wire)[count:]
        self._step = self._receive
        return READABLE

    def _receive(self) -> int:
        """Read until the final answer is complete."""
        assert self.line is not None
        while not self.answer.complete:
            try:
                data = self.line.socket.recv(BLOCK_BYTES)
            except (BlockingIOError, ssl.SSLWantReadError):
                return READABLE
            except ssl.SSLWantWriteError:
                return WRITABLE
            if data:
                self._reader.feed(data)
                continue
            self._reader.end()
            if not self.answer.complete:
                self._end(f"connection closed {'in' if self._reader.begun else 'before'} the answer")
                return _ENDED
        self.reusable = self._reader.keep_alive
        self._end("")
        return _ENDED

    def _expire(self) -> None:
        where = "" if self.answer.sent else " before it was sent"
        self._end(f"timeout {self._deadline_seconds:g} s{where}")

    def _end(self, error: str) -> None:
        if self._over:
            return
        self._over = True
        self._step = _none  # No cycle may keep this: each new request would take memory that is cold.
        self._reader.close()
        self.answer.completed_at = time.monotonic()
        self.answer.error = error
        self._loop.cancel(self._timer)
        if self.line is not None:
            self.line.rest()
        self._on_end(self)


def _none() -> int:
    return _ENDED


def _short(error: Exception) -> str:
    """The error in a few words, without this machine's details."""
    for kind, words in _WORDS.items():
        if isinstance(error, kind):
            return words
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate refused: {error.verify_message}"
    strerror = getattr(error, "strerror", None)
    return strerror.lower() if isinstance(strerror, str) else str(error) or type(error).__name__
