"""A price calculation that costs a known amount of processor time, whatever the speed of the machine."""

import asyncio
import time

SLICE_SECONDS = 0.002


class Calculator:
    """Burns processor time in slices on the event loop, one calculation at a time.

    Between two slices everything else gets its turn: a probe waits for one slice, however many
    calculations are queued. (A thread would make each turn of the loop wait 5 ms for the interpreter.)
    """

    def __init__(self) -> None:
        self._one = asyncio.Lock()

    async def burn(self, milliseconds: int) -> None:
        """Use `milliseconds` of this process's processor time."""
        async with self._one:
            left = milliseconds / 1000
            while left > 0:
                left -= _slice(min(left, SLICE_SECONDS))
                await asyncio.sleep(0)


def _slice(seconds: float) -> float:
    """Work for `seconds` of this thread's own processor time; returns what it really took."""
    begun = time.thread_time()
    used = 0.0
    number = 1
    while used < seconds:
        for _ in range(500):
            number = number * 48271 % 2147483647
        used = time.thread_time() - begun
    return used
