"""Commands inside a container, through the API server."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.errors import SeatrialError
from seatrial.kube.client import Kube
from seatrial.kube.errors import Call, refused
from seatrial.model.right import Right

EXEC = Right(("get", "create"), "Pod", "exec")
"""A command is started over a WebSocket: a GET that also needs `create`."""

STDIN_CHANNEL, STDOUT_CHANNEL, STDERR_CHANNEL, ERROR_CHANNEL = 0, 1, 2, 3
FRAME_BYTES = 65_536
"""Of one message to a command's stdin; API servers refuse long ones."""


@dataclass(frozen=True)
class Ran:
    """What a command gave.

    Attributes:
        exit_code: None when the command could not be started, or its container ended before it.
        reason: then, what the container's runtime said about it; empty when it said nothing.
    """

    exit_code: int | None
    stdout: str
    stderr: str
    reason: str = ""


def run_in_pod(
    kube: Kube, pod: str, container: str, command: Sequence[str], *, timeout_seconds: float = 20.0
) -> Ran:
    """Run a command and wait for its end.

    Raises:
        Forbidden, NotFound, ApiRefused: the API server did not let it start.
        SeatrialError: it did not end in time.
    """
    where = f"pod/{pod}, container {container}, namespace {kube.namespace}: {' '.join(command)}"
    with contextlib.closing(_Session(kube, pod, container, command, timeout_seconds)) as opened:
        session = opened.session
        session.run_forever(timeout=timeout_seconds)
        if session.is_open():
            raise SeatrialError(f"a command in a pod did not end within {timeout_seconds:g} s", where=where)
        channels = (STDOUT_CHANNEL, STDERR_CHANNEL, ERROR_CHANNEL)
        stdout, stderr, status = (session.read_channel(one).decode(errors="replace") for one in channels)
        exit_code, reason = how_it_ended(status)
        return Ran(exit_code, stdout, stderr, reason)


class _Session:
    """A command that was started in a container, over a WebSocket."""

    def __init__(
        self,
        kube: Kube,
        pod: str,
        container: str,
        command: Sequence[str],
        timeout_seconds: float,
        *,
        stdin: bool = False,
    ) -> None:
        from kubernetes.client import ApiClient, ApiException, CoreV1Api
        from kubernetes.stream import stream

        call = Call("create", "", "pods/exec", pod, kube.namespace, kube.server, kube.context)
        # The stream helper patches its client while it connects, so it gets a client of its own.
        with ApiClient(kube.transport.configuration) as api_client:
            try:
                self.session = stream(
                    CoreV1Api(api_client).connect_get_namespaced_pod_exec,
                    pod,
                    kube.namespace,
                    command=list(command),
                    container=container,
                    stdin=stdin,
                    stdout=True,
                    stderr=True,
                    tty=False,
                    binary=True,  # as text it would decode each frame alone, which cuts letters in two
                    _preload_content=False,
                    _request_timeout=timeout_seconds,
                )
            except (ApiException, AttributeError) as error:
                # Version 36 stumbles over its own refusal, which has no body; the refusal is its context.
                refusal = error if isinstance(error, ApiException) else error.__context__
                if not isinstance(refusal, ApiException):
                    raise
                status, body = handshake_answer(str(refusal.reason or refusal))
                raise refused(call, status, body) from error

    def close(self) -> None:
        self.session.close()
        # Where the other side closed first, the package forgets its socket instead of closing it.
        self.session.sock.shutdown()


class PodPipe:
    """A command in a container, with both directions of its standard streams.

    One thread receives and closes; any may send and interrupt.

    Raises:
        Forbidden, NotFound, ApiRefused: the API server did not let it start.
    """

    def __init__(
        self, kube: Kube, pod: str, container: str, command: Sequence[str], *, timeout_seconds: float
    ) -> None:
        self._opened = _Session(kube, pod, container, command, timeout_seconds, stdin=True)
        self._session = self._opened.session
        self._socket = self._session.sock.sock
        # A peer that is gone without a word must not hold the one who sends to it.
        self._session.sock.settimeout(timeout_seconds)
        self._lock = threading.Lock()
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)

    def send(self, data: bytes) -> None:
        """Write to its stdin."""
        with self._lock:
            for start in range(0, len(data), FRAME_BYTES):
                self._session.write_channel(STDIN_CHANNEL, data[start : start + FRAME_BYTES])

    def receive(self, seconds: float) -> bytes:
        """What it wrote to its stdout; empty when that was nothing in this time.

        Raises:
            SeatrialError: it has ended, with what it wrote to its stderr.
        """
        # Outside of the lock, for it may take long; what TLS has decoded already is not seen here.
        if not self._decoded():
            self._poll.poll(max(seconds, 0.0) * 1000)
        with self._lock:
            self._session.update(timeout=0)
            data: bytes = self._session.read_channel(STDOUT_CHANNEL)
            if not data and not self._session.is_open():
                channels = (STDERR_CHANNEL, ERROR_CHANNEL)
                words = [self._session.read_channel(one).decode(errors="replace") for one in channels]
                raise SeatrialError(f"a command in a pod has ended: {words[0].strip() or words[1]}")
        return data

    def interrupt(self) -> None:
        """Break the connection, so that whoever receives finds out."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the connection; the command's stdin ends."""
        self.interrupt()
        with contextlib.suppress(Exception):  # what it threw while it was broken
            self._opened.close()

    def _decoded(self) -> bool:
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0


def how_it_ended(status: str) -> tuple[int | None, str]:
    """Exit code and reason from the Status object that comes last; (None, "") when none came."""
    try:
        decoded = json.loads(status)
        if decoded.get("status") == "Success":
            return 0, ""
        causes = (decoded.get("details") or {}).get("causes") or ()
        codes = [cause["message"] for cause in causes if cause.get("reason") == "ExitCode"]
        return (int(codes[0]) if codes else None), str(decoded.get("message", ""))
    except (ValueError, AttributeError, KeyError):
        return None, status.strip()


def handshake_answer(reason: str) -> tuple[int, bytes]:
    """HTTP status and body of a refused WebSocket handshake, which the package only puts into words.

    Its words are `Handshake status 403 Forbidden -+-+- {headers} -+-+- body`.
    """
    head, *rest = reason.split(" -+-+- ")
    codes = [word for word in head.split() if word.isdigit()]
    body = rest[-1] if rest else reason
    return int(codes[0]) if codes else 500, body.encode()
