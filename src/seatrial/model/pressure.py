"""Records of how much the machines under a cluster were wanted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CpuSeen:
    """How much CPU was wanted where the nodes run, in the time that ended at `at`.

    Attributes:
        source: whose CPU: the machine, or the node.
        span_seconds: length of the sample.
        waited_seconds: of it, in which at least one task was ready to run and waited for a CPU.
        busy: fraction of all CPUs that was used, 0 to 1.
    """

    at: float
    source: str
    span_seconds: float
    waited_seconds: float
    busy: float


@dataclass(frozen=True)
class DiskSeen:
    """How long the disks where the nodes run kept tasks waiting, in the time that ended at `at`.

    Attributes:
        source: whose disks: the machine, or the node.
        span_seconds: length of the sample.
        waited_seconds: of it, in which at least one task waited for a disk.
    """

    at: float
    source: str
    span_seconds: float
    waited_seconds: float
