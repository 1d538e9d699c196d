"""A small server of event streams with faults: `python events_server.py`; it prints its port.

The path decides: /steady, /ends/N (properly, after N events), /breaks/N (in the middle of a chunk), /once
(ends, and whoever comes back gets 503), /returns/N (the same to the first N who come back), /empty
(the same with streams of no event), /untold (no length: ends with its connection), /status/N, /mute.
x-served-by holds the number of the connection. GET /seen answers the Last-Event-ID of each request so far, as
a JSON list.
"""

import asyncio
import itertools
import json
import sys

seen: list[str] = []
connections = itertools.count(1)
HEAD = "HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\nx-served-by: {}\r\n{}\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"


def chunk(text: str) -> bytes:
    return f"{len(text):x}\r\n{text}\r\n".encode()


async def events(writer: asyncio.StreamWriter, first: int, number: int) -> None:
    for event in range(first, first + number):
        writer.write(chunk(f"id: {event}\ndata: x\n\n"))
        await writer.drain()
        await asyncio.sleep(0.02)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    connection = next(connections)
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    _, kind, *rest = head.split(" ")[1].split("/")
    number = int(rest[0]) if rest else 0 if kind == "empty" and "Last-Event-ID" in head else 3
    given = [line[15:] for line in head.split("\r\n") if line.startswith("Last-Event-ID: ")]
    if kind == "seen":
        body = json.dumps(seen).encode()
        writer.write(f"HTTP/1.1 200 X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    elif kind == "mute":
        await asyncio.sleep(60)
    elif kind == "status" or (given and (kind == "once" or (kind == "returns" and len(seen) <= number))):
        seen.extend(given or [""])
        status = number if kind == "status" else 503
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())
    else:
        seen.extend(given or [""])
        first = int(given[0]) + 1 if given else 1
        writer.write(HEAD.format(connection, "" if kind == "untold" else CHUNKED).encode())
        if kind == "untold":
            writer.write(b"id: 7\ndata: x\n\n")
            await writer.drain()
        else:
            await events(
                writer, first, 500 if kind == "steady" else 3 if kind in ("once", "returns") else number
            )
            writer.write(b"5\r\nid" if kind == "breaks" else b"0\r\n\r\n")
    writer.close()


async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await serve(reader, writer)
    except (OSError, EOFError):
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(guarded, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


asyncio.run(main())
