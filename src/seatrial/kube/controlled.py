"""The pods of each controller: their revision, images and how many are ready, for a comparison. Pure.

Objects can be as before while their pods are not: a StatefulSet whose template was restored keeps a pod that
is stuck on the bad revision for ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.kube.pod_status import condition, pod_reason
from seatrial.kube.records import controller, workload_of_pod

Object = Mapping[str, Any]
REVISIONS = ("pod-template-hash", "controller-revision-hash")
SCALABLE = ("Deployment", "StatefulSet", "ReplicaSet")
PODS_OF = "pods of"
ENDING = ("Job",)
"""Their pods are meant to end, and others come at every run."""


@dataclass(frozen=True)
class Controlled:
    """The pods of one controller that are not being deleted.

    Attributes:
        revisions: how many pods each revision has.
        images: of all their containers, by container.
        ready: how many are ready.
        wanted: how many there should be; None where the controller is of a kind that does not say so.
        scaled: whether an autoscaler owns that number.
        waiting: those that are not ready, with the reason.
    """

    revisions: Mapping[str, int]
    images: Mapping[str, tuple[str, ...]]
    ready: int
    wanted: int | None
    scaled: bool = False
    waiting: tuple[str, ...] = ()


def controlled(objects: Iterable[Object], scaled: Iterable[tuple[str, str]]) -> dict[str, Controlled]:
    """The pods of each controller by `kind/name`; those of Jobs are left out.

    Args:
        objects: pods, and the workloads that say how many there should be.
        scaled: kind and name of what an autoscaler scales.
    """
    everything, owned = list(objects), set(scaled)
    pods: dict[tuple[str, str], list[Object]] = {}
    wanted: dict[tuple[str, str], int] = {}
    for obj in everything:
        if obj["kind"] in SCALABLE:
            replicas = (obj.get("spec") or {}).get("replicas")
            key = (str(obj["kind"]), str(obj["metadata"]["name"]))
            wanted[key] = 1 if replicas is None else int(replicas)
            pods.setdefault(key, [])
        elif obj["kind"] == "Pod" and controller(obj) and controller(obj).get("kind") not in ENDING:
            pods.setdefault(workload_of_pod(obj), [])
            if not obj["metadata"].get("deletionTimestamp"):
                pods[workload_of_pod(obj)].append(obj)
    return {
        f"{kind.lower()}/{name}": _of(mine, wanted.get((kind, name)), (kind, name) in owned)
        for (kind, name), mine in pods.items()
    }


def _of(pods: list[Object], wanted: int | None, scaled: bool) -> Controlled:
    images: dict[str, set[str]] = {}
    for pod in pods:
        for container in (pod.get("spec") or {}).get("containers") or ():
            images.setdefault(str(container["name"]), set()).add(str(container.get("image") or ""))
    waiting = [pod for pod in pods if condition(pod, "Ready").get("status") != "True"]
    return Controlled(
        dict(Counter(_revision(pod) for pod in pods)),
        {name: tuple(sorted(found)) for name, found in images.items()},
        len(pods) - len(waiting),
        wanted,
        scaled,
        tuple(sorted(f"{pod['metadata']['name']} ({pod_reason(pod) or 'not ready'})" for pod in waiting)),
    )


def _revision(pod: Object) -> str:
    labels = pod["metadata"].get("labels") or {}
    return next((str(labels[name]) for name in REVISIONS if name in labels), "")


def differences_of_pods(
    before: Mapping[str, Controlled], after: Mapping[str, Controlled], *, restarted: Collection[str] = ()
) -> list[str]:
    """What differs in the pods of controllers that are in both, a sentence for each controller.

    Args:
        restarted: controllers in whose template a rollout left its trace: all their pods may have a new
            revision.
    """
    sentences = []
    for name in sorted({*before} & {*after}):
        found = list(_differences(before[name], after[name], name in restarted))
        if found:
            waiting = f"; waiting: {', '.join(after[name].waiting)}" if after[name].waiting else ""
            sentences.append(f"{PODS_OF} {name}: {'; '.join(found)}{waiting}")
    return sentences


def is_about_pods(sentence: str) -> bool:
    """Whether a sentence of a comparison is about the pods of a controller, and not about an object."""
    return sentence.startswith(PODS_OF)


def _differences(before: Controlled, after: Controlled, restarted: bool) -> Iterable[str]:
    others = before.revisions and after.revisions and {*before.revisions} != {*after.revisions}
    if others and not (restarted and len(after.revisions) == 1):
        yield f"revision was {_counts(before)}, is {_counts(after)}"
    for container in sorted({*before.images} & {*after.images}):
        one, other = before.images[container], after.images[container]
        if one != other:
            yield f"image of {container} was {', '.join(one)}, is {', '.join(other)}"
    if before.wanted is not None and after.wanted is not None:
        if after.wanted - after.ready > before.wanted - before.ready:
            yield f"{before.ready} of {before.wanted} were ready, {after.ready} of {after.wanted} are"
    elif after.ready < before.ready and not after.scaled:
        yield f"{before.ready} were ready, {after.ready} are"


def _counts(pods: Controlled) -> str:
    if len(pods.revisions) == 1:
        return next(iter(pods.revisions))
    return ", ".join(f"{revision} ({count})" for revision, count in sorted(pods.revisions.items()))
