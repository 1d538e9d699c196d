"""Whether this process is starting, serving or leaving: what the three probes are asked about."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from chandlery import metrics
from chandlery.errors import Unavailable

CHECK_SECONDS = 1.5  # below the probe's own timeout
# Every pod has the same database. When it is away for a moment and all of them become unready, the Service's
# name has no address, and resolvers keep that answer: clients were refused for up to 30 s after it was back.
# So a pod that had its database stays, answers 503 by itself, and leaves only when the loss is no short one.
FORGIVEN_SECONDS = 30.0
Check = Callable[[], Awaitable[None]]


class Lifecycle:
    """started: migrations are done, consumers run. draining: SIGTERM has come."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._well_at: dict[str, float] = {}
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
        results = await asyncio.gather(*(self._reason(name, check) for name, check in self.checks.items()))
        return [reason for reason in results if reason]

    async def _reason(self, name: str, check: Check) -> str | None:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await check()
        except (Unavailable, TimeoutError) as error:
            # A pod that never had its dependency would serve nobody: it is not forgiven.
            if name in self._well_at and self._clock() - self._well_at[name] <= FORGIVEN_SECONDS:
                return None
            return f"{name}: {error if str(error) else f'no answer within {CHECK_SECONDS:g} s'}"
        self._well_at[name] = self._clock()
        return None
