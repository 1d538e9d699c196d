"""A worker of Locust in a pod: `python -m seatrial.load.pod_worker --master ADDRESS --port PORT`.

It sends each share that the master hands out with a generator of its own, and answers when it is asked for
its clock. It ends when the master says so, or is not heard for a few seconds.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from typing import Any

from locust import runners
from locust.env import Environment

from seatrial.errors import SeatrialError
from seatrial.load.dispatcher import Dispatcher, Share
from seatrial.load.summary import WorkerResult, result_message
from seatrial.traffic.agent import SILENCE_SECONDS
from seatrial.traffic.crew import CLOCK, ENVIRONMENT, RESULT, START, STOP
from seatrial.traffic.runner import COMMAND, LocalProcess


class Worker:
    """Sends shares in the place of Locust's users, and feeds Locust's events from them."""

    def __init__(self, environment: Environment, runner: Any) -> None:
        self._environment = environment
        self._runner = runner
        self._dispatcher: Dispatcher | None = None
        self._runner.register_message(START, self._on_share)
        self._runner.register_message(STOP, self._on_stop)
        self._runner.register_message(CLOCK, self._on_clock)

    def _on_share(self, msg: Any, **_: Any) -> None:
        share = dict(msg.data)
        os.environ.update(share.pop(ENVIRONMENT, {}))
        if self._dispatcher is None:
            self._environment.stats.clear_all()  # its time counts from the first request, not from here on
        try:
            self._dispatcher = Dispatcher(
                self._environment, Share(**share), LocalProcess(COMMAND), self._on_end
            )
        except SeatrialError as error:
            self._on_end(error)

    def _on_end(self, result: WorkerResult | SeatrialError) -> None:
        self._runner._send_stats()  # before the result: whoever has that has the tables, too
        self._runner.send_message(RESULT, result_message(result))

    def _on_stop(self, **_: Any) -> None:
        if self._dispatcher is not None:
            self._dispatcher.stop()

    def _on_clock(self, msg: Any, **_: Any) -> None:
        self._runner.send_message(CLOCK, {**msg.data, "wall": time.time()})


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m seatrial.load.pod_worker", description=__doc__)
    parser.add_argument("--master", required=True, help="address of the master's pod")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args(arguments)
    runners.MASTER_HEARTBEAT_TIMEOUT = int(SILENCE_SECONDS)
    environment = Environment()
    try:
        runner = environment.create_worker_runner(options.master, options.port)
    except ConnectionError:
        sys.stderr.write(f"no master answered at {options.master}, port {options.port}\n")
        return 1
    Worker(environment, runner)
    runner.greenlet.join()
    return 0


if __name__ == "__main__":
    sys.exit(main())
