"""The master of Locust in a pod: `python -m seatrial.load.pod_master`, started by the agent there.

The first line of its stdin names its port and the file that it writes. Locust's own master takes workers in,
watches their heartbeats and adds up their tables; what they are to send, and what that shows, is decided by
the tester, whose lines are passed on to them. It writes, as JSON lines: which workers there are, how their
clocks are, what they answer, and Locust's tables. It ends with the end of stdin, with SIGTERM, or on the word
`quit`, and then so do the workers.
"""

from __future__ import annotations

import base64
import json
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

import gevent
from gevent.fileobject import FileObject
from locust.env import Environment
from locust.rpc import Message

from seatrial.traffic.clocks import COMPARISONS, Clocks, Offset
from seatrial.traffic.crew import ANSWER, CLOCK, QUIT, RESULT, START, TABLES, WORKERS

LOOK_SECONDS = 0.25
CLOCK_SECONDS = 1.0
TABLES_SECONDS = 3.0


class Master:
    """Passes on what tester and workers say to each other.

    Args:
        output: gets a line for everything that the tester must know.
    """

    def __init__(self, environment: Environment, runner: Any, output: TextIO) -> None:
        self._events: Any = environment.events
        self._total = environment.stats.total
        self._runner = runner
        self._output = output
        self._clocks: dict[str, Clocks] = {}
        self._used: dict[str, Offset] = {}
        self._states: dict[str, str] = {}
        self._runner.register_message(RESULT, self._on_result)
        self._runner.register_message(CLOCK, self._on_clock)
        for function, seconds in (
            (self._look, LOOK_SECONDS),
            (self._ask_clocks, CLOCK_SECONDS),
            (self._write_tables, TABLES_SECONDS),
        ):
            gevent.spawn(_again_and_again, function, seconds)

    def serve(self, lines: Iterator[bytes]) -> None:
        """Pass on what the tester says until that ends, or is `quit`."""
        for line in lines:
            said = json.loads(line)
            if said["kind"] == QUIT:
                return
            self._pass_on(said["kind"], said.get("client") or None, said.get("data"))

    def _pass_on(self, kind: str, client: str | None, data: Any) -> None:
        if kind == START and client is not None:
            used = self._used[client] = self._offset(client)
            # The schedule's zero by the worker's own clock.
            data = {**data, "start_at_wall": data["start_at_wall"] - used.seconds}
        self._runner.send_message(kind, data, client_id=client)

    def _offset(self, client: str) -> Offset:
        best = self._clocks[client].best(time.time())
        assert best is not None  # a worker is shown only after its clock was compared
        return best

    def _look(self) -> None:
        """Tell of the workers when something has changed; of those whose clocks are known."""
        states = {
            client.id: client.state
            for client in self._runner.clients.all
            if client.id in self._clocks and self._clocks[client.id].number >= COMPARISONS
        }
        if states != self._states:
            self._states = states
            self._write(WORKERS, states=states)

    def _ask_clocks(self) -> None:
        for client in self._runner.clients.all:
            self._ask_clock(client.id)

    def _ask_clock(self, client: str) -> None:
        self._runner.send_message(CLOCK, {"asked_at": time.monotonic()}, client_id=client)

    def _on_clock(self, msg: Any, **_: Any) -> None:
        """A worker has read its clock between the question and now."""
        now, took = time.time(), time.monotonic() - msg.data["asked_at"]
        clocks = self._clocks.setdefault(msg.node_id, Clocks())
        clocks.take(msg.data["wall"], now - took, now)
        if clocks.number < COMPARISONS:
            self._ask_clock(msg.node_id)

    def _on_result(self, msg: Any, **_: Any) -> None:
        """A share has ended: first the tables that hold it, then what became of it."""
        self._write_tables()
        used = self._used.get(msg.node_id) or self._offset(msg.node_id)
        clock = {"ahead_seconds": -used.seconds, "clock_error_seconds": used.error_seconds}
        self._write(ANSWER, kind=RESULT, client=msg.node_id, data={**msg.data, **clock})

    def _write_tables(self) -> None:
        """What came to Locust's tables since the last time, as a worker tells its master."""
        if not self._total.num_requests + self._total.num_failures:
            return
        data: dict[str, Any] = {}
        self._events.report_to_master.fire(client_id="", data=data)
        told: Any = Message
        self._write(TABLES, message=base64.b64encode(told("stats", data, "").serialize()).decode())

    def _write(self, what: str, **data: Any) -> None:
        self._output.write(json.dumps({"type": what, **data}) + "\n")
        self._output.flush()


def _again_and_again(function: Any, seconds: float) -> None:
    while True:
        function()
        gevent.sleep(seconds)


def _lines(file: Any) -> Iterator[bytes]:
    while line := file.readline():
        yield line


def main() -> int:
    lines = _lines(FileObject(0, "rb", closefd=False))
    job: Mapping[str, Any] = json.loads(next(lines))
    environment = Environment()
    runner: Any = environment.create_master_runner("*", int(job["port"]))
    with Path(job["output"]).open("a", encoding="utf-8") as output:
        serving = gevent.spawn(Master(environment, runner, output).serve, lines)
        gevent.signal_handler(signal.SIGTERM, serving.kill)
        serving.join()
        runner.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
