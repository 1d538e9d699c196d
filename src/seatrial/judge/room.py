"""How many pods of a workload the quota and the nodes have room for. Pure; asked before any load.

Only what is sure counts: where an object may not be read, or cannot be understood, there is room.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from seatrial.judge.wording import plural
from seatrial.model.pod_resources import amounts, as_written, counted
from seatrial.model.quantity import thousandths

Object = Mapping[str, Any]
GONE = ("Succeeded", "Failed")
FIXED_PROVIDERS = ("", "kind", "k3s")
"""Of nodes: those of any other provider may become more when pods wait."""
MOST_NODES = 4
"""More are counted, not named."""


def quota_gap(
    wanted: int, spec: Object, own: Sequence[Object], quotas: Iterable[Object], beside: Sequence[Object] = ()
) -> str:
    """Why a ResourceQuota does not admit `wanted` pods of this spec, with its arithmetic; else empty.

    Args:
        own: the workload's pods of now; what they use is given back before it is counted.
        beside: specs of pods that must find room before them.
    """
    alive = [pod for pod in own if (pod.get("status") or {}).get("phase") not in GONE]
    for quota in quotas:
        body, status = quota.get("spec") or {}, quota.get("status") or {}
        if body.get("scopeSelector") or set(body.get("scopes") or ()) - {"NotTerminating"}:
            continue
        for name, written in (status.get("hard") or body.get("hard") or {}).items():
            hard, used = thousandths(written), thousandths((status.get("used") or {}).get(name, 0)) or 0
            each = counted(name, spec)
            if hard is None or not each:
                continue
            theirs = sum(counted(name, pod.get("spec") or {}) for pod in alive)
            used += sum(counted(name, other) for other in beside)
            fits = max((hard - used + theirs) // each, 0)
            if fits < wanted:
                return (
                    f"quota {quota['metadata']['name']} has room for {fits} of {plural(wanted, 'pod')}: "
                    f"{name} hard {as_written(hard)}, others use {as_written(max(used - theirs, 0))}, "
                    f"a pod takes {as_written(each)}"
                )
    return ""


def node_gap(
    wanted: int, spec: Object, own: Sequence[Object], pods: Iterable[Object], nodes: Sequence[Object]
) -> str:
    """Why the nodes cannot hold `wanted` pods of this spec, with their arithmetic; else empty.

    Requests of other pods of the namespace with no lower priority are taken off; those of other namespaces
    are not known.
    """
    if not nodes or not all(_provider(node) in FIXED_PROVIDERS for node in nodes):
        return ""
    mine = {pod["metadata"].get("uid") for pod in own}
    priority = int(spec.get("priority") or 0)
    others = [
        pod for pod in pods
        if pod["metadata"].get("uid") not in mine
        and (pod.get("status") or {}).get("phase") not in GONE
        and int((pod.get("spec") or {}).get("priority") or 0) >= priority
    ]  # fmt: skip
    fitting = {node["metadata"]["name"]: _fits(node, spec, others) for node in nodes if _takes(node, spec)}
    total = sum(fitting.values())
    if total >= wanted:
        return ""
    shown = [f"{name} {count:g}" for name, count in sorted(fitting.items())[:MOST_NODES]]
    if len(fitting) > MOST_NODES:
        shown.append(f"{len(fitting) - MOST_NODES} more")
    takes = ", ".join(
        f"{name} {as_written(amount)}" for name, amount in sorted(amounts(spec, "requests").items())
    )
    where = ", ".join(shown) or "no node takes them"
    return (
        f"the nodes have room for {total:g} of {plural(wanted, 'pod')}"
        f"{f' of {takes} each' if takes else ''}: {where}"
    )


def _fits(node: Object, spec: Object, others: Iterable[Object]) -> float:
    """How many pods of this spec the node can hold beside the others that run on it; infinite if unknown."""
    name = node["metadata"]["name"]
    here = [pod.get("spec") or {} for pod in others if (pod.get("spec") or {}).get("nodeName") == name]
    taken = [amounts(other, "requests") for other in here]
    allocatable = (node.get("status") or {}).get("allocatable") or {}
    room = [math.inf]
    for resource, each in {**amounts(spec, "requests"), "pods": 1000}.items():
        there = thousandths(allocatable.get(resource))
        if there is None or not each:
            continue
        used = 1000 * len(here) if resource == "pods" else sum(one.get(resource, 0) for one in taken)
        room.append(max((there - used) // each, 0))
    return min(room)


def _takes(node: Object, spec: Object) -> bool:
    """Whether the node may take such a pod at all: schedulable, its labels, its taints."""
    body, labels = node.get("spec") or {}, node["metadata"].get("labels") or {}
    if body.get("unschedulable"):
        return False
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    kept_off = [t for t in body.get("taints") or () if t.get("effect") in ("NoSchedule", "NoExecute")]
    return all(any(_tolerates(one, taint) for one in spec.get("tolerations") or ()) for taint in kept_off)


def _tolerates(toleration: Object, taint: Object) -> bool:
    if toleration.get("effect") not in (None, "", taint.get("effect")):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", taint.get("key"))
    return (toleration.get("key"), toleration.get("value") or "") == (
        taint.get("key"),
        taint.get("value") or "",
    )


def _provider(node: Object) -> str:
    return str((node.get("spec") or {}).get("providerID") or "").partition(":")[0]
