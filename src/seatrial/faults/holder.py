"""Who holds a Lease: in words for others, and known again by whoever runs on the same machine."""

from __future__ import annotations

import getpass
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from seatrial.faults.journal import process_started


@dataclass(frozen=True)
class Holder:
    """One process that may inject, or that started those that may.

    Attributes:
        who, host, tool, since: for people; `since` by the clock of that host.
        machine: the kernel that it runs on, with its namespace of process ids.
        pid, process_started: the process; ticks since boot, so that a reused pid is noticed.
    """

    who: str
    host: str
    tool: str
    since: str
    machine: str
    pid: int
    process_started: str

    def __str__(self) -> str:
        return f"{self.tool} of {self.who} on {self.host} (process {self.pid}), since {self.since}"

    @property
    def near(self) -> bool:
        """Whether it is a process of this machine, so that one can look whether it runs."""
        return bool(self.machine) and self.machine == this_machine()

    @property
    def runs(self) -> bool:
        """Whether it is of this machine and runs."""
        return self.near and process_started(self.pid) == self.process_started != ""

    def plain(self) -> dict[str, Any]:
        """Its values as plain JSON."""
        return asdict(self)

    @classmethod
    def from_plain(cls, data: Any) -> Holder | None:
        """The holder that `data` describes; None for anything else."""
        if not isinstance(data, Mapping):
            return None
        try:
            return cls(**data)
        except TypeError:
            return None


def this_process() -> Holder:
    """This process as a holder, since now."""
    return Holder(
        _user(), socket.gethostname(), _tool(sys.argv[0]), f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
        this_machine(), os.getpid(), process_started(os.getpid()),
    )  # fmt: skip


def this_machine() -> str:
    """Names the running kernel and the namespace of process ids; empty where that cannot be told."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"


def _tool(program: str) -> str:
    """`pytest` for `pytest` and for `python -m pytest`."""
    path = Path(program)
    return path.parent.name if path.name == "__main__.py" else path.name or "python"
