"""One observation on disk: kept while it is made, so that a killed run has what it had.

A folder holds `head.json` (what was planned, and the system file as it was), `records.ndjson` (steps, faults,
measurements and streams as they came, a closing line at the end), the exchanges of each stream, the timeline
and the logs of pods. Without its closing line an observation is unfinished, and never judged.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from seatrial.errors import SeatrialError
from seatrial.model.exchange import Exchange, GeneratorHealth, merged_health
from seatrial.model.fault import Disruption, FaultRecord
from seatrial.model.log import Logs
from seatrial.model.measurement import Measurement
from seatrial.model.observation import NO_TRAFFIC, TROUBLE, Arm, Observation, Record
from seatrial.model.step import StepRecord
from seatrial.model.system import System
from seatrial.model.timeline import Timeline
from seatrial.model.verdict import Outcome, Verdict
from seatrial.record import codec
from seatrial.record.exchanges import collected_later, read_exchanges
from seatrial.record.files import objects_in, unwritable
from seatrial.record.logs import LOGS_FILE, logs_around, write_logs
from seatrial.record.timelines import read_timeline, write_timeline

VERSION = 1
"""Of this form. A recording of the same version is judged alike for ever."""
HEAD, RECORDS, TIMELINE_FILE = "head.json", "records.ndjson", "timeline.ndjson.gz"


@dataclass(frozen=True)
class StreamRecord:
    """The traffic of one name in one arm.

    Attributes:
        file: name of the file of exchanges in the observation's folder; packed later is found, too.
        journeys: what it sent.
        steady_from: what was planned before is warm-up; monotonic seconds.
    """

    arm: str
    name: str
    file: str
    journeys: tuple[str, ...]
    health: GeneratorHealth
    steady_from: float


class ObservationWriter:
    """Appends to one observation's folder. Each record is on disk when its method returns.

    Raises:
        SeatrialError: the folder cannot be written; every method raises it, too.
    """

    def __init__(self, directory: Path, head: Observation, *, plan: Iterable[Any] = ()) -> None:
        self.directory = directory
        self._lines = 0
        content = {
            "version": VERSION, "id": head.id, "scenario": head.scenario, "target": head.target,
            "disruption": head.disruption, "journey": head.journey, "repetitions": head.repetitions,
            "plan": list(plan), "system": _system_data(head.system), "load": head.load,
        }  # fmt: skip
        try:
            directory.mkdir(parents=True, exist_ok=True)
            (directory / HEAD).write_text(json.dumps(codec.to_plain(content), indent=1), encoding="utf-8")
            self._file = os.open(directory / RECORDS, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        except OSError as error:
            raise unwritable(directory, error) from None

    def step(self, record: StepRecord, *, arm: str = TROUBLE) -> None:
        self._line("step", arm, record)

    def fault(self, record: FaultRecord, *, arm: str = TROUBLE) -> None:
        """A record with the id of an earlier one replaces it, as when a held fault is released."""
        self._line("fault", arm, record)

    def measurement(self, record: Measurement, *, arm: str = TROUBLE) -> None:
        self._line("measurement", arm, record)

    def stream(self, record: StreamRecord) -> None:
        self._line("stream", record.arm, record)

    def close(
        self,
        timeline: Timeline | None,
        *,
        missing: Mapping[Record, str],
        failure: Verdict | None,
        logs: Logs | None = None,
    ) -> None:
        """Store the timeline, the logs and the closing line."""
        if timeline is not None:
            write_timeline(self.directory / TIMELINE_FILE, timeline)
        if logs is not None:
            write_logs(self.directory / LOGS_FILE, logs)
        self._line("closing", "", {"missing": dict(missing), "failure": failure, "lines": self._lines})
        os.close(self._file)

    def _line(self, kind: str, arm: str, record: Any) -> None:
        self._lines += 1
        content = (codec.dumps({"type": kind, "arm": arm, "record": record}) + "\n").encode("ascii")
        try:
            while content:
                content = content[os.write(self._file, content) :]
        except OSError as error:
            raise unwritable(self.directory / RECORDS, error) from None


def _system_data(system: System | None) -> Any:
    if system is None:
        return None
    # A file is kept by its name: where it lies on the machine that tested is nobody's business.
    entry = system.entry.beside(lambda _, file: Path(file).name)
    named = system.model_copy(update={"entry": entry})
    return named.model_dump(mode="json", by_alias=True, exclude_unset=True)


@dataclass(frozen=True)
class Recorded:
    """An observation as it was read back.

    Attributes:
        streams: where its traffic lies.
        finished: whether it has a closing line; without it the observation has a failure.
        damage: what could not be read, each with its place.
    """

    observation: Observation
    streams: tuple[StreamRecord, ...]
    finished: bool
    damage: tuple[str, ...]


def read_observation(directory: Path) -> Recorded:
    """Read one observation back, whatever state it was left in.

    Raises:
        SeatrialError: the folder holds no observation, or one of another version.
    """
    head = _head(directory)
    damage: list[str] = []
    gathered = _Gathered()
    for place, line in objects_in(directory / RECORDS, f"{directory.name}/{RECORDS}", damage):
        try:
            gathered.take(line)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            damage.append(f"{place}: {error}")
    timeline = None
    if (directory / TIMELINE_FILE).exists():
        timeline, wrong = read_timeline(directory / TIMELINE_FILE, f"{directory.name}/{TIMELINE_FILE}")
        damage += wrong
    arms = {name: gathered.arm(directory, name, timeline, damage) for name in gathered.arms()}
    failure = gathered.failure
    if failure is None and (damage or not gathered.finished):
        failure = _incomplete(damage, gathered.finished)
    observation = replace(head, arms=arms, missing=gathered.missing, failure=failure)
    return Recorded(observation, tuple(gathered.streams), gathered.finished, tuple(damage))


def _incomplete(damage: list[str], finished: bool) -> Verdict:
    observed = "its record breaks off: the run was killed" if not finished else f"unreadable: {damage[0]}"
    return Verdict(Outcome.ERROR, observed, "a complete observation", "Run the scenario again.")


def _head(directory: Path) -> Observation:
    """What was known of the observation before it began."""
    try:
        head = json.loads((directory / HEAD).read_text(encoding="utf-8"))
        if head["version"] != VERSION:
            raise ValueError(f"its version is {head['version']}, this Seatrial reads {VERSION}")
        return Observation(
            {}, str(head["id"]), str(head["scenario"]), str(head["target"]), Disruption(head["disruption"]),
            str(head["journey"]), int(head["repetitions"]), _system(head.get("system"), directory),
            load=str(head.get("load", "")),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise SeatrialError(
            f"there is no observation that can be read: {reason}", where=str(directory),
            next_step="Name a run directory, or run the scenario again.",
        ) from None  # fmt: skip


def _system(data: Any, directory: Path) -> System | None:
    if data is None:
        return None
    try:
        return System.model_validate(data)
    except ValidationError as error:
        raise SeatrialError(
            f"the recorded system file cannot be read: {error.error_count()} faults",
            where=str(directory / HEAD),
        ) from None


class _Gathered:
    """What the lines said so far."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, StepRecord]] = []
        self.faults: dict[tuple[str, str], FaultRecord] = {}
        self.measurements: list[tuple[str, Measurement]] = []
        self.streams: list[StreamRecord] = []
        self.missing: dict[Record, str] = {}
        self.failure: Verdict | None = None
        self.finished = False
        self.lines = 0

    def take(self, line: Mapping[str, Any]) -> None:
        kind, arm, record = line["type"], str(line["arm"]), line["record"]
        if kind == "step":
            self.steps.append((arm, codec.from_plain(StepRecord, record)))
        elif kind == "fault":
            fault = codec.from_plain(FaultRecord, record)
            self.faults[arm, fault.id] = fault
        elif kind == "measurement":
            self.measurements.append((arm, codec.from_plain(Measurement, record)))
        elif kind == "stream":
            self.streams.append(codec.from_plain(StreamRecord, record))
        elif kind == "closing":
            self.finished = True
            self.missing = {Record(name): str(why) for name, why in record["missing"].items()}
            if record["failure"] is not None:
                self.failure = codec.from_plain(Verdict, record["failure"])
            if (written := record.get("lines", self.lines)) != self.lines:
                raise ValueError(f"{self.lines} of {written} lines are there")
        else:
            raise ValueError(f"unknown type of record: {kind}")
        self.lines += 1

    def arms(self) -> list[str]:
        named = [arm for arm, _ in self.steps] + [stream.arm for stream in self.streams]
        named += [arm for arm, _ in self.faults] + [arm for arm, _ in self.measurements]
        return list(dict.fromkeys([*named, TROUBLE]))

    def arm(self, directory: Path, name: str, timeline: Timeline | None, damage: list[str]) -> Arm:
        exchanges: list[Exchange] = []
        warm_up: list[Exchange] = []
        mine = [stream for stream in self.streams if stream.arm == name]
        for stream in mine:
            known = len(damage)
            with collected_later():
                sent = read_exchanges(directory, stream.file, damage)
            if len(sent) < stream.health.sent and len(damage) == known:
                damage.append(f"{stream.file}: {len(sent)} of {stream.health.sent} exchanges are there")
            for exchange in sent:
                early = exchange.planned_at < stream.steady_from
                (warm_up if early else exchanges).append(exchange)
        healths = {stream.name: stream.health for stream in mine}
        exchanges.sort(key=attrgetter("planned_at", "sequence"))
        logs = logs_around(directory, exchanges, damage)
        return Arm(
            exchanges=tuple(exchanges),
            generator=merged_health(healths.values()) if healths else NO_TRAFFIC,
            faults=tuple(
                sorted((f for (arm, _), f in self.faults.items() if arm == name), key=lambda f: f.injected_at)
            ),
            timeline=timeline,
            warm_up=tuple(warm_up),
            measurements=tuple(record for arm, record in self.measurements if arm == name),
            steps=tuple(record for arm, record in self.steps if arm == name),
            streams=healths,
            logs=logs,
        )
