"""SIGINT and SIGTERM while faults are in place: an exception, but never in the middle of a revert."""

from __future__ import annotations

import contextlib
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
ONE_WISH_SECONDS = 3.0


class Terminated(KeyboardInterrupt):
    """SIGTERM, treated as Ctrl-C: tools that end cleanly on the one then do so on the other."""


class Interrupts:
    """The handler of both signals inside an injector's context; several at once are one.

    A parent that is killed hands its children on from thread to thread while these die, and the kernel sends
    SIGTERM each time: the second would interrupt the very revert that the first asked for.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard = -math.inf

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        """Raises KeyboardInterrupt, unless it did so less than `ONE_WISH_SECONDS` ago."""
        now = self._clock()
        if now - self._heard < ONE_WISH_SECONDS:
            return
        self._heard = now
        raise Terminated if number == signal.SIGTERM else KeyboardInterrupt


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold SIGINT and SIGTERM back while a revert runs; it is bounded. They are delivered afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
