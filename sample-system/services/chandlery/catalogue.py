"""The catalogue: what is for sale. Read from the mounted file, cacheable, needs nobody else.

Whoever shows a price follows it as a stream of events or by a WebSocket, or asks with `wait` and is answered
when it has changed or the time is over. Prices change with a rollout only, so all say the same again.
"""

import asyncio
import contextlib
import hashlib
import json
import time
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from chandlery import products, variants
from chandlery.errors import Refused
from chandlery.lifecycle import Lifecycle
from chandlery.server import Service
from chandlery.settings import Settings
from chandlery.web import route

CACHE = "public, max-age=60"
LONGEST_WAIT_SECONDS = 2.5  # a request ends after 4 s, at the gateway after 5 s
TOLD_EACH_SECONDS = 1.0
GOING_AWAY = 1001  # the client may come back at once, to another pod
MISSED_SECONDS = 60  # of events that a client is told again when it comes back


def build(settings: Settings, lifecycle: Lifecycle) -> Service:
    pages = {sku: page(product) for sku, product in products.load(settings.config_directory).items()}

    async def read(request: Request) -> Response:
        if variants.active(variants.SLOW_WHEN_YOUNG):
            await variants.fill_the_cache()
        sku = request.path_params["sku"]
        if sku not in pages:
            raise Refused(404, f"there is no product {sku}")
        if "wait" in request.query_params:
            await asyncio.sleep(waiting(request.query_params["wait"]))
        body, tag = pages[sku]
        headers = {"ETag": tag, "Cache-Control": CACHE}
        if tag in [seen.strip() for seen in request.headers.get("If-None-Match", "").split(",")]:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/json")

    async def follow(request: Request) -> Response:
        sku = request.path_params["sku"]
        if sku not in pages:
            raise Refused(404, f"there is no product {sku}")
        events = prices(pages[sku][0], request.headers.get("Last-Event-ID", ""), lifecycle)
        return StreamingResponse(
            events, media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def talk(socket: WebSocket) -> None:
        sku = socket.path_params["sku"]
        if sku not in pages:
            await socket.close()  # before it was accepted: an answer 403
            return
        await tell(socket, pages[sku][0].decode(), lifecycle)

    async def nothing() -> None:
        return None

    routes: list[BaseRoute] = [
        route("GET", "/v1/catalogue/{sku}", read),
        route("GET", "/v1/catalogue/{sku}/events", follow),
        WebSocketRoute("/v1/catalogue/{sku}/live", talk),
    ]
    return Service(routes=routes, start=nothing, stop=nothing)


def waiting(text: str) -> float:
    """Seconds that a client will wait for a change. Raises Refused 422."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_WAIT_SECONDS:
        raise Refused(422, f"wait must be a number of seconds from 0 to {LONGEST_WAIT_SECONDS:g}")
    return seconds


async def prices(body: bytes, last_id: str, lifecycle: Lifecycle) -> AsyncIterator[bytes]:
    """One event for each second of the clock, whose number is its id: any pod can go on where another ended.

    It ends, properly, when the pod is told to leave: whoever follows it comes back and is sent elsewhere.
    """
    now = int(time.time())
    number = max(int(last_id) + 1, now - MISSED_SECONDS) if last_id.isdecimal() else now
    number = min(number, now + 1)
    while not lifecycle.draining:
        if number > time.time():
            await asyncio.sleep(number - time.time())
            continue
        yield b"id: %d\nevent: price\ndata: %b\n\n" % (number, body)
        number += 1


async def tell(socket: WebSocket, body: str, lifecycle: Lifecycle) -> None:
    """The price each second, and whenever the client says something, until the pod is told to leave."""
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while not lifecycle.draining:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TOLD_EACH_SECONDS):
                    await socket.receive_text()
            await socket.send_text(body)
        await socket.close(GOING_AWAY)


def page(product: products.Product) -> tuple[bytes, str]:
    """(body, entity tag) of one product."""
    body = json.dumps({"sku": product.sku, "name": product.name, "price_cents": product.price_cents}).encode()
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'
