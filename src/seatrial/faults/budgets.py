"""What the disruption budgets of the namespace allow."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from seatrial.kube.client import Kube
from seatrial.waiting import NotYet, Ready, eventually

OBSERVED_SECONDS = 10.0


def blocking_budget(kube: Kube, pods: Collection[str]) -> str:
    """Why a budget never lets one of these pods go, with its arithmetic; empty when all may go in time.

    A budget that only holds pods back while others are not ready is no obstacle: it allows them one by one.
    """
    by_name = {pod["metadata"]["name"]: pod for pod in kube.objects("Pod")}
    hit = [by_name[name] for name in sorted(pods) if name in by_name]
    for budget in _observed(kube):
        covered = [pod for pod in hit if selects((budget.get("spec") or {}).get("selector"), pod)]
        reason = never_allows(budget) if covered else ""
        if reason:
            return f"{reason}, so {covered[0]['metadata']['name']} can never be evicted"
    return ""


def never_allows(budget: Mapping[str, Any]) -> str:
    """The arithmetic of a budget that allows no disruption even when every pod is healthy; else empty."""
    status, spec = budget.get("status") or {}, budget.get("spec") or {}
    expected, desired = int(status.get("expectedPods") or 0), int(status.get("desiredHealthy") or 0)
    if expected - desired > 0:
        return ""
    key = "minAvailable" if spec.get("minAvailable") is not None else "maxUnavailable"
    name = f"PodDisruptionBudget {budget['metadata']['name']} ({key} {spec.get(key)})"
    return f"{name} allows {expected} pods - {desired} that must stay healthy = 0 disruptions"


def selects(selector: Mapping[str, Any] | None, obj: Mapping[str, Any]) -> bool:
    """Whether a label selector selects the object; an empty one selects all, and None nothing."""
    if selector is None:
        return False
    labels = obj["metadata"].get("labels") or {}
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_meets(labels, expression) for expression in selector.get("matchExpressions") or ())


def _meets(labels: Mapping[str, str], expression: Mapping[str, Any]) -> bool:
    key, values = expression["key"], expression.get("values") or ()
    operator = expression["operator"]
    if operator == "In":
        return labels.get(key) in values
    if operator == "NotIn":
        return labels.get(key) not in values
    return (key in labels) is (operator == "Exists")


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
