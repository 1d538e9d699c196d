"""The Job whose pods are Locust's workers: one index each, spread over the nodes, away from the system."""

from __future__ import annotations

from collections.abc import Mapping

from seatrial.kube.api import Object
from seatrial.kube.client import Kube
from seatrial.kube.generator_job import HOSTNAME, LABELS, SPOOL, job_of, spooling_pod
from seatrial.kube.generator_job import RIGHTS as OF_THE_MASTER
from seatrial.kube.helper_job import HelperJob, waits_for
from seatrial.kube.pod_status import condition
from seatrial.model.right import Right, reading

PORT = 5557
"""Locust's own, at the master."""
INDEX = "batch.kubernetes.io/job-completion-index"
PROGRAM = ("python3", "-m", "seatrial.load.pod_worker")
RESOURCES = {
    "requests": {"cpu": "200m", "memory": "192Mi"},
    "limits": {"cpu": "2", "memory": "512Mi"},
}
"""Of one worker: Locust and a generator, a core each at most."""
RIGHTS = (
    *OF_THE_MASTER,
    *reading(("ResourceQuota",), "list", without="a quota that has no room is not told beforehand"),
    Right(("list",), "Node", without="nodes that have no room are not told beforehand"),
)


def worker_job(name: str, image: str, number: int, master: str, *, own_cluster: bool) -> Object:
    """The Job: pod security `restricted`, no token; a worker that is lost is not replaced.

    Args:
        master: address of the master's pod.
        own_cluster: a kind cluster of ours: its control plane takes pods, too.
    """
    return job_of(
        name, worker_pod(name, image, master, own_cluster=own_cluster),
        completionMode="Indexed", completions=number, parallelism=number,
        backoffLimitPerIndex=0,  # else the first that is lost would end all others
    )  # fmt: skip


def worker_pod(name: str, image: str, master: str, *, own_cluster: bool) -> Object:
    """The spec of its pods."""
    host = f"[{master}]" if ":" in master else master
    command = (*PROGRAM, "--master", host, "--port", str(PORT))
    pod = spooling_pod(image, command, RESOURCES, own_cluster=own_cluster)
    # The root is read-only; this is where its generator lays down what it records.
    pod["containers"][0]["env"] = [{"name": "TMPDIR", "value": SPOOL}]
    mine = {"matchLabels": {**LABELS, "batch.kubernetes.io/job-name": name}}
    pod["topologySpreadConstraints"] = [
        {
            "maxSkew": 1, "topologyKey": HOSTNAME, "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": mine,
        }
    ]  # fmt: skip
    return pod


class WorkerJob(HelperJob):
    """The workers of one load, from entering to leaving the context.

    Args:
        master: see `worker_job`.
    """

    role = "worker"

    def __init__(self, kube: Kube, image: str, number: int, master: str, *, own_cluster: bool) -> None:
        super().__init__(kube, "seatrial-workers", image)
        self._job = worker_job(self.name, image, number, master, own_cluster=own_cluster)
        self._number = number

    def __enter__(self) -> WorkerJob:
        """Create it; raises SeatrialError: rights or admission forbid that."""
        self.kube.create(self._job)
        return self

    def host(self, index: int) -> str:
        """The name that the pod of an index gives itself."""
        return f"{self.name}-{index}"

    def by_index(self) -> Mapping[int, Object]:
        """The pods that there are now."""
        return {int(pod["metadata"]["annotations"][INDEX]): pod for pod in self.pods()}

    def require_all_possible(self) -> None:
        """Raises Hopeless: a pod is refused, or will never run, and why."""
        pods = self.pods()
        if len(pods) < self._number:
            self.require_admitted(RESOURCES)
        for pod in pods:
            self.require_hope(pod)

    def waits(self, pod: Object | None) -> str:
        """Why a worker is not there, in words.

        Args:
            pod: its pod; None where it has none.
        """
        if pod is None:
            return next(self._refusals(), "it has no pod")
        if condition(pod, "Ready").get("status") != "True":
            return f"pod/{pod['metadata']['name']}: {waits_for(pod)}"
        return f"pod/{pod['metadata']['name']} runs, and has not reached the master"
