"""Answers to HTTP requests that no client should have to expect, by a proxy that makes trouble."""

from __future__ import annotations

import asyncio

WRONG = (
    ("500 Internal Server Error", (), "wrong on purpose\n"),
    ("429 Too Many Requests", ("Retry-After: 1",), "too many on purpose\n"),
    ("200 OK", ("Content-Type: application/json",), '{"wrong": "on purpose"'),
)
"""By turns: an error, a refusal that says when to come again, and a body that nobody can read."""
IN_A_ROW = 10
"""So many alike, for what one retry hides, or what counts failures in a row, is no single answer."""
END = b"\r\n\r\n"


def is_request(piece: bytes) -> bool:
    """Whether what a client sends first is the head of an HTTP/1 request."""
    return b" HTTP/1." in piece.partition(b"\r\n")[0]


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


def answer(number: int) -> bytes:
    """The wrong answer whose turn it is; it ends its connection."""
    status, headers, body = WRONG[number // IN_A_ROW % len(WRONG)]
    lines = (f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", body)
    return "\r\n".join(lines).encode()
