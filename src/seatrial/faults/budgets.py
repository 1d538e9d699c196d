"""What the disruption budgets of the namespace allow."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from seatrial.kube.client import Kube
from seatrial.kube.workloads import selector_text
from seatrial.waiting import NotYet, Ready, eventually

OBSERVED_SECONDS = 10.0


def blocking_budget(kube: Kube, pods: Collection[str]) -> str:
    """Why a budget never lets one of these pods go, with its arithmetic; empty when all may go in time.

    A budget that only holds pods back while others are not ready is no obstacle: it allows them one by one.
    """
    for budget in _observed(kube):
        reason, selector = never_allows(budget), (budget.get("spec") or {}).get("selector")
        if not reason or selector is None:  # without a selector it covers no pod, with an empty one all
            continue
        covered = {pod["metadata"]["name"] for pod in kube.objects("Pod", selector=selector_text(selector))}
        if hit := covered & set(pods):
            return f"{reason}, so {min(hit)} can never be evicted"
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
