"""How much the CPU of this machine was wanted, sampled: the nodes of a kind cluster share it."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from seatrial.errors import SeatrialError
from seatrial.model.timeline import CpuSeen

SAMPLE_SECONDS = 1.0
PRESSURE = Path("/proc/pressure/cpu")
USE = Path("/proc/stat")
MACHINE = "this machine"
_SOME = re.compile(r"^some .*\btotal=(\d+)", re.MULTILINE)
_CPU = re.compile(r"^cpu +(.+)$", re.MULTILINE)
_IDLE, _WAITING_FOR_DISK = 3, 4


@dataclass(frozen=True)
class Reading:
    """Counters since the machine started.

    Attributes:
        waited_seconds: in which at least one task waited for CPU ("some" of the kernel's pressure stall
            information).
        busy, total: ticks of all CPUs; waiting for a disk is not busy.
    """

    at: float
    waited_seconds: float
    busy: int
    total: int


class PressurePoll(threading.Thread):
    """Delivers one sample a second, in a thread of its own; two small files are read for each.

    Args:
        deliver: called in this thread.
        note: called once with a sentence where the kernel does not tell.
    """

    def __init__(self, deliver: Callable[[CpuSeen], None], note: Callable[[str], None]) -> None:
        super().__init__(name="poll-pressure", daemon=True)
        self._deliver = deliver
        self._note = note
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Ask the thread to end; `join` afterwards."""
        self._stopping.set()

    def run(self) -> None:
        try:
            before = read()
            while not self._stopping.wait(SAMPLE_SECONDS):
                after = read()
                self._deliver(between(before, after))
                before = after
        except SeatrialError as error:
            self._note(f"no record of CPU: {error.what}")


def read() -> Reading:
    """The counters now.

    Raises:
        SeatrialError: this machine has none, or the cluster's containers run on another one.
    """
    engine = os.environ.get("DOCKER_HOST", "")
    if engine and not engine.startswith("unix:"):
        raise SeatrialError(f"the nodes run on another machine ({engine.partition(':')[0]})")
    try:
        return parse(time.monotonic(), PRESSURE.read_text(), USE.read_text())
    except OSError as error:
        raise SeatrialError(f"this machine does not tell how long tasks wait ({error})") from None


def parse(at: float, pressure: str, use: str) -> Reading:
    """What the two files say.

    Raises:
        SeatrialError: they are not as the kernel documents them.
    """
    waited, ticks = _SOME.search(pressure), _CPU.search(use)
    if waited is None or ticks is None:
        raise SeatrialError(f"{PRESSURE} or {USE} is not as the kernel documents it")
    # The first eight add up to all; the two after them, of guests, are counted in these already.
    counted = [int(number) for number in ticks.group(1).split()[:8]]
    idle = counted[_IDLE] + counted[_WAITING_FOR_DISK]
    return Reading(at, int(waited.group(1)) / 1e6, sum(counted) - idle, sum(counted))


def between(before: Reading, after: Reading) -> CpuSeen:
    """The sample from one reading to the next."""
    span = after.at - before.at
    ticks = max(after.total - before.total, 1)
    waited = min(max(after.waited_seconds - before.waited_seconds, 0.0), span)
    return CpuSeen(after.at, MACHINE, span, waited, min((after.busy - before.busy) / ticks, 1.0))
