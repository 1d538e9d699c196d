"""The pods of a workload, by the selector that its controller uses."""

from __future__ import annotations

from seatrial.kube.api import Object
from seatrial.kube.client import Kube


def pods_of(kube: Kube, kind: str, name: str) -> list[Object]:
    """The pods that a Deployment or StatefulSet selects, by name.

    Raises:
        NotFound: the workload is not there.
        Forbidden: it, or pods, may not be read.
    """
    selector = (kube.get(kind, name).get("spec") or {}).get("selector") or {}
    pods = kube.objects("Pod", selector=selector_text(selector))
    return sorted(pods, key=lambda pod: str(pod["metadata"]["name"]))


def running(pod: Object) -> bool:
    """Whether a command can be run in it: its containers run, and nobody has deleted it."""
    deleted = pod["metadata"].get("deletionTimestamp") is not None
    return not deleted and (pod.get("status") or {}).get("phase") == "Running"


def selector_text(selector: Object) -> str:
    """A LabelSelector as the API takes it in a query.

    >>> selector_text({"matchLabels": {"app": "shop", "tier": "web"}})
    'app=shop,tier=web'
    """
    parts = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for expression in selector.get("matchExpressions") or ():
        key, values = expression["key"], ",".join(expression.get("values") or ())
        forms = {
            "In": f"{key} in ({values})",
            "NotIn": f"{key} notin ({values})",
            "Exists": key,
            "DoesNotExist": f"!{key}",
        }
        parts.append(forms[expression["operator"]])
    return ",".join(parts)
