"""The Job that runs the traffic's agent in the system's namespace, and the way to it: `exec`.

`exec` goes from the API server to the kubelet of the node, so that no network policy and no firewall between
API server and pods is in its way, unlike the proxy of the API server; and a log cannot be read again from
where a connection broke once the kubelet has rotated it.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Sequence

from seatrial.errors import SeatrialError, WaitExpired
from seatrial.kube.api import Object
from seatrial.kube.client import Kube
from seatrial.kube.errors import Forbidden, NotFound
from seatrial.kube.exec import EXEC, PodPipe
from seatrial.kube.ours import PART
from seatrial.kube.pod_status import condition, pod_reason
from seatrial.model.right import Right, reading
from seatrial.waiting import Hopeless, NotYet, Ready, eventually

PART_NAME = "generator"
LABELS = {
    PART: PART_NAME, "app.kubernetes.io/name": "seatrial-generator",
    "app.kubernetes.io/managed-by": "seatrial",
}  # fmt: skip
SPOOL = "/spool"
AGENT = ("python3", "-m", "seatrial.traffic.agent")
START_SECONDS = 120.0
"""Until the pod runs: scheduled, image pulled, started."""
DELETE_SECONDS = 30.0
CONNECT_SECONDS = 10.0
GRACE_SECONDS = 5
LONGEST_SECONDS = 6 * 3600
"""Of the Job, whatever becomes of the tester."""
KEPT_SECONDS = 5
"""How long a Job that has ended stays, where its tester cannot delete it any more."""
USER = 65532
HOSTNAME = "kubernetes.io/hostname"
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
RIGHTS = (
    Right(("create", "delete"), "Job"),
    Right(("get", "list"), "Pod"),
    EXEC,
    Right(("get",), "Pod", "log", without="why its pod ended is not said"),
    Right(("list",), "Event", without="why its pod is refused is not said"),
    *reading(("NetworkPolicy", "Service"), "list", without="who refuses its requests is not said"),
)
_HOPELESS = ("ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError")
_RESOURCES = {
    "requests": {"cpu": "100m", "memory": "96Mi"},
    "limits": {"cpu": "1", "memory": "512Mi"},
}


def generator_job(name: str, image: str, *, own_cluster: bool) -> Object:
    """The Job: pod security `restricted`, no token, away from the system's pods where that is possible.

    Args:
        own_cluster: a kind cluster of ours: its control plane takes the pod, for no fault stops that node.
    """
    pod = {
        **helper_pod(PART_NAME, image, (*AGENT, "serve", "--folder", SPOOL), _RESOURCES),
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "affinity": _away(own_cluster),
        "tolerations": [{"key": CONTROL_PLANE, "operator": "Exists"}] if own_cluster else [],
        "volumes": [{"name": "spool", "emptyDir": {"sizeLimit": "2Gi"}}],
    }
    pod["securityContext"]["fsGroup"] = USER
    pod["containers"][0]["volumeMounts"] = [{"name": "spool", "mountPath": SPOOL}]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": LABELS},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": LONGEST_SECONDS,
            "ttlSecondsAfterFinished": KEPT_SECONDS,
            "template": {"metadata": {"labels": LABELS}, "spec": pod},
        },
    }


def helper_pod(name: str, image: str, command: Sequence[str], resources: Object) -> Object:
    """The spec of a pod with one container of the helper image: pod security `restricted`, no token."""
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True, "runAsUser": USER, "runAsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": name,
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "command": list(command),
                "resources": resources,
                "securityContext": {
                    "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
            }
        ],
    }  # fmt: skip


def _away(own_cluster: bool) -> Object:
    """Rather a node without any other pod of the namespace: it shares neither its fate nor its CPU."""
    others = {"matchExpressions": [{"key": PART, "operator": "DoesNotExist"}]}
    term = {"topologyKey": HOSTNAME, "labelSelector": others}
    apart = {"podAntiAffinity": {_PREFERRED: [{"weight": 50, "podAffinityTerm": term}]}}
    if not own_cluster:
        return apart
    there = {"matchExpressions": [{"key": CONTROL_PLANE, "operator": "Exists"}]}
    return {**apart, "nodeAffinity": {_PREFERRED: [{"weight": 100, "preference": there}]}}


_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


class GeneratorJob:
    """A Job of this session's own, from entering to leaving the context.

    Args:
        image: reference of the helper image.
        own_cluster: see `generator_job`.
    """

    def __init__(self, kube: Kube, image: str, *, own_cluster: bool) -> None:
        self._kube = kube
        self._image = image
        self._own_cluster = own_cluster
        self.name = f"seatrial-generator-{uuid.uuid4().hex[:8]}"
        self.pod = ""
        self.node = ""

    def __enter__(self) -> GeneratorJob:
        """Create it and wait until its pod runs.

        Raises:
            SeatrialError: it does not, and why: rights, admission, quota, scheduling, image.
        """
        job = generator_job(self.name, self._image, own_cluster=self._own_cluster)
        self._kube.create(job)
        try:
            pod = eventually(
                self._running, within_seconds=START_SECONDS, every_seconds=0.2,
                what=f"the generator of job/{self.name} runs",
                next_step="The traffic of a system without `entry.url` is sent by a Job in its namespace.",
            )  # fmt: skip
        except BaseException:
            self.delete()
            raise
        self.pod, self.node = str(pod["metadata"]["name"]), str(pod["spec"].get("nodeName") or "")
        return self

    def __exit__(self, *_: object) -> None:
        self.delete()

    @property
    def where(self) -> str:
        """In words: pod and node."""
        return f"pod/{self.pod} on node {self.node}"

    def pipe(self) -> PodPipe:
        """A new connection to the agent. Raises SeatrialError: there is none now, and why."""
        command = [*AGENT, "connect", "--folder", SPOOL]
        return PodPipe(self._kube, self.pod, PART_NAME, command, timeout_seconds=CONNECT_SECONDS)

    def why_lost(self) -> str:
        """What became of the pod, as far as the API server knows."""
        pod = self._kube.find("Pod", self.pod)
        if pod is None or pod["metadata"].get("deletionTimestamp"):
            return f"pod/{self.pod} was deleted; it ran on node {self.node}"
        status = pod.get("status") or {}
        words = f"pod/{self.pod} on node {self.node} is {status.get('phase')}"
        if reason := str(status.get("reason") or "") or pod_reason(pod):
            words += f" ({reason})"
        if condition(pod, "Ready").get("status") != "True" and status.get("phase") == "Running":
            words += " and not ready: its node may have been disturbed"
        return words

    def delete(self) -> None:
        """Delete it, and wait until its pod is gone; what cannot be deleted ends by itself."""
        try:
            self._kube.delete("Job", self.name)
        except NotFound:
            pass
        except SeatrialError:
            return  # its agent hears nothing any more, and the Job goes after it has ended
        with contextlib.suppress(WaitExpired, SeatrialError):
            eventually(
                lambda: NotYet("its pod is there") if self._pods() else Ready(None),
                within_seconds=DELETE_SECONDS, every_seconds=0.2, what=f"job/{self.name} is gone",
            )  # fmt: skip

    def _pods(self) -> list[Object]:
        return self._kube.objects("Pod", selector=f"batch.kubernetes.io/job-name={self.name}")

    def _running(self) -> Ready[Object] | NotYet:
        pods = self._pods()
        if not pods:
            refusal = next(self._refusals(), "")
            if refusal:
                raise Hopeless(
                    f"the pod of the generator is refused: {refusal}", where=f"job/{self.name}",
                    next_step="Make room for it, or admit it: it needs "
                    f"cpu {_RESOURCES['requests']['cpu']}, memory {_RESOURCES['requests']['memory']}, "
                    "and keeps to pod security `restricted`.",
                )  # fmt: skip
            return NotYet("it has no pod yet")
        pod = pods[0]
        phase = (pod.get("status") or {}).get("phase")
        if condition(pod, "Ready").get("status") == "True":
            return Ready(pod)
        reason = _waiting(pod)
        if phase in ("Failed", "Succeeded") or reason.partition(":")[0] in _HOPELESS:
            raise Hopeless(
                f"the pod of the generator does not run: {reason or phase}",
                where=f"pod/{pod['metadata']['name']}, image {self._image}{self._last_words(pod)}",
                next_step="`images.helper` of the system file must name the helper image of this version.",
            )
        return NotYet(reason or str(condition(pod, "PodScheduled").get("message") or phase))

    def _last_words(self, pod: Object) -> str:
        with contextlib.suppress(SeatrialError):
            if text := self._kube.logs(str(pod["metadata"]["name"]), tail_lines=3).strip():
                return f": {text}"
        return ""

    def _refusals(self) -> Iterator[str]:
        """Why the Job controller could not create the pod, by its events."""
        with contextlib.suppress(Forbidden):
            for event in reversed(self._kube.events()):
                about = event.get("involvedObject") or {}
                if event.get("reason") == "FailedCreate" and about.get("name") == self.name:
                    yield str(event.get("message") or "")


def _waiting(pod: Object) -> str:
    """Why a container waits, with the runtime's message; empty when none does."""
    for container in (pod.get("status") or {}).get("containerStatuses") or ():
        waiting = (container.get("state") or {}).get("waiting") or {}
        reason = str(waiting.get("reason") or "")
        if reason and reason not in ("PodInitializing", "ContainerCreating"):
            return f"{reason}: {waiting.get('message') or ''}".removesuffix(": ")
    return ""
