"""What a container is from inside: its user, capabilities, filters and mounts, as proc(5) tells."""

from __future__ import annotations

import re

from seatrial.errors import SeatrialError
from seatrial.kube.client import Kube
from seatrial.kube.exec import run_in_pod
from seatrial.model.hardening import Inside

COMMAND = ("cat", "/proc/1/status", "/proc/self/status", "/proc/self/mountinfo")
NOT_FOUND = "executable file not found"
"""How container runtimes say that a program is not in an image."""
TOKEN = re.compile(r"^(/var)?/run/secrets/kubernetes\.io/serviceaccount(/|$)")
CAPABILITIES = (
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
)  # fmt: skip
"""By their bit, as in linux/capability.h."""
_SETS = ("CapEff", "CapPrm", "CapBnd")
_FILTERED = "2"
"""Of the field Seccomp: SECCOMP_MODE_FILTER."""


class NoLook(SeatrialError):
    """The container has nothing with which one could look, and will not get it by asking again."""


def inside(
    kube: Kube, pod: str, container: str, *, own_process: bool, timeout_seconds: float = 10.0
) -> Inside:
    """Look at a container from inside.

    Args:
        own_process: whether process 1 is the container's own; else what is started in it is looked at.

    Raises:
        NoLook: there is no `cat` in its image.
        Forbidden, NotFound, ApiRefused: the API server did not let a command start.
        SeatrialError: it did not end in time.
    """
    ran = run_in_pod(kube, pod, container, COMMAND, timeout_seconds=timeout_seconds)
    try:
        return read_inside(ran.stdout, own_process=own_process)
    except ValueError as error:
        why = ran.reason or ran.stderr.strip() or str(error)
        if NOT_FOUND in why:
            why = f"there is no `{COMMAND[0]}` in its image"
        raise NoLook(
            f"container {container} cannot be looked at from inside: {why}",
            where=f"pod/{pod}",
            next_step="An image with `cat` can be looked at; a debugging container would change the pod.",
        ) from None


def read_inside(text: str, *, own_process: bool) -> Inside:
    """What two lists of a process's status and one of mounts say. Raises ValueError: they are none."""
    processes = re.findall(r"^Name:.*?(?=^Name:|^\d+ \d+ \d+:\d+ |\Z)", text, re.DOTALL | re.MULTILINE)
    mounts = re.findall(r"^\d+ \d+ \d+:\d+ \S+ (\S+) (\S+)", text, re.MULTILINE)
    options = {where: how.split(",") for where, how in mounts}
    if not processes or "/" not in options:
        raise ValueError("it told neither its processes nor its mounts")
    lines = (line.partition(":") for line in processes[0 if own_process else -1].splitlines())
    status = {name: value.split() for name, _, value in lines}
    return Inside(
        users=tuple(int(user) for user in status.get("Uid", ())[:3]),
        capabilities=_names(status),
        no_new_privileges=status.get("NoNewPrivs") == ["1"],
        seccomp=status.get("Seccomp") == [_FILTERED],
        read_only="ro" in options["/"],
        token_at=next((where for where in options if TOKEN.match(where)), ""),
    )


def _names(status: dict[str, list[str]]) -> tuple[str, ...]:
    bits = 0
    for name in _SETS:
        bits |= int(status[name][0], 16) if status.get(name) else 0
    known = len(CAPABILITIES)
    found = [CAPABILITIES[bit] if bit < known else f"number {bit}" for bit in range(64) if bits >> bit & 1]
    return tuple(found)
