"""The names in a pod's spec that must exist elsewhere."""

from __future__ import annotations

from typing import Any

from seatrial.declared.objects import Container, Reference, Workload
from seatrial.declared.values import Path, mapping, maps, text


def pod_references(workload: Workload) -> list[Reference]:
    """Every ConfigMap, Secret and claim that a workload's pods name."""
    found: list[Reference] = []
    below_path = _volumes_mounted_by_subpath(workload)
    templates = [mapping(claim.get("metadata")).get("name") for _, claim in workload.claim_templates]
    for index, volume in workload.volumes:
        path = workload.at("volumes", index)
        fixed = text(volume.get("name")) in below_path
        # A claim template takes the place of a volume of its name.
        found += _volume_references(volume, path, fixed, templated=volume.get("name") in templates)
        for number, projected in maps(mapping(volume.get("projected")).get("sources")):
            found += _source_references(projected, (*path, "projected", "sources", number), fixed)
    for container in workload.every_container:
        found += _environment_references(container)
    for index, secret in maps(workload.pod.get("imagePullSecrets")):
        found.append(
            Reference(
                "Secret",
                text(secret.get("name")),
                "",
                True,
                workload.at("imagePullSecrets", index, "name"),
                True,
            )
        )
    return [reference for reference in found if reference.name]


def _volumes_mounted_by_subpath(workload: Workload) -> set[str]:
    return {
        text(mount.get("name"))
        for container in workload.every_container
        for _, mount in maps(container.data.get("volumeMounts"))
        if mount.get("subPath") or mount.get("subPathExpr")
    }


def _volume_references(
    volume: dict[str, Any], path: Path, fixed: bool, *, templated: bool
) -> list[Reference]:
    found = []
    claim = mapping(volume.get("persistentVolumeClaim"))
    if claim and not templated:
        at = (*path, "persistentVolumeClaim", "claimName")
        found.append(Reference("PersistentVolumeClaim", text(claim.get("claimName")), "", False, at, True))
    secret = mapping(volume.get("secret"))
    if secret:
        found += _keyed("Secret", secret, "secretName", (*path, "secret"), fixed)
    config_map = mapping(volume.get("configMap"))
    if config_map:
        found += _keyed("ConfigMap", config_map, "name", (*path, "configMap"), fixed)
    return found


def _source_references(source: dict[str, Any], path: Path, fixed: bool) -> list[Reference]:
    found = []
    for field, kind in (("secret", "Secret"), ("configMap", "ConfigMap")):
        given = mapping(source.get(field))
        if given:
            found += _keyed(kind, given, "name", (*path, field), fixed)
    return found


def _keyed(kind: str, source: dict[str, Any], field: str, path: Path, fixed: bool) -> list[Reference]:
    name, optional = text(source.get(field)), source.get("optional") is True
    found = [Reference(kind, name, "", optional, (*path, field), fixed)]
    for index, item in maps(source.get("items")):
        key = text(item.get("key"))
        if key:
            found.append(Reference(kind, name, key, optional, (*path, "items", index, "key"), fixed))
    return found


def _environment_references(container: Container) -> list[Reference]:
    found = []
    for index, entry in maps(container.data.get("envFrom")):
        for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            given = mapping(entry.get(field))
            if given:
                path = container.at("envFrom", index, field, "name")
                found.append(
                    Reference(kind, text(given.get("name")), "", given.get("optional") is True, path, True)
                )
    for index, entry in maps(container.data.get("env")):
        origin = mapping(entry.get("valueFrom"))
        for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            given = mapping(origin.get(field))
            if given:
                path = container.at("env", index, "valueFrom", field, "key")
                name, key = text(given.get("name")), text(given.get("key"))
                found.append(Reference(kind, name, key, given.get("optional") is True, path, True))
    return found
