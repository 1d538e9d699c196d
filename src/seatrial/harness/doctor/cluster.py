"""The cluster, the namespace, the clock, the metrics, and the workloads of the system file."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from seatrial.errors import SeatrialError
from seatrial.harness.doctor.autoscaler import examine_autoscaler
from seatrial.harness.doctor.finding import Finding, bad, note, ok
from seatrial.kube.api import Object
from seatrial.kube.client import Kube
from seatrial.kube.clock import measure
from seatrial.kube.errors import Forbidden
from seatrial.kube.rollout import lacking
from seatrial.kube.workloads import pods_of
from seatrial.model.right import Right, autoscaled, on_workload
from seatrial.model.system import System, Workload

RIGHTS = (
    Right(("get",), "Namespace", without="whether the namespace is being deleted is not known"),
    *(replace(each, without="whether workloads are ready is not known") for each in on_workload("get")),
    Right(
        ("get",),
        "HorizontalPodAutoscaler",
        without="whether autoscalers can act is not known",
        when=autoscaled,
    ),
)


def examine_cluster(kube: Kube) -> Iterator[Finding]:
    """Whether the API server answers and the namespace is there.

    Raises:
        SeatrialError: without it nothing else can be asked.
    """
    yield ok("cluster", f"{kube.server} answers: Kubernetes {kube.version()} (context {kube.context})")
    kube.require_namespace()
    yield ok("namespace", f"{kube.namespace} is there")


def examine_clock(kube: Kube) -> Iterator[Finding]:
    """How far the API server's clock is from this machine's."""
    try:
        clock = measure(kube)
    except SeatrialError as error:
        yield bad("clock", f"the API server's clock cannot be told: {error.what}", error.next_step)
        return
    ahead = -(clock.offset_seconds + clock.epoch_offset_seconds)
    word = "ahead of" if ahead >= 0 else "behind"
    text = f"the API server's clock is {abs(ahead):.2f} s {word} this machine's"
    yield ok("clock", f"{text} (known to {clock.error_seconds:.2f} s); times are corrected by it")


def examine_metrics(kube: Kube, system: System) -> Iterator[Finding]:
    """Whether the metrics API answers, where an autoscaler needs it."""
    if not any(workload.autoscaled for workload in system.workloads.values()):
        return
    try:
        number = len(kube.objects("PodMetrics"))
    except Forbidden:
        yield note("metrics", "metrics-server cannot be asked by this user")
    except SeatrialError as error:
        yield bad(
            "metrics",
            f"no metrics-server answers: {error.what}",
            "Install it: no autoscaler acts without it.",
        )
    else:
        yield ok("metrics", f"metrics-server answers for {number} pods")


def examine_workloads(kube: Kube, system: System) -> Iterator[Finding]:
    """Whether each workload is there and ready, and its autoscaler able to act."""
    for role, workload in system.workloads.items():
        try:
            yield from _workload(kube, role, workload)
        except SeatrialError as error:
            yield note("workload", f"{role}: {error.what}", error.next_step)


def _workload(kube: Kube, role: str, workload: Workload) -> Iterator[Finding]:
    found = kube.find(workload.kind, workload.name)
    if found is None:
        names = [item["metadata"]["name"] for item in kube.objects(workload.kind)]
        near = difflib.get_close_matches(workload.name, names, n=1) or names
        there = f"There is {', '.join(near)}." if near else "Deploy it, or correct the system file."
        yield bad("workload", f"{role}: there is no {workload.kind} {workload.name}", there)
        return
    missing = lacking(found)
    replicas = found["spec"].get("replicas", 1)
    if missing:
        yield bad("workload", f"{role}: {missing}", "A run begins with a system that is at rest.")
    else:
        yield ok("workload", f"{role}: {workload.kind} {workload.name}, {replicas} of {replicas} pods ready")
    if workload.stateless and replicas < 2 and workload.autoscaled is None:
        yield note("workload", f"{role}: one replica; each replacement of its pod will cost requests")
    if workload.autoscaled:
        scaler = kube.find("HorizontalPodAutoscaler", workload.autoscaled)
        if scaler is None:
            text = f"{role}: there is no HorizontalPodAutoscaler {workload.autoscaled}"
            yield bad("autoscaler", text, "Correct `autoscaled`.")
            return
        yield from examine_autoscaler(role, scaler, found, _pods(kube, workload), datetime.now(UTC))


def _pods(kube: Kube, workload: Workload) -> list[Object]:
    """The pods of a workload; none where they may not be read."""
    try:
        return pods_of(kube, workload.kind, workload.name)
    except Forbidden:
        return []
