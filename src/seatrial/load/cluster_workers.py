"""Locust's workers in the cluster, as a session of this machine sees them: like those of a master here.

The process that holds the connection to them (`harness.workers`) is asked and heard in lines of JSON.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gevent
from locust.env import Environment
from locust.rpc import Message
from locust.runners import LocalRunner
from locust.stats import setup_distributed_stats_event_listeners

from seatrial.errors import BadInput, SeatrialError
from seatrial.harness.shared_load import VARIABLE, require_entry_inside, wished
from seatrial.traffic.crew import ANSWER, ERROR, LOST, MISSING, TABLES, WORKERS

COMMAND = (sys.executable, "-m", "seatrial.harness.workers")
START_SECONDS = 420.0
"""Until the workers are there, or it is known which are not: two Jobs, and the image made for them."""
ACTIVE = ("ready", "spawning", "running")
"""Locust's states of a worker that can take a share."""
END_SECONDS = 90.0


def active(master: Any) -> list[str]:
    """The workers of a master, here or in the cluster, that can take a share."""
    return [client.id for client in master.clients.values() if client.state in ACTIVE]


def for_session(session: Any) -> ClusterWorkers | None:
    """Those that are wished for, not started yet; None for none.

    Raises:
        BadInput: they cannot share the load of this session.
    """
    if not (number := wished()):
        return None
    why = ""
    if not session.in_cluster:
        why = "it is judged by each of its requests, and these stay there"
    elif not isinstance(session.environment.runner, LocalRunner):
        why = "their master is there, too, and this process has other workers, or is one"
    if why:
        raise BadInput(f"workers in the cluster cannot share this load: {why}", where=VARIABLE)
    file = session.user.settings().system_path
    require_entry_inside(session.system, str(file))
    return ClusterWorkers(session.environment, file, number, command=COMMAND)


@dataclass
class Worker:
    """One of them, as Locust's master describes it."""

    id: str
    state: str


class ClusterWorkers:
    """What a session asks of Locust's master, asked of one in the cluster.

    Attributes:
        clients: those that have reached the master, by pod and node, in the order of their pods.
        absent: those that have not, each with the reason.

    Args:
        number: of workers.
        command: the process that holds the connection.
    """

    def __init__(
        self, environment: Environment, system: Path, number: int, *, command: Sequence[str]
    ) -> None:
        self._events: Any = environment.events
        self._command = [*command, "--system", str(system), "--number", str(number)]
        self._number = number
        self._listeners: dict[str, Callable[..., None]] = {}
        self._process: subprocess.Popen[str] | None = None
        self.clients: dict[str, Worker] = {}
        self.absent: tuple[str, ...] = ()
        # What workers report goes into the tables of this process, as into those of a master.
        setup_distributed_stats_event_listeners(environment.events, environment.stats)

    def start(self) -> None:
        """Have them started, and wait until all are there, or it is known which are not.

        Raises:
            SeatrialError: there can be none, and why.
        """
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        line: dict[str, Any] = {}
        within_seconds = START_SECONDS + self._number
        with gevent.Timeout(within_seconds, False):
            line = self._read()
        if line.get("type") != WORKERS:
            self.close()
            why = line.get("what") or line.get("why") or f"no worker was there within {within_seconds:g} s"
            raise SeatrialError(str(why))
        self.absent = tuple(line["absent"])
        self._take(line)
        gevent.spawn(self._listen)

    @property
    def gone(self) -> tuple[str, ...]:
        """Those that never came, or are lost."""
        lost = [worker.id for worker in self.clients.values() if worker.state == MISSING]
        return (*self.absent, *lost)

    def register_message(self, kind: str, listener: Callable[..., None]) -> None:
        """As Locust's master does: `listener` gets `msg` with `node_id` and `data`."""
        self._listeners[kind] = listener

    def send_message(self, kind: str, data: Any = None, client_id: str | None = None) -> None:
        """As Locust's master does: to one worker, or to all."""
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"kind": kind, "client": client_id, "data": data}) + "\n")
            self._process.stdin.flush()
        except OSError:
            self._lose_all("the process that holds the connection to them is gone")

    def close(self) -> None:
        """End them, and wait until what was made for them is deleted."""
        if self._process is None:
            return
        process, self._process = self._process, None
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            process.terminate()

    def _read(self) -> dict[str, Any]:
        """The next line; that all are lost where there is none."""
        process = self._process
        if process is None or process.stdout is None:
            return {"type": LOST, "why": "they were ended"}
        try:
            found: dict[str, Any] = json.loads(process.stdout.readline())
        except (ValueError, OSError):
            return {"type": LOST, "why": "the process that holds the connection to them has ended"}
        return found

    def _listen(self) -> None:
        while True:
            line = self._read()
            self._take(line)
            if line["type"] in (LOST, ERROR):
                return

    def _take(self, line: dict[str, Any]) -> None:
        if line["type"] == WORKERS:
            self.clients = {name: Worker(name, state) for name, state in line["states"].items()}
        elif line["type"] == ANSWER and (listener := self._listeners.get(line["kind"])):
            listener(msg=SimpleNamespace(node_id=line["client"], data=line["data"]))
        elif line["type"] == TABLES:
            message: Any = Message
            told = message.unserialize(base64.b64decode(line["message"]))
            self._events.worker_report.fire(client_id="", data=told.data)
        elif line["type"] == LOST and self._process is not None:
            self._lose_all(line["why"])

    def _lose_all(self, why: str) -> None:
        sys.stderr.write(f"all workers are lost: {why}\n")
        for worker in self.clients.values():
            worker.state = MISSING
