"""Capabilities: the parts of root's rights that a container has."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.declared.objects import Container
from seatrial.declared.pods import capabilities
from seatrial.declared.rule import EVERY_CONTAINER, Found, Level, Severity, rule
from seatrial.declared.rules.applies import is_confined

_RESTRICTED = "concepts/security/pod-security-standards/#restricted"
_BASELINE = "concepts/security/pod-security-standards/#baseline"

_DEFAULT_TEXT = (
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW "
    "SETFCAP SETGID SETPCAP SETUID SYS_CHROOT"
)
_DEFAULT = frozenset(_DEFAULT_TEXT.split())
"""Capabilities that container runtimes give by default; whoever drops these has none left."""
_KERNEL = {"SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO", "NET_ADMIN", "BPF", "DAC_READ_SEARCH", "ALL"}


@rule(
    "security.added-capabilities",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.ERROR,
    must="A container MUST NOT be given capabilities beyond those that the runtime gives by default.",
    why="Many of them, SYS_ADMIN and NET_ADMIN first, are as good as being root on the node. One of the "
    "default ones, added after ALL was dropped, is no more than `security.dropped-capabilities` says of it.",
    fix="Remove it; give the one privileged task a pod of its own.",
    source=_BASELINE,
    when=is_confined,
    anchors="SEC-06",
)
def added_capabilities(container: Container) -> Iterator[Found]:
    for index, name in capabilities(container, "add"):
        if name not in _DEFAULT:
            grave = ", which is as good as root on the node" if name in _KERNEL else ""
            yield container.at("securityContext", "capabilities", "add", index), f"{name} is added{grave}"


@rule(
    "security.dropped-capabilities",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.WARNING,
    must="A container SHOULD drop all capabilities but NET_BIND_SERVICE.",
    why="The runtime gives 14 by default; NET_RAW alone lets it forge packets to its neighbours.",
    fix="Set `capabilities.drop: [ALL]`; add back only NET_BIND_SERVICE, for a port below 1024.",
    source=_RESTRICTED,
    when=is_confined,
    anchors="SEC-07",
)
def dropped_capabilities(container: Container) -> Iterator[Found]:
    dropped = {name for _, name in capabilities(container, "drop")}
    if "ALL" in dropped or dropped >= _DEFAULT:
        back = [name for _, name in capabilities(container, "add") if name in _DEFAULT - {"NET_BIND_SERVICE"}]
        if back:
            yield container.at("securityContext", "capabilities", "add"), f"it gets {', '.join(back)} back"
        return
    kept = sorted(_DEFAULT - dropped)
    seen = f"it keeps {', '.join(kept)}" if dropped else "none is dropped"
    yield container.at("securityContext", "capabilities", "drop"), seen
