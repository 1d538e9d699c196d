"""The parent's side of a generator process, inside pytest and experiments.

with TrafficStream(url, "browse", journey, per_second=100, directory=run / "exchanges") as stream:
    ...  # make trouble
    stream.wait_for_requests(200, within_seconds=30)
exchanges, health = stream.stop()  # the end of the block has stopped it already; the answer is the same
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from seatrial.model.system import Journey
from seatrial.traffic.generator import Generator
from seatrial.traffic.job import Job, job_from
from seatrial.traffic.journey import journey_data
from seatrial.traffic.record import free_name
from seatrial.traffic.runner import COMMAND, LocalProcess, Runner


class TrafficStream(Generator):
    """A stream of traffic in a process of its own, here or elsewhere, as a context manager.

    Args:
        base_url: where to send; loopback unless `allow_remote`.
        journey_name: stands in each exchange, and in the file's name unless `name` is given.
        journey: what to send.
        per_second: constant rate; ignored when `schedule` is given.
        schedule: any other plan, in words.
        directory: where the exchanges are kept, as NAME.ndjson.gz once the stream was stopped.
        name: of the file; a number is added when it is taken.
        runner: where it is sent from; None for this machine.
        more: further fields of `Job`.

    Raises:
        BadInput: at once, for a journey, an address or a field that cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        journey_name: str,
        journey: Journey | Mapping[str, Any],
        *,
        per_second: float = 100.0,
        schedule: str = "",
        directory: Path,
        name: str = "",
        runner: Runner | None = None,
        **more: Any,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        packed = free_name(directory / f"{name or journey_name}.ndjson.gz")
        path = free_name(packed.with_suffix(""))
        self.job: Job = job_from(
            {
                "base_url": base_url,
                "journeys": {journey_name: journey_data(journey)},
                "schedule": schedule or f"constant:{per_second}",
                "output": str(path),
                **more,
            }
        )
        # Taken: another stream of this name, made before this one starts, gets the next.
        path.touch(exist_ok=False)
        super().__init__(
            runner or LocalProcess(COMMAND),
            path,
            deadline_seconds=self.job.ending_seconds(),
            first_line=json.dumps(asdict(self.job)).encode() + b"\n",
        )
