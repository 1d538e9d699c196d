"""The driver as its own process: `python -m seatrial.traffic`.

By hand: `python -m seatrial.traffic --job job.json`, ends with its schedule, Ctrl-C or SIGTERM. Started by
`traffic.stream`: the job is the first line of stdin, and the end of stdin means that the parent is gone.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import uvloop

from seatrial.errors import BadInput, SeatrialError
from seatrial.traffic.driver import Driver
from seatrial.traffic.job import Job, job_from
from seatrial.traffic.record import CLOSING, HEAD, WRITE_EVERY_SECONDS, RecordFile

BAD_INPUT_CODE = 2
EXAMPLE = """a job:
  {"base_url": "http://127.0.0.1:30080", "output": "browse.ndjson",
   "journeys": {"look": {"request": {"path": "/api/basket"}, "expect": {"status": 200}}},
   "schedule": "constant:100:30"}
further keys: bystanders, seed, deadline_seconds, fresh_every, idle_seconds, most_in_flight, copies, worker,
workers, start_at_wall, ca_file, certificate_file, key_file, verify, allow_remote
"""


async def run(job: Job, *, parent_pipe: int | None) -> None:
    """Do the job. `parent_pipe` is a descriptor whose end means stop; None when there is none."""
    output = RecordFile(Path(job.output))
    loop = asyncio.get_running_loop()
    driver = Driver(job.plan())
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, driver.stop)
    if parent_pipe is not None:
        _stop_at_end_of(parent_pipe, driver)
    output.special(
        HEAD,
        {
            "pid": os.getpid(),
            "began_at": time.monotonic(),
            "job": {**asdict(job), "output": Path(job.output).name},
        },
    )
    _keep_writing(loop, driver, output)
    keep_time()
    start_at = job.start_at_wall
    if start_at is not None:
        start_at -= time.time() - time.monotonic()
    try:
        health = await driver.run(start_at=start_at)
    finally:
        output.exchanges(driver.collect())
    output.special(CLOSING, {"health": asdict(health), "histograms": driver.histograms()})
    output.close()


def _keep_writing(loop: asyncio.AbstractEventLoop, driver: Driver, output: RecordFile) -> None:
    output.exchanges(driver.collect())
    loop.call_later(WRITE_EVERY_SECONDS, _keep_writing, loop, driver, output)


def _stop_at_end_of(pipe: int, driver: Driver) -> None:
    loop = asyncio.get_running_loop()

    def read() -> None:
        if not os.read(pipe, 4096):
            loop.remove_reader(pipe)
            driver.stop()

    # A file cannot be waited for, and its end is nobody's.
    with suppress(OSError):
        loop.add_reader(pipe, read)


def keep_time() -> None:
    """Make this process keep its times on a busy machine, as far as it is permitted. Call it before `run`.

    Objects of the start are never collected, others rarely. The lowest real-time priority (Linux, root or
    CAP_SYS_NICE) lets it run the moment an arrival is due: measured at 100/s on 2 cores with 12 processes
    waiting, 0 of 1,000 arrivals were late instead of 20 to 230. It uses no more CPU for it, and the kernel
    holds back 5 % for everyone else.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    with suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))


def _first_line(descriptor: int) -> bytes:
    """What comes up to the newline that ends the job; the parent sends nothing more after it."""
    data = b""
    while not data.endswith(b"\n"):
        block = os.read(descriptor, 65_536)
        if not block:
            break
        data += block
    return data


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m seatrial.traffic",
        description="Send an open stream of requests and record each exchange.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--job", metavar="FILE", help="job as JSON (default: the first line of stdin)")
    options = parser.parse_args(arguments)
    try:
        try:
            text = Path(options.job).read_bytes() if options.job else _first_line(0)
            data = json.loads(text)
        except (OSError, ValueError) as error:
            raise BadInput(f"the job cannot be read: {error}", where=options.job or "stdin") from None
        uvloop.run(run(job_from(data), parent_pipe=None if options.job else 0))
    except SeatrialError as error:
        sys.stderr.write(f"{error}\n")
        return BAD_INPUT_CODE
    return 0


if __name__ == "__main__":
    sys.exit(main())
