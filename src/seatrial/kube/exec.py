"""Commands inside a container, through the API server."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.errors import SeatrialError
from seatrial.kube.client import Kube
from seatrial.kube.errors import Call, refused
from seatrial.model.right import Right

EXEC = Right(("get", "create"), "Pod", "exec")
"""A command is started over a WebSocket: a GET that also needs `create`."""

STDOUT_CHANNEL, STDERR_CHANNEL, ERROR_CHANNEL = 1, 2, 3


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
    from kubernetes.client import ApiClient, ApiException, CoreV1Api
    from kubernetes.stream import stream

    where = f"pod/{pod}, container {container}, namespace {kube.namespace}: {' '.join(command)}"
    call = Call("create", "", "pods/exec", pod, kube.namespace, kube.server, kube.context)
    # The stream helper patches its client while it connects, so it gets a client of its own.
    with ApiClient(kube.transport.configuration) as api_client:
        try:
            session = stream(
                CoreV1Api(api_client).connect_get_namespaced_pod_exec,
                pod,
                kube.namespace,
                command=list(command),
                container=container,
                stdin=False,
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
        try:
            session.run_forever(timeout=timeout_seconds)
            if session.is_open():
                raise SeatrialError(
                    f"a command in a pod did not end within {timeout_seconds:g} s", where=where
                )
            channels = (STDOUT_CHANNEL, STDERR_CHANNEL, ERROR_CHANNEL)
            stdout, stderr, status = (session.read_channel(one).decode(errors="replace") for one in channels)
            exit_code, reason = how_it_ended(status)
            return Ran(exit_code, stdout, stderr, reason)
        finally:
            session.close()
            # Where the other side closed first, the package forgets its socket instead of closing it.
            session.sock.shutdown()


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
