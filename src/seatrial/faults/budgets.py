"""What the disruption budgets of the namespace allow."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.kube.client import Kube
from seatrial.kube.workloads import selector_text
from seatrial.waiting import NotYet, Ready, eventually

OBSERVED_SECONDS = 10.0


@dataclass(frozen=True)
class Covering:
    """A disruption budget with the pods that it covers now.

    Attributes:
        pods: their names.
        keeps: how many of them must stay healthy.
        declared: what it says of that, e.g. "minAvailable 1".
        never_allows: the arithmetic where it allows no disruption even when all are healthy; else empty.
    """

    name: str
    pods: frozenset[str]
    keeps: int
    declared: str
    never_allows: str

    def plain(self) -> dict[str, Any]:
        """As it is kept in a fault's details."""
        return {
            "name": self.name,
            "declared": self.declared,
            "keeps": self.keeps,
            "pods": sorted(self.pods),
        }


def budgets_over(kube: Kube, pods: Collection[str]) -> list[Covering]:
    """The disruption budgets that cover some of these pods, once their controller has taken note of them."""
    found = [_covering(kube, budget) for budget in _observed(kube)]
    return [one for one in found if one.pods & set(pods)]


def blocking(covering: Iterable[Covering], pods: Collection[str]) -> str:
    """Why a budget never lets one of these pods go, with its arithmetic; empty when all may go in time.

    A budget that only holds pods back while others are not ready is no obstacle: it allows them one by one.
    """
    for one in covering:
        if one.never_allows and (hit := one.pods & set(pods)):
            return f"{one.never_allows}, so {min(hit)} can never be evicted"
    return ""


def _covering(kube: Kube, budget: Mapping[str, Any]) -> Covering:
    spec, name = budget.get("spec") or {}, str(budget["metadata"]["name"])
    selector = spec.get("selector")
    covered: frozenset[str] = frozenset()
    if selector is not None:  # without a selector it covers no pod, with an empty one all
        found = kube.objects("Pod", selector=selector_text(selector))
        covered = frozenset(str(pod["metadata"]["name"]) for pod in found)
    keeps = int((budget.get("status") or {}).get("desiredHealthy") or 0)
    return Covering(name, covered, keeps, _declared(spec), never_allows(budget))


def never_allows(budget: Mapping[str, Any]) -> str:
    """The arithmetic of a budget that allows no disruption even when every pod is healthy; else empty."""
    status, spec = budget.get("status") or {}, budget.get("spec") or {}
    expected, desired = int(status.get("expectedPods") or 0), int(status.get("desiredHealthy") or 0)
    if expected - desired > 0:
        return ""
    name = f"PodDisruptionBudget {budget['metadata']['name']} ({_declared(spec)})"
    return f"{name} allows {expected} pods - {desired} that must stay healthy = 0 disruptions"


def _declared(spec: Mapping[str, Any]) -> str:
    key = "minAvailable" if spec.get("minAvailable") is not None else "maxUnavailable"
    return f"{key} {spec.get(key)}"


def _observed(kube: Kube) -> list[dict[str, Any]]:
    """The budgets, once their controller has taken note of how they are now."""

    def probe() -> Ready[list[dict[str, Any]]] | NotYet:
        budgets = kube.objects("PodDisruptionBudget")
        behind = [
            budget["metadata"]["name"]
            for budget in budgets
            if int((budget.get("status") or {}).get("observedGeneration") or 0)
            < int(budget["metadata"].get("generation") or 0)
        ]
        return NotYet(f"not yet computed: {', '.join(behind)}") if behind else Ready(budgets)

    return eventually(probe, within_seconds=OBSERVED_SECONDS, what="disruption budgets computed")
