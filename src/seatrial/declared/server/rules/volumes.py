"""Volumes of pods."""

from __future__ import annotations

from typing import Any

from seatrial.declared.server.registry import Wrong, duplicates, exactly_one, on
from seatrial.declared.values import brief, mapping, maps, text

_SOURCES = (
    *(
        "configMap",
        "secret",
        "emptyDir",
        "persistentVolumeClaim",
        "projected",
        "hostPath",
        "csi",
        "downwardAPI",
    ),
    *(
        "ephemeral",
        "nfs",
        "image",
        "awsElasticBlockStore",
        "azureDisk",
        "azureFile",
        "cephfs",
        "cinder",
        "fc",
    ),
    *("flexVolume", "flocker", "gcePersistentDisk", "gitRepo", "glusterfs", "iscsi", "photonPersistentDisk"),
    *("portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume"),
)
_FIELDS = {
    *("metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid"),
}
_POD_FIELDS = {
    *("metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName"),
    *("status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"),
}
_RESOURCES = {
    f"{bound}.{name}" for bound in ("limits", "requests") for name in ("cpu", "memory", "ephemeral-storage")
}


@on("core.v1.Volume")
def one_source(volume: dict[str, Any]) -> Wrong:
    """A volume comes from exactly one place. (Without any, it is an emptyDir.)"""
    there = [source for source in _SOURCES if volume.get(source) is not None]
    if len(there) > 1:
        yield from exactly_one(volume, _SOURCES, "a source")


@on("core.v1.ProjectedVolumeSource")
def projected(volume: dict[str, Any]) -> Wrong:
    """No two sources are written to one path."""
    paths: set[str] = set()
    for index, source in maps(volume.get("sources")):
        for kind in ("secret", "configMap", "downwardAPI"):
            for number, item in maps(mapping(source.get(kind)).get("items")):
                path = text(item.get("path"))
                if path and path in paths:
                    yield ("sources", index, kind, "items", number, "path"), f"{brief(path)} stands twice"
                paths.add(path)


@on("core.v1.VolumeProjection")
def projection(source: dict[str, Any]) -> Wrong:
    """Each source is one thing."""
    kinds = (
        "secret",
        "configMap",
        "downwardAPI",
        "serviceAccountToken",
        "clusterTrustBundle",
        "podCertificate",
    )
    if any(source.get(kind) is not None for kind in kinds):
        yield from exactly_one(source, kinds, "a source")


@on("core.v1.ClusterTrustBundleProjection")
def trust_bundle(source: dict[str, Any]) -> Wrong:
    """Certificates are found by name, or by their signer and labels."""
    yield from exactly_one(source, ("name", "signerName"), "certificates")
    if source.get("name") is not None and source.get("labelSelector") is not None:
        yield ("labelSelector",), "may not be set beside `name`"


@on("core.v1.DownwardAPIVolumeFile")
def own_field(item: dict[str, Any]) -> Wrong:
    """A file holds a field or a resource."""
    yield from exactly_one(item, ("fieldRef", "resourceFieldRef"), "a source")
    path = text(mapping(item.get("fieldRef")).get("fieldPath"))
    if path and path.partition("[")[0] not in _FIELDS:
        yield ("fieldRef", "fieldPath"), f"{brief(path)} is no field that a file can hold"
    yield from _of_version(mapping(item.get("fieldRef")))
    if item.get("resourceFieldRef") is not None and not mapping(item["resourceFieldRef"]).get(
        "containerName"
    ):
        yield ("resourceFieldRef", "containerName"), "`containerName` is required"


@on("core.v1.EnvVarSource")
def environment_field(source: dict[str, Any]) -> Wrong:
    """A variable holds one of a few fields, or one label or annotation."""
    reference = mapping(source.get("fieldRef"))
    path = text(reference.get("fieldPath"))
    key = path.partition("['")[0] in ("metadata.labels", "metadata.annotations") and path.endswith("']")
    if path and path not in _POD_FIELDS and not key:
        yield ("fieldRef", "fieldPath"), f"{brief(path)} is no field that a variable can hold"
    yield from _of_version(reference)


def _of_version(reference: dict[str, Any]) -> Wrong:
    if reference.get("apiVersion") not in (None, "", "v1"):
        yield ("fieldRef", "apiVersion"), f"{brief(reference['apiVersion'])} is not v1"


@on("core.v1.CSIVolumeSource")
def published(source: dict[str, Any]) -> Wrong:
    """A driver is given a Secret by its name."""
    secret = source.get("nodePublishSecretRef")
    if secret is not None and not mapping(secret).get("name"):
        yield ("nodePublishSecretRef", "name"), "`name` is required"


@on("core.v1.ResourceFieldSelector")
def resource_field(selector: dict[str, Any]) -> Wrong:
    """A limit or a request, in whole cores or thousandths, bytes or a unit."""
    name = text(selector.get("resource"))
    if name and name not in _RESOURCES and not name.startswith(("limits.hugepages-", "requests.hugepages-")):
        yield ("resource",), f"{brief(name)} is not one of {', '.join(sorted(_RESOURCES))}"
    units = (
        {"1m", "1", "0"}
        if name.endswith(".cpu")
        else {
            *("0", "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"),
        }
    )
    if selector.get("divisor") is not None and str(selector["divisor"]) not in units:
        yield ("divisor",), f"{brief(selector['divisor'])} is not one of {', '.join(sorted(units))}"


@on("core.v1.PodSpec")
def claims(spec: dict[str, Any]) -> Wrong:
    """Resource claims are told apart by their names."""
    for index, name in duplicates(spec.get("resourceClaims"), "name"):
        yield ("resourceClaims", index, "name"), f"{brief(name)} stands twice"
