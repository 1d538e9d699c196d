"""Whether this process is starting, serving or leaving: what the three probes are asked about."""

import asyncio
from collections.abc import Awaitable, Callable

from chandlery import metrics
from chandlery.errors import Unavailable

CHECK_SECONDS = 1.5  # below the probe's own timeout
Check = Callable[[], Awaitable[None]]


class Lifecycle:
    """started: migrations are done, consumers run. draining: SIGTERM has come."""

    def __init__(self) -> None:
        self.started = False
        self.draining = False
        self.checks: dict[str, Check] = {}

    def begin_drain(self) -> None:
        self.draining = True
        metrics.DRAINING.set(1)

    async def not_ready_because(self) -> list[str]:
        """The reasons why no traffic should come here; empty when ready."""
        if self.draining:
            return ["draining"]
        if not self.started:
            return ["starting"]
        results = await asyncio.gather(*(_reason(name, check) for name, check in self.checks.items()))
        return [reason for reason in results if reason]


async def _reason(name: str, check: Check) -> str | None:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except (Unavailable, TimeoutError) as error:
        return f"{name}: {error or 'no answer within {CHECK_SECONDS:g} s'}"
    return None
