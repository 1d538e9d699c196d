"""The rights that a run needs, each asked by a SelfSubjectAccessReview."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from seatrial.errors import SeatrialError
from seatrial.harness.doctor.finding import Finding, bad, note, ok
from seatrial.kube.client import Kube
from seatrial.model.system import System

_READ = ("get", "list", "watch")


@dataclass(frozen=True)
class Right:
    """What is done with one kind of object.

    Attributes:
        without: what does not work without it.
        needed: whether a run ends red without it; else something is only not tested.
        wanted: whether a system needs it at all.
    """

    verbs: tuple[str, ...]
    kind: str
    without: str
    subresource: str = ""
    needed: bool = True
    wanted: Callable[[System], bool] = lambda _: True


def _disturbs(system: System) -> bool:
    return system.consent.disruptive


def _autoscaled(system: System) -> bool:
    return any(workload.autoscaled for workload in system.workloads.values())


def _of_kind(kind: str) -> Callable[[System], bool]:
    return lambda system: any(workload.kind == kind for workload in system.workloads.values())


def _product(role: str) -> Callable[[System], bool]:
    return lambda system: any((one.role or name) == role for name, one in system.capabilities.items())


RIGHTS = (
    Right(_READ, "Pod", "nothing can be watched"),
    Right(_READ, "EndpointSlice", "nothing can be watched"),
    Right(_READ, "Deployment", "nothing can be watched"),
    Right(_READ, "StatefulSet", "nothing can be watched"),
    Right(_READ, "HorizontalPodAutoscaler", "nothing can be watched"),
    Right(_READ, "Event", "no cause can be named from events"),
    Right(("get", "list"), "Service", "no cause can be named from Services", needed=False),
    Right(("get", "list"), "PodDisruptionBudget", "no cause can be named from budgets", needed=False),
    Right(("get",), "Pod", "who answered cannot be read from logs", "log", needed=False),
    Right(
        ("list",), "PodMetrics", "an autoscaler's decisions are measured and not explained", needed=False,
        wanted=_autoscaled,
    ),
    Right(_READ, "Node", "nodes cannot be watched; drain-node and node-loss are not possible", needed=False),
    Right(("get", "create", "patch", "delete"), "Lease", "nothing may be disturbed", wanted=_disturbs),
    Right(("delete",), "Pod", "delete-pod is not possible", wanted=_disturbs),
    Right(("create",), "Pod", "drain-node is not possible", "eviction", wanted=_disturbs),
    Right(
        ("patch",), "Deployment", "bad-rollout is not possible",
        wanted=lambda system: _disturbs(system) and _of_kind("Deployment")(system),
    ),
    Right(
        ("patch",), "StatefulSet", "bad-rollout is not possible",
        wanted=lambda system: _disturbs(system) and _of_kind("StatefulSet")(system),
    ),
    Right(("patch",), "Node", "drain-node is not possible", needed=False, wanted=_disturbs),
    Right(("get", "create"), "Pod", "the store cannot be asked", "exec", wanted=_product("store")),
    Right(("get",), "Service", "the metrics cannot be asked", "proxy", wanted=_product("metrics")),
)  # fmt: skip


def examine_rights(kube: Kube, system: System) -> Iterator[Finding]:
    """One finding for each right; a missing one carries the rule that lacks."""
    for right in RIGHTS:
        if right.wanted(system):
            yield _asked(kube, right)


def _asked(kube: Kube, right: Right) -> Finding:
    resource = kube.resource(right.kind)
    place = f" in namespace {kube.namespace}" if resource.namespaced else ""
    plural = f"{resource.plural}/{right.subresource}" if right.subresource else resource.plural
    name = f"{plural}.{resource.group}" if resource.group else plural
    try:
        refused = [
            verb for verb in right.verbs if not kube.can_i(verb, right.kind, subresource=right.subresource)
        ]
    except SeatrialError as error:
        return note("rights", f"{name}: cannot be asked: {error.what}", error.next_step)
    if not refused:
        return ok("rights", f"{', '.join(right.verbs)} {name}{place}")
    kind = "Role" if resource.namespaced else "ClusterRole"
    verbs = ", ".join(f'"{verb}"' for verb in refused)
    rule = f'{{apiGroups: ["{resource.group}"], resources: ["{plural}"], verbs: [{verbs}]}}'
    made = bad if right.needed else note
    text = f"not allowed to {', '.join(refused)} {name}{place}: {right.without}"
    return made("rights", text, f"bind a {kind} with {rule}")
