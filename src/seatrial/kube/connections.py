"""The TCP connections of a pod, read from its own kernel's list: /proc/net/tcp and tcp6."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from seatrial.errors import SeatrialError
from seatrial.kube.client import Kube
from seatrial.kube.exec import run_in_pod
from seatrial.model.connection import CLOSE_WAIT, ESTABLISHED, FIN_WAIT, TIME_WAIT, PodConnection

COMMAND = ("cat", "/proc/net/tcp", "/proc/net/tcp6")
LISTENING = "0A"
STATES = {
    "01": ESTABLISHED, "02": "syn-sent", "03": "syn-received", "04": FIN_WAIT, "05": FIN_WAIT,
    "06": TIME_WAIT, "07": "closed", "08": CLOSE_WAIT, "09": "last-ack", "0B": "closing",
}  # fmt: skip
"""Of linux/include/net/tcp_states.h."""


def connections_of(
    kube: Kube, pod: str, container: str, *, timeout_seconds: float = 10.0
) -> list[PodConnection]:
    """The connections that others made to the ports of a pod; all containers of a pod share them.

    Raises:
        SeatrialError: they cannot be read: no permission to exec, or no `cat` in the container.
    """
    ran = run_in_pod(kube, pod, container, COMMAND, timeout_seconds=timeout_seconds)
    # Where there is no IPv6, the second file is missing, and cat says so by its exit code.
    if "local_address" not in ran.stdout:
        why = ran.reason or ran.stderr.strip() or f"exit code {ran.exit_code}"
        raise SeatrialError(
            f"the connections of pod/{pod} cannot be read: {why}", where=f"container {container}"
        )
    return listed(ran.stdout)


def listed(text: str) -> list[PodConnection]:
    """The connections in what the kernel lists, to ports on which somebody listens; loopback left out."""
    rows = list(_rows(text))
    listening = {port for (_, port), _, state in rows if state == LISTENING}
    return [
        PodConnection(port, peer, peer_port, STATES.get(state, state))
        for (_, port), (peer, peer_port), state in rows
        if state != LISTENING and port in listening and not ipaddress.ip_address(peer).is_loopback
    ]


def _rows(text: str) -> Iterator[tuple[tuple[str, int], tuple[str, int], str]]:
    """(local address, remote address, state) of each line that is a connection."""
    for line in text.splitlines():
        fields = line.split()
        if len(fields) > 3 and fields[0].endswith(":"):
            yield _address(fields[1]), _address(fields[2]), fields[3]


def _address(written: str) -> tuple[str, int]:
    """`0100007F:1F90` is 127.0.0.1 and 8080: words of four bytes, the last byte first."""
    digits, _, port = written.partition(":")
    words = [bytes.fromhex(digits[at : at + 8])[::-1] for at in range(0, len(digits), 8)]
    address = ipaddress.ip_address(b"".join(words))
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address), int(port, 16)
