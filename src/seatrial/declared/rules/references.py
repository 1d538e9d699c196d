"""ConfigMaps and Secrets that pods name, and what a change of them does."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.declared.consumed import is_found_by_label
from seatrial.declared.kinds import TEMPLATES
from seatrial.declared.makers import is_made
from seatrial.declared.objects import Reference, Resource, Workload
from seatrial.declared.rule import RESOURCE, WORKLOAD, Found, Level, Severity, rule
from seatrial.declared.values import brief, mapping, text

_ROLLING = (
    *("checksum", "config-hash", "confighash", "config-sha", "reloader.stakater.com/", "wave.pusher.com/"),
    *("restarter.", "configmap.fabric8.io/update-on-change"),
)
"""Parts of annotations by which a changed ConfigMap rolls the pods."""
_RELOADERS = ("reload", "k8s-sidecar", "watch", "config-sync", "git-sync")
"""Parts of names of containers that tell a process to read its files again."""
_PROVIDED = {"kube-root-ca.crt", "openshift-service-ca.crt"}
"""ConfigMaps that the cluster puts into every namespace."""


_USED_BY_KUBERNETES = (
    *("helm.sh/release.v1", "bootstrap.kubernetes.io/token", "kubernetes.io/service-account-token"),
)
"""Types of Secrets that are used without being named."""


def _is_hashed(name: str) -> bool:
    """Whether a name ends in a hash of the content, as kustomize writes it: `settings-5h2k8d9m4t`."""
    head, _, suffix = name.rpartition("-")
    return bool(head) and len(suffix) == 10 and suffix.isalnum() and suffix.islower()


def has_references(workload: Workload) -> bool:
    return bool(workload.graph.references(workload))


def reads_fixed_config(workload: Workload) -> bool:
    """Long-running, and with configuration that is read only at its start."""
    return workload.long_running and any(
        reference.kind == "ConfigMap" and reference.fixed_at_start
        for reference in workload.graph.references(workload)
    )


def reads_mounted_config(workload: Workload) -> bool:
    """Long-running, with ConfigMaps mounted as files, and without a container that has them read again."""
    names = [text(container.data.get("name")) + container.image for container in workload.every_container]
    if not workload.long_running or any(part in name for name in names for part in _RELOADERS):
        return False
    return any(
        reference.kind == "ConfigMap" and not reference.fixed_at_start
        for reference in workload.graph.references(workload)
    )


def is_configuration(resource: Resource) -> bool:
    return resource.type in ("ConfigMap", "Secret")


@rule(
    "delivery.config-key",
    WORKLOAD,
    Level.CORE,
    Severity.ERROR,
    must="A key that a pod reads MUST be in its ConfigMap or Secret.",
    why="The pod cannot start: CreateContainerConfigError, in the middle of a rollout.",
    fix="Add the key, correct its name, or mark the reference optional.",
    source="tasks/configure-pod-container/configure-pod-configmap/",
    when=has_references,
    anchors="CFG-09",
)
def config_key(workload: Workload) -> Iterator[Found]:
    for reference in workload.graph.references(workload):
        if not reference.key or reference.optional:
            continue
        target = workload.graph.find(reference.kind, workload.namespace, reference.name)
        if target is not None and reference.key not in keys_of(target):
            yield reference.path, f"{target.title} has no key {brief(reference.key)}"


def keys_of(resource: Resource) -> set[str]:
    """Keys of a ConfigMap or Secret."""
    return {
        key for field in ("data", "stringData", "binaryData") for key in mapping(resource.data.get(field))
    }


@rule(
    "delivery.config-map-exists",
    WORKLOAD,
    Level.CORE,
    Severity.WARNING,
    must="A ConfigMap that a pod needs SHOULD be delivered with it.",
    why="The pod waits for ever; and a rollback of the pod does not bring its configuration back.",
    fix="Add the ConfigMap to the input, or mark the reference optional.",
    source="concepts/configuration/configmap/",
    when=has_references,
    anchors="CFG-09",
)
def config_map_exists(workload: Workload) -> Iterator[Found]:
    yield from _missing(workload, "ConfigMap")


@rule(
    "delivery.secret-exists",
    WORKLOAD,
    Level.EXTENDED,
    Severity.NOTE,
    must="A Secret that a pod needs SHOULD be delivered with it, or be known to come from elsewhere.",
    why="Secrets are often kept out of the manifests for good reason; then this is a reminder of who must "
    "make them first.",
    fix="Deliver it (external-secrets, sealed-secrets), or waive this with the name of who does.",
    source="concepts/configuration/secret/",
    when=has_references,
    anchors="CFG-09",
)
def secret_exists(workload: Workload) -> Iterator[Found]:
    yield from _missing(workload, "Secret")


def _missing(workload: Workload, kind: str) -> Iterator[Found]:
    told: set[str] = set()
    for reference in workload.graph.references(workload):
        if reference.kind != kind or reference.optional or reference.name in told | _PROVIDED:
            continue
        absent = workload.graph.find(kind, workload.namespace, reference.name) is None
        if absent and not is_made(workload.graph, kind, workload.namespace, reference.name):
            told.add(reference.name)
            yield reference.path, f"there is no {kind} {brief(reference.name)} in the input"


@rule(
    "delivery.config-rollout",
    WORKLOAD,
    Level.EXTENDED,
    Severity.WARNING,
    must="Configuration that is read at the start SHOULD roll its pods when it changes.",
    why="A change applies to whichever pods happen to restart: two replicas run with two configurations. "
    "One tool wants every ConfigMap immutable; side taken: a name with the content's hash, an immutable "
    "map or a checksum in the pod template all do it.",
    fix="Use a kustomize configMapGenerator, `immutable: true` with versioned names, or a checksum "
    "annotation.",
    source="concepts/configuration/configmap/#configmap-immutable",
    when=reads_fixed_config,
    anchors="CFG-11",
)
def config_rollout(workload: Workload) -> Iterator[Found]:
    for reference, target in _changeable(workload, fixed=True):
        below = "volumes" in reference.path
        never = "; mounted by subPath, it never even arrives in running pods" if below else ""
        yield reference.path, f"a change of {target.title} does not roll its pods{never}"


@rule(
    "delivery.config-reload",
    WORKLOAD,
    Level.EXTENDED,
    Severity.NOTE,
    must="Who mounts a ConfigMap SHOULD read it again when it changes, or be rolled.",
    why="The kubelet replaces the files within a minute or two, in each pod at another moment, and rolls "
    "nothing: a process that read them at its start keeps what it read, until some later restart.",
    fix="Let the process watch the files, or roll the pods as for configuration that is read at the start.",
    source="concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically",
    when=reads_mounted_config,
    anchors="CFG-11",
)
def config_reload(workload: Workload) -> Iterator[Found]:
    for reference, target in _changeable(workload, fixed=False):
        yield reference.path, f"a change of {target.title} changes the files and does not roll the pods"


def _changeable(workload: Workload, *, fixed: bool) -> Iterator[tuple[Reference, Resource]]:
    """ConfigMaps whose change rolls nothing: read at the start (`fixed`), or mounted as files."""
    if _is_rolled_by_another(workload):
        return
    told: set[str] = set()
    for reference in workload.graph.references(workload):
        target = workload.graph.find("ConfigMap", workload.namespace, reference.name)
        asked = reference.kind == "ConfigMap" and reference.fixed_at_start is fixed
        if not asked or target is None or reference.name in told:
            continue
        if target.data.get("immutable") is not True and not _is_hashed(reference.name):
            told.add(reference.name)
            yield reference, target


def _is_rolled_by_another(workload: Workload) -> bool:
    """Whether a checksum in its template, or a controller that watches ConfigMaps, rolls it."""
    notes = [*workload.pod_annotations, *workload.annotations]
    return any(any(mark in key for mark in _ROLLING) for key in notes)


@rule(
    "delivery.unused-config",
    RESOURCE,
    Level.EXTENDED,
    Severity.NOTE,
    must="A ConfigMap or Secret SHOULD be used by something.",
    why="Nobody dares to remove it later, and an unused Secret is only a risk.",
    fix="Remove it, or correct the name that should refer to it.",
    source="concepts/configuration/configmap/",
    when=is_configuration,
    anchors="CFG-10",
)
def unused_config(resource: Resource) -> Iterator[Found]:
    graph = resource.graph
    if not graph.workloads:
        graph.require_read(*TEMPLATES)
    if not graph.workloads or resource.annotations.get("kubernetes.io/service-account.name"):
        return
    if is_found_by_label(resource) or text(resource.data.get("type")) in _USED_BY_KUBERNETES:
        return
    if not graph.is_used(resource):
        graph.require_read(*(kind for kind in graph.unread if kind not in ("ConfigMap", "Secret")))
        yield ("metadata", "name"), "nothing in the input refers to it"
