"""Claims, volumes and classes."""

from __future__ import annotations

from typing import Any

from seatrial.declared.server.formats import float_of, subdomain
from seatrial.declared.server.registry import Wrong, duplicates, exactly_one, on
from seatrial.declared.values import brief, dig, mapping, maps, sequence, text

_PERSISTENT = (
    *(
        "hostPath",
        "nfs",
        "csi",
        "local",
        "awsElasticBlockStore",
        "azureDisk",
        "azureFile",
        "cephfs",
        "cinder",
    ),
    *("fc", "flexVolume", "flocker", "gcePersistentDisk", "glusterfs", "iscsi", "photonPersistentDisk"),
    *("portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume"),
)
_CLAIM = "PersistentVolumeClaim"
_SOURCES = (("", _CLAIM), ("snapshot.storage.k8s.io", "VolumeSnapshot"))


@on("core.v1.PersistentVolumeClaimSpec")
def claim(spec: dict[str, Any]) -> Wrong:
    """A claim says how it is mounted and how large it is."""
    modes = sequence(spec.get("accessModes"))
    if "ReadWriteOncePod" in modes and len(set(map(str, modes))) > 1:
        yield ("accessModes",), "ReadWriteOncePod stands alone"
    amount = dig(spec, "resources", "requests", "storage")
    if amount is None:
        yield ("resources", "requests", "storage"), "`storage` is required"
    elif float_of(amount) <= 0:
        yield ("resources", "requests", "storage"), f"{brief(amount)} is not above 0"


@on("core.v1.PersistentVolumeClaimSpec")
def data_source(spec: dict[str, Any]) -> Wrong:
    """What a claim is filled from: of the core group only another claim, and both fields alike."""
    one, other = spec.get("dataSource"), mapping(spec.get("dataSourceRef"))
    if other or _is_known(mapping(one)):  # else it is dropped, as before there were other sources
        yield from _source("dataSource", one)
    yield from _source("dataSourceRef", other or None)
    if one is not None and other and not other.get("namespace"):
        fields = ("apiGroup", "kind", "name")
        if any(mapping(one).get(field) != other.get(field) for field in fields):
            yield ("dataSourceRef",), "it must be as `dataSource`"


def _is_known(source: dict[str, Any]) -> bool:
    return (source.get("apiGroup") or "", source.get("kind")) in _SOURCES


def _source(field: str, given: Any) -> Wrong:
    source = mapping(given)
    for part in ("kind", "name") if given is not None else ():
        if not source.get(part):
            yield (field, part), f"`{part}` is required"
    if not source.get("apiGroup") and source.get("kind") not in (None, "", _CLAIM):
        yield (field, "kind"), "without `apiGroup` it must be PersistentVolumeClaim"
    if source.get("apiGroup") and (wrong := subdomain(text(source["apiGroup"]))):
        yield (field, "apiGroup"), wrong


@on("apps.v1.StatefulSetSpec")
def kept_sources(spec: dict[str, Any]) -> Wrong:
    """In the template of a claim no source is dropped."""
    for index, claim in maps(spec.get("volumeClaimTemplates")):
        for path, seen in _kept(mapping(claim.get("spec"))):
            yield ("volumeClaimTemplates", index, "spec", *path), seen


@on("core.v1.PersistentVolumeClaimTemplate")
def kept_source(template: dict[str, Any]) -> Wrong:
    """As `kept_sources`, for a pod."""
    for path, seen in _kept(mapping(template.get("spec"))):
        yield ("spec", *path), seen


def _kept(spec: dict[str, Any]) -> Wrong:
    """What is wrong with a source that the claim's own rule takes for dropped."""
    if not spec.get("dataSourceRef") and not _is_known(mapping(spec.get("dataSource"))):
        yield from _source("dataSource", spec.get("dataSource"))


@on("core.v1.PersistentVolumeClaimTemplate")
def claim_template(template: dict[str, Any]) -> Wrong:
    """A pod's claim takes labels and annotations from its template, and nothing else of its metadata."""
    for field, value in mapping(template.get("metadata")).items():
        if field not in ("labels", "annotations") and value is not None and value != "":
            yield ("metadata", field), "may not be set in the template of a claim"


@on("core.v1.PersistentVolumeSpec")
def volume(spec: dict[str, Any]) -> Wrong:
    """A volume has a size, a way to be mounted and one place that it comes from."""
    yield from exactly_one(spec, _PERSISTENT, "a source")
    if "ReadWriteOncePod" in sequence(spec.get("accessModes")) and len(sequence(spec.get("accessModes"))) > 1:
        yield ("accessModes",), "ReadWriteOncePod stands alone"
    capacity = mapping(spec.get("capacity"))
    if list(capacity) != ["storage"]:
        yield ("capacity",), "it must be `storage`, and nothing else"
    elif float_of(capacity["storage"]) <= 0:
        yield ("capacity", "storage"), f"{brief(capacity['storage'])} is not above 0"
    reclaim, root = spec.get("persistentVolumeReclaimPolicy"), dig(spec, "hostPath", "path")
    if reclaim == "Recycle" and root is not None and not text(root).strip("/."):
        yield ("persistentVolumeReclaimPolicy",), "may not be Recycle for the root of a node"
    if spec.get("nodeAffinity") is not None and dig(spec, "nodeAffinity", "required") is None:
        yield ("nodeAffinity", "required"), "`required` is required"
    elif spec.get("local") is not None and dig(spec, "nodeAffinity", "required") is None:
        yield ("nodeAffinity",), "a local volume needs it"


@on("storage.v1.StorageClass")
def storage_class(value: dict[str, Any]) -> Wrong:
    """A class has a provisioner with a legal name."""
    for key in mapping(value.get("parameters")):
        if not key:
            yield ("parameters",), "a parameter has no name"
    if value.get("reclaimPolicy") not in (None, "", "Delete", "Retain"):
        yield ("reclaimPolicy",), f"{brief(value['reclaimPolicy'])} is not one of Delete, Retain"


@on("scheduling.v1.PriorityClass")
def priority(value: dict[str, Any]) -> Wrong:
    """Kubernetes' own classes are not remade."""
    name = text(mapping(value.get("metadata")).get("name"))
    if name.startswith("system-"):
        yield ("metadata", "name"), f"{brief(name)}: only Kubernetes may begin a name with `system-`"


@on("storage.v1.StorageClass")
def topologies(value: dict[str, Any]) -> Wrong:
    """Topologies, their keys and the values of each are told apart."""
    seen: list[Any] = []
    for index, term in maps(value.get("allowedTopologies")):
        path = ("allowedTopologies", index, "matchLabelExpressions")
        expressions = maps(term.get("matchLabelExpressions"))
        if not expressions or term in seen:
            yield path, "it is empty, or stands twice"
        seen.append(term)
        for number, key in duplicates(term.get("matchLabelExpressions"), "key"):
            yield (*path, number, "key"), f"{brief(key)} stands twice"
        for number, each in expressions:
            values = [str(item) for item in sequence(each.get("values"))]
            if len(values) != len(set(values)):
                yield (*path, number, "values"), "a value stands twice"
