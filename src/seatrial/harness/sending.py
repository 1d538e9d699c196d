"""Where requests are sent from: this machine, or a Job inside the cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from seatrial.errors import SeatrialError
from seatrial.kube.client import Kube
from seatrial.kube.errors import Forbidden
from seatrial.kube.exec import PodPipe
from seatrial.kube.generator_job import LABELS, PART_NAME, RIGHTS, GeneratorJob
from seatrial.kube.ours import PART
from seatrial.kube.policies import in_the_way
from seatrial.kube.rights import require_rights
from seatrial.model.right import uses
from seatrial.model.system import System
from seatrial.traffic.channel import Channel
from seatrial.traffic.http import Http
from seatrial.traffic.remote import RemoteRunner, RemoteSender
from seatrial.traffic.runner import COMMAND, LocalProcess, Runner
from seatrial.waiting import Hopeless


class Sending:
    """Sends streams and single requests to the entry of one system. A context manager.

    The Job is made when the first request is due, serves all that follow, and is deleted at the end. One
    that was lost is replaced: what it was sending is lost, what comes after it is not.

    Args:
        image: gives the reference of the helper image.
        note: is told where requests are sent from.
    """

    def __init__(
        self, kube: Kube, system: System, image: Callable[[], str], note: Callable[[str], None] | None = None
    ) -> None:
        self._kube = kube
        self._system = system
        self._image = image
        self._note = note
        self._resources = contextlib.ExitStack()
        self._job: GeneratorJob | None = None
        self._channel: Channel | None = None

    def __enter__(self) -> Sending:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Delete the Job, if there is one."""
        self._job = self._channel = None
        self._resources.close()

    def runner(self) -> Runner:
        """Where the next generator runs.

        Raises:
            SeatrialError: nothing can be sent from inside the cluster, and why.
        """
        if not self._system.entry.in_cluster:
            return LocalProcess(COMMAND)
        _, channel = self.agent()
        return RemoteRunner(channel, self.where)

    def http(self) -> Http:
        """Single requests to the entry; raises as `runner` does."""
        address = self._system.entry.address
        if not self._system.entry.in_cluster:
            return Http(address, tls=self._system.entry.tls)
        return Http(address, sender=RemoteSender(self.agent()[1]))

    @property
    def where(self) -> str:
        """Where requests are sent from, in words."""
        return "this machine" if self._job is None else self._job.where

    def refused_by(self) -> str:
        """Which NetworkPolicies may refuse requests from inside the cluster; empty for none that is known."""
        if not self._system.entry.in_cluster:
            return ""
        found = in_the_way(self._kube, LABELS, self._system.entry.service_name)
        if not found:
            return ""
        admit = f"Admit pods with the label `{PART}: {PART_NAME}`, to and from the Service."
        return f"NetworkPolicy {'; '.join(found)}. {admit}"

    def clock(self) -> str:
        """How far the clock is there where requests are sent from; raises as `runner` does."""
        _, channel = self.agent()
        ahead, error = channel.ahead_seconds(), channel.offset().error_seconds
        word = "ahead of" if ahead >= 0 else "behind"
        text = f"its clock is {abs(ahead):.3f} s {word} this machine's (known to {error:.3f} s)"
        return f"{text}; times are corrected by it"

    def agent(self) -> tuple[GeneratorJob, Channel]:
        """The Job and the connection to its agent; raises as `runner` does."""
        if self._job is not None and self._channel is not None and not self._channel.is_lost:
            return self._job, self._channel
        self.close()
        if gap := self._system.consent_gap(self._kube.context, self._kube.namespace):
            raise SeatrialError(
                "the entry is inside the cluster, and the Job that sends requests to it needs consent",
                where=gap, next_step="Set `consent` in the system file, or name an `entry.url`.",
            )  # fmt: skip
        require_rights(self._kube, uses(RIGHTS, "the generator's Job"))
        image, own = self._image(), self._system.target.kind is not None
        try:
            job = self._resources.enter_context(GeneratorJob(self._kube, image, own_cluster=own))
            channel = self._resources.enter_context(Channel(lambda: _pipe(job), why_lost=job.why_lost))
        except BaseException:
            self._resources.close()
            raise
        self._job, self._channel = job, channel
        if self._note is not None:
            self._note(f"requests are sent by {job.where}; {self.clock()}")
        return job, channel


def _pipe(job: GeneratorJob) -> PodPipe:
    """A connection to the agent; a right that lacks now lacks a moment later, too."""
    try:
        return job.pipe()
    except Forbidden as error:
        raise Hopeless(error.what, where=error.where, next_step=error.next_step) from error
