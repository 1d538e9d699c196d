"""What a proxy before a Service needs: ports, and policies that let it through and open nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from seatrial.declared.interposed import behind, policies_between, ports_behind

SAMPLE = Path(__file__).parents[3] / "sample-system" / "manifests" / "network-policies.yaml"
NAME = "app.kubernetes.io/name"
OURS = {"seatrial.dev/part": "proxy-1"}
HERE = {"kubernetes.io/metadata.name": "chandlery"}
PROXY = {"podSelector": {"matchLabels": OURS}}


def pod(name: str, *, ports: tuple[dict[str, Any], ...] = ({"name": "http", "containerPort": 8080},)) -> Any:
    return {
        "metadata": {"name": f"{name}-a", "labels": {NAME: name}},
        "spec": {"containers": [{"ports": list(ports)}]},
    }


def service(*ports: dict[str, Any], **selector: str) -> Any:
    return {"spec": {"selector": selector or {NAME: "payments"}, "ports": list(ports)}}


def policy(select: dict[str, Any], **spec: Any) -> Any:
    return {"metadata": {"name": "p"}, "spec": {"podSelector": select, **spec}}


def labelled(name: str) -> dict[str, Any]:
    return {"matchLabels": {NAME: name}}


def between(policies: list[Any], *pods: Any) -> Any:
    return policies_between(policies, {NAME: "payments"}, pods or [pod("payments")], OURS, HERE)


def test_the_pods_behind_a_service_carry_its_labels() -> None:
    assert behind(service(), [pod("payments"), pod("orders")]) == [pod("payments")]


@pytest.mark.parametrize(
    ("port", "found"),
    [
        ({"port": 80, "targetPort": "http"}, {"http": 8080}),
        ({"port": 80, "targetPort": 8080}, {"port-8080": 8080}),
        ({"port": 8080}, {"port-8080": 8080}),
    ],
)
def test_ports_are_those_of_the_pods_by_their_names(port: dict[str, Any], found: dict[str, int]) -> None:
    assert ports_behind(service(port), [pod("payments")]) == found


def test_ports_that_a_proxy_cannot_have_are_named() -> None:
    one, other = pod("payments"), pod("payments", ports=({"name": "http", "containerPort": 9090},))
    udp = {"port": 53, "protocol": "UDP"}
    assert ports_behind(service(udp), [one]) == "its port 53 is UDP, and the proxy carries TCP only"
    lacking = "its port 80 leads to no port that all its pods have"
    assert ports_behind(service({"port": 80, "targetPort": "http"}), [one, other]) == lacking
    assert ports_behind(service({"port": 80, "targetPort": "web"}), [one]) == lacking
    assert ports_behind(service(), [one]) == "it has no ports"


def test_without_policies_one_alone_is_made_that_selects_the_proxy_only() -> None:
    assert between([]) == [
        {
            **PROXY, "policyTypes": ["Ingress", "Egress"], "ingress": [{}],
            "egress": [{"to": [{"podSelector": labelled("payments")}]}],
        }
    ]  # fmt: skip


def test_on_the_sample_system_the_proxy_is_asked_by_whom_payments_is_and_asks_payments_only() -> None:
    policies = list(yaml.safe_load_all(SAMPLE.read_text()))
    names = {p["metadata"]["name"]: p["spec"] for p in policies}
    own, admitting, *senders = between(policies)
    assert own["podSelector"] == PROXY["podSelector"]
    assert own["ingress"] == names["services"]["ingress"]
    assert own["egress"] == [{"to": [{"podSelector": labelled("payments")}]}]
    assert admitting == {
        "podSelector": labelled("payments"), "policyTypes": ["Ingress"], "ingress": [{"from": [PROXY]}],
    }  # fmt: skip
    to_proxy = {"policyTypes": ["Egress"], "egress": [{"to": [PROXY]}]}
    assert senders == [{"podSelector": names["gateway"]["podSelector"], **to_proxy}]


def test_a_sender_that_may_ask_the_proxy_already_or_not_payments_gets_nothing() -> None:
    by_name = {"to": [{"podSelector": labelled("payments")}]}
    asks = policy(labelled("gateway"), egress=[by_name])
    assert len(between([asks])) == 2, "policyTypes are what the rules say"
    assert len(between([policy(labelled("gateway"), egress=[by_name, {"ports": [{"port": 8080}]}])])) == 1
    assert len(between([policy(labelled("gateway"), egress=[by_name, {"to": [{"podSelector": {}}]}])])) == 1
    assert (
        len(between([policy(labelled("gateway"), egress=[{"to": [{"podSelector": labelled("nats")}]}])])) == 1
    )
    address = {"to": [{"podSelector": labelled("payments")}, {"ipBlock": {"cidr": "10.0.0.0/8"}}]}
    assert len(between([policy(labelled("gateway"), egress=[address])])) == 2, "an address may be another's"
    only_in = policy(labelled("gateway"), policyTypes=["Ingress"], egress=[by_name])
    assert len(between([only_in])) == 1


def test_names_of_other_namespaces_do_not_count() -> None:
    here = {"namespaceSelector": {"matchLabels": HERE}, "podSelector": labelled("payments")}
    away = {"namespaceSelector": {"matchLabels": {"team": "b"}}, "podSelector": labelled("payments")}
    all_here, all_away = (
        {key: peer["namespaceSelector"]}
        for key, peer in (("namespaceSelector", here), ("namespaceSelector", away))
    )
    assert len(between([policy(labelled("gateway"), egress=[{"to": [here]}])])) == 2
    assert len(between([policy(labelled("gateway"), egress=[{"to": [away]}])])) == 1
    assert len(between([policy(labelled("gateway"), egress=[{"to": [here, all_here]}])])) == 1
    assert len(between([policy(labelled("gateway"), egress=[{"to": [here, all_away]}])])) == 2


def test_pods_of_which_some_are_open_are_named_for_a_policy_would_close_them() -> None:
    marked = pod("payments")
    marked["metadata"]["labels"]["tier"] = "back"
    limits = policy(
        {"matchLabels": {"tier": "back"}}, ingress=[{"from": [{"podSelector": labelled("gateway")}]}]
    )
    found = between([limits], pod("payments"), marked)
    assert found == "network policies limit who may reach some of its pods, and not the others"
