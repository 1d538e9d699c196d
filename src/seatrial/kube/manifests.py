"""Manifests before they are applied: rendered, with images filled in, checked and put in order."""

from __future__ import annotations

import copy
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from seatrial.errors import BadInput, suggestion
from seatrial.kube.kinds import KNOWN

Object = dict[str, Any]

RENDER_SECONDS = 60.0

# An image of ours is named by its logical name, without a tag or with this one; deploying fills the tag in.
LOGICAL_IMAGE = re.compile(r"^(?P<name>seatrial/[a-z0-9][a-z0-9._-]*)(:pinned)?$")

# What others need comes first; a kind that is not named here comes before the workloads that may use it.
ORDER = (
    "Namespace",
    "CustomResourceDefinition",
    "PriorityClass",
    "StorageClass",
    "ResourceQuota",
    "LimitRange",
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "NetworkPolicy",
    "Secret",
    "ConfigMap",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Service",
    "PodDisruptionBudget",
    "",
    "StatefulSet",
    "Deployment",
    "DaemonSet",
    "Job",
    "CronJob",
    "Pod",
    "HorizontalPodAutoscaler",
    "Ingress",
)


def render(folder: Path, kubectl: str = "kubectl") -> list[Object]:
    """The objects of a kustomize folder, by `kubectl kustomize`.

    Raises:
        BadInput: kubectl is missing, or the kustomization cannot be built; with kubectl's own words.
    """
    if not folder.is_dir():
        raise BadInput("the kustomize folder does not exist", where=str(folder))
    command = [kubectl, "kustomize", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=RENDER_SECONDS, check=False)
    except FileNotFoundError as error:
        raise BadInput(
            f"{kubectl} is not installed",
            where=" ".join(command),
            next_step="run `seatrial up`, or install kubectl",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise BadInput(f"kubectl did not end within {RENDER_SECONDS:g} s", where=" ".join(command)) from error
    if done.returncode != 0:
        raise BadInput(f"the kustomization cannot be built: {done.stderr.strip()}", where=str(folder))
    return [obj for obj in yaml.safe_load_all(done.stdout) if obj]


def containers(obj: Object) -> Iterator[Object]:
    """Every container of an object that is or makes pods, init containers included."""
    spec = obj.get("spec") or {}
    if obj.get("kind") == "CronJob":
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    pod = spec if obj.get("kind") == "Pod" else (spec.get("template") or {}).get("spec") or {}
    for part in ("initContainers", "containers"):
        yield from pod.get(part) or ()


def logical_names(objects: Iterable[Object]) -> list[str]:
    """The logical names of our own images in the objects, sorted."""
    found = set()
    for obj in objects:
        for container in containers(obj):
            match = LOGICAL_IMAGE.match(str(container.get("image", "")))
            if match:
                found.add(match["name"])
    return sorted(found)


def with_images(objects: Sequence[Object], images: Mapping[str, str]) -> list[Object]:
    """Copies of the objects with full tags for logical names.

    Args:
        images: logical name (`seatrial/python`) to full tag.

    Raises:
        BadInput: a logical name has no tag; names the object and the nearest name.
    """
    result = copy.deepcopy(list(objects))
    for obj in result:
        for container in containers(obj):
            match = LOGICAL_IMAGE.match(str(container.get("image", "")))
            if match is None:
                continue
            if match["name"] not in images:
                raise BadInput(
                    f"no image is known by the name {match['name']}",
                    where=f"{obj['kind']}/{obj['metadata']['name']}, container {container.get('name')}",
                    next_step=suggestion(match["name"], images),
                )
            container["image"] = images[match["name"]]
    return result


def in_order(objects: Iterable[Object]) -> list[Object]:
    """Sorted so that what others need comes first; stable within a kind."""
    ranks = {kind: rank for rank, kind in enumerate(ORDER)}
    return sorted(objects, key=lambda obj: ranks.get(obj["kind"], ranks[""]))


def in_namespace(objects: Sequence[Object], namespace: str) -> list[Object]:
    """Copies with the namespace filled in where it is missing.

    Raises:
        BadInput: an object lies in another namespace, which is never touched.
    """
    result = copy.deepcopy(list(objects))
    for obj in result:
        resource = KNOWN.get(obj["kind"])
        if resource is not None and not resource.namespaced:
            continue
        place = obj["metadata"].get("namespace")
        if place not in (None, namespace):
            raise BadInput(
                f"{obj['kind']}/{obj['metadata']['name']} lies in namespace {place!r}, not in {namespace!r}",
                next_step="only the system's own namespace is touched: correct it or target.namespace",
            )
        obj["metadata"]["namespace"] = namespace
    return result


def labelled(objects: Sequence[Object], label: str, value: str) -> list[Object]:
    """Copies with one more label on each object (not on pods that it makes)."""
    result = copy.deepcopy(list(objects))
    for obj in result:
        labels = obj["metadata"].get("labels") or {}
        obj["metadata"]["labels"] = {**labels, label: value}
    return result


def scaled_by_autoscaler(objects: Iterable[Object]) -> dict[tuple[str, str], str]:
    """(kind, name) of what a HorizontalPodAutoscaler scales, to the autoscaler's name."""
    found = {}
    for obj in objects:
        if obj.get("kind") == "HorizontalPodAutoscaler":
            target = obj["spec"]["scaleTargetRef"]
            found[str(target["kind"]), str(target["name"])] = str(obj["metadata"]["name"])
    return found
