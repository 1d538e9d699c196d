"""Custom resources that make objects: what a rule misses in the input may come from one of them.

`_TABLE` is the whole knowledge: which kind makes which, and where the name stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from seatrial.declared.namespaces import may_be_one
from seatrial.declared.objects import Resource, Surroundings, Workload
from seatrial.declared.values import dig, mapping, maps, sequence, text

ANY_NAMESPACE = ""

_TABLE = """
ExternalSecret.external-secrets.io Secret spec.target.name|metadata.name
ClusterExternalSecret.external-secrets.io Secret@ spec.externalSecretSpec.target.name
ClusterExternalSecret.external-secrets.io Secret@ spec.externalSecretName|metadata.name
ExternalSecret.kubernetes-client.io Secret metadata.name
SealedSecret.bitnami.com Secret spec.template.metadata.name|metadata.name
Certificate.cert-manager.io Secret spec.secretName
Certificate.certmanager.k8s.io Secret spec.secretName
Bundle.trust.cert-manager.io ConfigMap,Secret@ metadata.name
SecretProviderClass.secrets-store.csi.x-k8s.io Secret spec.secretObjects[].secretName
SecretProviderClass.secrets-store.csi.k8s.io Secret spec.secretObjects[].secretName
VaultStaticSecret.secrets.hashicorp.com Secret spec.destination.name
VaultDynamicSecret.secrets.hashicorp.com Secret spec.destination.name
VaultPKISecret.secrets.hashicorp.com Secret spec.destination.name
HCPVaultSecretsApp.secrets.hashicorp.com Secret spec.destination.name
VaultSecret.ricoberger.de Secret metadata.name
VaultSecret.redhatcop.redhat.io Secret spec.output.name|metadata.name
AzureKeyVaultSecret.spv.no Secret spec.output.secret.name
OnePasswordItem.onepassword.com Secret metadata.name
BitwardenSecret.k8s.bitwarden.com Secret spec.secretName
DopplerSecret.secrets.doppler.com Secret@ spec.managedSecret.name
InfisicalSecret.secrets.infisical.com Secret@ spec.managedSecretReference.secretName
InfisicalSecret.secrets.infisical.com Secret@ spec.managedKubeSecretReferences[].secretName
SopsSecret.isindir.github.com Secret spec.secretTemplates[].name
StringSecret.secretgenerator.mittwald.de Secret metadata.name
BasicAuth.secretgenerator.mittwald.de Secret metadata.name
SSHKeyPair.secretgenerator.mittwald.de Secret metadata.name
Password.secretgen.k14s.io Secret metadata.name
SecretImport.secretgen.carvel.dev Secret metadata.name
SecretTemplate.secretgen.carvel.dev Secret metadata.name
AWSSecret.mumoshu.github.io Secret metadata.name
GSMSecret.secretmanager.gke.io Secret metadata.name
ObjectBucketClaim.objectbucket.io Secret,ConfigMap metadata.name
ServiceBinding.services.cloud.sap.com Secret spec.secretName|metadata.name
DataVolume.cdi.kubevirt.io PersistentVolumeClaim metadata.name
ReplicationDestination.volsync.backube PersistentVolumeClaim spec.restic.destinationPVC|metadata.name
KafkaUser.kafka.strimzi.io Secret metadata.name
Kafka.kafka.strimzi.io Secret,ConfigMap,Service metadata.name~
KafkaConnect.kafka.strimzi.io Service metadata.name~
Cluster.postgresql.cnpg.io Secret,ConfigMap,Service,PersistentVolumeClaim,ServiceAccount metadata.name~
Pooler.postgresql.cnpg.io Service metadata.name~
PostgresCluster.postgres-operator.crunchydata.com Secret,ConfigMap,Service metadata.name~
postgresql.acid.zalan.do Secret,Service metadata.name~
SGCluster.stackgres.io Secret,Service metadata.name~
MariaDB.k8s.mariadb.com Secret,Service metadata.name~
MariaDB.k8s.mariadb.com Secret spec.rootPasswordSecretKeyRef.name
PerconaServerMongoDB.psmdb.percona.com Secret,Service metadata.name~
PerconaXtraDBCluster.pxc.percona.com Secret,Service metadata.name~
InnoDBCluster.mysql.oracle.com Secret,Service metadata.name~
MongoDBCommunity.mongodbcommunity.mongodb.com Secret,Service metadata.name~
RabbitmqCluster.rabbitmq.com Secret,Service metadata.name~
Redis.redis.redis.opstreelabs.in Secret,Service metadata.name~
RedisCluster.redis.redis.opstreelabs.in Secret,Service metadata.name~
RedisFailover.databases.spotahome.com Service rfs-+metadata.name~
RedisFailover.databases.spotahome.com Service rfr-+metadata.name~
Elasticsearch.elasticsearch.k8s.elastic.co Secret,Service metadata.name~
Kibana.kibana.k8s.elastic.co Secret,Service metadata.name~
ClickHouseInstallation.clickhouse.altinity.com Service chi-+metadata.name~
ClickHouseInstallation.clickhouse.altinity.com Service clickhouse-+metadata.name~
CassandraDatacenter.cassandra.datastax.com Secret,Service spec.clusterName~
TidbCluster.pingcap.com Secret,Service metadata.name~
Tenant.minio.min.io Secret,Service metadata.name~
NatsCluster.nats.io Service metadata.name~
Keycloak.k8s.keycloak.org Secret,Service metadata.name~
Prometheus.monitoring.coreos.com Service prometheus-operated
Alertmanager.monitoring.coreos.com Service alertmanager-operated
OpenTelemetryCollector.opentelemetry.io ConfigMap,Service,ServiceAccount metadata.name~
Jaeger.jaegertracing.io Service metadata.name~
Grafana.grafana.integreatly.org Secret,Service metadata.name~
Service.serving.knative.dev Service metadata.name~
InferenceService.serving.kserve.io Service metadata.name~
Rollout.argoproj.io Service metadata.name~
Canary.flagger.app Service spec.service.name|spec.targetRef.name~
ServiceImport.multicluster.x-k8s.io Service metadata.name~
HelmRelease.helm.toolkit.fluxcd.io *@ spec.releaseName|metadata.name~
HelmChart.helm.cattle.io *@ metadata.name~
HelmRelease.helm.fluxcd.io *@ spec.releaseName|metadata.name~
Application.argoproj.io *@ spec.source.helm.releaseName|metadata.name~
"""
"""A line: the kind, what it makes (`*`: anything; `@`: in whatever namespace), and where the name stands.

In the last part `|` parts fields of which the first that is written counts, `[]` stands for each of a list,
`a+b` puts a word before the name, a word without a dot is the name itself, and a `~` at the end says that
names which begin so are made, too.
"""
_GENERIC = (
    "writeConnectionSecretToRef.name",
    "publishConnectionDetailsTo.name",
    *("target.name", "target.secretName", "destination.name", "output.secret.name", "outputSecretName"),
    *("secretTemplate.metadata.name", "connectionSecret.name"),
)
"""Below `spec` of a kind that is not in the table: a Secret that it writes."""
_COPIED = ("reflector.v1.k8s.emberstack.com/", "replicator.v1.mittwald.de/", "kubed.appscode.com/sync")
"""Annotations of Secrets and ConfigMaps that are copied to other namespaces."""
_ISSUED = ("cert-manager.io/", "certmanager.k8s.io/", "kubernetes.io/tls-acme")
"""Annotations of an Ingress or Gateway for which a certificate's Secret is made."""
_SERVING = tuple(f"service.{stage}.openshift.io/serving-cert-secret-name" for stage in ("beta", "alpha"))


class _Row(NamedTuple):
    """A line of the table; `begins`: names that begin so are made, too."""

    made: tuple[str, ...]
    anywhere: bool
    fields: tuple[str, ...]
    begins: bool


def _rows() -> dict[str, list[_Row]]:
    found: dict[str, list[_Row]] = {}
    for line in _TABLE.strip().splitlines():
        kind, made, fields = line.split(" ")
        alternatives = tuple(fields.rstrip("~").split("|"))
        row = _Row(tuple(made.rstrip("@").split(",")), made.endswith("@"), alternatives, fields.endswith("~"))
        found.setdefault(kind, []).append(row)
    return found


class Made(NamedTuple):
    """Where objects of the input make others: by kind and name, kind and beginning of the name, kind."""

    names: dict[tuple[str, str], set[str]]
    beginnings: dict[tuple[str, str], set[str]]
    kinds: dict[str, set[str]]

    def add(self, kind: str, namespace: str, name: str, *, begins: bool = False) -> None:
        """One object more, or all whose names begin so."""
        self.names.setdefault((kind, name), set()).add(namespace)
        self.kinds.setdefault(kind, set()).add(namespace)
        if begins:
            self.beginnings.setdefault((kind, name), set()).add(namespace)

    def places(self, kind: str, name: str) -> Iterator[str]:
        """The namespaces in which an object may be made; a beginning ends before `-` or `.`."""
        for of in (kind, "*"):
            yield from self.names.get((of, name), ())
            for end, letter in enumerate(name):
                if letter in "-.":
                    yield from self.beginnings.get((of, name[:end]), ())


BESIDE = "beside"
"""Key of a graph's memo: what is applied beside it, plain files of a tree beside a kustomization."""


def is_made(graph: Surroundings, kind: str, namespace: str, name: str) -> bool:
    """Whether an object that is not in the input is made by one that is, or lies beside it."""
    beside: Surroundings | None = graph.memo.get(BESIDE)
    if beside is not None and beside.find(kind, namespace, name) is not None:
        return True
    return any(may_be_one(where, namespace) for where in _made(graph).places(kind, name))


def is_any_made(graph: Surroundings, kind: str, namespace: str) -> bool:
    """Whether an object of the input makes some object of a kind in a namespace."""
    return any(may_be_one(where, namespace) for where in _made(graph).kinds.get(kind, ()))


def _made(graph: Surroundings) -> Made:
    made: Made | None = graph.memo.get("made")
    if made is None:
        made = graph.memo["made"] = _all_made(graph)
    return made


def _all_made(graph: Surroundings) -> Made:
    made, rows = Made({}, {}, {}), _rows()
    for resource in graph.resources:
        if "." in resource.type and resource.type in rows:
            for row in rows[resource.type]:
                _take(row, resource, made)
        elif "." in resource.type:
            for field in _GENERIC:
                for name in _values(resource.data, f"spec.{field}"):
                    made.add("Secret", resource.namespace, name)
        if resource.type in ("ClusterPolicy.kyverno.io", "Policy.kyverno.io"):
            _take_generated(resource, made)
        elif resource.annotations:
            _take_annotated(resource, made)
        if isinstance(resource, Workload) and resource.claim_templates:
            for _, claim in resource.claim_templates:
                start = f"{text(dig(claim, 'metadata', 'name'))}-{resource.name}"  # data-web-0
                made.add("PersistentVolumeClaim", resource.namespace, start, begins=True)
    return made


def _take(row: _Row, resource: Resource, made: Made) -> None:
    namespace = ANY_NAMESPACE if row.anywhere else resource.namespace
    for field in row.fields:
        before, _, path = field.rpartition("+")
        names = [before + name for name in _values(resource.data, path)] if "." in path else [field]
        for kind in row.made:
            for name in names:
                made.add(kind, namespace, name, begins=row.begins)
        if names:
            return


def _values(data: Any, path: str) -> Iterator[str]:
    """Every text at a path."""
    waiting = [data]
    for key in path.split("."):
        each = key.endswith("[]")
        inner = [mapping(item).get(key.removesuffix("[]")) for item in waiting]
        waiting = [item for many in inner for item in sequence(many)] if each else inner
    return (item for item in waiting if item.__class__ is str and item)


def _take_generated(policy: Resource, made: Made) -> None:
    """Kyverno's rules that generate objects."""
    for _, one in maps(policy.spec.get("rules")):
        generated = mapping(one.get("generate"))
        kind, name = text(generated.get("kind")), text(generated.get("name"))
        if kind and name and "{{" not in name:
            made.add(kind, ANY_NAMESPACE, name)


def _take_annotated(resource: Resource, made: Made) -> None:
    keys = resource.annotations
    if resource.type in ("Secret", "ConfigMap") and any(key.startswith(_COPIED) for key in keys):
        made.add(resource.type, ANY_NAMESPACE, resource.name)
    elif resource.type == "Service":
        for key in keys.keys() & set(_SERVING):
            made.add("Secret", resource.namespace, text(keys[key]))
    elif resource.type in ("Ingress", "Gateway") and any(key.startswith(_ISSUED) for key in keys):
        fields = ("spec.tls[].secretName", "spec.listeners[].tls.certificateRefs[].name")
        for field in fields:
            for name in _values(resource.data, field):
                made.add("Secret", resource.namespace, name)
