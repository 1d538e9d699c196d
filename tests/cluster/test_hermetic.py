"""A Service without endpoints refuses, and nothing leaves the machine.

No test sends to an outside address: "outside" is an interface of this machine that leads nowhere.
"""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable, Iterator

import pytest
from netbench import ASK_DNS, WORKERS, Bench, bench
from tiny import Access

from seatrial.cluster import hermetic, network
from seatrial.cluster.docker import docker
from seatrial.cluster.shell import run
from seatrial.kube.client import Kube
from seatrial.waiting import NotYet, Ready, eventually

REFUSED_WITHIN_MILLISECONDS = 100
IPV4 = 0x0800
SWALLOWED = "198.51.100.77"  # TEST-NET-2: documentation only


@pytest.fixture(scope="module")
def pods(kube: Kube, access: Access) -> Iterator[Bench]:
    with bench(kube, access) as made:
        yield made


def refuses_at_once(pods: Bench, address: str, port: int) -> None:
    """A connection is refused quickly, and the rule of the client's node has counted its packet."""
    before = hermetic.refused_packets(WORKERS[0])
    answer = pods.connect(address, port)
    assert answer["outcome"] == "refused"
    assert answer["milliseconds"] < REFUSED_WITHIN_MILLISECONDS
    assert hermetic.refused_packets(WORKERS[0]) > before


def test_a_service_without_endpoints_refuses(pods: Bench) -> None:
    refuses_at_once(pods, pods.address("nobody"), 80)


def test_a_port_that_a_service_does_not_list_refuses(pods: Bench) -> None:
    refuses_at_once(pods, pods.address("server-1"), 81)


def test_a_service_that_lost_its_endpoints_refuses_and_answers_again(pods: Bench, access: Access) -> None:
    address = pods.address("server-0")
    pods.kube.patch("Service", "server-0", {"spec": {"selector": {"app": "gone"}}})
    pods.await_outcome(address, 80, "refused")
    refuses_at_once(pods, address, 80)
    pods.kube.patch("Service", "server-0", {"spec": {"selector": {"app": "server-0"}}})
    pods.await_outcome(address, 80, "connected")


def test_a_service_with_endpoints_on_the_other_node_is_not_touched_by_the_rule(pods: Bench) -> None:
    before = hermetic.refused_packets(WORKERS[0])
    assert pods.connect(pods.address("server-1"), 80)["outcome"] == "connected"
    assert hermetic.refused_packets(WORKERS[0]) == before


def test_a_name_outside_is_not_answered_and_not_handed_on(pods: Bench) -> None:
    server_failure = 2
    assert pods.run(ASK_DNS, "seatrial.invalid") == {"code": server_failure, "answers": 0}
    corefile = pods.kube.get("ConfigMap", "coredns", namespace="kube-system")["data"]["Corefile"]
    assert "kubernetes cluster.local" in corefile
    assert "forward" not in corefile


def test_names_are_answered_where_no_fault_stops_the_node(pods: Bench) -> None:
    found = pods.kube.get("Deployment", "coredns", namespace="kube-system")["spec"]["template"]["spec"]
    assert found["nodeSelector"]["node-role.kubernetes.io/control-plane"] == ""


def test_a_name_inside_is_answered(pods: Bench) -> None:
    name = f"server-1.{pods.kube.namespace}.svc.cluster.local"
    assert pods.run(ASK_DNS, name) == {"code": 0, "answers": 1}


@pytest.fixture
def outside() -> Iterator[Callable[[], int]]:
    """An interface that stands for the outside; tells how many packets for `SWALLOWED` came out of it."""
    name, far_end = "seatrial-out", "seatrial-void"

    def ip(*arguments: str) -> str:
        return run(["ip", *arguments], doing="standing in for the outside", within_seconds=10)

    subprocess.run(["ip", "link", "delete", name], capture_output=True, check=False)
    ip("link", "add", name, "type", "veth", "peer", "name", far_end)
    try:
        ip("address", "add", "198.51.100.1/24", "dev", name)
        ip("link", "set", name, "up")
        ip("link", "set", far_end, "up")
        ip("neighbour", "replace", SWALLOWED, "lladdr", "02:00:00:00:00:01", "nud", "permanent", "dev", name)
        assert f"dev {name} " in ip("route", "get", SWALLOWED), "it would really leave this machine"
        with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(IPV4)) as arriving:
            arriving.bind((far_end, IPV4))
            arriving.setblocking(False)
            yield lambda: sum(packet[16:20] == socket.inet_aton(SWALLOWED) for packet in _waiting(arriving))
    finally:
        ip("link", "delete", name)


def _waiting(arriving: socket.socket) -> Iterator[bytes]:
    """The packets that have arrived since the last call."""
    while True:
        try:
            yield arriving.recv(2048)
        except BlockingIOError:
            return


def test_a_packet_for_the_outside_is_refused_by_the_host(pods: Bench, outside: Callable[[], int]) -> None:
    assert pods.connect(SWALLOWED, 80)["outcome"] == "refused"
    assert outside() == 0


def test_without_the_hosts_rule_that_packet_would_have_left(pods: Bench, outside: Callable[[], int]) -> None:
    network.unseal_host()
    try:
        assert pods.connect(SWALLOWED, 80)["outcome"] == "timeout"
        assert outside() > 0
    finally:
        network.seal_host()
    assert network.host_is_sealed()


def test_a_restarted_node_has_its_rule_again(
    pods: Bench, make_ready: Callable[[], None], access: Access
) -> None:
    docker("restart", WORKERS[1], doing="restarting a node", within_seconds=60)
    eventually(
        lambda: Ready(None) if hermetic.has_rules(WORKERS[1], "10.96.0.0/16") else NotYet("no rule"),
        within_seconds=60,
        what="the rule on the restarted node",
    )
    make_ready()


@pytest.fixture
def make_ready(kube: Kube) -> Callable[[], None]:
    """Waits until every node is Ready, so that the next test meets a whole cluster."""

    def wait() -> None:
        def probe() -> Ready[None] | NotYet:
            unready = [
                node["metadata"]["name"]
                for node in kube.objects("Node", namespace="")
                for condition in node["status"]["conditions"]
                if condition["type"] == "Ready" and condition["status"] != "True"
            ]
            return NotYet(f"not Ready: {unready}") if unready else Ready(None)

        eventually(probe, within_seconds=120, what="every node Ready", in_a_row=3, every_seconds=1)

    return wait
