"""How much CPU and disks of this machine were wanted, sampled: the nodes of a kind cluster share them."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from seatrial.errors import SeatrialError
from seatrial.model.pressure import CpuSeen, DiskSeen

SAMPLE_SECONDS = 1.0
PRESSURE = Path("/proc/pressure/cpu")
DISK_PRESSURE = Path("/proc/pressure/io")
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
        disk_waited_seconds: in which at least one task waited for a disk; None where that is not told.
    """

    at: float
    waited_seconds: float
    busy: int
    total: int
    disk_waited_seconds: float | None = None


class PressurePoll(threading.Thread):
    """Delivers one sample a second, in a thread of its own; three small files are read for each.

    Args:
        deliver: called in this thread.
        note: called once with a sentence where the kernel does not tell.
    """

    def __init__(self, deliver: Callable[[CpuSeen | DiskSeen], None], note: Callable[[str], None]) -> None:
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
                for sample in between(before, after):
                    self._deliver(sample)
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
        return parse(time.monotonic(), PRESSURE.read_text(), USE.read_text(), _disk_pressure())
    except OSError as error:
        raise SeatrialError(f"this machine does not tell how long tasks wait ({error})") from None


def _disk_pressure() -> str:
    """Empty where there is none: what is known of CPU is kept all the same."""
    try:
        return DISK_PRESSURE.read_text()
    except OSError:
        return ""


def parse(at: float, pressure: str, use: str, disk: str = "") -> Reading:
    """What the files say; that of disks may be empty.

    Raises:
        SeatrialError: they are not as the kernel documents them.
    """
    waited, ticks, stalled = _SOME.search(pressure), _CPU.search(use), _SOME.search(disk)
    if waited is None or ticks is None:
        raise SeatrialError(f"{PRESSURE} or {USE} is not as the kernel documents it")
    # The first eight add up to all; the two after them, of guests, are counted in these already.
    counted = [int(number) for number in ticks.group(1).split()[:8]]
    idle = counted[_IDLE] + counted[_WAITING_FOR_DISK]
    disk_seconds = None if stalled is None else int(stalled.group(1)) / 1e6
    return Reading(at, int(waited.group(1)) / 1e6, sum(counted) - idle, sum(counted), disk_seconds)


def between(before: Reading, after: Reading) -> Iterator[CpuSeen | DiskSeen]:
    """The samples from one reading to the next."""
    span = after.at - before.at
    ticks = max(after.total - before.total, 1)
    waited = min(max(after.waited_seconds - before.waited_seconds, 0.0), span)
    yield CpuSeen(after.at, MACHINE, span, waited, min((after.busy - before.busy) / ticks, 1.0))
    if before.disk_waited_seconds is not None and after.disk_waited_seconds is not None:
        stalled = min(max(after.disk_waited_seconds - before.disk_waited_seconds, 0.0), span)
        yield DiskSeen(after.at, MACHINE, span, stalled)
