"""Drivers of storage, and volumes of the drivers that once were Kubernetes' own."""

from __future__ import annotations

import re
from typing import Any

from seatrial.declared.server.formats import float_of
from seatrial.declared.server.registry import Wrong, duplicates, exactly_one, on
from seatrial.declared.values import Pattern, brief, mapping, sequence, text

_INITIATORS = (
    Pattern(r"iqn\.\d{4}-\d{2}\.([a-zA-Z0-9.-]+)(:[^,;*&$|\s]+)?", re.ASCII),
    Pattern(r"eui\.[0-9a-fA-F]{16}"),
    Pattern(r"naa\.[0-9a-fA-F]{32}"),
)


@on("storage.v1.CSIDriverSpec")
def tokens(spec: dict[str, Any]) -> Wrong:
    """Tokens are told apart by whom they are for."""
    audiences: set[str] = set()
    for index, each in enumerate(sequence(spec.get("tokenRequests"))):
        audience = text(mapping(each).get("audience"))
        if audience in audiences:
            yield ("tokenRequests", index, "audience"), f"{brief(audience)} stands twice"
        audiences.add(audience)
    if spec.get("serviceAccountTokenInSecrets") is not None and not audiences:
        yield ("serviceAccountTokenInSecrets",), "needs `tokenRequests`"


@on("storage.v1.CSINodeSpec")
def node_drivers(spec: dict[str, Any]) -> Wrong:
    """Drivers of a node are told apart by their names."""
    for index, name in duplicates(spec.get("drivers"), "name"):
        yield ("drivers", index, "name"), f"{brief(name)} stands twice"


@on("storage.v1.VolumeAttachmentSource")
def attached(source: dict[str, Any]) -> Wrong:
    """A volume or the definition of one is attached."""
    yield from exactly_one(source, ("persistentVolumeName", "inlineVolumeSpec"), "a volume")


@on("storage.v1.VolumeAttributesClass")
def attributes(value: dict[str, Any]) -> Wrong:
    """A class of attributes has some."""
    if not mapping(value.get("parameters")):
        yield ("parameters",), "`parameters` is required"


@on("core.v1.AzureDiskVolumeSource")
def azure_disk(disk: dict[str, Any]) -> Wrong:
    """Where a disk lies is written according to its kind."""
    begin = {"Managed": "/subscriptions/", "Shared": "https://", "Dedicated": "https://"}
    wanted = begin.get(text(disk.get("kind")), "")
    if disk.get("diskURI") and not text(disk["diskURI"]).startswith(wanted):
        yield ("diskURI",), f"{brief(disk['diskURI'])} does not begin with {wanted}"


@on("core.v1.ISCSIVolumeSource", "core.v1.ISCSIPersistentVolumeSource")
def iscsi(source: dict[str, Any]) -> Wrong:
    """Names of iSCSI have one of three forms; who is asked for a password has one."""
    for field in ("iqn", "initiatorName"):
        name = text(source.get(field))
        if name and not any(each.compiled.fullmatch(name) for each in _INITIATORS):
            yield (field,), f"{brief(name)} is no name such as iqn.2001-04.com.example:disk"
    if (source.get("chapAuthDiscovery") or source.get("chapAuthSession")) and not source.get("secretRef"):
        yield ("secretRef",), "`secretRef` is required"


@on("core.v1.FCVolumeSource")
def fibre_channel(source: dict[str, Any]) -> Wrong:
    """A disk is named by its target or by its own name."""
    targets, own = sequence(source.get("targetWWNs")), sequence(source.get("wwids"))
    if bool(targets) == bool(own):
        yield ("targetWWNs",), "it needs `targetWWNs` or `wwids`, and only one of them"
    if targets and source.get("lun") is None:
        yield ("lun",), "`targetWWNs` need it"


@on("storage.v1.CSIStorageCapacity")
def room(value: dict[str, Any]) -> Wrong:
    """Room is not below 0."""
    if value.get("capacity") is not None and float_of(value["capacity"]) < 0:
        yield ("capacity",), f"{brief(value['capacity'])} is less than 0"
