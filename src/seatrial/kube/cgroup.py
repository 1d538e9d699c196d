"""What a container takes, read from its own control groups (kernel: admin-guide/cgroup-v2 and cgroup-v1)."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.kube.client import Kube
from seatrial.kube.exec import run_in_pod
from seatrial.kube.inside import NOT_FOUND, NoLook

FOLDER = "/sys/fs/cgroup"
VERSION_2 = ("cpu.stat", "memory.stat", "memory.events")
VERSION_1 = ("cpu/cpu.stat", "cpuacct/cpuacct.usage", "memory/memory.stat", "memory/memory.oom_control")
COMMAND = ("cat", *(f"{FOLDER}/{name}" for name in (*VERSION_2, *VERSION_1)))
"""Those of the other version are missing, and `cat` goes on."""


@dataclass(frozen=True)
class Counted:
    """Counters since the container began, but for `anonymous_bytes`, which is as of now."""

    cpu_microseconds: int
    periods: int
    throttled: int
    anonymous_bytes: int
    killed: int


def counted(kube: Kube, pod: str, container: str, *, timeout_seconds: float = 10.0) -> Counted:
    """Read the counters of a container.

    Raises:
        NoLook: no `cat` in its image, or no control groups.
        Forbidden, NotFound, ApiRefused: the API server did not let a command start.
        SeatrialError: it did not end in time.
    """
    ran = run_in_pod(kube, pod, container, COMMAND, timeout_seconds=timeout_seconds)
    try:
        return read_counted(ran.stdout)
    except ValueError as error:
        why = ran.reason or ran.stderr.strip() or str(error)
        why = f"there is no `{COMMAND[0]}` in its image" if NOT_FOUND in why else why.splitlines()[0]
        raise NoLook(f"what container {container} takes cannot be read: {why}", where=f"pod/{pod}") from None


def read_counted(text: str) -> Counted:
    """What the files of either version say. Raises ValueError: they are others."""
    lines = [line.split() for line in text.splitlines()]
    values = {pair[0]: int(pair[1]) for pair in lines if len(pair) == 2 and pair[1].isdigit()}
    for line in lines:
        if len(line) == 1 and line[0].isdigit():  # cpuacct.usage: nanoseconds
            values.setdefault("usage_usec", int(line[0]) // 1000)
    if "total_rss" in values:
        values.setdefault("anon", values["total_rss"])
    if lacking := {"usage_usec", "anon", "oom_kill"} - values.keys():
        raise ValueError(f"nothing is said of {', '.join(sorted(lacking))}")
    return Counted(
        values["usage_usec"], values.get("nr_periods", 0), values.get("nr_throttled", 0), values["anon"],
        values["oom_kill"],
    )  # fmt: skip
