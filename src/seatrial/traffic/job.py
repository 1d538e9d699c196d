"""What a generator process is asked to do, as JSON. No pydantic: both sides load this."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from seatrial.errors import BadInput
from seatrial.traffic import schedule as schedules
from seatrial.traffic.journey import CompiledJourney
from seatrial.traffic.plan import Plan
from seatrial.traffic.protocols import compile_any
from seatrial.traffic.target import IDLE_SECONDS, Target

_HELP = "python -m seatrial.traffic --help shows a whole job."


@dataclass(frozen=True)
class Job:
    """One stream of traffic.

    Attributes:
        base_url: where to send; loopback unless `allow_remote`.
        journeys: name -> journey as in the system file, each with an optional `weight` (default 1).
        schedule: in words, see `traffic.schedule.parse`; drawn with `seed` where it is drawn.
        bystanders: name -> journey with `per_second`: sent beside it at that rate, as long as it lasts.
        output: file for the exchanges (appended to; one JSON object a line).
        seed: of the choice of journeys and of {random.N}.
        deadline_seconds: of each request; None for each journey's own `timeout_seconds`.
        fresh_every: every n-th request goes over a connection of its own; 0 for none.
        idle_seconds: a connection that was idle for longer is not used again; None for any time.
        most_in_flight: beyond it an arrival is dropped and counted.
        copies: seconds after its time at which each arrival is sent, with the same key and bytes each time.
        worker, workers: this process takes every n-th arrival.
        start_at_wall: seconds since the epoch of the schedule's zero, on which workers agree; None for now.
        ca_file, certificate_file, key_file, verify: see `traffic.target.tls_context`.
        allow_remote: the address may be on another machine: somebody named it in a system file.
    """

    base_url: str
    journeys: Mapping[str, Mapping[str, Any]]
    schedule: str
    output: str
    seed: int = 0
    bystanders: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    deadline_seconds: float | None = None
    fresh_every: int = 10
    idle_seconds: float | None = IDLE_SECONDS
    most_in_flight: int = 2_000
    copies: Sequence[float] = (0.0,)
    worker: int = 0
    workers: int = 1
    start_at_wall: float | None = None
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    verify: bool = True
    allow_remote: bool = False

    def compiled(self) -> list[tuple[CompiledJourney, float]]:
        """The journeys with their weights.

        Raises:
            BadInput: for a template that cannot be filled.
        """
        return self._compiled(self.journeys, "weight")

    def compiled_bystanders(self) -> list[tuple[CompiledJourney, float]]:
        """The bystanders with their rates per second; raises as `compiled` does."""
        return self._compiled(self.bystanders, "per_second")

    def ending_seconds(self) -> float:
        """How long after it was stopped what is open may take to end."""
        both = (*self.compiled(), *self.compiled_bystanders())
        return max(journey.ending_seconds for journey, _ in both)

    def target(self) -> Target:
        return Target(
            self.base_url, idle_seconds=self.idle_seconds, ca_file=self.ca_file,
            certificate_file=self.certificate_file, key_file=self.key_file, verify=self.verify,
        )  # fmt: skip

    def plan(self) -> Plan:
        return Plan(
            self.target(),
            self.compiled(),
            self.arrivals(),
            bystanders=self.compiled_bystanders(),
            seed=self.seed,
            fresh_every=self.fresh_every,
            most_in_flight=self.most_in_flight,
            copies=self.copies,
            worker=self.worker,
            workers=self.workers,
        )

    def _compiled(
        self, journeys: Mapping[str, Mapping[str, Any]], number: str
    ) -> list[tuple[CompiledJourney, float]]:
        found = []
        for name, data in journeys.items():
            journey = compile_any(name, data)
            if self.deadline_seconds is not None:
                journey.timeout_seconds = self.deadline_seconds
            found.append((journey, float(data.get(number, 1.0))))
        return found

    def arrivals(self) -> schedules.Schedule:
        return schedules.parse(self.schedule, seed=self.seed)


def job_from(data: Any) -> Job:
    """Read and check a job.

    Raises:
        BadInput: unknown or missing key, wrong type, no journey, or an address of another machine.
    """
    if not isinstance(data, Mapping):
        raise BadInput("the job is no JSON object", next_step=_HELP)
    known = {key.name for key in fields(Job)}
    if unknown := sorted(set(data) - known):
        raise BadInput(f"the job has unknown keys: {', '.join(unknown)}", next_step=_HELP)
    if missing := [key for key in ("base_url", "journeys", "schedule", "output") if not data.get(key)]:
        raise BadInput(f"the job lacks {', '.join(missing)}", next_step=_HELP)
    try:
        job = Job(**data)
        check_address(job.base_url, allow_remote=job.allow_remote)
        job.arrivals()
        job.plan()
        _check_numbers(job)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise BadInput(f"the job cannot be read: {error!r}", next_step=_HELP) from None
    if not Path(job.output).parent.is_dir():
        raise BadInput("the folder of the output is not there", where=job.output)
    return job


def _check_numbers(job: Job) -> None:
    lowest = {
        **{"deadline_seconds": 0.001, "fresh_every": 0, "idle_seconds": 0, "most_in_flight": 1},
        **{"start_at_wall": 0, "worker": 0, "workers": 1},
    }
    for name, least in lowest.items():
        value = getattr(job, name)
        if value is not None and (not isinstance(value, int | float) or value < least):
            raise BadInput(f"{name} is {value!r}: it must be {least:g} or more", next_step=_HELP)
    if [*job.copies] != sorted(job.copies) or not job.copies or job.copies[0] != 0:
        raise BadInput(f"copies is {list(job.copies)}: seconds in order, the first 0", next_step=_HELP)
    if job.worker >= job.workers:
        raise BadInput(f"worker {job.worker} of {job.workers} does not exist", next_step="count from 0.")
    for journey, weight in job.compiled():
        if not weight > 0:
            raise BadInput(f"the weight of journey {journey.name} must be above 0", next_step=_HELP)
    for name in job.bystanders:
        if name in job.journeys:
            raise BadInput(f"journey {name} is its own bystander", next_step="name each journey once.")
    for _, rate in job.compiled_bystanders():
        schedules.Constant(rate)


def check_address(base_url: str, *, allow_remote: bool) -> None:
    """Refuse an address that is not of this machine, unless it was allowed.

    Raises:
        BadInput: naming the address.
    """
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise BadInput(f"`{base_url}` is no base address: {error}") from None
    if parts.scheme not in ("http", "https") or not host or parts.path.strip("/") or parts.query:
        raise BadInput(f"`{base_url}` is no base address", next_step="write http://HOST:PORT, no path.")
    if not allow_remote and not is_loopback(host):
        raise BadInput(
            f"{host} is not this machine, so nothing was sent",
            where=base_url,
            next_step="set allow_remote only for a system whose owner agreed to traffic.",
        )


def is_loopback(host: str) -> bool:
    """Whether the host is an address of this machine by itself; other names are not looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
