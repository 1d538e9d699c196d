"""The Job that runs the traffic's agent in the system's namespace, and the way to it: `exec`.

`exec` goes from the API server to the kubelet of the node, so that no network policy and no firewall between
API server and pods is in its way, unlike the proxy of the API server; and a log cannot be read again from
where a connection broke once the kubelet has rotated it.
"""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.kube.api import Object
from seatrial.kube.client import Kube
from seatrial.kube.exec import EXEC, PodPipe
from seatrial.kube.helper_job import START_SECONDS, HelperJob, waits_for
from seatrial.kube.ours import PART
from seatrial.kube.pod_status import condition
from seatrial.model.right import Right, reading
from seatrial.waiting import NotYet, Ready, eventually

PART_NAME = "generator"
LABELS = {
    PART: PART_NAME, "app.kubernetes.io/name": "seatrial-generator",
    "app.kubernetes.io/managed-by": "seatrial",
}  # fmt: skip
SPOOL = "/spool"
AGENT = ("python3", "-m", "seatrial.traffic.agent")
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
_RESOURCES = {
    "requests": {"cpu": "100m", "memory": "96Mi"},
    "limits": {"cpu": "1", "memory": "512Mi"},
}


def generator_job(name: str, image: str, *, own_cluster: bool) -> Object:
    """The Job: pod security `restricted`, no token, away from the system's pods where that is possible.

    Args:
        own_cluster: a kind cluster of ours: its control plane takes the pod, for no fault stops that node.
    """
    pod = spooling_pod(image, (*AGENT, "serve", "--folder", SPOOL), _RESOURCES, own_cluster=own_cluster)
    if own_cluster:
        there = {"matchExpressions": [{"key": CONTROL_PLANE, "operator": "Exists"}]}
        pod["affinity"]["nodeAffinity"] = {_PREFERRED: [{"weight": 100, "preference": there}]}
    return job_of(name, pod, backoffLimit=0)


def spooling_pod(image: str, command: Sequence[str], resources: Object, *, own_cluster: bool) -> Object:
    """The spec of a pod that sends requests and lays down what it records, away from the system's pods."""
    pod = {
        **helper_pod(PART_NAME, image, command, resources),
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "affinity": _away(),
        "tolerations": [{"key": CONTROL_PLANE, "operator": "Exists"}] if own_cluster else [],
        "volumes": [{"name": "spool", "emptyDir": {"sizeLimit": "2Gi"}}],
    }
    pod["securityContext"]["fsGroup"] = USER
    pod["containers"][0]["volumeMounts"] = [{"name": "spool", "mountPath": SPOOL}]
    return pod


def job_of(name: str, pod: Object, **more: object) -> Object:
    """A Job of such pods that ends in time whatever becomes of its tester, with `more` in its spec."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": LABELS},
        "spec": {
            **more,
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


def _away() -> Object:
    """Rather a node without any other pod of the namespace: it shares neither its fate nor its CPU."""
    others = {"matchExpressions": [{"key": PART, "operator": "DoesNotExist"}]}
    term = {"topologyKey": HOSTNAME, "labelSelector": others}
    return {"podAntiAffinity": {_PREFERRED: [{"weight": 50, "podAffinityTerm": term}]}}


_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


class GeneratorJob(HelperJob):
    """A Job of this session's own, from entering to leaving the context.

    Args:
        image: reference of the helper image.
        own_cluster: see `generator_job`.
    """

    role = "generator"

    def __init__(self, kube: Kube, image: str, *, own_cluster: bool) -> None:
        super().__init__(kube, "seatrial-generator", image)
        self._own_cluster = own_cluster
        self.pod = ""
        self.node = ""

    def __enter__(self) -> GeneratorJob:
        """Create it and wait until its pod runs.

        Raises:
            SeatrialError: it does not, and why: rights, admission, quota, scheduling, image.
        """
        with self.created(generator_job(self.name, self.image, own_cluster=self._own_cluster)):
            pod = eventually(
                self._running, within_seconds=START_SECONDS, every_seconds=0.2,
                what=f"the generator of job/{self.name} runs",
                next_step="The traffic of a system without `entry.url` is sent by a Job in its namespace.",
            )  # fmt: skip
        self.pod, self.node = str(pod["metadata"]["name"]), str(pod["spec"].get("nodeName") or "")
        return self

    @property
    def where(self) -> str:
        """In words: pod and node."""
        return f"pod/{self.pod} on node {self.node}"

    @property
    def address(self) -> str:
        """The pod's own, for other pods."""
        return str(self.kube.get("Pod", self.pod)["status"]["podIP"])

    def pipe(self) -> PodPipe:
        """A new connection to the agent. Raises SeatrialError: there is none now, and why."""
        command = [*AGENT, "connect", "--folder", SPOOL]
        return PodPipe(self.kube, self.pod, PART_NAME, command, timeout_seconds=CONNECT_SECONDS)

    def why_lost(self) -> str:
        """What became of the pod, as far as the API server knows."""
        return self.became(self.pod, self.node)

    def _running(self) -> Ready[Object] | NotYet:
        pods = self.pods()
        if not pods:
            self.require_admitted(_RESOURCES)
            return NotYet("it has no pod yet")
        if condition(pods[0], "Ready").get("status") == "True":
            return Ready(pods[0])
        self.require_hope(pods[0])
        return NotYet(waits_for(pods[0]))
