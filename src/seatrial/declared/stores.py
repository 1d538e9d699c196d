"""Which containers keep data, and which volumes outlive a pod."""

from __future__ import annotations

import re
from typing import Any

from seatrial.declared.objects import Container, Workload
from seatrial.declared.values import Pattern, dig, maps, sequence, text

_STORES_TEXT = (
    "postgres postgresql mysql mariadb percona mongo mongodb redis valkey keydb cassandra scylla "
    "scylladb etcd kafka rabbitmq elasticsearch opensearch clickhouse minio couchdb neo4j cockroach "
    "cockroachdb influxdb zookeeper arangodb timescaledb postgis pgvector oracle-free questdb surrealdb "
    "qdrant weaviate milvus redis-stack dragonfly cp-kafka cp-zookeeper redpanda pulsar typesense "
    "meilisearch victoria-metrics"
)
_STORES = frozenset(_STORES_TEXT.split())
_ENDINGS = ("-server", "-alpine", "-ha", "-cluster", "-db", "-galera", "-repmgr")
_CACHES = ("redis", "valkey", "keydb")
_SERVERS_TEXT = (
    "docker-entrypoint.sh entrypoint.sh run.sh postgres mysqld mysqld_safe mariadbd mongod redis-server "
    "valkey-server keydb-server etcd kafka-server-start.sh kafka-server-start rabbitmq-server "
    "elasticsearch opensearch clickhouse-server cassandra scylla couchdb neo4j influxd zkServer.sh "
    "arangod patroni"
)
_SERVERS = frozenset(_SERVERS_TEXT.split())
_OTHERS_TEXT = (
    "sleep tail cron crond true psql pg_dump pg_dumpall pg_restore pg_isready pgbouncer mysql mysqldump "
    "mysqladmin mysqlrouter mariadb mariadb-dump mongo mongosh mongodump mongorestore redis-cli "
    "valkey-cli redis-benchmark etcdctl cqlsh nodetool clickhouse-client influx mc rabbitmqctl "
    "kafka-topics.sh kafka-console-consumer.sh kafka-console-producer.sh kafka-mirror-maker.sh"
)
_OTHERS = frozenset(_OTHERS_TEXT.split())
"""Programs in images of stores that keep nothing: clients, copies, or nothing at all."""
_NEVER_TEXT = (
    "--sentinel redis-sentinel mongos grpc-proxy connect-distributed.sh connect-standalone.sh gateway"
)
_NEVER = frozenset(_NEVER_TEXT.split())
"""Servers in images of stores that keep nothing themselves."""
_WORDS = Pattern(r"[^\s;&|()'\"`$]+")
_NO_SAVE = Pattern(r"--save\s*(\"\"|''|(?=\s--)|$)|--maxmemory-policy[\s=]+allkeys-")

_PASSING = frozenset(
    {"emptyDir", "ephemeral", "configMap", "secret", "downwardAPI", "projected", "gitRepo", "image", "name"}
)
"""Volumes that are gone with their pod, or only read. Those on the node's disk are another rule's matter."""
_READ_ONLY_DRIVERS = ("secrets-store", "spiffe", "cert-manager")


def store_name(container: Container) -> str:
    """The kind of store that a container is, by its image's name, or empty: one that keeps nothing is none.

    Exporters, proxies and clients keep nothing; nor does a server whose arguments or name say cache.
    """
    name = container.image.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()
    bare = name
    for ending in _ENDINGS:
        bare = bare.removesuffix(ending)
    if bare not in _STORES or not _runs_the_server(container):
        return ""
    if bare in _CACHES and _is_cache(container):
        return ""
    return "" if bare in ("elasticsearch", "opensearch") and _has_no_data_role(container) else name


def _runs_the_server(container: Container) -> bool:
    words = {
        word.rpartition("/")[2]
        for word in _WORDS.compiled.findall(container.command)
        if "/" not in word or "bin/" in word or word.endswith(".sh")  # not a folder such as /var/lib/mysql
    }
    return not words & _NEVER and not (words & _OTHERS and not words & _SERVERS)


def _is_cache(container: Container) -> bool:
    """Whether it is told to save nothing, or to throw keys away when it is full, or is named a cache."""
    line = container.command
    if re.search(r"--appendonly[\s=]+yes", line):
        return False
    workload = container.workload
    names = (workload.name, container.name, text(workload.pod_labels.get("app.kubernetes.io/component")))
    return bool(_NO_SAVE.compiled.search(line)) or any("cache" in name.lower() for name in names)


def _has_no_data_role(container: Container) -> bool:
    environment = {
        text(entry.get("name")): entry.get("value") for _, entry in maps(container.data.get("env"))
    }
    roles = environment.get("node.roles")
    if roles.__class__ is str:
        return "data" not in roles and "master" not in roles
    return environment.get("node.data") == "false"


def lasts(volume: dict[str, Any]) -> bool:
    """Whether a volume of a pod outlives it."""
    driver = text(dig(volume, "csi", "driver"))
    return bool(volume.keys() - _PASSING) and not any(part in driver for part in _READ_ONLY_DRIVERS)


def lasting_volumes(workload: Workload) -> set[str]:
    """Names of the volumes that outlive a pod, claim templates included."""
    templates = {text(dig(claim, "metadata", "name")) for _, claim in workload.claim_templates}
    return templates | {text(volume.get("name")) for _, volume in workload.volumes if lasts(volume)}


def keeps_on_lasting_volume(container: Container) -> bool:
    """Whether it mounts a volume that outlives its pod."""
    lasting = lasting_volumes(container.workload)
    uses = sequence(container.data.get("volumeMounts")) + sequence(container.data.get("volumeDevices"))
    return any(text(use.get("name")) in lasting for _, use in maps(uses))
