"""Master and workers of Locust in the cluster, as a process: `python -m seatrial.harness.workers`.

For a parent that cannot hold the connection itself, such as Locust here. The master runs in the pod that
sends requests from inside the cluster, the workers are a Job beside it. It writes a line of JSON when all
workers are there, or which are not, and then one for whatever comes of them; each line that it reads is
passed on to them. It deletes both Jobs and ends with the end of stdin, SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any, TextIO

from seatrial.errors import BadInput, SeatrialError
from seatrial.harness.access import access
from seatrial.harness.helper_image import helper_image
from seatrial.harness.sending import Sending
from seatrial.judge.room import node_gap, quota_gap
from seatrial.kube.client import Kube
from seatrial.kube.generator_job import LABELS, generator_job
from seatrial.kube.helper_job import START_SECONDS
from seatrial.kube.ours import PART
from seatrial.kube.policies import among
from seatrial.kube.worker_job import PORT, WorkerJob, worker_pod
from seatrial.settings import Settings, load_system, settings_from
from seatrial.traffic.channel import Channel
from seatrial.traffic.crew import ANSWER, ENVIRONMENT, ERROR, LOST, MISSING, QUIT, START, WORKERS
from seatrial.traffic.journey import secrets_of
from seatrial.traffic.remote import ASK_SECONDS, spooled
from seatrial.waiting import NotYet, Ready, eventually

PROGRAM = "seatrial.load.pod_master"
EACH_SECONDS = 0.25
"""That much longer for each worker until all are there."""
MASTER = "master"


def serve(settings: Settings, number: int, batches: Iterable[Sequence[str]], output: TextIO) -> None:
    """Run master and workers until the tester's lines end.

    Raises:
        BadInput: there is no room for so many.
        SeatrialError: there can be no master, and why.
    """
    system = load_system(settings)
    own = system.target.kind is not None
    with (
        Kube(*access(settings, system), system.target.namespace) as kube,
        Sending(kube, system, lambda: helper_image(settings, system), _note) as sending,
    ):
        require_room(kube, number, own_cluster=own)
        job, channel = sending.agent()  # asks for consent and rights first; the workers need no others
        start = {"op": "start", "name": MASTER, "program": PROGRAM}
        channel.call(start, json.dumps({"port": PORT}).encode(), within_seconds=ASK_SECONDS)
        with WorkerJob(kube, job.image, number, job.address, own_cluster=own) as workers:
            crew = Crew(channel, workers, number, output)
            crew.gather()
            crew.pass_on(batches)


def require_room(kube: Kube, number: int, *, own_cluster: bool) -> None:
    """Refuse more workers than quotas and nodes have room for. Raises BadInput: with the arithmetic."""
    spec = worker_pod("", "", "", own_cluster=own_cluster)
    master = generator_job("", "", own_cluster=own_cluster)["spec"]["template"]["spec"]
    found: dict[str, list[Any]] = {"ResourceQuota": [], "Pod": [], "Node": []}
    for kind in found:
        with contextlib.suppress(SeatrialError):  # what may not be read has room
            found[kind] = kube.objects(kind)
    gap = quota_gap(number, spec, (), found["ResourceQuota"], beside=[master])
    if gap := gap or node_gap(number, spec, (), found["Pod"], found["Node"]):
        raise BadInput(
            f"there is no room for {number} workers, so none was started: {gap}", where="--workers",
            next_step="Take fewer, or make room: a master of 100m CPU and 96Mi stands beside them.",
        )  # fmt: skip


class Crew:
    """The workers by their names, and what they and the tester say to each other.

    Args:
        channel: to the agent of the master's pod.
        output: gets a line for each thing that the tester must know.
    """

    def __init__(self, channel: Channel, workers: WorkerJob, number: int, output: TextIO) -> None:
        self._channel = channel
        self._workers = workers
        self._number = number
        self._output = output
        self._lock = threading.Lock()
        self._states: Mapping[str, str] = {}
        self._names: dict[str, tuple[str, str]] = {}
        self._gathered = False
        self._told = 0
        self._ended = threading.Event()
        self._reading = threading.Thread(target=self._read, name=MASTER, daemon=True)

    def gather(self) -> None:
        """Wait until all workers have reached the master, and tell which have, and which have not."""
        self._reading.start()
        try:
            eventually(
                self._all_there, within_seconds=START_SECONDS + self._number * EACH_SECONDS,
                every_seconds=max(0.5, self._number / 200), what=f"{self._number} workers reach the master",
            )  # fmt: skip
        except SeatrialError as error:
            _note(str(error))
            if refused := among(self._workers.kube, LABELS, PORT):
                _note(
                    f"NetworkPolicy {'; '.join(refused)}. Admit pods with the label `{PART}` to each other."
                )
        with self._lock:
            here = self._by_index()
            pods = self._workers.by_index()
            for index, client in here.items():
                name = str(pods[index]["metadata"]["name"]) if index in pods else self._workers.host(index)
                self._names[client] = name, str(pods.get(index, {}).get("spec", {}).get("nodeName") or "")
            absent = [
                f"worker {index}: {self._workers.waits(pods.get(index))}"
                for index in range(self._number)
                if index not in here
            ]
            self._gathered = True
            self._tell_states(absent)

    def pass_on(self, batches: Iterable[Sequence[str]]) -> None:
        """Pass on what the tester says, until it ends; lines that come together go together."""
        clients = {self._words(client): client for client in self._names}
        try:
            for lines in batches:
                self._tell(self._for_the_master(json.loads(line), clients) for line in lines)
            self._tell([{"kind": QUIT}])
        except SeatrialError as error:
            self._say({"type": LOST, "why": error.what})

    def _tell(self, said: Iterable[Mapping[str, Any]]) -> None:
        self._told += 1
        header = {"op": "tell", "name": MASTER, "number": self._told}
        payload = "\n".join(map(json.dumps, said)).encode()
        self._channel.call(header, payload, within_seconds=ASK_SECONDS)

    def _for_the_master(self, said: dict[str, Any], clients: Mapping[str, str]) -> dict[str, Any]:
        """A line with the names and the clock that the master knows."""
        said["client"] = clients.get(said.get("client") or "", "")
        if said["kind"] == START:
            share = said["data"]
            said["data"] = {
                **share, "start_at_wall": self._channel.there(share["start_at_wall"]),
                ENVIRONMENT: secrets_of(share["journeys"].values()),
            }  # fmt: skip
        return said

    def _all_there(self) -> Ready[None] | NotYet:
        missing = self._number - len(self._by_index())
        if not missing:
            return Ready(None)
        if self._ended.is_set():
            raise SeatrialError("the master of Locust has ended")
        self._workers.require_all_possible()
        return NotYet(f"{missing} are not there")

    def _by_index(self) -> dict[int, str]:
        """The workers that are there, as Locust calls them, in the order of their pods."""
        by_host = {client.rpartition("_")[0]: client for client in self._states}
        hosts = {index: self._workers.host(index) for index in range(self._number)}
        return {index: by_host[host] for index, host in hosts.items() if host in by_host}

    def _read(self) -> None:
        why = "the master of Locust has ended"
        try:
            for state, lines, _ in spooled(self._channel, MASTER, self._ended.wait):
                for line in lines:
                    self._take(json.loads(line))
                why = f"{why}: {state['errors']}" if state.get("errors") else why
        except (SeatrialError, ValueError, KeyError) as error:
            why = str(error)
        self._ended.set()
        self._say({"type": LOST, "why": why})

    def _take(self, line: dict[str, Any]) -> None:
        with self._lock:
            if line["type"] == WORKERS:
                before, self._states = self._states, line["states"]
                if self._gathered:
                    self._note_lost(before)
                    self._tell_states([])
            elif line["type"] == ANSWER:
                self._write({**line, "client": self._words(line["client"])})
            else:
                self._write(line)

    def _note_lost(self, before: Mapping[str, str]) -> None:
        """Say what became of the pods of workers that are not heard any more."""
        for client, state in before.items():
            if client in self._names and state != MISSING and self._states.get(client, MISSING) == MISSING:
                with contextlib.suppress(SeatrialError):
                    _note(f"a worker is lost: {self._workers.became(*self._names[client])}")

    def _tell_states(self, absent: Sequence[str]) -> None:
        known = {self._words(client): self._states.get(client, MISSING) for client in self._names}
        self._write({"type": WORKERS, "states": known, "absent": absent})

    def _words(self, client: str) -> str:
        name, node = self._names[client]
        return f"pod/{name} on node {node}"

    def _say(self, line: Mapping[str, Any]) -> None:
        with self._lock:
            self._write(line)

    def _write(self, line: Mapping[str, Any]) -> None:
        with contextlib.suppress(OSError):  # the tester is gone, as the end of its lines says, too
            self._output.write(json.dumps(line) + "\n")
            self._output.flush()


def _note(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def batches_of(descriptor: int) -> Iterator[list[str]]:
    """The lines of a pipe, those that are there at once together."""
    rest = b""
    while data := os.read(descriptor, 1 << 20):
        *lines, rest = (rest + data).split(b"\n")
        if lines:
            yield [line.decode() for line in lines]


def _give_up(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m seatrial.harness.workers", description=__doc__)
    parser.add_argument("--system", required=True, help="system file whose entry is inside the cluster")
    parser.add_argument("--number", type=int, required=True, help="of workers")
    options = parser.parse_args(arguments)
    output = sys.stdout
    signal.signal(signal.SIGTERM, _give_up)  # the contexts delete what they made
    try:
        with contextlib.redirect_stdout(sys.stderr):  # the making of an image tells how far it is
            serve(settings_from({"system": options.system}), options.number, batches_of(0), output)
    except SeatrialError as error:
        output.write(json.dumps({"type": ERROR, "what": str(error)}) + "\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
