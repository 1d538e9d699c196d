"""The parent's side of a generator process, inside pytest and experiments.

with TrafficStream(url, "browse", journey, per_second=100, directory=run / "exchanges") as stream:
    ...  # make trouble
    stream.wait_for_requests(200, within_seconds=30)
exchanges, health = stream.stop()  # the end of the block has stopped it already; the answer is the same
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from seatrial.model.system import Journey
from seatrial.traffic.generator import Generator
from seatrial.traffic.job import Job, job_from
from seatrial.traffic.journey import journey_data
from seatrial.traffic.record import free_name
from seatrial.traffic.schedule import Constant, Schedule, to_dict
from seatrial.traffic.target import IDLE_SECONDS


class TrafficStream(Generator):
    """A stream of traffic in a process of its own, as a context manager.

    Args:
        base_url: where to send; loopback unless `allow_remote`.
        journey_name: stands in each exchange, and in the file's name unless `name` is given.
        journey: what to send.
        per_second: constant rate; ignored when `schedule` is given.
        schedule: any other plan.
        directory: where the exchanges are kept, as NAME.ndjson.gz once the stream was stopped.
        name: of the file; a number is added when it is taken.
        seed: of {random.N}.
        fresh_every: every n-th request goes over a connection of its own; 0 for none.
        deadline_seconds: of each request; None for the journey's `timeout_seconds`.
        bystanders: name -> (journey, rate per second), sent by the same process as long as this one lasts.
        idle_seconds: a connection that was idle for longer is not used again; None for any time.
        ca_file: certificates that are trusted instead of this machine's.
        verify: whether a certificate and its name are verified.
        allow_remote: the address may be on another machine.

    Raises:
        BadInput: at once, for a journey or address that cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        journey_name: str,
        journey: Journey | Mapping[str, Any],
        *,
        per_second: float = 100.0,
        schedule: Schedule | None = None,
        directory: Path,
        name: str = "",
        seed: int = 0,
        fresh_every: int = 10,
        deadline_seconds: float | None = None,
        most_in_flight: int = 2_000,
        bystanders: Mapping[str, tuple[Journey | Mapping[str, Any], float]] | None = None,
        idle_seconds: float | None = IDLE_SECONDS,
        ca_file: str = "",
        verify: bool = True,
        allow_remote: bool = False,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        packed = free_name(directory / f"{name or journey_name}.ndjson.gz")
        path = free_name(packed.with_suffix(""))
        self.job: Job = job_from(
            {
                "base_url": base_url,
                "journeys": {journey_name: journey_data(journey)},
                "schedule": to_dict(schedule or Constant(per_second)),
                "output": str(path),
                "seed": seed,
                "fresh_every": fresh_every,
                "deadline_seconds": deadline_seconds,
                "most_in_flight": most_in_flight,
                "bystanders": {
                    name: {**journey_data(other), "per_second": rate}
                    for name, (other, rate) in (bystanders or {}).items()
                },
                "idle_seconds": idle_seconds,
                "ca_file": ca_file,
                "verify": verify,
                "allow_remote": allow_remote,
            }
        )
        # Taken: another stream of this name, made before this one starts, gets the next.
        path.touch(exist_ok=False)
        super().__init__(
            [sys.executable, "-m", "seatrial.traffic"],
            path,
            deadline_seconds=self.job.ending_seconds(),
            first_line=json.dumps(asdict(self.job)).encode() + b"\n",
        )
