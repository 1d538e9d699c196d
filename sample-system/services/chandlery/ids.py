"""Time-ordered ids (RFC 9562, version 7), made by whoever produces the thing, before it is stored."""

import os
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last = 0


def new_id() -> UUID:
    """A version 7 UUID, strictly increasing within this process: 48 bits of milliseconds, 12 of fraction."""
    global _last  # noqa: PLW0603 - the only state: ids of one process never step back, even when the clock does
    nanoseconds = time.time_ns()
    ticks = (nanoseconds // 1_000_000 << 12) | (nanoseconds % 1_000_000 * 4096 // 1_000_000)
    with _lock:
        _last = ticks = max(ticks, _last + 1)
    random = int.from_bytes(os.urandom(8), "big") >> 2
    return UUID(int=(ticks >> 12) << 80 | 0x7 << 76 | (ticks & 0xFFF) << 64 | 0b10 << 62 | random)


def parse_id(text: str) -> UUID | None:
    """The id in `text`, or None when it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
