"""Flaws in other words than the examples of the rules: other places, other kinds, other spellings."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from test_declared_false_alarms import container, found, pod, sound

from seatrial.declared.addresses import leave_nobody_out


def _yaml(text: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def _rules(kind: str, group: str, resources: str, verbs: str, **more: list[str]) -> set[str]:
    rule = {"apiGroups": [group], "resources": resources.split(), "verbs": verbs.split(), **more}
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": "x"},
        "rules": [rule],
    }
    return {each for each in found([role]) if each.startswith("security.")}


ESCALATING, WILDCARD = {"security.escalating-rights"}, {"security.wildcard-rights"}


@pytest.mark.parametrize(
    ("kind", "group", "resources", "verbs", "expected"),
    [
        ("ClusterRole", "certificates.k8s.io", "*/approval", "update", ESCALATING),
        ("ClusterRole", "certificates.k8s.io", "*", "*", ESCALATING),
        (
            "Role",
            "certificates.k8s.io",
            "*",
            "*",
            WILDCARD,
        ),  # requests are of the cluster, not of a namespace
        ("Role", "", "*/token", "create", ESCALATING),
        ("Role", "", "*", "*", ESCALATING),  # never milder than what names the one grave right
        ("ClusterRole", "", "*", "get list", ESCALATING),
        ("Role", "", "*", "get list", WILDCARD),
        ("Role", "*", "configmaps", "get", WILDCARD),
        ("Role", "", "pods/ephemeralcontainers", "patch", {"security.pod-exec"}),
        ("Role", "", "*/exec", "create", {"security.pod-exec"}),
        ("Role", "apps", "deployments", "get patch", {"security.pod-creation"}),
        ("ClusterRole", "batch", "cronjobs", "update", {"security.pod-creation"}),
        ("Role", "apps", "deployments/scale deployments/status", "patch update", set()),
        ("Role", "", "pods", "update patch", set()),
    ],
)
def test_rights(kind: str, group: str, resources: str, verbs: str, expected: set[str]) -> None:
    assert _rules(kind, group, resources, verbs) == expected


def test_a_right_to_change_named_objects_is_none_to_make_any() -> None:
    assert _rules("Role", "apps", "deployments", "patch", resourceNames=["web"]) == set()


@pytest.mark.parametrize(
    ("peers", "open_to_all"),
    [
        (
            "{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: Exists}]}}",
            True,
        ),
        ("{namespaceSelector: {matchExpressions: [{key: team, operator: Exists}]}}", False),
        (", ".join(f"{{ipBlock: {{cidr: {first}.0.0.0/2}}}}" for first in (0, 64, 128, 192)), True),
        ("{ipBlock: {cidr: 0.0.0.0/1}}", False),
        ("{ipBlock: {cidr: '::/0'}}", True),
        ("{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}", False),
    ],
)
def test_peers_that_are_everybody(peers: str, open_to_all: bool) -> None:
    policy = f"""
kind: NetworkPolicy
apiVersion: networking.k8s.io/v1
metadata: {{name: wide, namespace: shop}}
spec: {{podSelector: {{}}, policyTypes: [Ingress], ingress: [{{from: [{peers}]}}]}}
"""
    assert ("security.network-policy" in found(sound(lambda _: None, policy))) == open_to_all


def test_addresses_that_are_no_addresses_are_nobodys() -> None:
    assert not leave_nobody_out(["10.0.0.0/8", "x/0", "", "0.0.0.0"])
    assert leave_nobody_out(["0.0.0.0/1", "x", "128.0.0.0/1"])


def test_cilium_names_everybody_in_two_words() -> None:
    policy = """
kind: CiliumNetworkPolicy
apiVersion: cilium.io/v2
metadata: {name: x, namespace: shop}
spec: {endpointSelector: {}, ingress: [{fromEntities: [%s]}], egress: [{toEntities: [cluster]}]}
"""

    def without(objects: list[dict[str, Any]]) -> None:
        objects[:] = [each for each in objects if each["kind"] != "NetworkPolicy"]

    assert "security.network-policy" in found(sound(without, policy % "world, cluster"))
    assert "security.network-policy" not in found(sound(without, policy % "world"))


def test_a_selinux_type_of_ones_own_is_no_worse_than_none() -> None:
    def typed(name: str) -> set[str]:
        change = {"seLinuxOptions": {"type": name}}
        return set(found(sound(lambda o: container(o)["securityContext"].update(change))))

    assert typed("shop_orders.process") == set()
    assert typed("unconfined_t") == {"security.unconfined"}


def test_a_host_process_of_windows_is_one_finding() -> None:
    def change(objects: list[dict[str, Any]]) -> None:
        pod(objects)["os"] = {"name": "windows"}
        pod(objects)["hostNetwork"] = True
        pod(objects)["securityContext"] = {"windowsOptions": {"hostProcess": True, "runAsUserName": "shop"}}
        container(objects)["securityContext"] = {}

    seen = set(found(sound(change)))
    assert "security.host-process" in seen
    assert "security.host-network" not in seen


@pytest.mark.parametrize(
    "text",
    [
        "{kind: PodTemplate, apiVersion: v1, metadata: {name: x}, template: {spec: {containers: [%s]}}}",
        "{kind: Service, apiVersion: serving.knative.dev/v1, metadata: {name: x}, "
        "spec: {template: {spec: {containers: [%s]}}}}",
        "{kind: Workflow, apiVersion: argoproj.io/v1alpha1, metadata: {name: x}, "
        "spec: {templates: [{name: a, container: %s}]}}",
    ],
)
def test_a_variable_with_a_secret_in_a_pod_of_any_kind(text: str) -> None:
    written = "{name: c, image: i, env: [{name: %s, value: s3cr3tpw}]}"
    assert "security.secret-in-object" in found([_yaml(text % (written % "DB_PASSWORD"))])
    assert "security.secret-in-object" not in found([_yaml(text % (written % "DB_HOST"))])


_RULE = "{kind: %s, apiVersion: %s, metadata: {name: x}, spec: {groups: [{name: g, rules: [%s]}]}}"


def test_rules_of_victoria_metrics_are_read_alike() -> None:
    rule = "{alert: A, expr: 'rate(x[30s]) > 1'}"
    for kind, api in (
        ("VMRule", "operator.victoriametrics.com/v1beta1"),
        ("PrometheusRule", "monitoring.coreos.com/v1"),
    ):
        assert "observability.enough-samples" in found([_yaml(_RULE % (kind, api, rule))])


_TWIN = """
kind: Service
apiVersion: v1
metadata: {name: orders-peers, namespace: shop, labels: {app: orders}}
spec: {clusterIP: None, selector: {app: orders}, ports: [{name: peers, port: 8080}]}
"""
_MONITOR = """
kind: %s
apiVersion: %s
metadata: {name: x, namespace: shop}
spec: {selector: {matchLabels: {app: orders}}, endpoints: [{targetPort: http}]}
"""


@pytest.mark.parametrize(
    ("kind", "api"),
    [
        ("ServiceMonitor", "monitoring.coreos.com/v1"),
        ("VMServiceScrape", "operator.victoriametrics.com/v1beta1"),
    ],
)
def test_a_port_that_is_named_in_one_service_and_numbered_in_its_twin_is_one(kind: str, api: str) -> None:
    def labelled(objects: list[dict[str, Any]]) -> None:
        next(each for each in objects if each["kind"] == "Service")["metadata"]["labels"] = {"app": "orders"}

    monitor = _MONITOR % (kind, api)
    assert "observability.scraped-once" in found(sound(labelled, _TWIN, monitor))
    assert "observability.scraped-once" not in found(sound(labelled, monitor))
    assert "observability.monitor-selects" in found(sound(labelled, monitor.replace("app: orders", "app: o")))


def test_controllers_that_adopt_take_bare_pods() -> None:
    def bare(kind: str) -> set[str]:
        def change(objects: list[dict[str, Any]]) -> None:
            next(each for each in objects if each["kind"] == "Deployment")["kind"] = kind

        single = "{kind: Pod, apiVersion: v1, metadata: {name: one, namespace: shop, labels: {app: orders}}}"
        return set(found(sound(change, single)))

    assert "orchestration.own-selector" in bare("ReplicaSet")
    assert "orchestration.own-selector" not in bare("Deployment")


def test_what_has_no_replicas_is_not_scaled() -> None:
    scaler = """
kind: HorizontalPodAutoscaler
apiVersion: autoscaling/v2
metadata: {name: x, namespace: shop}
spec: {minReplicas: 2, maxReplicas: 6, scaleTargetRef: {kind: %s, name: orders, apiVersion: apps/v1}}
"""

    def change(objects: list[dict[str, Any]]) -> None:
        next(each for each in objects if each["kind"] == "Deployment")["kind"] = "DaemonSet"

    assert "scaling.autoscaler-target" in found(sound(change, scaler % "DaemonSet"))
    assert "scaling.autoscaler-target" not in found(sound(lambda _: None, scaler % "Deployment"))


_INGRESS = """
kind: Ingress
apiVersion: networking.k8s.io/v1
metadata: {name: %s, namespace: shop, annotations: {%s}}
spec:
  tls: [{hosts: [x.example.com], secretName: t}]
  rules:
  - host: x.example.com
    http: {paths: [{path: %s, pathType: %s, backend: {service: {name: orders, port: {name: http}}}}]}
"""


def test_a_prefix_with_and_without_its_last_slash_is_one_route() -> None:
    def two(kind: str) -> bool:
        first, second = _INGRESS % ("a", "", "/api", kind), _INGRESS % ("b", "", "/api/", kind)
        return "gateway.duplicate-route" in found(sound(lambda _: None, first, second))

    assert two("Prefix")
    assert not two("Exact")


def test_a_section_of_the_proxys_file_is_a_snippet() -> None:
    section = _INGRESS % ("a", "haproxy-ingress.github.io/config-backend: 'acl x'", "/", "Prefix")
    assert "gateway.snippets" in found(sound(lambda _: None, section))


@pytest.mark.parametrize(
    ("spec", "annotations", "is_open"),
    [
        ("loadBalancerSourceRanges: [0.0.0.0/1, 128.0.0.0/1]", "", True),
        ("loadBalancerSourceRanges: [0.0.0.0/1]", "", False),
        ("", "service.beta.kubernetes.io/load-balancer-source-ranges: 10.0.0.0/8", False),
        ("", "service.beta.kubernetes.io/load-balancer-source-ranges: 0.0.0.0/0", True),
    ],
)
def test_whom_a_load_balancer_lets_in(spec: str, annotations: str, is_open: bool) -> None:
    text = f"{{kind: Service, apiVersion: v1, metadata: {{name: x, annotations: {{{annotations}}}}}, "
    text += f"spec: {{type: LoadBalancer, ports: [{{port: 80}}], {spec}}}}}"
    assert ("gateway.open-load-balancer" in found([_yaml(text)])) == is_open


@pytest.mark.parametrize(
    ("listener", "hosts", "taken"),
    [
        ("protocol: HTTP", "a.example.com", True),
        ("protocol: HTTP, hostname: a.example.com", "a.example.com", True),
        ("protocol: HTTP, hostname: '*.example.com'", "a.example.com", True),
        ("protocol: HTTP, hostname: a.example.com", "'*.example.com'", True),
        ("protocol: HTTP, hostname: '*.example.org'", "a.example.com", False),
        ("protocol: TCP", "a.example.com", False),
    ],
)
def test_a_route_and_its_listener_share_protocol_and_host(listener: str, hosts: str, taken: bool) -> None:
    api = "apiVersion: gateway.networking.k8s.io/v1"
    gateway = f"kind: Gateway\n{api}\nmetadata: {{name: g}}\n"
    gateway += f"spec: {{gatewayClassName: x, listeners: [{{name: a, port: 80, {listener}}}]}}"
    route = f"kind: HTTPRoute\n{api}\nmetadata: {{name: r}}\n"
    route += f"spec: {{hostnames: [{hosts}], parentRefs: [{{name: g}}]}}"
    assert ("gateway.route-parent" not in found([_yaml(gateway), _yaml(route)])) == taken


@pytest.mark.parametrize(
    ("http", "seen"),
    [
        ("route: [{destination: {host: orders, port: {number: 81}}}]", "has no port `81`"),
        ("route: [{destination: {host: orders, subset: v9}}]", "has a subset `v9`"),
        ("route: [{destination: {host: orders, subset: v1, port: {number: 80}}}]", ""),
        (
            "route: [{destination: {host: orders}}], mirrors: [{destination: {host: order}}]",
            "no Service `order`",
        ),
    ],
)
def test_a_mesh_leads_to_ports_and_subsets_that_exist(http: str, seen: str) -> None:
    virtual = f"""
kind: VirtualService
apiVersion: networking.istio.io/v1
metadata: {{name: x, namespace: shop}}
spec: {{hosts: [orders], http: [{{timeout: 5s, {http}}}]}}
"""
    subsets = """
kind: DestinationRule
apiVersion: networking.istio.io/v1
metadata: {name: x, namespace: shop}
spec: {host: orders.shop.svc.cluster.local, subsets: [{name: v1, labels: {version: v1}}]}
"""
    told = found(sound(lambda _: None, virtual, subsets)).get("gateway.mesh-destination", [])
    assert bool(seen) == bool(told)
    assert all(seen in each for each in told)


def test_a_command_may_name_a_config_map() -> None:
    settings = "{kind: ConfigMap, apiVersion: v1, metadata: {name: settings, namespace: shop}, data: {a: b}}"

    def told(word: str) -> bool:
        change = {"args": [word]}
        return "delivery.unused-config" not in found(sound(lambda o: container(o).update(change), settings))

    assert told("--configmap=$(POD_NAMESPACE)/settings")
    assert not told("--configmap=$(POD_NAMESPACE)/other-settings")


def test_pods_of_a_custom_kind_may_be_labelled_at_any_depth() -> None:
    group = """
kind: LeaderWorkerSet
apiVersion: leaderworkerset.x-k8s.io/v1
metadata: {name: x, namespace: shop}
spec: {leaderWorkerTemplate: {workerTemplate: {metadata: {labels: {app: %s}}, spec: {}}}}
"""
    service = "{kind: Service, apiVersion: v1, metadata: {name: x, namespace: shop}, "
    service += "spec: {selector: {app: workers}, ports: [{port: 80}]}}"
    assert "discovery.service-selects" not in found(sound(lambda _: None, service, group % "workers"))
    assert "discovery.service-selects" in found(sound(lambda _: None, service, group % "others"))


@pytest.mark.parametrize("api", ["app/v1", "networking/v1", "apps/v2"])
def test_a_group_without_a_domain_is_meant_to_be_kubernetes_own(api: str) -> None:
    assert "delivery.served-api" in found(
        [{"apiVersion": api, "kind": "Deployment", "metadata": {"name": "x"}}]
    )
