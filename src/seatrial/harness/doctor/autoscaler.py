"""Whether an autoscaler can act, as its objects say; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from seatrial.harness.doctor.finding import Finding, bad, note, ok
from seatrial.kube.api import Object
from seatrial.model.metric import metric_body
from seatrial.model.pod_resources import staying

LASTING_SECONDS = 60.0
"""Pods that have just begun have no metrics yet; after this nothing will come by itself."""
DISABLED = "ScalingDisabled"
"""Said of an autoscaler that somebody has switched off, by zero replicas."""


def examine_autoscaler(
    role: str, scaler: Object, workload: Object, pods: Sequence[Object], now: datetime
) -> Iterator[Finding]:
    """What keeps it from acting, and the range that it has.

    Args:
        pods: of the workload, as far as they may be read: they have what server and namespace fill in.
    """
    name, spec, replicas = scaler["metadata"]["name"], scaler["spec"], workload["spec"].get("replicas", 1)
    pod = pods[0]["spec"] if pods else workload["spec"]["template"]["spec"]
    gaps = dict.fromkeys(_gaps(spec, pod))
    for gap in gaps:
        text = "Without a request there is no ratio: it never acts."
        yield bad("autoscaler", f"{role}: {name} {gap}", text)
    if not gaps:
        yield from _own_words(role, scaler, now)
    if replicas >= spec["maxReplicas"]:
        yield bad(
            "autoscaler", f"{role}: {replicas} replicas are its maximum already", "It cannot grow any more."
        )
    else:
        yield ok(
            "autoscaler",
            f"{role}: {name} from {spec.get('minReplicas', 1)} to {spec['maxReplicas']}, now {replicas}",
        )


def _gaps(spec: Object, pod: Object) -> Iterator[str]:
    """Each resource by whose utilisation it scales and that a container does not request."""
    for metric in spec.get("metrics") or ():
        body = metric_body(metric)
        if (body.get("target") or {}).get("type") != "Utilization":
            continue
        resource, one = str(body.get("name")), body.get("container")
        measured = [each for each in staying(pod) if one in (None, each["name"])]
        bare = [each["name"] for each in measured if not _requests(each, resource)]
        if bare and (one or not _requests(pod, resource)):
            yield f"measures {resource}, and {', '.join(bare)} requests none"


def _requests(part: Mapping[str, Any], resource: str) -> bool:
    """Whether a container, or a pod as a whole, gets a request; a limit alone becomes one."""
    given = part.get("resources") or {}
    return any(resource in (given.get(kind) or {}) for kind in ("requests", "limits"))


def _own_words(role: str, scaler: Object, now: datetime) -> Iterator[Finding]:
    """What the autoscaler says itself of why it cannot scale."""
    for each in (scaler.get("status") or {}).get("conditions") or ():
        fine = each.get("status") != "False" or each.get("reason") == DISABLED
        if fine or each.get("type") not in ("AbleToScale", "ScalingActive"):
            continue
        since = datetime.fromisoformat(each.get("lastTransitionTime") or now.isoformat())
        lasting = (now - since).total_seconds() >= LASTING_SECONDS
        say = bad if lasting else note
        why = f"{each.get('reason')}: {each.get('message')}"
        text = f"{role}: {scaler['metadata']['name']} cannot scale: {why}"
        yield say("autoscaler", text, "See `kubectl describe hpa`, and whether its metrics are served.")
