"""Deploying a kustomize folder into the system's namespace, and taking it away again."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial.errors import SeatrialError
from seatrial.kube import manifests
from seatrial.kube.client import FIELD_MANAGER, Kube
from seatrial.kube.errors import ApiRefused, Forbidden
from seatrial.kube.kinds import KNOWN
from seatrial.kube.rollout import WORKLOADS, wait_for_rollouts
from seatrial.kube.snapshot import Snapshot, canonical, compare, declared_part

Object = dict[str, Any]

# Marks what we applied, with the namespace as value, so that what is no longer declared can be removed.
LABEL = "seatrial.dev/deployed-for"
# How the server words a change of a field that cannot change.
IMMUTABLE = ("immutable", "Forbidden: updates to")
ROLLOUT_SECONDS = 300.0
REMOVE_SECONDS = 120.0


@dataclass(frozen=True)
class Deployed:
    """What deploying did: objects applied, objects removed as no longer declared, and how long."""

    applied: tuple[str, ...]
    pruned: tuple[str, ...]
    seconds: float


def logical_images(folder: Path, *, kubectl: str = "kubectl") -> list[str]:
    """Logical names of our own images that the folder's manifests use. Raises BadInput."""
    return manifests.logical_names(manifests.render(folder, kubectl))


def deploy(
    kube: Kube,
    folder: Path,
    images: Mapping[str, str],
    *,
    kubectl: str = "kubectl",
    within_seconds: float = ROLLOUT_SECONDS,
    note: Callable[[str], None] = lambda _: None,
) -> Deployed:
    """Apply the folder, remove what an earlier deploy left over, and wait until all is rolled out.

    Replicas of a workload that an autoscaler owns are left as they are.

    Args:
        images: logical name to full tag.
        note: told what is going on, in a few words.

    Raises:
        BadInput: the folder cannot be rendered, an image is unknown, an object lies in another namespace.
        ApiRefused: the server refused an object; names it.
        WaitExpired, Hopeless: a rollout does not end, and why.
    """
    started = time.monotonic()
    objects = _prepared(kube, folder, images, kubectl)
    scaled = manifests.scaled_by_autoscaler(objects)
    for obj in objects:
        note(f"applying {obj['kind']}/{obj['metadata']['name']}")
        if (obj["kind"], obj["metadata"]["name"]) in scaled:
            _keep_replicas(kube, obj)
        _apply(kube, obj)
    pruned = prune(kube, objects)
    workloads = [(obj["kind"], obj["metadata"]["name"]) for obj in objects if obj["kind"] in WORKLOADS]
    wait_for_rollouts(kube, workloads, within_seconds=within_seconds, note=note)
    return Deployed(tuple(_name(obj) for obj in objects), tuple(pruned), time.monotonic() - started)


def drift(kube: Kube, folder: Path, images: Mapping[str, str], *, kubectl: str = "kubectl") -> list[str]:
    """What is not as the folder declares it, a sentence for each object; asked by dry runs, changes nothing.

    Replicas of a workload that an autoscaler owns are no difference.

    Raises:
        BadInput: as `deploy`.
        SeatrialError: the server cannot be asked.
    """
    objects = _prepared(kube, folder, images, kubectl)
    scaled = manifests.scaled_by_autoscaler(objects)
    wanted: dict[str, Any] = {}
    live: dict[str, Any] = {}
    for obj in objects:
        name = f"{obj['kind'].lower()}/{obj['metadata']['name']}"
        autoscaled = (obj["kind"], obj["metadata"]["name"]) in scaled
        if (found := kube.find(obj["kind"], obj["metadata"]["name"])) is None:
            wanted[name] = canonical(obj)
            continue
        with contextlib.suppress(ApiRefused):  # a Job's template cannot be asked for again
            asked = canonical(kube.apply(obj, dry_run=True), autoscaled=autoscaled)
            declared = canonical(obj, autoscaled=autoscaled)
            wanted[name] = declared_part(asked, declared)
            live[name] = declared_part(canonical(found, autoscaled=autoscaled), declared)
    return compare(Snapshot(wanted), Snapshot(live))


def undeploy(kube: Kube, *, within_seconds: float = REMOVE_SECONDS) -> list[str]:
    """Remove what `deploy` applied; the namespace too when it was made by it. Repeatable.

    Raises:
        WaitExpired: something is still there, and what.
    """
    removed = prune(kube, [])
    namespace = kube.find("Namespace", kube.namespace)
    if namespace is not None and _is_ours(namespace, kube.namespace):
        kube.remove("Namespace", kube.namespace, within_seconds=within_seconds)
        removed.append(f"Namespace/{kube.namespace}")
    return removed


def _prepared(kube: Kube, folder: Path, images: Mapping[str, str], kubectl: str) -> list[Object]:
    """The folder's objects as they are applied, in their order."""
    objects = manifests.render(folder, kubectl)
    objects = manifests.with_images(objects, images)
    objects = manifests.in_namespace(objects, kube.namespace)
    objects = manifests.labelled(objects, LABEL, kube.namespace)
    return manifests.in_order(_with_namespace(kube, objects))


def _with_namespace(kube: Kube, objects: Sequence[Object]) -> list[Object]:
    """The Namespace object too, when neither the manifests nor the cluster have it.

    One that was there before us is not marked as ours, so that `undeploy` leaves it.
    """
    try:
        existing = kube.find("Namespace", kube.namespace)
    except Forbidden:
        return list(objects)
    declared = [obj for obj in objects if obj["kind"] == "Namespace"]
    if existing is not None and not _is_ours(existing, kube.namespace):
        for obj in declared:
            del obj["metadata"]["labels"][LABEL]
    if existing is not None or declared:
        return list(objects)
    metadata = {"name": kube.namespace, "labels": {LABEL: kube.namespace}}
    return [{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}, *objects]


def _keep_replicas(kube: Kube, obj: Object) -> None:
    """Leave the number of replicas as it is, whether the manifest writes one or not."""
    live = kube.find(obj["kind"], obj["metadata"]["name"])
    replicas = ((live or {}).get("spec") or {}).get("replicas")
    if live is None or not replicas:
        return
    if "replicas" in obj["spec"]:
        obj["spec"]["replicas"] = replicas
    else:
        _disown_replicas(kube, live)


def _disown_replicas(kube: Kube, live: Object) -> None:
    """Take the field from what we own. Applied without it, the number would fall back to 1 otherwise."""
    entries = live["metadata"].get("managedFields") or []
    ours = [entry for entry in entries if entry.get("manager") == FIELD_MANAGER]
    owned = [spec for entry in ours if "f:replicas" in (spec := entry.get("fieldsV1", {}).get("f:spec", {}))]
    for spec in owned:
        del spec["f:replicas"]
    if owned:
        version = live["metadata"]["resourceVersion"]
        body = {"metadata": {"managedFields": entries, "resourceVersion": version}}
        kube.patch(live["kind"], live["metadata"]["name"], body)


def _apply(kube: Kube, obj: Object) -> None:
    try:
        kube.apply(obj)
    except ApiRefused as error:
        if error.status == 422 and obj["kind"] == "Job":
            # A Job's template cannot be changed; it is made anew.
            kube.remove("Job", obj["metadata"]["name"], within_seconds=REMOVE_SECONDS)
            kube.apply(obj)
            return
        if error.status == 422 and any(word in error.what for word in IMMUTABLE):
            raise SeatrialError(
                f"{_name(obj)} has a field that cannot be changed: {error.what}",
                where=error.where,
                next_step=f"delete it first: kubectl --namespace {kube.namespace} delete {_name(obj)}",
            ) from error
        raise


def prune(kube: Kube, keep: Sequence[Object]) -> list[str]:
    """Delete what carries our label for this namespace and is not in `keep`; the namespace itself stays."""
    wanted = {(obj["kind"], obj["metadata"]["name"]) for obj in keep}
    removed = []
    for kind in reversed(manifests.ORDER):
        if kind not in KNOWN or kind == "Namespace":
            continue
        try:
            found = kube.objects(kind, selector=f"{LABEL}={kube.namespace}")
        except Forbidden:
            # Nobody who may not list a kind has applied objects of it.
            continue
        for obj in found:
            # EndpointSlices, say, take over the labels of their Service: those go with their owner.
            if (kind, obj["metadata"]["name"]) in wanted or obj["metadata"].get("ownerReferences"):
                continue
            kube.delete(kind, obj["metadata"]["name"])
            removed.append(_name(obj))
    return removed


def _is_ours(obj: Object, namespace: str) -> bool:
    return (obj["metadata"].get("labels") or {}).get(LABEL) == namespace


def _name(obj: Object) -> str:
    return f"{obj['kind']}/{obj['metadata']['name']}"
