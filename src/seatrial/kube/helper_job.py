"""A Job of ours with pods of the helper image: made, watched, and deleted with all its pods."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from typing import ClassVar

from seatrial.errors import SeatrialError, WaitExpired
from seatrial.kube.api import Object
from seatrial.kube.client import Kube
from seatrial.kube.errors import Forbidden, NotFound
from seatrial.kube.pod_status import condition, pod_reason
from seatrial.waiting import Hopeless, NotYet, Ready, eventually

START_SECONDS = 120.0
"""Until a pod runs: scheduled, image pulled, started."""
DELETE_SECONDS = 30.0
_HOPELESS = ("ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError")


class HelperJob:
    """What every such Job has in common. Leaving its context deletes it.

    Args:
        stem: its name begins so.
        image: reference of the helper image.
    """

    role: ClassVar[str]
    """What a pod of it is, in words."""

    def __init__(self, kube: Kube, stem: str, image: str) -> None:
        self.kube = kube
        self.image = image
        self.name = f"{stem}-{uuid.uuid4().hex[:8]}"

    def __exit__(self, *_: object) -> None:
        self.delete()

    @contextlib.contextmanager
    def created(self, job: Object) -> Iterator[None]:
        """Create it; deleted again when what is done meanwhile does not come to its end."""
        self.kube.create(job)
        try:
            yield
        except BaseException:
            self.delete()
            raise

    def delete(self) -> None:
        """Delete it, and wait until its pods are gone; what cannot be deleted ends by itself."""
        try:
            self.kube.delete("Job", self.name)
        except NotFound:
            pass
        except SeatrialError:
            return  # its agent hears nothing any more, and the Job goes after it has ended
        with contextlib.suppress(WaitExpired, SeatrialError):
            eventually(
                lambda: NotYet("its pods are there") if self.pods() else Ready(None),
                within_seconds=DELETE_SECONDS, every_seconds=0.2, what=f"job/{self.name} is gone",
            )  # fmt: skip

    def pods(self) -> list[Object]:
        """Those that there are now."""
        return self.kube.objects("Pod", selector=f"batch.kubernetes.io/job-name={self.name}")

    def became(self, name: str, node: str) -> str:
        """What became of one of its pods, as far as the API server knows."""
        pod = self.kube.find("Pod", name)
        if pod is None or pod["metadata"].get("deletionTimestamp"):
            return f"pod/{name} was deleted; it ran on node {node}"
        status = pod.get("status") or {}
        words = f"pod/{name} on node {node} is {status.get('phase')}"
        if reason := str(status.get("reason") or "") or pod_reason(pod):
            words += f" ({reason})"
        if condition(pod, "Ready").get("status") != "True" and status.get("phase") == "Running":
            words += " and not ready: its node may have been disturbed"
        return words

    def require_admitted(self, resources: Object) -> None:
        """Raises Hopeless: the Job controller could not create a pod, and why."""
        if refusal := next(self._refusals(), ""):
            raise Hopeless(
                f"the pod of the {self.role} is refused: {refusal}", where=f"job/{self.name}",
                next_step="Make room for it, or admit it: it needs "
                f"cpu {resources['requests']['cpu']}, memory {resources['requests']['memory']}, "
                "and keeps to pod security `restricted`.",
            )  # fmt: skip

    def require_hope(self, pod: Object) -> None:
        """Raises Hopeless: the pod does not run, and never will."""
        reason, phase = _waiting(pod), (pod.get("status") or {}).get("phase")
        if phase in ("Failed", "Succeeded") or reason.partition(":")[0] in _HOPELESS:
            raise Hopeless(
                f"the pod of the {self.role} does not run: {reason or phase}",
                where=f"pod/{pod['metadata']['name']}, image {self.image}{self._last_words(pod)}",
                next_step="`images.helper` of the system file must name the helper image of this version.",
            )

    def _last_words(self, pod: Object) -> str:
        with contextlib.suppress(SeatrialError):
            if text := self.kube.logs(str(pod["metadata"]["name"]), tail_lines=3).strip():
                return f": {text}"
        return ""

    def _refusals(self) -> Iterator[str]:
        """Why the Job controller could not create a pod, by its events."""
        with contextlib.suppress(Forbidden):
            for event in reversed(self.kube.events()):
                about = event.get("involvedObject") or {}
                if event.get("reason") == "FailedCreate" and about.get("name") == self.name:
                    yield str(event.get("message") or "")


def waits_for(pod: Object) -> str:
    """Why a pod does not run yet, in words."""
    phase = (pod.get("status") or {}).get("phase")
    return _waiting(pod) or str(condition(pod, "PodScheduled").get("message") or phase)


def _waiting(pod: Object) -> str:
    """Why a container waits, with the runtime's message; empty when none does."""
    for container in (pod.get("status") or {}).get("containerStatuses") or ():
        waiting = (container.get("state") or {}).get("waiting") or {}
        reason = str(waiting.get("reason") or "")
        if reason and reason not in ("PodInitializing", "ContainerCreating"):
            return f"{reason}: {waiting.get('message') or ''}".removesuffix(": ")
    return ""
