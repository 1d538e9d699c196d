"""`seatrial init` from manifests of unlike systems: what they say is filled in, the rest is left open."""

import textwrap
from pathlib import Path

import pytest
import yaml

from seatrial.commands.init import proposed_text
from seatrial.errors import BadInput
from seatrial.model.system_file import parse_system

ROOT = Path(__file__).parents[3]


def workload(name, kind="Deployment", image="registry.example/app:1", extra="", probe="", namespace="shop"):
    text = f"""
    apiVersion: apps/v1
    kind: {kind}
    metadata: {{name: {name}, namespace: {namespace}}}
    spec:
      replicas: 2
      selector: {{matchLabels: {{app: {name}}}}}
      template:
        metadata: {{labels: {{app: {name}}}}}
        spec:
          containers:
            - name: app
              image: {image}
              ports: [{{name: web, containerPort: 9000}}]
              {probe}
      {extra}
    """
    return textwrap.dedent(text)


def service(name, kind="ClusterIP", more="", port="{name: http, port: 80, targetPort: web}", status=""):
    return textwrap.dedent(f"""
    apiVersion: v1
    kind: Service
    metadata: {{name: {name}, namespace: shop}}
    spec: {{type: {kind}, selector: {{app: {name}}}, ports: [{port}] {more}}}
    {status}
    """)


READY = "readinessProbe: {httpGet: {path: /healthz, port: web}}"
INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: edge, namespace: shop}
spec:
  tls: [{hosts: [shop.example]}]
  rules:
    - host: shop.example
      http:
        paths:
          - {path: /api/basket, pathType: Prefix, backend: {service: {name: basket, port: {number: 80}}}}
          - {path: "/old/(.*)", pathType: ImplementationSpecific, backend: {service: {name: basket}}}
          - {path: /, pathType: Prefix, backend: {service: {name: front, port: {number: 80}}}}
"""
GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: door, namespace: shop}
spec:
  gatewayClassName: any
  listeners:
    - {name: plain, port: 8080, protocol: HTTP}
    - {name: secure, port: 443, protocol: HTTPS, hostname: api.shop.example}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: api, namespace: shop}
spec:
  parentRefs: [{name: door, sectionName: secure}]
  rules:
    - matches: [{path: {type: PathPrefix, value: /basket}}, {path: {type: RegularExpression, value: "/b.*"}}]
      backendRefs: [{name: basket, port: 80}]
"""
AUTOSCALER = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: basket-hpa, namespace: shop}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: basket}, minReplicas: 2, maxReplicas: 9}
"""
BUDGET = """
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: basket, namespace: shop}
spec: {minAvailable: 1, selector: {matchLabels: {app: basket}}}
"""
CRON = """
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: shop}
spec: {schedule: "0 3 * * *", jobTemplate: {spec: {template: {spec: {containers: [{name: a, image: a:1}]}}}}}
"""
CLAIMS = "volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce]}}]"


NODE_PORT = "{port: 80, targetPort: web, nodePort: 30123}"
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"


def node(name, address, label="usual"):
    return textwrap.dedent(f"""
    apiVersion: v1
    kind: Node
    metadata: {{name: {name}, labels: {{{label}: ""}}}}
    status: {{addresses: [{{type: Hostname, address: {name}}}, {{type: InternalIP, address: {address}}}]}}
    """)


@pytest.fixture
def propose(tmp_path):
    """The text proposed for these manifests, and the system that it describes."""

    def run(*documents, **options):
        path = tmp_path / "all.yaml"
        path.write_text("---\n".join(documents))
        given = {"kubeconfig": None, "context": "", "namespace": ""} | options
        text = proposed_text([str(path)], **given)
        return text, parse_system(text, source="proposed")

    return run


class TestEntry:
    def test_an_ingress_names_host_scheme_and_paths(self, propose):
        text, system = propose(
            workload("basket"), workload("front"), service("basket"), service("front"), INGRESS
        )
        assert system.entry.url == "https://shop.example"
        assert "# from Ingress edge" in text
        assert {name: journey.request.path for name, journey in system.journeys.items()} == {
            "basket-api-basket": "/api/basket", "front": "/",
        }  # fmt: skip
        assert system.workloads["basket"].journey == "basket-api-basket"
        assert system.workloads["front"].journey == "front"
        assert "(.*)" not in text

    @pytest.mark.parametrize("host", ["{{ .Values.host }}", "${HOST}", "shop example", 'shop" #', "[shop]"])
    def test_a_host_that_is_none_yet_is_left_to_fill_in(self, propose, host):
        """Of a template, say, that nobody has rendered."""
        ingress = INGRESS.replace("shop.example", yaml.safe_dump(host, default_style='"').strip())
        _, system = propose(workload("basket"), service("basket"), ingress)
        assert system.entry.url.endswith("://fill-in.invalid")
        assert list(system.journeys) == ["basket-api-basket"]

    @pytest.mark.parametrize("path", ["/ready now", "/{{ .Values.path }}", "/{uuid}"])
    def test_a_probe_that_names_no_path_yet_is_no_journey(self, propose, path):
        status = "status: {loadBalancer: {ingress: [{ip: 192.0.2.7}]}}"
        ask = f"readinessProbe: {{httpGet: {{path: '{path}', port: 9000}}}}"
        _, system = propose(workload("basket", probe=ask), service("basket", "LoadBalancer", status=status))
        assert list(system.journeys) == ["fill-in"]

    def test_a_route_of_a_gateway_takes_port_and_host_from_its_listener(self, propose):
        _, system = propose(workload("basket"), service("basket"), GATEWAY)
        assert system.entry.url == "https://api.shop.example"
        assert system.journeys["basket-basket"].request.path == "/basket"
        assert list(system.journeys) == ["basket-basket"]

    def test_a_load_balancer_with_an_address_and_a_probe_on_its_port(self, propose):
        status = "status: {loadBalancer: {ingress: [{ip: 192.0.2.7}]}}"
        text, system = propose(
            workload("basket", probe=READY), service("basket", "LoadBalancer", status=status)
        )
        assert system.entry.url == "http://192.0.2.7"
        assert system.journeys["basket-healthz"].request.path == "/healthz"
        assert "the readiness probe of Deployment basket: FILL IN" in text

    def test_a_probe_on_another_port_is_no_journey(self, propose):
        other = "readinessProbe: {httpGet: {path: /healthz, port: 9001}}"
        text, system = propose(workload("basket", probe=other), service("basket", "LoadBalancer"))
        assert "healthz" not in text
        assert list(system.journeys) == ["fill-in"]

    def test_a_node_port_says_the_port_and_not_the_host(self, propose):
        port = "{port: 80, targetPort: 9000, nodePort: 30123}"
        text, system = propose(workload("basket", probe=READY), service("basket", "NodePort", port=port))
        assert system.entry.url == "http://fill-in.invalid:30123"
        assert "FILL IN the host: Service basket (NodePort) does not say it" in text
        assert list(system.journeys) == ["basket-healthz"]

    def test_a_node_port_is_reached_at_a_node_where_nodes_can_be_read(self, propose):
        basket = workload("basket", probe=READY), service("basket", "NodePort", port=NODE_PORT)
        worker, plane = node("worker", "192.0.2.1"), node("plane", "192.0.2.2", CONTROL_PLANE)
        text, system = propose(*basket, worker, plane)
        assert system.entry.url == "http://192.0.2.2:30123"
        assert "# from Service basket (NodePort) at the internal address of node plane" in text
        outside = node("outside", "192.0.2.3}, {type: ExternalIP, address: 198.51.100.3")
        _, system = propose(*basket, worker, outside, plane)
        assert system.entry.url == "http://198.51.100.3:30123"

    def test_the_service_of_one_workload_is_named_behind_the_entry(self, propose):
        """Else nothing shows who answered, and nobody is told that the key is there."""
        basket = workload("basket", probe=READY), service("basket", "NodePort", port=NODE_PORT)
        text, system = propose(*basket, node("worker", "192.0.2.1"))
        assert system.entry.service_name == "basket"
        assert "FILL IN `served_by:`" in text
        both = workload("soap").replace("labels: {app: soap}", "labels: {app: basket}")
        text, system = propose(*basket, both, node("worker", "192.0.2.1"))
        assert system.entry.service is None
        assert "or `service:`, the Service behind it" in text

    def test_where_nothing_leads_in_that_is_said(self, propose):
        text, system = propose(workload("basket"), service("basket"))
        assert "FILL IN where clients reach it" in text
        assert system.entry.url == "http://fill-in.invalid"
        assert "# or, by a Job inside the cluster: entry: {service: {name: basket, port: 80}}" in text

    def test_a_job_is_not_proposed_where_a_way_in_is_known_or_nothing_plain_listens(self, propose):
        tls, dns = "{name: https, port: 8443}", "{port: 53, protocol: UDP}"
        for port in (tls, dns):
            text, _ = propose(workload("basket"), service("basket", port=port))
            assert "by a Job inside" not in text
        text, _ = propose(workload("basket"), workload("front"), service("basket"), service("front"), INGRESS)
        assert "by a Job inside" not in text

    def test_other_ways_are_named_and_a_known_host_comes_first(self, propose):
        port = "{port: 80, nodePort: 30123}"
        text, system = propose(
            workload("basket"), service("basket", "NodePort", port=port), workload("front"), INGRESS
        )
        assert system.entry.url == "https://shop.example"
        assert "# or http://fill-in.invalid:30123  (Service basket (NodePort))" in text

    def test_an_address_with_colons_is_put_in_brackets(self, propose):
        status = 'status: {loadBalancer: {ingress: [{ip: "2001:db8::7"}]}}'
        _, system = propose(workload("basket"), service("basket", "LoadBalancer", status=status))
        assert system.entry.url == "http://[2001:db8::7]"


class TestWorkloads:
    def test_what_points_at_a_workload_is_said(self, propose):
        text, system = propose(workload("basket"), service("basket"), AUTOSCALER, BUDGET)
        (line,) = [line for line in text.splitlines() if line.startswith("  basket:")]
        for fact in ("ports web 9000", "Service basket", "minAvailable 1", "basket-hpa: 2 to 9"):
            assert fact in line
        basket = system.workloads["basket"]
        assert (basket.stateless, basket.stateful, basket.autoscaled) == (True, False, "basket-hpa")
        assert basket.load_step is None
        assert "FILL IN the load that makes it grow" in text

    def test_a_stateful_system_without_a_deployment(self, propose):
        text, system = propose(workload("db", "StatefulSet", "registry.example/postgres:17", extra=CLAIMS))
        assert (system.workloads["db"].stateful, system.workloads["db"].stateless) == (True, False)
        assert "# capabilities: {store: {product: postgres, workload: db}}" in text
        assert system.capabilities == {}

    @pytest.mark.parametrize(("kind", "extra"), [("StatefulSet", ""), ("Deployment", "")])
    def test_what_the_objects_do_not_say_is_left_open(self, propose, kind, extra):
        volumes = "volumeMounts: []\n      volumes: [{name: d, persistentVolumeClaim: {claimName: d}}]"
        probe = volumes if kind == "Deployment" else ""
        text, system = propose(
            workload("cache", kind, extra=extra, probe=probe.replace("\n      ", "\n          "))
        )
        assert not system.workloads["cache"].stateless
        assert not system.workloads["cache"].stateful
        assert "FILL IN `stateless: true`" in text

    def test_what_cannot_be_described_is_left_out_with_the_reason(self, propose):
        text, system = propose(workload("basket"), workload("logs", "DaemonSet"), CRON)
        assert list(system.workloads) == ["basket"]
        assert "# left out: DaemonSet logs: one pod on each node" in text
        assert "# left out: CronJob nightly: its pods end by themselves" in text

    def test_two_of_one_name_get_roles_of_their_own(self, propose):
        _, system = propose(workload("db"), workload("db", "StatefulSet"))
        assert set(system.workloads) == {"db-deployment", "db-statefulset"}

    def test_a_name_with_a_dot_is_left_out(self, propose):
        text, system = propose(workload("basket"), workload("basket.v2"))
        assert list(system.workloads) == ["basket"]
        assert "left out: Deployment basket.v2: its name" in text

    def test_nothing_to_describe_is_an_error_that_says_what_there_is(self, propose):
        with pytest.raises(BadInput, match="no Deployment and no StatefulSet") as raised:
            propose(CRON)
        assert "CronJob nightly" in raised.value.where


class TestTarget:
    def test_nobody_consents_by_it(self, propose):
        text, system = propose(workload("basket"), context="staging")
        assert not system.consent.disruptive
        assert (system.target.context, system.target.namespace) == ("staging", "shop")
        assert "# consent: {disruptive: true, context: staging, namespace: shop}" in text

    def test_what_is_not_said_is_left_open(self, propose):
        text, system = propose(workload("basket").replace(", namespace: shop", ""))
        assert (system.target.context, system.target.namespace) == ("fill-in", "fill-in")
        assert text.count("FILL IN: ") == 2

    def test_the_namespace_that_is_asked_for_gets_what_names_none(self, propose):
        _, system = propose(workload("basket").replace(", namespace: shop", ""), namespace="live")
        assert (list(system.workloads), system.target.namespace) == (["basket"], "live")

    def test_several_namespaces_are_told_apart(self, propose):
        both = workload("basket"), workload("till", namespace="bank")
        with pytest.raises(BadInput, match="several namespaces") as raised:
            propose(*both)
        assert "bank, shop" in raised.value.where
        assert list(propose(*both, namespace="bank")[1].workloads) == ["till"]

    def test_text_of_the_objects_cannot_leave_its_comment(self, propose):
        evil = BUDGET.replace("minAvailable: 1", 'minAvailable: "1\\nconsent: {disruptive: true}"')
        text, system = propose(workload("basket"), evil)
        assert not system.consent.disruptive
        assert not [line for line in text.splitlines() if line.startswith("consent")]


def test_the_sample_system_is_described_as_far_as_its_manifests_go():
    folder = str(ROOT / "sample-system" / "manifests")
    system = parse_system(
        proposed_text([folder], kubeconfig=None, context="kind-seatrial", namespace=""), source="proposed"
    )
    written = yaml.safe_load((ROOT / "fixtures" / "systems" / "sample.yaml").read_text())
    for each in written["workloads"].values():
        found = next(one for one in system.workloads.values() if one.name == each["name"])
        assert (found.kind, found.autoscaled) == (each["kind"], each.get("autoscaled"))
        for state in {"stateless", "stateful"} & each.keys():
            assert getattr(found, state) == each[state]
    assert system.entry.url.endswith(":30080")


class TestCommand:
    def test_it_writes_the_file_and_the_schema_for_editors(self, types, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "all.yaml").write_text(workload("basket"))
        code, out, _ = types("init", "all.yaml")
        assert code == 0
        assert "say FILL IN" in out
        text = (tmp_path / "seatrial.yaml").read_text()
        first, _, _ = text.partition("\n")
        schema = tmp_path / first.partition("$schema=")[2]
        assert '"workloads"' in schema.read_text()
        parse_system(text, source="seatrial.yaml")

    def test_it_overwrites_nothing(self, types, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "all.yaml").write_text(workload("basket"))
        (tmp_path / "seatrial.yaml").write_text("mine")
        code, _, err = types("init", "all.yaml")
        assert code == 2
        assert "there already" in err
        assert (tmp_path / "seatrial.yaml").read_text() == "mine"

    def test_it_prints_and_says_what_is_lacking(self, types, tmp_path):
        (tmp_path / "all.yaml").write_text(workload("basket"))
        code, out, _ = types("init", str(tmp_path / "all.yaml"), "--output", "-")
        assert (code, out.startswith("# Proposed by")) == (0, True)
        code, _, err = types("init", "-o", "-")
        assert code == 2
        assert "no namespace and no manifests" in err
        assert types("init", str(tmp_path / "none.yaml"), "-o", "-")[0] == 2
