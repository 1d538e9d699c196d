"""Messages between a tester and the agent in the cluster: one JSON object on a line, then its payload.

The object's `size` is the number of payload bytes. Numbers match an answer to its question by `id`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Header = dict[str, Any]
BLOCK_BYTES = 262_144
"""Of a spool, the most that one answer carries."""


def encode(header: Header, payload: bytes = b"") -> bytes:
    """One message as bytes."""
    return json.dumps({**header, "size": len(payload)}, separators=(",", ":")).encode() + b"\n" + payload


class Decoder:
    """Cuts what comes in, in pieces of any length, into messages."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[Header, bytes]]:
        """The messages that are whole now.

        Raises:
            ValueError: what came is no message; nothing can be read of this connection any more.
        """
        self._data += data
        while (end := self._data.find(b"\n")) >= 0:
            header = json.loads(self._data[:end])
            if not isinstance(header, dict) or not isinstance(header.get("size"), int):
                raise ValueError(f"no message: {bytes(self._data[:80])!r}")
            whole = end + 1 + header["size"]
            if len(self._data) < whole:
                return
            payload = bytes(self._data[end + 1 : whole])
            del self._data[:whole]
            yield header, payload
