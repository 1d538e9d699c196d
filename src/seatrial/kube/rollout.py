"""Waiting until workloads are rolled out, with the reason while they are not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from seatrial.errors import SeatrialError
from seatrial.kube.client import Kube
from seatrial.kube.pod_status import condition
from seatrial.kube.records import workload_of_pod
from seatrial.waiting import Hopeless, NotYet, Ready, eventually

Object = dict[str, Any]

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job")
# Four seconds: a pod without a readiness probe is ready until kubelet has seen its program crash.
STEADY_ANSWERS = 8
# What the kubelet answers, with status 200, for a container that it has just removed.
NO_LOG = "unable to retrieve container logs"
# Reasons that no waiting cures.
HOPELESS = ("InvalidImageName", "ErrImageNeverPull")


def lacking(obj: Object) -> str:
    """What a workload's rollout lacks, from its spec and status; empty when it is complete."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    if (status.get("observedGeneration") or 0) < (obj["metadata"].get("generation") or 0):
        return "not yet seen by its controller"
    if obj["kind"] == "Job":
        return "" if condition(obj, "Complete").get("status") == "True" else "not complete"
    if obj["kind"] == "DaemonSet":
        wanted = int(status.get("desiredNumberScheduled") or 0)
        ready = int(status.get("numberReady") or 0)
        updated = int(status.get("updatedNumberScheduled") or 0)
        total = wanted
    else:
        replicas = spec.get("replicas")
        wanted = 1 if replicas is None else int(replicas)
        ready = int(status.get("readyReplicas") or 0)
        updated = int(status.get("updatedReplicas") or 0)
        total = int(status.get("replicas") or 0)
    if updated < wanted:
        return f"{updated} of {wanted} pods have the new version"
    if total > wanted:
        return f"{total - wanted} old pods are still there"
    if ready < wanted:
        return f"{ready} of {wanted} pods ready"
    return ""


def unready(kube: Kube) -> list[str]:
    """What the workloads of the namespace lack, a sentence for each; Jobs have their own time."""
    found = [obj for kind in WORKLOADS if kind != "Job" for obj in kube.objects(kind)]
    return [f"{obj['kind']}/{obj['metadata']['name']}: {lack}" for obj in found if (lack := lacking(obj))]


def pod_trouble(pod: Object) -> tuple[str, str]:
    """Why a pod is not ready, as (reason, sentence); empty when it is."""
    if condition(pod, "Ready").get("status") == "True":
        return "", ""
    name, status = pod["metadata"]["name"], pod.get("status") or {}
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return "Unschedulable", f"{name} cannot be scheduled: {scheduled.get('message', '')}"
    for container in (status.get("initContainerStatuses") or []) + (status.get("containerStatuses") or []):
        state = container.get("state") or {}
        waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
        last = ((container.get("lastState") or {}).get("terminated")) or {}
        if waiting.get("reason") in ("PodInitializing", "ContainerCreating") and not last:
            continue
        if waiting:
            code = f", last exit code {last['exitCode']}" if last else ""
            message = f": {waiting['message']}" if waiting.get("message") and not last else ""
            return str(waiting.get("reason", "")), f"{name} {waiting.get('reason')}{code}{message}"
        if ended and ended.get("exitCode") != 0:
            return str(ended.get("reason", "")), f"{name} ended with exit code {ended.get('exitCode')}"
        if "running" in state and not container.get("ready"):
            return "NotReady", f"{name} runs but its readiness probe does not pass"
    return "Starting", f"{name} is starting"


def wait_for_rollouts(
    kube: Kube,
    workloads: Iterable[tuple[str, str]],
    *,
    within_seconds: float,
    note: Callable[[str], None] = lambda _: None,
) -> None:
    """Wait until each (kind, name) is rolled out.

    Args:
        note: told what is still missing, whenever that changes.

    Raises:
        WaitExpired: names what is missing and why, with a crashing pod's last log line.
        Hopeless: an image name that cannot work.
    """
    wanted = list(workloads)
    said = ""

    def probe() -> Ready[None] | NotYet:
        nonlocal said
        missing = []
        for kind in dict.fromkeys(kind for kind, _ in wanted):
            by_name = {obj["metadata"]["name"]: obj for obj in kube.objects(kind)}
            for _, name in (pair for pair in wanted if pair[0] == kind):
                problem = lacking(by_name[name]) if name in by_name else "does not exist"
                if problem:
                    missing.append((kind, name, problem))
        if not missing:
            return Ready(None)
        sentence = "; ".join(f"{name}: {problem}" for _, name, problem in missing)
        if sentence != said:
            said = sentence
            note(sentence)
        return NotYet(_explain(kube, missing))

    eventually(
        probe,
        within_seconds=within_seconds,
        every_seconds=0.5,
        in_a_row=STEADY_ANSWERS,
        what="rollout",
        next_step=f"kubectl --context {kube.context} --namespace {kube.namespace} describe pods",
    )


def _explain(kube: Kube, missing: list[tuple[str, str, str]]) -> str:
    pods = kube.objects("Pod")
    parts = []
    for kind, name, problem in missing:
        troubles = [(*pod_trouble(pod), pod) for pod in pods if workload_of_pod(pod) == (kind, name)]
        for reason, sentence, _ in troubles:
            if reason in HOPELESS:
                raise Hopeless(f"{kind.lower()}/{name} cannot roll out: {sentence}")
        crashing = next(((words, pod) for _, words, pod in troubles if words and crashed(pod)), None)
        if crashing is not None:
            parts.append(f"{name}: {crashing[0]}, last line: {last_log_line(kube, crashing[1])}")
            continue
        sentences = [sentence for _, sentence, _ in troubles if sentence]
        parts.append(f"{name}: {problem}" + (f" ({sentences[0]})" if sentences else ""))
    return "; ".join(parts)


def crashed(pod: Object) -> Object | None:
    """Status of the first container that has ended badly, now or in its previous life."""
    for container in (pod.get("status") or {}).get("containerStatuses") or ():
        for state in (container.get("state") or {}, container.get("lastState") or {}):
            if (state.get("terminated") or {}).get("exitCode"):
                return dict(container)
    return None


def last_log_line(kube: Kube, pod: Object) -> str:
    """The last line that the pod's crashed container wrote, in its previous life or in this one."""
    container = crashed(pod)
    if container is None:
        return "(no log)"
    why = "the log is empty"
    for previous in (True, False):
        try:
            text = kube.logs(
                pod["metadata"]["name"], container=container["name"], previous=previous, tail_lines=5
            )
        except SeatrialError as error:
            why = error.what
            continue
        lines = [line.strip() for line in text.splitlines() if line.strip() and NO_LOG not in line]
        if lines:
            return lines[-1][:300]
    return f"({why})"
