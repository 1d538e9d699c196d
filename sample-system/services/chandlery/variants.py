"""The planted flaws. CHANDLERY_VARIANT names the one that is active; without it the system is correct.

Everything that is wrong on purpose stands here, so that every other module reads as the correct path.
"""

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from types import FrameType

NO_SIGTERM_DRAIN = "no-sigterm-drain"
ACK_BEFORE_COMMIT = "ack-before-commit"
KNOWN = frozenset({NO_SIGTERM_DRAIN, ACK_BEFORE_COMMIT})
FLUSH_SECONDS = 0.3

log = logging.getLogger("chandlery.variants")


def active(name: str) -> bool:
    """Is this flaw switched on? Raises ValueError when CHANDLERY_VARIANT names an unknown one."""
    chosen = os.environ.get("CHANDLERY_VARIANT", "")
    if chosen and chosen not in KNOWN:
        raise ValueError(f"CHANDLERY_VARIANT={chosen!r} is none of {', '.join(sorted(KNOWN))}")
    return chosen == name


def exit_at_once(_signal: int, _frame: FrameType | None) -> None:
    """no-sigterm-drain: what a process does that never heard of SIGTERM."""
    os._exit(128 + signal.SIGTERM)


class WriteBehind:
    """ack-before-commit: orders wait in memory and are written in batches, after they were promised."""

    def __init__(self) -> None:
        self._waiting: list[Callable[[], Awaitable[None]]] = []
        self._writing: set[asyncio.Task[None]] = set()

    def add(self, write: Callable[[], Awaitable[None]]) -> None:
        self._waiting.append(write)

    async def run(self) -> None:
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                self._writing = {asyncio.create_task(self.flush())}
                await asyncio.wait(self._writing)
        finally:  # a stop that was asked for loses nothing: that would be another flaw
            await asyncio.gather(*self._writing)
            await self.flush()

    async def flush(self) -> None:
        batch, self._waiting = self._waiting, []
        results = await asyncio.gather(*(write() for write in batch), return_exceptions=True)
        failed = [result for result in results if isinstance(result, BaseException)]
        if failed:
            log.error("dropped %d of %d buffered orders: %r", len(failed), len(batch), failed[0])
