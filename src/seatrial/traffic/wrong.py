"""Answers to HTTP requests that no client should have to expect, by a proxy that makes trouble."""

from __future__ import annotations

import asyncio
import re

WRONG = (
    ("500 Internal Server Error", (), "wrong on purpose\n"),
    ("429 Too Many Requests", ("Retry-After: 1",), "too many on purpose\n"),
    ("200 OK", ("Content-Type: application/json",), '{"wrong": "on purpose"'),
)
"""By turns: an error, a refusal that says when to come again, and a body that nobody can read."""
TURN_SECONDS = 2.0
"""So long all answers are alike: what counts failures in a row must meet some, and who asks again at once
must not bring on the next turn by it."""
END = b"\r\n\r\n"
_REQUEST = re.compile(rb"[!-~]+ \S+ HTTP/1\.[01]\r?\n")


def is_request(piece: bytes) -> bool:
    """Whether what a client sends first is the head of an HTTP/1 request."""
    return _REQUEST.match(piece) is not None


async def read_request(reader: asyncio.StreamReader) -> None:
    """Read one request to its end: a client must see the answer, not a reset.

    Raises:
        ValueError, EOFError, OSError, asyncio.LimitOverrunError: it is none, or it broke off.
    """
    head = await reader.readuntil(END)
    if not is_request(head):
        raise ValueError("no HTTP/1 request")
    lines = [line.partition(b":") for line in head.lower().split(b"\r\n")[1:]]
    fields = {name: value.strip() for name, _, value in lines}
    if fields.get(b"transfer-encoding"):
        await reader.readuntil(b"0" + END)
    else:
        await reader.readexactly(int(fields.get(b"content-length", b"0")))


def answer(turn: int) -> bytes:
    """The wrong answer whose turn it is; it ends its connection."""
    status, headers, body = WRONG[turn]
    lines = (f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", body)
    return "\r\n".join(lines).encode()
