"""A generator inside the cluster as a process of this machine: `python -m seatrial.harness.relay`.

For parents that cannot hold the connection themselves, such as Locust. It takes a job as `python -m
seatrial.traffic` does, ends as that does (SIGTERM, end of stdin), and writes the same file.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from seatrial.errors import SeatrialError
from seatrial.harness.access import access
from seatrial.harness.helper_image import helper_image
from seatrial.harness.sending import Sending
from seatrial.kube.client import Kube
from seatrial.settings import Settings, load_system, settings_from
from seatrial.traffic.runner import Runner

LOOK_SECONDS = 0.1
LOST_CODE = 3


def relay(settings: Settings, first_line: bytes) -> int:
    """Have a Job do the job, and copy what it records, until it has ended.

    Raises:
        SeatrialError: the Job cannot be made, and why.
    """
    system = load_system(settings)
    with (
        Kube(*access(settings, system), system.target.namespace) as kube,
        Sending(kube, system, lambda: helper_image(settings, system)) as sending,
    ):
        runner = sending.runner()
        runner.launch(Path(json.loads(first_line)["output"]), first_line)
        _wait(runner)
        if why := runner.lost():
            sys.stderr.write(f"what was sent is not all known: {why}\n")
            return LOST_CODE
        if errors := runner.errors():
            sys.stderr.write(f"{errors}\n")
    return 0


def _wait(runner: Runner) -> None:
    def stop(*_: int | FrameType | None) -> None:
        runner.end()

    signal.signal(signal.SIGTERM, stop)
    watched = [0]
    while not runner.wait(LOOK_SECONDS):
        if select.select(watched, [], [], 0)[0] and not os.read(0, 4096):
            watched = []  # the parent is gone
            stop()


def _give_up(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m seatrial.harness.relay", description=__doc__)
    parser.add_argument("--system", required=True, help="system file whose entry is inside the cluster")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _give_up)  # until something is sent; a Job that is being made is deleted
    try:
        return relay(settings_from({"system": options.system}), sys.stdin.buffer.readline())
    except SeatrialError as error:
        sys.stderr.write(f"{error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
