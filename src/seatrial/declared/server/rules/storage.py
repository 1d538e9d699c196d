"""Claims, volumes and classes."""

from __future__ import annotations

from typing import Any

from seatrial.declared.server.formats import float_of
from seatrial.declared.server.registry import Wrong, exactly_one, on
from seatrial.declared.values import brief, dig, mapping, sequence, text

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
    if spec.get("local") is not None and dig(spec, "nodeAffinity", "required") is None:
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
