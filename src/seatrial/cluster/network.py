"""The engine's network of our nodes, and the host's rule that keeps their packets on this machine.

What comes from the nodes' bridge and would leave by another interface is refused, in the chain DOCKER-USER,
which the engine passes first and never changes.
"""

from __future__ import annotations

from seatrial.cluster.docker import KIND_LABEL, docker, inspect
from seatrial.cluster.shell import run, succeeds
from seatrial.errors import SeatrialError

NETWORK = "seatrial"
BRIDGE = "seatrial0"
_BRIDGE_OPTION = "com.docker.network.bridge.name"
_IPTABLES = ("iptables", "-w", "5")  # waits up to 5 s for another program that changes rules


def nodes_of(name: str) -> dict[str, str]:
    """The containers of our cluster of that name with their states, the control plane first.

    Raises:
        SeatrialError: a kind cluster of that name is on another network, so somebody else made it.
    """
    label = f"label={KIND_LABEL}={name}"
    listing = ["ps", "--all", "--filter", label, "--format", "{{.Names}} {{.State}}"]
    every = dict(line.split(" ", 1) for line in docker(*listing, doing="listing the nodes").splitlines())
    own = docker(*listing, "--filter", f"network={NETWORK}", doing="listing our nodes").splitlines()
    foreign = sorted(every.keys() - {line.split(" ", 1)[0] for line in own})
    if foreign:
        raise SeatrialError(
            f"A kind cluster called {name!r} is here that Seatrial did not make.",
            where=", ".join(foreign),
            next_step=f"Remove it (`kind delete cluster --name {name}`), or give ours another name.",
        )
    return dict(sorted(every.items(), key=lambda item: ("control-plane" not in item[0], item[0])))


def ensure_network() -> None:
    """Have the engine's network of our nodes: an own one, so that no rule of ours meets another kind cluster.

    Raises:
        SeatrialError: the engine refuses.
    """
    found = inspect("network", NETWORK)
    if found and (found.get("Options") or {}).get(_BRIDGE_OPTION) == BRIDGE:
        return
    if found:
        raise SeatrialError(
            f"The engine has a network {NETWORK!r} that Seatrial did not make.",
            where=f"docker network inspect {NETWORK}",
            next_step=f"Remove or rename it: docker network rm {NETWORK}",
        )
    docker(
        "network", "create", "--opt", f"{_BRIDGE_OPTION}={BRIDGE}", NETWORK, doing="making the nodes' network"
    )


def remove_network() -> None:
    """Remove our network and the host's rule for it, unless another cluster of ours is still attached."""
    found = inspect("network", NETWORK)
    if found and found.get("Containers"):
        return
    if found:
        docker("network", "rm", NETWORK, doing="removing the nodes' network")
    unseal_host()


def egress_rule(interface: str) -> list[str]:
    """The host's rule: in by the nodes' bridge, out by another interface: refuse."""
    return ["DOCKER-USER", "-i", interface, "!", "-o", interface, "-j", "REJECT"]


def seal_host() -> None:
    """Refuse what the nodes would send out of this machine; safe to repeat, also before there are nodes.

    Raises:
        SeatrialError: the rule cannot be set (not root, or an engine without iptables).
    """
    if not host_is_sealed():
        run(
            [*_IPTABLES, "-I", *egress_rule(BRIDGE)],
            doing="keeping the nodes on this machine",
            within_seconds=20,
            next_step="Only root may change the host's firewall.",
        )


def host_is_sealed() -> bool:
    """Whether the host's rule is there."""
    return succeeds([*_IPTABLES, "-C", *egress_rule(BRIDGE)], within_seconds=20)


def unseal_host() -> None:
    """Take the host's rule away again, when the cluster goes; nothing happens when there is none."""
    if host_is_sealed():
        run([*_IPTABLES, "-D", *egress_rule(BRIDGE)], doing="removing the host's rule", within_seconds=20)
