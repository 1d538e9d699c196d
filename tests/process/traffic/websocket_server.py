"""A real WebSocket server with faults, as a process: `python websocket_server.py`. It prints its port.

The path decides: /echo, /slow/SECONDS (echoes late), /mute, /noise (says other things first), /cut/SECONDS
(goes away), /leaves/SECONDS (the same, and refuses those who come back with 503), /reset/SECONDS (is gone
without a word), /status/N (refuses the handshake), /stall (never answers it).
Each echo has the path's query before it, and the number of the connection after it.
"""

import asyncio
import itertools
import sys

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

connections = itertools.count(1)
leaving = itertools.count(1)


async def answer(connection: ServerConnection) -> None:
    path, _, query = connection.request.path.partition("?")
    _, kind, *rest = path.split("/")
    number, seconds = next(connections), float(rest[0]) if rest else 0.0
    if kind in ("cut", "leaves", "reset"):
        asyncio.get_running_loop().call_later(seconds, end, connection, kind)
    try:
        async for text in connection:
            if kind == "slow":
                await asyncio.sleep(seconds)
            if kind == "noise":
                await connection.send("something else")
            if kind != "mute":
                await connection.send(f"{query}{text} {number}")
    except ConnectionClosed:
        pass


def end(connection: ServerConnection, kind: str) -> None:
    if kind == "reset":
        connection.transport.abort()
    else:
        connection.closing = asyncio.ensure_future(connection.close(1001, "gone"))


async def handshake(connection: ServerConnection, request: Request) -> Response | None:
    _, kind, *rest = request.path.split("/")
    if kind == "stall":
        await asyncio.sleep(60)
    if kind == "leaves" and next(leaving) > 1:
        return connection.respond(503, "no\n")
    return connection.respond(int(rest[0]), "no\n") if kind == "status" else None


async def main() -> None:
    async with serve(answer, "127.0.0.1", 0, process_request=handshake, open_timeout=60) as server:
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await server.serve_forever()


asyncio.run(main())
