"""The objectives of a load step, fixed before the load: derived where none is given, or refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from seatrial.errors import SeatrialError
from seatrial.judge.hpa.manifest import autoscaler_from
from seatrial.judge.hpa.possible import Least, least_down, least_up, usual_down_seconds, usual_up_seconds
from seatrial.judge.hpa.records import Autoscaler
from seatrial.judge.room import node_gap, quota_gap
from seatrial.model.objectives import Objectives
from seatrial.model.scenario import Look, Subject

Object = Mapping[str, Any]
LEAST_UP_SECONDS = 150.0
"""The objective where the system file names none and the autoscaler would make it shorter."""
LEAST_DOWN_SECONDS = 300.0
UNSEEN = Autoscaler(maximum=2, metrics=())
"""Stands for an autoscaler that may not be read: Kubernetes' own windows and policies."""


def up_seconds(objectives: Objectives) -> float:
    """`scale_up_seconds`, or the default, which Kubernetes' own windows and policies do not exceed."""
    given = objectives.scale_up_seconds
    return given if given is not None else LEAST_UP_SECONDS


def down_seconds(objectives: Objectives) -> float:
    """`scale_down_seconds`, or what Kubernetes' own windows and policies need where nothing is known."""
    given = objectives.scale_down_seconds
    return (
        given
        if given is not None
        else max(LEAST_DOWN_SECONDS, usual_down_seconds(least_down(UNSEEN, UNSEEN.maximum)))
    )


def with_objectives(subject: Subject, objects: Sequence[Object]) -> Subject:
    """The subject with the two objectives of its load step as numbers that its autoscaler can meet.

    Args:
        objects: what `SCALING` names, as far as it may be read.

    Raises:
        SeatrialError: autoscaler, quota or nodes exclude what the system file asks; with the arithmetic.
    """
    workload, step = subject.workload, subject.workload.load_step
    scaler = _named(objects, "HorizontalPodAutoscaler", workload.autoscaled or "")
    scaled = _named(objects, workload.kind, workload.name)
    if scaler is None or scaled is None or step is None:
        return subject
    try:
        spec = autoscaler_from(scaler["spec"])
    except ValueError:
        return subject  # what is wrong with it, the judge says of the recorded one
    own = _pods_of(scaled, objects)
    pod: Object = own[0]["spec"] if own else scaled["spec"]["template"].get("spec") or {}
    _replicas_fit(subject, spec, scaler["metadata"]["name"], step.replicas)
    pods, quotas, nodes = (_all(objects, kind) for kind in ("Pod", "ResourceQuota", "Node"))
    for gap in (quota_gap(step.replicas, pod, own, quotas), node_gap(step.replicas, pod, own, pods, nodes)):
        if gap:
            raise SeatrialError(
                f"the load step's {step.replicas} replicas can never be ready: {gap}",
                where=f"workloads.{subject.role}.load_step.replicas",
                next_step="Make room for them, or ask for fewer replicas with less load.",
            )
    up, down = least_up(spec, pod, step.replicas), least_down(spec, step.replicas)
    given = subject.system.objectives
    _possible("scale_up_seconds", given.scale_up_seconds, "scale-out", up, scaler)
    _possible("scale_down_seconds", given.scale_down_seconds, "scale-in", down, scaler)
    derived = {
        "scale_up_seconds": max(LEAST_UP_SECONDS, usual_up_seconds(up)),
        # More pods than were asked for may have to go.
        "scale_down_seconds": max(LEAST_DOWN_SECONDS, usual_down_seconds(least_down(spec, spec.maximum))),
    }
    fixed = given.model_copy(update={name: n for name, n in derived.items() if getattr(given, name) is None})
    return Subject(subject.role, subject.system.model_copy(update={"objectives": fixed}))


SCALING = Look(
    ("HorizontalPodAutoscaler", "Deployment", "StatefulSet", "Pod", "ResourceQuota", "Node"), with_objectives
)


def _replicas_fit(subject: Subject, spec: Autoscaler, name: str, wanted: int) -> None:
    """Raises SeatrialError when the autoscaler's bounds leave nothing to rise, or too little."""
    problem = ""
    if wanted > spec.maximum:
        problem = f"can never be ready: horizontalpodautoscaler/{name} has maxReplicas {spec.maximum}"
    elif wanted <= spec.minimum:
        problem = f"are there without any load: horizontalpodautoscaler/{name} has minReplicas {spec.minimum}"
    if problem:
        raise SeatrialError(
            f"the load step's {wanted} replicas {problem}",
            where=f"workloads.{subject.role}.load_step.replicas",
            next_step=f"Name more than {spec.minimum} and at most {spec.maximum}, or change the autoscaler.",
        )


def _possible(name: str, objective: float | None, word: str, least: Least, scaler: Object) -> None:
    """Raises SeatrialError when the objective can never be met, or nothing ever could."""
    never = least.seconds == float("inf")
    if not never and (objective is None or objective > least.seconds):
        return
    direction = "scaleUp" if word == "scale-out" else "scaleDown"
    says = "" if objective is None else f"; the objective says {objective:g} s"
    needs = f"{least.why}" if never else f"{word} needs at least {least.why}"
    raise SeatrialError(
        f"{name} can never be met: {needs}{says}",
        where=f"objectives.{name}, horizontalpodautoscaler/{scaler['metadata']['name']}",
        next_step=f"Change behavior.{direction} (stabilizationWindowSeconds, policies)"
        + ("." if never or objective is None else f", raise the objective well above {least.seconds:g} s, "
           "or leave it out: it is then derived from the autoscaler."),
    )  # fmt: skip


def _named(objects: Iterable[Object], kind: str, name: str) -> Object | None:
    return next((obj for obj in _all(objects, kind) if obj["metadata"]["name"] == name), None)


def _all(objects: Iterable[Object], kind: str) -> list[Object]:
    return [obj for obj in objects if obj["kind"] == kind]


def _pods_of(scaled: Object, objects: Iterable[Object]) -> list[Object]:
    """The pods that the workload's selector matches; none where it selects by more than labels."""
    selector = (scaled.get("spec") or {}).get("selector") or {}
    labels = (selector.get("matchLabels") or {}).items()
    if not labels or selector.get("matchExpressions"):
        return []
    return [pod for pod in _all(objects, "Pod") if labels <= (pod["metadata"].get("labels") or {}).items()]
