"""Locust as a process of this one, headless: the load of a check, or of a person's script.

Loads no locust (gevent would patch this process). Its exchanges have the form of every other stream, so
the judges see them alike.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from seatrial.errors import BadInput
from seatrial.traffic.generator import Generator
from seatrial.traffic.record import free_name
from seatrial.traffic.schedule import Schedule, parse

LONGEST_DEADLINE_SECONDS = 120.0
"""A journey's deadline is at most this (`model.system.Journey`); bounds how long a stop may take."""


class LocustRun(Generator):
    """`locust -f FILE --headless` without a verdict of its own, as a context manager like `TrafficStream`.

    Args:
        file: a locustfile with an `OpenUser`.
        directory: where its exchanges are kept, as NAME.ndjson.gz once it was stopped.
        arrivals: the schedule in words (`traffic.schedule.parse`); empty for the file's own.
        host: address instead of the system file's entry.
        name: of the file of exchanges; the locustfile's by default.
        deadline_seconds: longest deadline of a request, when it is known.
        environment: variables beside this process's own, e.g. SEATRIAL_SYSTEM, SEATRIAL_WORKLOAD.

    Raises:
        BadInput: no such file, or a schedule that is not understood.
    """

    def __init__(
        self,
        file: Path,
        *,
        directory: Path,
        arrivals: str = "",
        host: str = "",
        name: str = "",
        deadline_seconds: float = LONGEST_DEADLINE_SECONDS,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        if not file.is_file():
            raise BadInput("there is no such load test", where=str(file), next_step="see loadtests/.")
        self.schedule: Schedule | None = parse(arrivals) if arrivals else None
        directory.mkdir(parents=True, exist_ok=True)
        packed = free_name(directory.absolute() / f"{name or f'load-{file.stem}'}.ndjson.gz")
        path = free_name(packed.with_suffix(""))
        command = [sys.executable, "-m", "locust", "-f", str(file), "--headless", "--only-summary"]
        command += ["--loglevel", "WARNING", "--exchanges", str(path)]
        command += ["--arrivals", arrivals] if arrivals else []
        command += ["--host", host] if host else []
        super().__init__(
            command,
            path,
            deadline_seconds=deadline_seconds,
            environment={**os.environ, **(environment or {}), "SEATRIAL_PARENT_PIPE": "1"},
        )
