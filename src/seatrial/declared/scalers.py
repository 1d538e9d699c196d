"""What autoscalers scale, Kubernetes' own and others."""

from __future__ import annotations

from seatrial.declared.kinds import qualified
from seatrial.declared.objects import Resource
from seatrial.declared.values import mapping, text


def scaled_by(autoscaler: Resource) -> tuple[str, str, str]:
    """Type, namespace and name of what an autoscaler scales; a custom one means a Deployment by default."""
    reference = mapping(autoscaler.spec.get("scaleTargetRef"))
    group = text(reference.get("apiVersion")).rpartition("/")[0]
    kind = text(reference.get("kind")) or ("Deployment" if "." in autoscaler.type else "")
    return qualified(kind, group), autoscaler.namespace, text(reference.get("name"))


def takes_over(autoscaler: Resource) -> bool:
    """Whether KEDA takes a HorizontalPodAutoscaler over that somebody else wrote: then that one counts."""
    return autoscaler.annotations.get("scaledobject.keda.sh/transfer-hpa-ownership") == "true"
