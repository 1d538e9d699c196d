"""A proxy before a server of a few lines, with real connections on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from seatrial.traffic.proxy import Proxy

HERE = "127.0.0.1"
WITHIN = 5.0
OPENED: list[asyncio.StreamWriter] = []


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def connected(port: int, by: str = HERE) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(HERE, port, limit=2**20, local_addr=(by, 0))
    OPENED.append(writer)
    return reader, writer


@contextlib.asynccontextmanager
async def standing(
    *, upstreams: tuple[str, ...] = (HERE,), clock: Callable[[], float] = time.monotonic
) -> AsyncIterator[tuple[Proxy, int]]:
    """A proxy before a server that answers each line with the same line, and its port."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(b"echo " + line)
        writer.close()

    server = await asyncio.start_server(echo, HERE, 0)
    made = Proxy(upstreams, clock)
    port = await made.listen(0, server.sockets[0].getsockname()[1], HERE)
    try:
        yield made, port
    finally:
        await made.close()
        server.close()
        for writer in OPENED:
            writer.close()
        OPENED.clear()
        for _ in range(5):  # transports end in the next turns of the loop
            await asyncio.sleep(0)


def run(test: Callable[[Proxy, int], Awaitable[None]], **more: Any) -> None:
    async def main() -> None:
        async with standing(**more) as (made, port):
            await asyncio.wait_for(test(made, port), WITHIN)

    asyncio.run(main())


async def asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: bytes = b"ahoy\n") -> bytes:
    writer.write(line)
    return await reader.readline()


async def answered_once(port: int, request: bytes, by: str = HERE) -> bytes:
    reader, writer = await connected(port, by)
    writer.write(request)
    return await reader.read()
