"""The HTTP side that every service shares: routes with deadlines and metrics, probes, JSON."""

import asyncio
import hashlib
import json
import logging
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chandlery import metrics, trace, variants
from chandlery.errors import OutcomeUnknown, Refused, Unavailable
from chandlery.idempotency import Answer
from chandlery.lifecycle import Lifecycle
from chandlery.settings import REQUEST_SECONDS, Settings

FIRST_ERROR = 400
MAX_BODY_BYTES = 64 * 1024
POD = os.environ.get("HOSTNAME", "local").encode()
Endpoint = Callable[[Request], Awaitable[Response]]
log = logging.getLogger("chandlery.web")


def route(method: str, path: str, endpoint: Endpoint) -> Route:
    """A business route: bounded in time, measured, and with an answer for whatever goes wrong."""

    async def measured(request: Request) -> Response:
        begun = time.perf_counter()
        trace.follow(request.headers.get(trace.HEADER))
        with metrics.IN_FLIGHT.track_inprogress():
            response = await _answer(endpoint, request)
        seconds = time.perf_counter() - begun
        metrics.REQUEST_SECONDS.labels(method, path).observe(seconds)
        if trace.sampled():
            log.info("%s %s: %d after %.3f s", method, request.url.path, response.status_code, seconds)
        if response.status_code < FIRST_ERROR or not variants.active(variants.ERRORS_UNCOUNTED):
            metrics.REQUESTS.labels(method, path, str(response.status_code)).inc()
        return response

    return Route(path, measured, methods=[method])


async def _answer(endpoint: Endpoint, request: Request) -> Response:
    """503 means surely not done, repeat at will; 504 means not known, repeat with the same key."""
    try:
        async with asyncio.timeout(REQUEST_SECONDS):
            return await endpoint(request)
    except Refused as refusal:
        return problem(refusal.status, refusal.reason)
    except Unavailable as error:
        log.warning("%s %s: %s", request.method, request.url.path, error)
        return problem(503, "a dependency is away; nothing was changed", {"Retry-After": "1"})
    except TimeoutError:
        return problem(503, "not done in time; nothing was changed", {"Retry-After": "1"})
    except OutcomeUnknown as error:
        log.warning("%s %s: %s", request.method, request.url.path, error)
        return problem(504, "it is not known whether this was done; repeat it with the same key")
    except Exception:
        log.exception("%s %s failed", request.method, request.url.path)
        return problem(500, "internal error")


def problem(status: int, reason: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": reason}, status, headers)


def reply(answer: Answer) -> Response:
    """A stored or fresh answer, to the byte."""
    headers = {"Idempotency-Replayed": "true"} if answer.replayed else None
    return Response(answer.body, answer.status, headers, media_type="application/json")


async def json_object(request: Request) -> dict[str, Any]:
    """The request's body. Raises Refused: 413 too large, 400 no JSON object."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BODY_BYTES:
            raise Refused(413, f"the body is larger than {MAX_BODY_BYTES} bytes")
    try:
        body = json.loads(bytes(content))
    except ValueError as error:
        raise Refused(400, f"the body is no JSON: {error}") from error
    if not isinstance(body, dict):
        raise Refused(400, "the body must be a JSON object")
    return body


def config_hash(directory: Path) -> str:
    """One hash over the mounted configuration files, so that a rollout can be seen to have arrived."""
    digest = hashlib.sha256()
    for path in sorted(directory.glob("*")):
        if path.is_file():  # Kubernetes mounts each key as a link beside hidden folders
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def application(settings: Settings, lifecycle: Lifecycle, routes: Sequence[BaseRoute]) -> ASGIApp:
    """The service's routes plus those that every pod has and no gateway routes."""
    configuration = config_hash(settings.config_directory)

    async def livez(_request: Request) -> Response:
        return Response("alive\n")  # the process only: no restart has ever repaired a database

    async def startupz(_request: Request) -> Response:
        return Response("started\n") if lifecycle.started else Response("starting\n", 503)

    async def readyz(_request: Request) -> Response:
        reasons = await lifecycle.not_ready_because()
        return JSONResponse({"ready": not reasons, "because": reasons}, 503 if reasons else 200)

    async def exposition(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    async def version(_request: Request) -> Response:
        return JSONResponse({"service": settings.name, "version": settings.version})

    async def config(_request: Request) -> Response:
        return JSONResponse({"sha256": configuration})

    own = [livez, startupz, readyz, version, config]
    pages = [Route(f"/{endpoint.__name__}", endpoint) for endpoint in own]
    starlette = Starlette(
        routes=[*routes, *pages, Route("/metrics", exposition)],
        exception_handlers={HTTPException: _no_such_route},
    )
    return _Edge(starlette, lifecycle)


async def _no_such_route(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, error.detail, dict(error.headers or {}))


class _Edge:
    """Names the pod on every answer and, while draining, asks the client to leave after this one."""

    def __init__(self, inner: ASGIApp, lifecycle: Lifecycle) -> None:
        self._inner = inner
        self._lifecycle = lifecycle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.accept"):
                extra = [(b"x-pod", POD)]
                if self._lifecycle.draining:
                    extra.append((b"connection", b"close"))
                message = {**message, "headers": [*message.get("headers", ()), *extra]}
            await send(message)

        await self._inner(scope, receive, marked)
