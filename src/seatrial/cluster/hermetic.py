"""Nothing leaves the machine, and a Service without endpoints refuses.

On each node: a packet that still carries a Service's address when it is forwarded was not translated,
because the port is not listed or no endpoint is ready. kube-router lets it pass before kube-proxy can refuse
it, so it would be routed out of the node, and whatever answers there would look like the service. An own
nftables table refuses it ahead of every other rule; a systemd unit loads it again whenever the node starts.

On the host: see network.py.
CoreDNS: without its `forward` block, a name outside the cluster is refused inside the cluster.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import yaml

from seatrial.cluster.docker import docker
from seatrial.cluster.kind import KindCluster
from seatrial.errors import SeatrialError

TABLE = "seatrial"
_DEFAULT_SERVICE_SUBNET = "10.96.0.0/16"  # kind's, for IPv4
_RULES = "/etc/seatrial/hermetic.nft"
_UNIT = "/etc/systemd/system/seatrial-hermetic.service"
_UNIT_TEXT = f"""[Unit]
Description=Refuse Service addresses that were not translated
Before=kubelet.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f {_RULES}

[Install]
WantedBy=multi-user.target
"""


def service_subnet(configuration: dict[str, Any]) -> str:
    """The IPv4 range of Service addresses in a kind configuration."""
    chosen = str((configuration.get("networking") or {}).get("serviceSubnet") or _DEFAULT_SERVICE_SUBNET)
    return next((part for part in chosen.split(",") if ":" not in part), _DEFAULT_SERVICE_SUBNET)


def node_rules(subnet: str) -> str:
    """The nftables file of a node; loading it again replaces the table and starts its counter at 0.

    Priority -10 comes before the filter table (0) of kube-router and kube-proxy, and after translation.
    """
    return (
        f"table ip {TABLE}\n"
        f"delete table ip {TABLE}\n"
        f"table ip {TABLE} {{\n"
        "  counter untranslated { }\n"
        "  chain forward {\n"
        "    type filter hook forward priority -10; policy accept;\n"
        f"    ip daddr {subnet} counter name untranslated reject\n"
        "  }\n"
        "}\n"
    )


def seal_nodes(cluster: KindCluster, subnet: str) -> None:
    """Install and load the rules on every node; safe to repeat, and does not touch a node that has them.

    Raises:
        SeatrialError: a node does not take them.
    """
    with ThreadPoolExecutor(thread_name_prefix="seal") as pool:
        list(pool.map(lambda node: _seal(node, subnet), cluster.node_names()))


def _seal(node: str, subnet: str) -> None:
    if has_rules(node, subnet):
        return
    script = (
        "set -e; mkdir -p /etc/seatrial\n"
        f"cat > {_RULES} <<'RULES'\n{node_rules(subnet)}RULES\n"
        f"cat > {_UNIT} <<'UNIT'\n{_UNIT_TEXT}UNIT\n"
        "systemctl daemon-reload\nsystemctl enable --quiet seatrial-hermetic.service\n"
        "systemctl restart seatrial-hermetic.service\n"
    )
    docker("exec", "--interactive", node, "bash", "-s", doing=f"sealing {node}", stdin=script)


def has_rules(node: str, subnet: str = "") -> bool:
    """Whether a node refuses that range (or any, when it is empty) now, and will after a restart."""
    try:
        loaded = docker("exec", node, "nft", "list", "table", "ip", TABLE, doing="reading the rules")
        enabled = docker(
            "exec", node, "systemctl", "is-enabled", "seatrial-hermetic.service", doing="reading the unit"
        )
    except SeatrialError:
        return False
    return subnet in loaded and "reject" in loaded and enabled.strip() == "enabled"


def refused_packets(node: str) -> int:
    """How many packets the rule of a node has refused since it was loaded.

    Raises:
        SeatrialError: the node has no such rule.
    """
    told = docker(
        "exec", node, "nft", "list", "counter", "ip", TABLE, "untranslated", doing="reading the counter"
    )
    matched = re.search(r"packets (\d+)", told)
    if not matched:
        raise SeatrialError(
            f"The rule on {node} has no counter.", where=told, next_step="Run `seatrial up` again."
        )
    return int(matched[1])


def without_forward(corefile: str) -> str:
    """A CoreDNS configuration without `forward`, which hands outside names to the host's resolver."""
    return re.sub(r"^[ \t]*forward[^\n{]*(\{[^}]*\})?[ \t]*\n", "", corefile, flags=re.MULTILINE)


def close_dns(cluster: KindCluster, say: Callable[[str], None]) -> None:
    """Take the `forward` block out of the cluster's CoreDNS; CoreDNS is restarted only when that changes it.

    Raises:
        SeatrialError: the API server refuses.
    """
    found = cluster.kubectl_json("--namespace=kube-system", "get", "configmap", "coredns")
    corefile = found["data"]["Corefile"]
    closed = without_forward(corefile)
    if closed == corefile:
        return
    say("closing CoreDNS to outside names")
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "coredns", "namespace": "kube-system"},
        "data": {"Corefile": closed},
    }
    cluster.kubectl_run(
        "apply",
        "--server-side",
        "--force-conflicts",
        "--filename=-",
        doing="changing CoreDNS",
        stdin=yaml.safe_dump(manifest),
    )
    cluster.kubectl_run(
        "--namespace=kube-system", "rollout", "restart", "deployment/coredns", doing="restarting CoreDNS"
    )
