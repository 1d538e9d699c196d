"""What manifests declare of containers, and what these are from inside."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, replace

from seatrial.declared.hardening import declared_of
from seatrial.declared.values import mapping
from seatrial.errors import SeatrialError
from seatrial.harness.context import Context
from seatrial.harness.measuring import MOST_PODS, measurement, out_of_time
from seatrial.kube.api import Object
from seatrial.kube.client import Kube
from seatrial.kube.errors import Forbidden
from seatrial.kube.exec import EXEC
from seatrial.kube.inside import NoLook, inside
from seatrial.model.hardening import HARDENING, Declared
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.pod_resources import staying
from seatrial.model.right import Right, on_workload, reading

RIGHTS: tuple[Right, ...] = (
    replace(EXEC, without="containers cannot be looked at from inside"),
    *reading(["Pod"], "get"),
    *on_workload("get"),
    *reading(["ServiceAccount"], "get", without="only pods say whether a token is to be mounted"),
)


@measurement("hardening", rights=RIGHTS)
def hardening(context: Context, within_seconds: float) -> Iterator[Measurement]:
    """Each container of up to four pods: what its manifest declares, and what it is from inside."""
    kube, workload = context.session.kube, context.subject.workload
    ends_at = time.monotonic() + within_seconds
    template = mapping(kube.get(workload.kind, workload.name)["spec"]["template"]["spec"])
    for seen in [pod for pod in context.pods() if pod.ready and not pod.deleting][:MOST_PODS]:
        pod = kube.find("Pod", seen.name)
        for name, declared in _declared(kube, pod or {}, template):
            left = time.monotonic() < ends_at
            late = out_of_time(HARDENING, f"{seen.name}/{name}", within_seconds)
            yield _look(kube, seen.name, name, declared) if left else late


def _declared(kube: Kube, pod: Object, template: Object) -> Iterator[tuple[str, Declared]]:
    """The containers that stay, by name; one that the template does not have is taken as the pod has it."""
    spec = mapping(pod.get("spec"))
    account = _account(kube, str(spec.get("serviceAccountName") or "default")) if spec else {}
    known = {str(each["name"]): each for each in staying(template)}
    for each in staying(spec):
        name = str(each["name"])
        mine = name in known
        yield name, declared_of(known.get(name, each), template if mine else spec, account, in_manifest=mine)


def _account(kube: Kube, name: str) -> Object:
    try:
        return kube.find("ServiceAccount", name) or {}
    except Forbidden:
        return {}


def _look(kube: Kube, pod: str, container: str, declared: Declared) -> Measurement:
    began_at = time.monotonic()
    outcome, value, reason = MeasurementOutcome.ANSWERED, {"declared": asdict(declared)}, ""
    try:
        found = inside(kube, pod, container, own_process=not declared.shared_processes)
        value["seen"] = asdict(found)
    except (NoLook, Forbidden) as error:
        outcome, reason = MeasurementOutcome.REFUSED, error.what
    except SeatrialError as error:
        outcome, reason = MeasurementOutcome.COULD_NOT_TRY, error.what
    name = f"{pod}/{container}"
    return Measurement(HARDENING, name, began_at, time.monotonic(), outcome, value, reason)
