"""What is no fault is no finding; each case has a twin in which the same rule does speak."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from declared_examples import TODAY

from seatrial.declared.catalogue import choose
from seatrial.declared.engine import examine
from seatrial.declared.graph import Graph
from seatrial.lint.decoding import parse

Objects = list[dict[str, Any]]


@cache
def _sound() -> Objects:
    written = (Path(__file__).parent / "sound.yaml").read_text(encoding="utf-8")
    return list(yaml.safe_load_all(written))


def sound(change: Callable[[Objects], object] = lambda _: None, *more: str) -> Objects:
    """The sound system, changed, with more objects."""
    objects = copy.deepcopy(_sound())
    change(objects)
    return objects + [data for text in more for data in yaml.safe_load_all(text)]


def found(objects: Objects, select: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Rule -> what it saw, all severities."""
    report = examine(Graph([(data, None) for data in objects], parse), choose(select), today=TODAY)
    assert not report.faults, report.faults
    seen: dict[str, list[str]] = {}
    for finding in report.open_findings:
        seen.setdefault(finding.rule.id, []).append(finding.seen)
    return seen


def the(objects: Objects, kind: str) -> dict[str, Any]:
    return next(data for data in objects if data["kind"] == kind)


def pod(objects: Objects) -> dict[str, Any]:
    return the(objects, "Deployment")["spec"]["template"]["spec"]  # type: ignore[no-any-return]


def container(objects: Objects) -> dict[str, Any]:
    return pod(objects)["containers"][0]  # type: ignore[no-any-return]


def test_the_base_is_sound() -> None:
    assert found(sound()) == {}


def _reads_a_secret(objects: Objects) -> None:
    source = {"secretKeyRef": {"name": "db", "key": "p"}}
    container(objects)["env"] = [{"name": "A", "valueFrom": source}]


MAKERS = {
    "external secret": "kind: ExternalSecret\napiVersion: external-secrets.io/v1\n"
    "metadata: {name: x, namespace: shop}\nspec: {target: {name: db}}",
    "external secret of its own name": "kind: ExternalSecret\napiVersion: external-secrets.io/v1beta1\n"
    "metadata: {name: db, namespace: shop}\nspec: {}",
    "for every namespace": "kind: ClusterExternalSecret\napiVersion: external-secrets.io/v1\n"
    "metadata: {name: db}\nspec: {}",
    "sealed": "kind: SealedSecret\napiVersion: bitnami.com/v1alpha1\nmetadata: {name: db, namespace: shop}",
    "certificate": "kind: Certificate\napiVersion: cert-manager.io/v1\n"
    "metadata: {name: x, namespace: shop}\nspec: {secretName: db}",
    "ingress with an issuer": "kind: Ingress\napiVersion: networking.k8s.io/v1\n"
    "metadata: {name: x, namespace: shop, annotations: {cert-manager.io/cluster-issuer: le}}\n"
    "spec: {tls: [{secretName: db}], defaultBackend: {service: {name: orders, port: {name: http}}}}",
    "secrets store": "kind: SecretProviderClass\napiVersion: secrets-store.csi.x-k8s.io/v1\n"
    "metadata: {name: x, namespace: shop}\nspec: {secretObjects: [{secretName: db, type: Opaque}]}",
    "vault": "kind: VaultStaticSecret\napiVersion: secrets.hashicorp.com/v1beta1\n"
    "metadata: {name: x, namespace: shop}\nspec: {destination: {name: db, create: true}}",
    "generated": "kind: ClusterPolicy\napiVersion: kyverno.io/v1\nmetadata: {name: x}\n"
    "spec: {rules: [{name: r, generate: {kind: Secret, apiVersion: v1, name: db}}]}",
    "copied": "kind: Secret\napiVersion: v1\nmetadata: {name: db, namespace: other, annotations: "
    "{reflector.v1.k8s.emberstack.com/reflection-allowed: 'true'}}",
    "connection of a kind nobody knows": "kind: Store\napiVersion: example.org/v1\n"
    "metadata: {name: x, namespace: shop}\nspec: {writeConnectionSecretToRef: {name: db}}",
}


@pytest.mark.parametrize("case", MAKERS)
def test_a_secret_that_another_object_makes_is_not_missing(case: str) -> None:
    assert "delivery.secret-exists" not in found(sound(_reads_a_secret, MAKERS[case]))


@pytest.mark.parametrize("case", set(MAKERS) - {"connection of a kind nobody knows"})
def test_one_of_another_name_is(case: str) -> None:
    other = MAKERS[case].replace("name: db", "name: other").replace("secretName: db", "secretName: other")
    assert "delivery.secret-exists" in found(sound(_reads_a_secret, other))


def test_an_operators_objects_are_known_by_the_beginning_of_their_names() -> None:
    def reads(name: str) -> Callable[[Objects], None]:
        return lambda o: container(o).update(envFrom=[{"secretRef": {"name": name}}])

    cluster = (
        "kind: Cluster\napiVersion: postgresql.cnpg.io/v1\nmetadata: {name: pg, namespace: shop}\nspec: {}"
    )
    assert "delivery.secret-exists" not in found(sound(reads("pg-app"), cluster))
    assert "delivery.secret-exists" in found(sound(reads("pgadmin"), cluster))
    release = (
        "kind: HelmRelease\napiVersion: helm.toolkit.fluxcd.io/v2\nmetadata: {name: db, namespace: flux}"
    )
    for name, made in (("db", True), ("db-secret", True), ("dbs", False)):
        assert ("delivery.secret-exists" not in found(sound(reads(name), release))) == made
    monitor = cluster.replace("Cluster", "ServiceMonitor").replace(
        "postgresql.cnpg.io", "monitoring.coreos.com"
    )
    assert "delivery.secret-exists" in found(sound(reads("pg-app"), monitor))


_CILIUM = """
kind: CiliumNetworkPolicy
apiVersion: cilium.io/v2
metadata: {name: x, namespace: shop}
spec:
  endpointSelector: {matchLabels: {'k8s:app': orders}}
  ingress: [{fromEndpoints: [{matchLabels: {app: web}}]}]
  egress: [{toEntities: [cluster]}]
"""
_CALICO = """
kind: GlobalNetworkPolicy
apiVersion: projectcalico.org/v3
metadata: {name: x}
spec: {selector: "app == 'orders' && has(app)", types: [Ingress, Egress]}
"""
_ADMIN = """
kind: ClusterNetworkPolicy
apiVersion: policy.networking.k8s.io/v1alpha2
metadata: {name: x}
spec:
  subject: {namespaces: {}}
  ingress: [{action: Deny, from: [{namespaces: {}}]}]
  egress: [{action: Deny, to: [{namespaces: {}}]}]
"""


def _no_policy(objects: Objects) -> None:
    objects.remove(the(objects, "NetworkPolicy"))


@pytest.mark.parametrize("policy", [_CILIUM, _CALICO, _ADMIN])
def test_policies_of_other_kinds_cover(policy: str) -> None:
    assert "security.network-policy" not in found(sound(_no_policy, policy))


@pytest.mark.parametrize(
    ("policy", "seen"),
    [
        ("", "no network policy limits its ingress or egress"),
        (_CILIUM.replace("orders", "web"), "no network policy limits its ingress or egress"),
        (_CILIUM.replace("cluster", "all"), "no network policy limits its egress"),
        (_CILIUM.replace("shop", "other"), "no network policy limits its ingress or egress"),
        (_CALICO.replace(", Egress", ""), "no network policy limits its egress"),
        (_CALICO.replace("== 'orders'", "!= 'orders'"), "no network policy limits its ingress or egress"),
        (
            _ADMIN.replace("egress: [{action: Deny", "egress: [{action: Allow"),
            "no network policy limits its egress",
        ),
    ],
)
def test_and_what_they_leave_open_is_one_finding(policy: str, seen: str) -> None:
    assert found(sound(_no_policy, policy))["security.network-policy"] == [seen]


_KEDA = """
kind: ScaledObject
apiVersion: keda.sh/v1alpha1
metadata: {name: x, namespace: shop}
spec: {scaleTargetRef: {name: orders}, minReplicaCount: 2, triggers: [{type: cpu, metadata: {value: '60'}}]}
"""


def _unwritten(objects: Objects) -> None:
    del the(objects, "Deployment")["spec"]["replicas"]


def test_keda_scales_as_an_autoscaler_does() -> None:
    assert found(sound(_unwritten)).keys() >= {"orchestration.replicas"}
    assert found(sound(_unwritten, _KEDA)) == {}
    assert "scaling.static-replicas" in found(sound(lambda _: None, _KEDA))
    assert "scaling.autoscaler-target" in found(sound(_unwritten, _KEDA.replace("orders", "order")))
    assert "scaling.autoscaler-minimum" in found(sound(_unwritten, _KEDA.replace("minReplicaCount: 2, ", "")))

    def no_request(objects: Objects) -> None:
        _unwritten(objects)
        del container(objects)["resources"]["requests"]["cpu"]

    assert "scaling.metric-has-request" in found(sound(no_request, _KEDA))
    other = _KEDA.replace("ScaledObject", "Scaler").replace("keda.sh", "example.org")
    assert "orchestration.replicas" not in found(
        sound(_unwritten, other.replace("minReplicaCount", "minReplicas"))
    )


def test_windows_pods_are_not_asked_for_what_must_not_be_set_there() -> None:
    def windows(objects: Objects) -> None:
        pod(objects)["nodeSelector"] = {"kubernetes.io/os": "windows"}
        pod(objects)["securityContext"] = {"windowsOptions": {"runAsUserName": "ContainerUser"}}
        del container(objects)["securityContext"]

    assert found(sound(windows)) == {}

    def administrator(objects: Objects) -> None:
        windows(objects)
        pod(objects)["securityContext"]["windowsOptions"]["runAsUserName"] = "ContainerAdministrator"

    assert found(sound(administrator)).keys() == {"security.run-as-non-root"}

    def either(objects: Objects) -> None:
        windows(objects)
        systems = {"key": "kubernetes.io/os", "operator": "In", "values": ["windows", "linux"]}
        terms = {"nodeSelectorTerms": [{"matchExpressions": [systems]}]}
        pod(objects)["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
        del pod(objects)["nodeSelector"]

    assert "security.dropped-capabilities" in found(sound(either))


_LIMITS = """
kind: LimitRange
apiVersion: v1
metadata: {name: x, namespace: shop}
spec: {limits: [{type: Container, default: {memory: 128Mi, cpu: 1}, defaultRequest: {cpu: 10m}}]}
"""
_SIZER = """
kind: VerticalPodAutoscaler
apiVersion: autoscaling.k8s.io/v1
metadata: {name: x, namespace: shop}
spec: {targetRef: {kind: Deployment, name: orders, apiVersion: apps/v1}}
"""
_COST = {"cost.cpu-request", "cost.memory-request", "cost.memory-limit"}


def test_resources_may_come_from_the_pod_or_its_namespace() -> None:
    def none(objects: Objects) -> None:
        del container(objects)["resources"]

    def of_the_pod(objects: Objects) -> None:
        none(objects)
        pod(objects)["resources"] = {"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"cpu": "1"}}

    assert found(sound(none)).keys() == _COST
    assert found(sound(of_the_pod)) == {}
    assert found(sound(none, _LIMITS)) == {}
    assert found(sound(none, _LIMITS.replace("shop", "other"))).keys() == _COST
    assert found(sound(none, _SIZER)).keys() == {"cost.memory-limit"}
    off = _SIZER.replace("spec: {", "spec: {updatePolicy: {updateMode: 'Off'}, ")
    assert found(sound(none, off)).keys() == _COST

    def tiny(objects: Objects) -> None:
        of_the_pod(objects)
        pod(objects)["resources"]["limits"] = {"cpu": 1, "memory": "400m"}

    assert found(sound(tiny)).keys() == {"cost.plausible-quantity", "cost.cpu-headroom"}


_AUTOSCALER = """
kind: HorizontalPodAutoscaler
apiVersion: autoscaling/v2
metadata: {name: x, namespace: shop}
spec:
  minReplicas: 2
  maxReplicas: 6
  scaleTargetRef: {kind: Deployment, name: orders, apiVersion: apps/v1}
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
"""


def test_a_pods_own_request_is_the_base_of_utilisation() -> None:
    def second(objects: Objects) -> None:
        _unwritten(objects)
        more = copy.deepcopy(container(objects))
        more.update(name="proxy", resources={"limits": {"memory": "1Gi"}})
        for probe in ("readinessProbe", "livenessProbe", "startupProbe"):
            del more[probe]
        more["ports"] = []
        pod(objects)["containers"].append(more)

    def whole(objects: Objects) -> None:
        second(objects)
        pod(objects)["resources"] = {"requests": {"cpu": "200m"}}

    def barely(objects: Objects) -> None:
        whole(objects)
        pod(objects)["resources"]["limits"] = {"cpu": "130m"}

    assert "scaling.metric-has-request" in found(sound(second, _AUTOSCALER))
    assert found(sound(whole, _AUTOSCALER)) == {}
    assert "scaling.reachable-target" in found(sound(barely, _AUTOSCALER))


def test_target_port_0_is_the_ports_own_number() -> None:
    def zero(number: int) -> Callable[[Objects], None]:
        return lambda o: the(o, "Service")["spec"]["ports"][0].update(targetPort=0, port=number)

    assert found(sound(zero(8080))) == {}
    assert "discovery.undeclared-port" in found(sound(zero(80)))


_JOB = """
kind: Job
apiVersion: batch/v1
metadata: {name: migrate, namespace: shop}
spec:
  template:
    metadata: {labels: {app: orders}}
    spec: {restartPolicy: Never, containers: [{name: m, image: 'r/orders:1.4.2'}]}
"""


def test_a_job_of_the_same_labels_has_no_part_in_the_service() -> None:
    assert "discovery.target-port" not in found(sound(lambda _: None, _JOB))
    deployment = (
        _JOB.replace("Job", "Deployment").replace("batch", "apps").replace("restartPolicy: Never, ", "")
    )
    assert "discovery.target-port" in found(sound(lambda _: None, deployment))


STORES: dict[str, dict[str, Any]] = {
    "server": {"image": "mysql:8.4"},
    "server by its path": {"image": "postgres:17", "command": ["/usr/bin/env", "postgres", "-D", "/data"]},
    "saves": {"image": "redis:7", "args": ["--save", "60", "1", "--maxmemory", "1gb"]},
}
NO_STORES: dict[str, dict[str, Any]] = {
    "client": {
        "image": "mysql:8.4",
        "command": ["sh", "-c", "while true; do mysqldump shop; sleep 1d; done"],
    },
    "sentinel": {"image": "redis:7", "args": ["redis-server", "/etc/sentinel.conf", "--sentinel"]},
    "router": {"image": "mongo:8", "command": ["mongos"], "args": ["--configdb", "x"]},
    "saves nothing": {"image": "redis:7", "args": ["--save", "", "--appendonly", "no"]},
    "throws keys away": {"image": "valkey/valkey:8", "args": ["--maxmemory-policy", "allkeys-lru"]},
    "coordinates": {"image": "elasticsearch:8.9.0", "env": [{"name": "node.roles", "value": "[]"}]},
}
VOLUMES: list[tuple[dict[str, Any], bool]] = [
    ({"nfs": {"server": "nfs.example.com", "path": "/db"}}, True),
    ({"iscsi": {"targetPortal": "10.0.0.1", "iqn": "iqn.2001-04.com.example:a", "lun": 0}}, True),
    ({"csi": {"driver": "nfs.csi.k8s.io"}}, True),
    ({"csi": {"driver": "secrets-store.csi.k8s.io"}}, False),
    ({"emptyDir": {}}, False),
    ({"ephemeral": {"volumeClaimTemplate": {}}}, False),
]


@pytest.mark.parametrize("case", [*STORES, *NO_STORES])
def test_stores_are_those_that_keep_data(case: str) -> None:
    given = {**STORES, **NO_STORES}[case]
    assert ("data.lasting-volume" in found(sound(lambda o: container(o).update(given)))) == (case in STORES)


@pytest.mark.parametrize(("volume", "lasts"), VOLUMES)
def test_volumes_that_outlive_a_pod(volume: dict[str, Any], lasts: bool) -> None:
    def store(objects: Objects) -> None:
        container(objects)["image"] = "mysql:8.4"
        pod(objects)["volumes"] = [{"name": "tmp", **volume}]

    assert ("data.lasting-volume" not in found(sound(store), ("data",))) == lasts


def _capabilities(drop: list[str], *add: str) -> set[str]:
    def change(objects: Objects) -> None:
        container(objects)["securityContext"]["capabilities"] = {"drop": drop, "add": [*add]}

    return set(found(sound(change)))


def test_dropping_all_and_adding_one_is_never_worse_than_dropping_none() -> None:
    assert _capabilities([]) == {"security.dropped-capabilities"}
    assert _capabilities(["ALL"], "CHOWN", "SETUID", "NET_RAW") == {"security.dropped-capabilities"}
    assert _capabilities(["ALL"], "NET_BIND_SERVICE") == set()
    assert _capabilities(["ALL"], "NET_ADMIN") == {"security.added-capabilities"}


def test_what_follows_from_being_privileged_is_one_finding() -> None:
    def privileged(objects: Objects) -> None:
        container(objects)["securityContext"] = {"privileged": True, "readOnlyRootFilesystem": True}

    assert set(found(sound(privileged))) == {"security.privileged"}

    def socket(objects: Objects) -> None:
        pod(objects)["volumes"].append({"name": "s", "hostPath": {"path": "/var/run/docker.sock"}})

    assert set(found(sound(socket))) == {"security.runtime-socket"}


def _role(group: str, resources: str, verbs: str) -> set[str]:
    rule = f"{{apiGroups: ['{group}'], resources: [{resources}], verbs: [{verbs}]}}"
    text = "kind: Role\napiVersion: rbac.authorization.k8s.io/v1\nmetadata: {name: x, namespace: shop}\n"
    text += f"rules: [{rule}]"
    return set(found(sound(lambda _: None, text)))


def test_a_wildcard_is_one_finding_and_the_gravest() -> None:
    assert _role("*", "'*'", "'*'") == {"security.escalating-rights"}
    assert _role("apps", "'*'", "'*'") == {"security.wildcard-rights"}
    assert _role("", "'*'", "get") == {"security.wildcard-rights"}
    assert _role("", "secrets", "list") == {"security.secret-access"}
    assert _role("", "pods/exec", "create") == {"security.pod-exec"}


def test_only_rights_that_the_server_would_not_hold_back_escalate() -> None:
    rbac = "rbac.authorization.k8s.io"
    assert _role(rbac, "rolebindings", "create, update") == set()
    assert _role("iam.example.com", "roles", "create") == set()
    assert _role("book.example.com", "books", "bind") == set()
    assert _role(rbac, "rolebindings, roles", "create, bind") == {"security.escalating-rights"}
    assert _role("", "serviceaccounts", "impersonate") == {"security.escalating-rights"}


def test_groups_that_only_end_like_kubernetes_own_are_others() -> None:
    kinds = {
        "certmanager.k8s.io/v1alpha1": "Issuer",
        "cluster.x-k8s.io/v1beta1": "Cluster",
        "snapshot.storage.k8s.io/v1beta1": "VolumeSnapshot",
    }
    more = [
        f"kind: {kind}\napiVersion: {api}\nmetadata: {{name: x, namespace: shop}}"
        for api, kind in kinds.items()
    ]
    assert found(sound(lambda _: None, *more)) == {}
    own = "kind: ResourceClaim\napiVersion: resource.k8s.io/v1beta1\n"
    own += "metadata: {name: x, namespace: shop}\nspec: {}"
    assert set(found(sound(lambda _: None, own))) == {"delivery.stable-api"}


_MAP = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: settings, namespace: shop}\ndata: {app.conf: x}"


def _mounts(path: str, **mount: str) -> Callable[[Objects], None]:
    def change(objects: Objects) -> None:
        pod(objects)["volumes"].append({"name": "c", "configMap": {"name": "settings"}})
        container(objects)["volumeMounts"].append({"name": "c", "mountPath": path, **mount})

    return change


def test_a_changed_config_map_and_what_becomes_of_it() -> None:
    below = found(sound(_mounts("/etc/app.conf", subPath="app.conf"), _MAP))
    assert "never even arrives" in below["delivery.config-rollout"][0]
    assert set(below) == {"delivery.config-rollout"}
    assert set(found(sound(_mounts("/etc/app"), _MAP))) == {"delivery.config-reload"}

    def reloader(objects: Objects) -> None:
        _mounts("/etc/app.conf", subPath="app.conf")(objects)
        the(objects, "Deployment")["metadata"]["annotations"] = {"reloader.stakater.com/auto": "true"}

    assert found(sound(reloader, _MAP)) == {}


def test_a_config_map_may_be_found_by_its_label() -> None:
    def labelled(label: str) -> str:
        return _MAP.replace("namespace: shop", f"namespace: shop, labels: {{{label}}}")

    assert set(found(sound(lambda _: None, _MAP))) == {"delivery.unused-config"}
    assert found(sound(lambda _: None, labelled("grafana_dashboard: '1'"))) == {}
    assert set(found(sound(lambda _: None, labelled("app: orders")))) == {"delivery.unused-config"}

    def sidecar(objects: Objects) -> None:
        container(objects)["env"] = [{"name": "LABEL", "value": "example.org/rules"}]

    assert found(sound(sidecar, labelled("example.org/rules: a"))) == {}


HARMLESS = (
    *(
        "PASSWORD_BACKEND",
        "TOKEN_ALGORITHM",
        "SECRET_ARN",
        "DB_PASSWORD_FILE",
        "passwordHasher",
        "USE_API_KEY",
    ),
    *("SECRET_KEY_ROTATION_DAYS", "CREDENTIALS_PROVIDER", "TOKEN_ISSUER", "API_KEY_HEADER", "MAX_TOKEN_AGE"),
)
SECRETS = (
    "DB_PASSWORD",
    "API_KEY",
    "SECRET",
    "adminPassword",
    "AWS_SECRET_ACCESS_KEY",
    "CLIENT_SECRET_VALUE",
)


@pytest.mark.parametrize("name", [*HARMLESS, *SECRETS])
def test_names_that_only_speak_about_a_secret(name: str) -> None:
    seen = found(sound(lambda o: container(o).update(env=[{"name": name, "value": "argon2id-x"}])))
    assert ("security.literal-secret" in seen) == (name in SECRETS)


def test_an_ingress_of_before_v1_is_read() -> None:
    old = """
kind: Ingress
apiVersion: networking.k8s.io/v1beta1
metadata: {name: x, namespace: shop}
spec: {rules: [{http: {paths: [{backend: {serviceName: orders, servicePort: 80}}]}}]}
"""
    assert "gateway.backend" not in found(sound(lambda _: None, old))
    assert "gateway.backend" in found(
        sound(lambda _: None, old.replace("serviceName: orders", "serviceName: o"))
    )
    assert "gateway.backend" in found(
        sound(lambda _: None, old.replace("servicePort: 80", "servicePort: 81"))
    )
