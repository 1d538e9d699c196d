"""To which Service an address leads, by what objects show."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.cluster.published import port_of
from seatrial.declared.leads import Door, leads

NODE = {"kind": "Node", "status": {"addresses": [{"type": "InternalIP", "address": "10.9.0.1"}]}}


def named(kind: str, name: str, **parts: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name, "namespace": "shop"}, **parts}


def service(name: str, *, status: Any = None, **port: Any) -> dict[str, Any]:
    spec = {"clusterIP": "10.96.0.9", "ports": [{"port": 80, **port}]}
    return named("Service", name, spec=spec, status=status or {})


def at(host: str, port: int, path: str = "/", **more: Any) -> Door:
    return Door(host, frozenset({host, *more.pop("resolved", ())}), port, path, **more)


def found(door: Door, *objects: dict[str, Any]) -> list[str]:
    return [lead.service for lead in leads(door, objects)]


class TestServices:
    def test_a_node_port_at_an_address_of_a_node(self) -> None:
        mine, other = service("orders", nodePort=30001), service("stock", nodePort=30002)
        assert found(at("10.9.0.1", 30001), mine, other, NODE) == ["orders"]
        assert found(at("shop.test", 30001, resolved=["10.9.0.1"]), mine, NODE) == ["orders"]
        assert found(at("10.9.0.1", 30002), mine, other, NODE) == ["stock"]

    def test_a_node_port_that_only_the_node_s_own_pods_answer_is_told_with_its_node(self) -> None:
        """Report 26: with externalTrafficPolicy Local one node's port says nothing of the others."""
        local = service("orders", nodePort=30001)
        local["spec"]["externalTrafficPolicy"] = "Local"
        doors = (at("10.9.0.1", 30001), at("127.0.0.1", 8080, published=30001))
        assert [leads(door, [local, NODE])[0].one_node for door in doors] == ["10.9.0.1", "127.0.0.1:8080"]
        local["spec"]["externalTrafficPolicy"] = "Cluster"
        assert [leads(door, [local, NODE])[0].one_node for door in doors] == ["", ""]

    @pytest.mark.parametrize("door", [at("10.9.0.2", 30001), at("10.9.0.1", 80), at("127.0.0.1", 30001)])
    def test_another_host_or_port_shows_nothing(self, door: Door) -> None:
        assert found(door, service("orders", nodePort=30001), NODE) == []

    def test_where_nodes_may_not_be_read_pods_tell_their_addresses(self) -> None:
        mine = service("orders", nodePort=30001)
        one = {
            "kind": "Pod",
            "status": {"hostIP": "10.9.0.7", "hostIPs": [{"ip": "10.9.0.7"}, {"ip": "fd::7"}]},
        }
        assert found(at("10.9.0.7", 30001), mine, one) == ["orders"]
        assert found(at("fd::7", 30001), mine, one) == ["orders"]

    def test_a_port_of_this_machine_that_is_published_to_the_node_port(self) -> None:
        mine = service("orders", nodePort=30001)
        assert found(at("127.0.0.1", 8080, published=30001), mine) == ["orders"]
        assert found(at("127.0.0.1", 30001, published=30002), mine) == []

    def test_a_load_balancer_an_external_address_and_its_own(self) -> None:
        balanced = service("orders", status={"loadBalancer": {"ingress": [{"ip": "203.0.113.5"}]}})
        assert found(at("203.0.113.5", 80), balanced) == ["orders"]
        assert found(at("203.0.113.5", 8080), balanced) == []
        assert found(at("10.96.0.9", 80), balanced) == ["orders"]
        external = service("orders")
        external["spec"]["externalIPs"] = ["198.51.100.3"]
        assert found(at("198.51.100.3", 80), external) == ["orders"]

    def test_a_datagram_port_and_a_headless_service_lead_nowhere(self) -> None:
        assert found(at("10.9.0.1", 30001), service("dns", nodePort=30001, protocol="UDP"), NODE) == []
        headless = service("orders")
        headless["spec"]["clusterIP"] = "None"
        assert found(at("None", 80), headless) == []

    def test_what_shows_it_is_said(self) -> None:
        (lead,) = leads(at("10.9.0.1", 30001), [service("orders", nodePort=30001), NODE])
        assert str(lead) == "Service orders (its node port 30001 at 10.9.0.1)"


BALANCED = {"loadBalancer": {"ingress": [{"ip": "203.0.113.5"}]}}


def ingress(*paths: tuple[str, str, str], host: str = "shop.test", name: str = "web") -> dict[str, Any]:
    """Paths as (path, type, Service)."""
    made = [
        {"path": path, "pathType": kind, "backend": {"service": {"name": to, "port": {"number": 80}}}}
        for path, kind, to in paths
    ]
    return named("Ingress", name, spec={"rules": [{"host": host, "http": {"paths": made}}]}, status=BALANCED)


def asked(path: str = "/", **more: Any) -> Door:
    return at("shop.test", more.pop("port", 80), path, resolved=more.pop("resolved", ["203.0.113.5"]), **more)


class TestIngresses:
    both = ingress(("/", "Prefix", "front"), ("/orders", "Prefix", "orders"), ("/orders/x", "Exact", "exact"))

    @pytest.mark.parametrize(
        ("path", "to"),
        [
            ("/", "front"),
            ("/ordersx", "front"),
            ("/orders", "orders"),
            ("/orders/7", "orders"),
            ("/orders/x", "exact"),
        ],
    )
    def test_the_most_exact_path_decides(self, path: str, to: str) -> None:
        assert found(asked(path), self.both) == [to]

    def test_a_host_that_leads_elsewhere_or_another_port_shows_nothing(self) -> None:
        assert found(asked(resolved=["192.0.2.1"]), self.both) == []
        assert found(asked(port=8080), self.both) == []
        assert found(asked(port=443, scheme="https"), self.both) == ["front"]
        assert found(at("other.test", 80, resolved=["203.0.113.5"]), self.both) == []

    def test_the_rule_of_the_host_wins_over_that_of_any(self) -> None:
        anybody = ingress(("/", "Prefix", "anybody"), host="", name="any")
        wild = ingress(("/", "Prefix", "wild"), host="*.test", name="wild")
        assert found(asked(), anybody, wild, self.both) == ["front"]
        assert found(asked(), anybody, wild) == ["wild"]
        assert found(asked(), anybody) == ["anybody"]

    def test_two_services_of_one_path_show_neither(self) -> None:
        assert found(asked(), self.both, ingress(("/", "Prefix", "canary"), name="canary")) == []

    def test_a_pattern_may_mean_it(self) -> None:
        pattern = ingress(("/(.*)", "ImplementationSpecific", "other"), name="pattern")
        assert found(asked("/orders"), self.both, pattern) == []
        assert found(asked(), ingress(("/", "ImplementationSpecific", "front"))) == ["front"]

    def test_one_on_a_kind_node_by_a_published_port(self) -> None:
        local = ingress(("/", "Prefix", "front"), host="")
        local["status"] = {"loadBalancer": {"ingress": [{"hostname": "localhost"}]}}
        assert found(at("127.0.0.1", 8080, published=80), local) == ["front"]
        assert found(at("127.0.0.1", 80), local) == []

    def test_its_default_backend(self) -> None:
        default = named(
            "Ingress", "web", spec={"defaultBackend": {"service": {"name": "front"}}}, status=BALANCED
        )
        assert found(asked("/x"), default) == ["front"]


GATEWAY = named(
    "Gateway", "edge", spec={"listeners": [{"name": "http", "port": 80}]},
    status={"addresses": [{"value": "203.0.113.5"}]},
)  # fmt: skip


def route(*rules: dict[str, Any], accepted: str = "True", **spec: Any) -> dict[str, Any]:
    parent = {"parentRef": {"name": "edge"}, "conditions": [{"type": "Accepted", "status": accepted}]}
    return named("HTTPRoute", "web", spec={"rules": [*rules], **spec}, status={"parents": [parent]})


def to(*backends: dict[str, Any], path: str = "/", **match: Any) -> dict[str, Any]:
    where = {"type": "PathPrefix", "value": path}
    return {"matches": [{"path": where, **match}], "backendRefs": [*backends]}


class TestHttpRoutes:
    def test_the_backend_behind_an_accepting_gateway(self) -> None:
        both = route(to({"name": "front"}), to({"name": "orders"}, path="/orders"))
        assert found(asked("/orders/1"), both, GATEWAY) == ["orders"]
        assert found(asked(), both, GATEWAY) == ["front"]

    def test_without_its_gateway_or_its_word_nothing_is_shown(self) -> None:
        mine = to({"name": "front"})
        assert found(asked(), route(mine)) == []
        assert found(asked(), route(mine, accepted="False"), GATEWAY) == []
        assert found(asked(port=8080), route(mine), GATEWAY) == []
        assert found(asked(resolved=["192.0.2.1"]), route(mine), GATEWAY) == []
        assert found(asked(), route(mine, hostnames=["other.test"]), GATEWAY) == []
        assert found(asked(), route(mine, hostnames=["*.test"]), GATEWAY) == ["front"]

    def test_shares_to_two_services_show_neither(self) -> None:
        both = to({"name": "front", "weight": 9}, {"name": "canary", "weight": 1})
        assert found(asked(), route(both), GATEWAY) == []
        none = to({"name": "front"}, {"name": "canary", "weight": 0})
        assert found(asked(), route(none), GATEWAY) == ["front"]

    def test_a_header_may_lead_elsewhere(self) -> None:
        tagged = to({"name": "beta"}, headers=[{"name": "x-beta", "value": "1"}])
        assert found(asked(), route(to({"name": "front"}), tagged), GATEWAY) == []
        away = to({"name": "beta"}, path="/beta", headers=[{"name": "x-beta", "value": "1"}])
        assert found(asked(), route(to({"name": "front"}), away), GATEWAY) == ["front"]

    def test_a_redirection_or_another_namespace_is_no_service_of_this_one(self) -> None:
        assert found(asked(), route(to()), GATEWAY) == []
        assert found(asked(), route(to({"name": "front", "namespace": "other"})), GATEWAY) == []

    def test_another_listener_is_not_the_one_of_the_route(self) -> None:
        gateway = {
            **GATEWAY,
            "spec": {"listeners": [{"name": "http", "port": 80}, {"name": "x", "port": 81}]},
        }
        mine = route(to({"name": "front"}))
        mine["status"]["parents"][0]["parentRef"]["sectionName"] = "x"
        assert found(asked(), mine, gateway) == []
        assert found(asked(port=81), mine, gateway) == ["front"]


def container(cluster: str, **ports: int) -> dict[str, Any]:
    bindings = {
        f"{name.removeprefix('p')}/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(to)}]
        for name, to in ports.items()
    }
    return {
        "Config": {"Labels": {"io.x-k8s.kind.cluster": cluster}},
        "NetworkSettings": {"Ports": {**bindings, "53/udp": [{"HostPort": "8080"}], "9/tcp": None}},
    }


class TestPublishedPorts:
    containers = (
        container("a", p6443=40001, p30080=8080),
        container("b", p6443=40002),
        container("b", p30081=8081),
    )

    def test_only_the_cluster_of_that_api_server_counts(self) -> None:
        assert port_of(self.containers, 8080, 40001) == 30080
        assert port_of(self.containers, 8080, 40002) is None
        assert port_of(self.containers, 8081, 40002) == 30081, "of another node"
        assert port_of(self.containers, 8080, 40003) is None
        assert port_of((), 8080, 40001) is None
