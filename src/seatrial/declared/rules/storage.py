"""State: volumes, claims and stores."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.declared.makers import is_made
from seatrial.declared.objects import Container, Resource, Workload
from seatrial.declared.rule import CONTAINER, WORKLOAD, Found, Level, Severity, rule
from seatrial.declared.stores import keeps_on_lasting_volume, lasting_volumes, store_name
from seatrial.declared.values import brief, dig, mapping, maps, sequence, text

_SCRATCH = ("/tmp", "/run", "/var/run", "/dev/shm")
"""Where no store keeps its data."""


def is_store(container: Container) -> bool:
    return bool(store_name(container)) and container.workload.long_running


def is_stateful_set(workload: Workload) -> bool:
    return workload.type == "StatefulSet"


def mounts_claims(workload: Workload) -> bool:
    return any("persistentVolumeClaim" in volume for _, volume in workload.volumes)


@rule(
    "data.lasting-volume",
    CONTAINER,
    Level.CORE,
    Severity.ERROR,
    must="A store MUST keep its data on a volume that outlives its pod.",
    why="An emptyDir, or the container's own layer, is gone with the pod: each rollout and each lost node "
    "empties it.",
    fix="Use a StatefulSet with volumeClaimTemplates; a pure cache may be waived.",
    source="concepts/storage/volumes/#emptydir",
    when=is_store,
    anchors="STA-01",
)
def lasting_volume(container: Container) -> Iterator[Found]:
    if keeps_on_lasting_volume(container):
        return
    workload, mounts = container.workload, maps(container.data.get("volumeMounts"))
    empty = {text(volume.get("name")) for _, volume in workload.volumes if "emptyDir" in volume}
    for index, mount in mounts:
        if text(mount.get("name")) in empty and not text(mount.get("mountPath")).startswith(_SCRATCH):
            where = brief(text(mount.get("mountPath")))
            yield container.at("volumeMounts", index), f"{store_name(container)} keeps {where} on an emptyDir"
            return
    yield container.path, f"{store_name(container)} mounts no lasting volume"


@rule(
    "data.stateful-volume",
    WORKLOAD,
    Level.CORE,
    Severity.WARNING,
    must="A StatefulSet SHOULD keep its state on volumes of its own.",
    why="It is there for state and stable names; without volumeClaimTemplates each replacement starts empty.",
    fix="Add volumeClaimTemplates, or use a Deployment when there is no state.",
    source="concepts/workloads/controllers/statefulset/#stable-storage",
    when=is_stateful_set,
    anchors="STA-01",
)
def stateful_volume(workload: Workload) -> Iterator[Found]:
    if not lasting_volumes(workload):
        yield ("spec",), "it has neither volumeClaimTemplates nor another volume that lasts"


@rule(
    "data.node-local",
    "PersistentVolume|StorageClass",
    Level.EXTENDED,
    Severity.WARNING,
    must="A volume SHOULD be able to follow its pod to another node.",
    why="A volume that lives on one node's disk is lost with it, and its pod cannot start elsewhere.",
    fix="Use a provisioner with network storage, or replicate in the store itself and waive this.",
    source="concepts/storage/volumes/#local",
    anchors="STA-01",
)
def node_local(resource: Resource) -> Iterator[Found]:
    for field in ("local", "hostPath"):
        if field in resource.spec:
            yield ("spec", field), f"it lives on one node ({field})"
    if text(resource.data.get("provisioner")) in ("kubernetes.io/no-provisioner", "rancher.io/local-path"):
        yield ("provisioner",), f"{brief(resource.data['provisioner'])} keeps volumes on one node"


@rule(
    "data.reclaim-policy",
    "PersistentVolume|StorageClass",
    Level.OPTIONAL,
    Severity.NOTE,
    must="A volume with data worth keeping SHOULD be retained when its claim is deleted.",
    why="One tool demands Delete so that nothing is left over. Side taken, as advice only: losing data "
    "costs more than cleaning up.",
    fix="Set the reclaim policy to Retain.",
    source="concepts/storage/persistent-volumes/#reclaiming",
    anchors="STA-02",
)
def reclaim_policy(resource: Resource) -> Iterator[Found]:
    policy, path = (
        resource.spec.get("persistentVolumeReclaimPolicy"),
        ("spec", "persistentVolumeReclaimPolicy"),
    )
    if resource.kind == "StorageClass":
        policy, path = resource.data.get("reclaimPolicy", "Delete"), ("reclaimPolicy",)  # type: ignore[assignment]
    if policy == "Delete":
        yield path, "the volume is deleted with its claim"


@rule(
    "data.headless-service",
    WORKLOAD,
    Level.CORE,
    Severity.WARNING,
    must="A StatefulSet SHOULD name a headless Service that selects its pods.",
    why="Its pods get their stable names from that Service; without it peers cannot find each other.",
    fix="Add a Service with `clusterIP: None` and its labels, and name it in serviceName.",
    source="concepts/workloads/controllers/statefulset/#stable-network-id",
    when=is_stateful_set,
    anchors="STA-04",
)
def headless_service(workload: Workload) -> Iterator[Found]:
    name = text(workload.spec.get("serviceName"))
    service = workload.graph.find("Service", workload.namespace, name)
    if not name:
        yield ("spec",), "it names no Service (serviceName)"
    elif service is None:
        if not is_made(workload.graph, "Service", workload.namespace, name):
            yield ("spec", "serviceName"), f"there is no Service {brief(name)} in the input"
    elif service.spec.get("clusterIP") != "None":
        yield ("spec", "serviceName"), f"Service {brief(name)} is not headless"
    elif mapping(service.spec.get("selector")) and workload not in service.selected:
        yield ("spec", "serviceName"), f"Service {brief(name)} does not select its pods"


@rule(
    "data.claim-exists",
    WORKLOAD,
    Level.EXTENDED,
    Severity.WARNING,
    must="A claim that a pod mounts SHOULD exist.",
    why="The pod stays Pending until someone makes it.",
    fix="Add the PersistentVolumeClaim, or use volumeClaimTemplates.",
    source="concepts/storage/persistent-volumes/#claims-as-volumes",
    when=mounts_claims,
    anchors="CFG-09",
)
def claim_exists(workload: Workload) -> Iterator[Found]:
    for reference in workload.graph.references(workload):
        if reference.kind == "PersistentVolumeClaim":
            claim = workload.graph.find("PersistentVolumeClaim", workload.namespace, reference.name)
            made = is_made(workload.graph, "PersistentVolumeClaim", workload.namespace, reference.name)
            if claim is None and not made:
                yield reference.path, f"there is no claim {brief(reference.name)} in the input"


@rule(
    "data.one-writer",
    WORKLOAD,
    Level.CORE,
    Severity.WARNING,
    must="Replicas SHOULD NOT share a volume that one node mounts at a time.",
    why="With ReadWriteOnce the second replica, and the new pod of a rolling update, wait for ever on "
    "another node.",
    fix="Use a StatefulSet with volumeClaimTemplates, or one replica with strategy Recreate.",
    source="concepts/storage/persistent-volumes/#access-modes",
    when=mounts_claims,
    anchors="STA-03",
)
def one_writer(workload: Workload) -> Iterator[Found]:
    rolling = dig(workload.spec, "strategy", "type") != "Recreate" and workload.type in (
        "Deployment",
        "Rollout.argoproj.io",
    )
    if workload.least_replicas < 2 and not rolling:
        return
    for reference in workload.graph.references(workload):
        claim = workload.graph.find("PersistentVolumeClaim", workload.namespace, reference.name)
        if reference.kind != "PersistentVolumeClaim" or claim is None:
            continue
        modes = sequence(claim.spec.get("accessModes"))
        if modes and not {"ReadWriteMany", "ReadOnlyMany"} & {text(mode) for mode in modes}:
            count = workload.least_replicas
            reason = f"{count} replicas" if count > 1 else "a rolling update's old and new pod"
            yield reference.path, f"{reason} share claim {brief(reference.name)}, which is {text(modes[0])}"
