"""A small real HTTP server with faults: `python faulty_server.py [PORT [CERTIFICATE KEY [CA]]]`.

It prints its port. The path decides: /ok, /json, /things[/ID], /status/N, /warming/N (503 to the first N),
/slow/SECONDS, /size (tells the body's length), /reset, /half, /no-length, /close, /interim, /second-dies,
/mute (reads, never answers), /moved (301), /garbage, /private/DIGEST/PATH (401 without the bearer token of
that SHA-256; else as /PATH), /workers/C/SECONDS (C workers, each one request at a time, first come first
served), /slowing/SECONDS (so much longer with each request), /leak/KIB (so much is kept of each request).
With CA, clients must show a certificate that it has signed. x-served-by holds the number of the connection.
GET /count answers how many requests came in so far, as JSON by path.
"""

import asyncio
import hashlib
import itertools
import json
import os
import socket
import ssl
import struct
import sys

seen: dict[str, int] = {}
stored: dict[str, bytes] = {}
leaked: list[bytes] = []
connections = itertools.count(1)
workers: dict[str, asyncio.Semaphore] = {}


def answer(status: int, body: bytes, number: int, *, extra: str = "") -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nx-served-by: {number}\r\n{extra}\r\n"
    return head.encode() + body


def reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


HEAD = b"HTTP/1.1 200 X\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"


async def respond(
    method: str, path: str, body: bytes, writer: asyncio.StreamWriter, number: int, nth: int
) -> bool:
    """Answer one request; False ends the connection."""
    _, first, *rest = path.split("/")
    argument = rest[0] if rest else ""
    if first == "things":
        writer.write(things(method, argument, body, number))
        return True
    if first == "reset":
        reset(writer)
        return False
    if first == "workers":
        async with workers.setdefault(path, asyncio.Semaphore(int(argument))):
            await asyncio.sleep(float(rest[1]))
    if first == "slowing":
        await asyncio.sleep(seen[path] * float(argument))
    if first == "leak":
        leaked.append(b"x" * (int(argument) * 1024))
    if first in ("slow", "mute"):
        await asyncio.sleep(float(argument or 60))
    if first == "interim":
        writer.write(HINTS)
        await asyncio.sleep(0.05)  # In a segment of its own: the client must wait for the final answer.
    if first == "warming":
        writer.write(answer(503 if seen[path] <= int(argument) else 200, b"", number))
        return True
    if first == "second-dies" and nth == 2:
        return False
    answers = {
        "json": answer(202, json.dumps({"id": f"id-{sum(seen.values())}"}).encode(), number),
        "size": answer(200, str(len(body)).encode(), number),
        "count": answer(200, json.dumps(seen).encode(), number),
        "status": answer(int(argument) if argument.isdigit() else 200, b"", number),
        "half": answer(200, b"x" * 100, number)[:-50],
        "no-length": HEAD + b"until the end",
        "close": answer(200, b"", number, extra="Connection: close\r\n"),
        "moved": answer(301, b"", number, extra=f"Location: https://shop.example/login?from={number}\r\n"),
        "garbage": b"SSH-2.0-OpenSSH_9.2\r\n",
    }
    writer.write(answers.get(first) or answer(200, b"ok", number))
    return first not in ("half", "no-length", "close")


def things(method: str, name: str, body: bytes, number: int) -> bytes:
    """POST /things stores (202 with an id), GET /things/ID reads; ids that end in 7 are lost on purpose."""
    if method == "POST":
        name = f"t{len(stored)}"
        stored[name] = body
        return answer(202, json.dumps({"id": name}).encode(), number)
    if name in stored and not name.endswith("7"):
        return answer(200, stored[name], number)
    return answer(404, b"", number)


def vouched(head: str, digest: str) -> bool:
    """Whether the request has the token of this digest."""
    prefix = "authorization: bearer "
    given = [line[len(prefix) :] for line in head.split("\r\n") if line.lower().startswith(prefix)]
    return bool(given) and hashlib.sha256(given[0].encode()).hexdigest() == digest


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    number, nth, more = next(connections), 0, True
    try:
        while more:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, path, _ = head.split(" ", 2)
            length = next(
                (line[15:] for line in head.split("\r\n") if line.lower().startswith("content-length")), "0"
            )
            body = await reader.readexactly(int(length))
            seen[path] = seen.get(path, 0) + 1
            nth += 1
            if path.startswith("/private/"):
                digest, _, rest = path.removeprefix("/private/").partition("/")
                if not vouched(head, digest):
                    writer.write(answer(401, b"", number))
                    continue
                path = f"/{rest}"
                seen[path] = seen.get(path, 0) + 1
            more = await respond(method, path, body, writer, number, nth)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    tls = None
    if len(sys.argv) > 2:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(sys.argv[2], sys.argv[3])
    if tls is not None and len(sys.argv) > 4:
        tls.verify_mode = ssl.CERT_REQUIRED
        tls.load_verify_locations(sys.argv[4])
    server = await asyncio.start_server(
        serve, os.environ.get("FAULTY_HOST", "127.0.0.1"), port, backlog=4096, ssl=tls
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


asyncio.run(main())
