"""The objects of the namespace before and after a run, to show that they are as they were (promise 5)."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from seatrial.errors import WaitExpired
from seatrial.kube.client import Kube
from seatrial.kube.controlled import Controlled, controlled, differences_of_pods, is_about_pods
from seatrial.kube.errors import Forbidden, NotFound
from seatrial.kube.manifests import scaled_by_autoscaler
from seatrial.kube.ours import is_ours
from seatrial.model.right import reading
from seatrial.waiting import NotYet, Ready, eventually

Object = Mapping[str, Any]

# What people write. Pods, ReplicaSets, EndpointSlices, Leases and Events are written by controllers.
KINDS = (
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "CronJob",
    "Job",
    "Pod",
    "Service",
    "ConfigMap",
    "Secret",
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
    "NetworkPolicy",
    "Ingress",
    "PersistentVolumeClaim",
    "ResourceQuota",
    "LimitRange",
    "Node",
)

RIGHTS = reading(KINDS, "list", without="whether such objects are as before is not known")

VOLATILE_METADATA = (
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "managedFields",
    "selfLink",
)
VOLATILE_ANNOTATIONS = (
    "deployment.kubernetes.io/revision",
    "control-plane.alpha.kubernetes.io/leader",
    "kubectl.kubernetes.io/last-applied-configuration",
)
# Taints that the node controller sets and takes away; cordoning shows in spec.unschedulable.
CONTROLLER_TAINTS = "node.kubernetes.io/"
MOST_FIELDS = 5
REPLACED_SECONDS = 60.0
"""How long after a run controllers may still be replacing pods, before what differs counts."""


@dataclass(frozen=True)
class Snapshot:
    """Objects by `kind/name`, each in canonical form.

    Attributes:
        unseen: kinds that may not be listed; nothing is known of these.
        pods: those of each controller, by its `kind/name`.
    """

    objects: Mapping[str, Any]
    unseen: tuple[str, ...] = ()
    pods: Mapping[str, Controlled] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """One digest of all objects."""
        return _digest(self.objects)


def take_snapshot(kube: Kube) -> Snapshot:
    """Read all objects of the namespace, and the nodes. Raises ClusterUnreachable."""
    found: list[Object] = []
    unseen = []
    for kind in KINDS:
        try:
            found += kube.objects(kind)
        except NotFound:
            continue  # the cluster has no such kind, so there is no object of it
        except Forbidden:
            unseen.append(kind)
    return snapshot_of(found, tuple(unseen))


def snapshot_of(objects: Iterable[Object], unseen: tuple[str, ...] = ()) -> Snapshot:
    """The snapshot that these objects are."""
    everything = [dict(obj) for obj in objects if not is_ours(obj)]
    pods = controlled(everything, scaled_by_autoscaler(everything))
    return Snapshot(canonical_objects(everything), unseen, pods)


def canonical_objects(objects: Iterable[Object]) -> dict[str, Any]:
    """Canonical form of each object that no other one owns, by `kind/name`."""
    everything = [copy.deepcopy(dict(obj)) for obj in objects]
    scaled = scaled_by_autoscaler(everything)
    return {
        f"{obj['kind'].lower()}/{obj['metadata']['name']}": canonical(
            obj, autoscaled=(obj["kind"], obj["metadata"]["name"]) in scaled
        )
        for obj in everything
        if not obj["metadata"].get("ownerReferences")
    }


def canonical(obj: Object, *, autoscaled: bool = False) -> dict[str, Any]:
    """What people declared: no status, no bookkeeping, no replicas of an autoscaler, no secret values."""
    result = {key: value for key, value in obj.items() if key not in ("status", "apiVersion", "kind")}
    metadata = {key: value for key, value in obj["metadata"].items() if key not in VOLATILE_METADATA}
    annotations = metadata.pop("annotations", None) or {}
    kept = {key: value for key, value in annotations.items() if key not in VOLATILE_ANNOTATIONS}
    if kept:
        metadata["annotations"] = kept
    result["metadata"] = metadata
    kind = obj["kind"]
    if autoscaled:
        result["spec"] = {key: value for key, value in obj["spec"].items() if key != "replicas"}
    if kind == "Secret":
        result["data"] = {key: _digest(value) for key, value in (obj.get("data") or {}).items()}
    if kind == "Node":
        taints = [taint for taint in obj["spec"].get("taints") or () if not _by_controller(taint)]
        result = {
            "metadata": {"labels": metadata.get("labels") or {}, "marks": _own_marks(kept)},
            "spec": {"unschedulable": bool(obj["spec"].get("unschedulable")), "taints": taints},
        }
    return result


def declared_part(value: Any, declared: Any) -> Any:
    """What `value` has at the places that `declared` fills in; what others add beside them is left out."""
    if isinstance(value, Mapping) and isinstance(declared, Mapping):
        return {key: declared_part(value[key], declared[key]) for key in declared if key in value}
    if isinstance(value, list) and isinstance(declared, list) and len(value) == len(declared):
        return [declared_part(one, other) for one, other in zip(value, declared, strict=True)]
    return value


Traces = Mapping[str, Collection[str]]
"""Names of objects, as `deployment/shop`, with names of their fields that may differ.

What was injected leaves these behind, and says so; it excuses nothing else.
"""


def compare(before: Snapshot, after: Snapshot, traces: Traces = MappingProxyType({})) -> list[str]:
    """What differs, one sentence for each object and each controller's pods; empty when all is as it was."""
    unseen = (*before.unseen, *after.unseen)
    sentences = [] if "Pod" in unseen else differences_of_pods(before.pods, after.pods, restarted=traces)
    for name in sorted({*before.objects, *after.objects}):
        if name.partition("/")[0] in {kind.lower() for kind in unseen}:
            continue
        if name not in after.objects:
            sentences.append(f"{name} is gone")
        elif name not in before.objects:
            sentences.append(f"{name} is new")
        else:
            found = differences(before.objects[name], after.objects[name], traces=traces.get(name, ()))
            fields = list(found)
            if fields:
                more = f" and {len(fields) - MOST_FIELDS} more" if len(fields) > MOST_FIELDS else ""
                sentences.append(f"{name}: {'; '.join(fields[:MOST_FIELDS])}{more}")
    return sentences


def settled_changes(kube: Kube, before: Snapshot, traces: Traces = MappingProxyType({})) -> list[str]:
    """What differs from `before`, as `compare` says it, once controllers had the time to replace pods."""
    last: list[str] = []

    def compared() -> Ready[None] | NotYet:
        last[:] = compare(before, take_snapshot(kube), traces)
        return NotYet("; ".join(last)) if any(map(is_about_pods, last)) else Ready(None)

    with contextlib.suppress(WaitExpired):  # what still differs then stays so
        eventually(compared, within_seconds=REPLACED_SECONDS, what="pods as before", every_seconds=2.0)
    return last


def differences(before: Any, after: Any, path: str = "", *, traces: Collection[str] = ()) -> Iterable[str]:
    """Each field that differs, in words with both values; fields that are called as in `traces` may."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after} - set(traces)):
            below = f"{path}.{key}" if path else str(key)
            one, other = before.get(key), after.get(key)
            if traces and key == "annotations":
                one, other = one or {}, other or {}
            yield from differences(one, other, below, traces=traces)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, f"{path}[{index}]", traces=traces)
    elif before != after:
        yield f"{path} was {_short(before)}, is {_short(after)}"


def _by_controller(taint: Mapping[str, Any]) -> bool:
    return str(taint.get("key", "")).startswith(CONTROLLER_TAINTS)


def _own_marks(annotations: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in annotations.items() if key.startswith("seatrial.dev/")}


def _short(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    return text if len(text) <= 80 else text[:77] + "..."


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
