"""Where load may go: to this machine, or to what the system file names."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from seatrial.errors import BadInput
from seatrial.model.entry import USUAL_PORTS
from seatrial.model.system import System
from seatrial.model.verdict import Outcome, Verdict, merge
from seatrial.traffic.job import is_loopback


def require_allowed(url: str, system: System) -> None:
    """Refuse what `--host` names beside them. Raises BadInput: says where it would have gone."""
    host = host_of(url)
    if not is_loopback(host) and host != host_of(system.entry.address):
        raise BadInput(
            f"{host} is neither this machine nor the entry of {system.metadata.name}",
            where=f"--host {url}",
            next_step="name it in the system file's `entry`, with its owner's consent.",
        )


def host_of(url: str) -> str:
    """The host of an address, lower-case; empty when it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def same_place(one: str, other: str) -> bool:
    """Whether two base addresses are the same, as they are written: names are not looked up."""
    left, right = (urlsplit(each) for each in (one, other))
    ports = [each.port or USUAL_PORTS.get(each.scheme) for each in (left, right)]
    return (left.scheme, left.hostname, ports[0]) == (right.scheme, right.hostname, ports[1])


def at_the_entry(verdict: Verdict, *, sent_to: str, entry: str) -> Verdict:
    """The verdict of a load; one that was sent elsewhere is no pass, and has no numbers of the system."""
    if same_place(sent_to, entry):
        return verdict
    elsewhere = Verdict(
        Outcome.INCONCLUSIVE,
        f"the load was sent to {sent_to}, not to {entry}, the entry of the system",
        "load on the entry of the system file",
        "Leave `--host` out, or name that address in the system file's `entry`.",
    )
    return replace(merge([verdict, elsewhere]), numbers={})
