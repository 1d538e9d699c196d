"""The CPU that a container has used so far, and how often its limit held it back: its own cgroup says both.

Read in the container by `exec`: exact from one moment to another, where the metrics API gives means over
windows of 15 s or more. cgroup v2 only (the kernel's documentation, admin-guide/cgroup-v2, cpu.stat).
"""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.errors import SeatrialError
from seatrial.kube.client import Kube
from seatrial.kube.exec import run_in_pod

COMMAND = ("cat", "/sys/fs/cgroup/cpu.stat")


@dataclass(frozen=True)
class CpuRead:
    """Counters since the container began.

    Attributes:
        used_seconds: CPU time.
        periods, throttled: of its limit; None without one.
    """

    used_seconds: float
    periods: int | None = None
    throttled: int | None = None


def cpu_of(kube: Kube, pod: str, container: str, *, timeout_seconds: float = 5.0) -> CpuRead:
    """What a container has used until now.

    Raises:
        SeatrialError: it cannot be read: no permission to exec, no `cat` in it, or cgroup v1.
    """
    ran = run_in_pod(kube, pod, container, COMMAND, timeout_seconds=timeout_seconds)
    return parsed(ran.stdout, ran.reason or ran.stderr.strip() or f"exit code {ran.exit_code}")


def parsed(text: str, why: str = "no cpu.stat") -> CpuRead:
    """The counters in the kernel's text. Raises SeatrialError: there are none, `why`."""
    values = dict(line.split(" ", 1) for line in text.splitlines() if " " in line)
    try:
        used = int(values["usage_usec"]) / 1e6
        periods, throttled = (int(values.get(name, 0)) for name in ("nr_periods", "nr_throttled"))
    except (KeyError, ValueError):
        raise SeatrialError(f"the CPU of a container cannot be read: {why}") from None
    return CpuRead(used, periods, throttled) if periods else CpuRead(used)
