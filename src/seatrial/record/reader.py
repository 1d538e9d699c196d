"""Reading a run back from its event files, whatever state they were left in."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from seatrial.errors import SeatrialError
from seatrial.model.exchange import Exchange
from seatrial.model.fault import FaultRecord
from seatrial.model.run import EventType, Planned, Record, Run, Stage, Stream
from seatrial.model.timeline import Clock, Seen, Timeline
from seatrial.model.verdict import CheckResult, Outcome
from seatrial.record import codec

Item = TypeVar("Item")


def read_run(directory: Path) -> Run:
    """The run that the event files in `directory` tell of.

    A torn or unreadable line is left out and named in `damage`; a tool without its closing record makes the
    run unfinished. Exchanges and timelines are not read here: `load_exchanges`, `load_timeline`.

    Raises:
        SeatrialError: the directory does not exist or holds no event file.
    """
    files = sorted(directory.glob("events-*.ndjson"))
    if not files:
        raise SeatrialError(
            "this is no run: it holds no events-*.ndjson" if directory.is_dir() else "there is no such run",
            where=str(directory),
            next_step="Name a directory below reports/, e.g. reports/latest.",
        )
    gathered = _Gathered()
    for path in files:
        _read_events(path, gathered)
    return gathered.run(directory)


@dataclass
class _Gathered:
    """What the lines said so far."""

    walls: list[float] = field(default_factory=list)
    epoch_offset_seconds: float = 0.0
    tools: list[dict[str, Any]] = field(default_factory=list)
    system: Mapping[str, Any] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)
    results: list[CheckResult] = field(default_factory=list)
    unfinished_checks: list[Mapping[str, Any]] = field(default_factory=list)
    faults: list[tuple[str, str, FaultRecord]] = field(default_factory=list)
    streams: list[Stream] = field(default_factory=list)
    timelines: list[Record] = field(default_factory=list)
    changed_objects: list[str] | None = None
    notes: list[str] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)
    plan: list[Planned] = field(default_factory=list)
    exit_codes: dict[str, int] = field(default_factory=dict)
    reported: dict[str, tuple[Outcome, ...]] = field(default_factory=dict)

    def run(self, directory: Path) -> Run:
        finished = bool(self.tools) and all("exit_code" in tool for tool in self.tools)
        walls = self.walls or [0.0]
        return Run(
            run_id=directory.resolve().name,
            directory=str(directory),
            started_wall=min(walls),
            ended_wall=max(walls) if finished else None,
            finished=finished,
            system=self.system,
            tools=tuple(self.tools),
            stages=tuple(self.stages),
            results=tuple(sorted(self.results, key=lambda result: result.started_at)),
            unfinished_checks=tuple(self.unfinished_checks),
            faults=tuple(sorted(self.faults, key=lambda fault: fault[2].injected_at)),
            streams=tuple(self.streams),
            timelines=tuple(self.timelines),
            changed_objects=None
            if self.changed_objects is None
            else tuple(dict.fromkeys(self.changed_objects)),
            notes=tuple(dict.fromkeys(self.notes)),
            damage=tuple(self.damage),
            extra={"last_event_wall": max(walls), "epoch_offset_seconds": self.epoch_offset_seconds},
            plan=tuple(self.plan),
            exit_codes=self.exit_codes,
            reported=self.reported,
        )


class _File:
    """Collects the lines of one event file, which is one process; a method for each type of event."""

    def __init__(self, gathered: _Gathered) -> None:
        self.gathered = gathered
        self.tool: dict[str, Any] | None = None
        self.open_checks: list[Mapping[str, Any]] = []
        self.open_stages: list[str] = []

    def take(self, event: Mapping[str, Any]) -> None:
        kind, data = EventType(event["type"]), event["data"]
        at, wall = float(event["at"]), float(event["wall"])
        self.gathered.walls.append(wall)
        self.gathered.epoch_offset_seconds = wall - at
        getattr(self, kind.name.lower())(data)

    def close(self) -> None:
        self.gathered.unfinished_checks += self.open_checks
        self.gathered.stages += [Stage(name, "unfinished", None) for name in self.open_stages]

    def tool_started(self, data: Mapping[str, Any]) -> None:
        self.tool = dict(data)
        self.gathered.tools.append(self.tool)

    def tool_finished(self, data: Mapping[str, Any]) -> None:
        if self.tool is None:
            self.tool_started({key: data.get(key) for key in ("tool", "pid")})
        assert self.tool is not None
        self.tool["exit_code"] = int(data["exit_code"])

    def system(self, data: Mapping[str, Any]) -> None:
        before = self.gathered.system
        if before and before.get("digest") != data.get("digest"):
            self.gathered.notes.append(f"Two systems took part: {before.get('name')} and {data.get('name')}.")
        self.gathered.system = {**before, **data}

    def plan(self, data: Mapping[str, Any]) -> None:
        self.gathered.plan += [codec.from_plain(Planned, item) for item in data["stages"]]

    def stage_started(self, data: Mapping[str, Any]) -> None:
        self.open_stages.append(data["stage"])

    def stage_finished(self, data: Mapping[str, Any]) -> None:
        if data["stage"] in self.open_stages:
            self.open_stages.remove(data["stage"])
        stage = {**data, "name": data["stage"]}
        self.gathered.stages.append(codec.from_plain(Stage, stage))
        if data.get("exit_code") is not None:
            self.gathered.exit_codes[data["stage"]] = int(data["exit_code"])

    def check_started(self, data: Mapping[str, Any]) -> None:
        self.open_checks.append({**data, "tool": (self.tool or {}).get("tool", "")})

    def check_finished(self, data: Mapping[str, Any]) -> None:
        result = codec.from_plain(CheckResult, data)
        key = (result.check, result.subject)
        for started in self.open_checks:
            if (started.get("check"), started.get("subject")) == key:
                self.open_checks.remove(started)
                break
        self.gathered.results.append(result)
        stage = str((self.tool or {}).get("stage", ""))
        if stage:
            before = self.gathered.reported.get(stage, ())
            self.gathered.reported[stage] = (*before, result.verdict.outcome)

    def fault(self, data: Mapping[str, Any]) -> None:
        record = codec.from_plain(FaultRecord, data["record"])
        self.gathered.faults.append((data["check"], data["subject"], record))

    def traffic(self, data: Mapping[str, Any]) -> None:
        self.gathered.streams.append(codec.from_plain(Stream, data))

    def timeline(self, data: Mapping[str, Any]) -> None:
        self.gathered.timelines.append(codec.from_plain(Record, data))

    def changed_objects(self, data: Mapping[str, Any]) -> None:
        known = self.gathered.changed_objects or []
        self.gathered.changed_objects = known + [str(name) for name in data["objects"]]

    def note(self, data: Mapping[str, Any]) -> None:
        self.gathered.notes.append(str(data["text"]))


def _read_events(path: Path, gathered: _Gathered) -> None:
    lines = _lines(path, path.name, gathered.damage)
    file = _File(gathered)
    for place, data in _objects(lines, path.name, gathered.damage):
        try:
            file.take(data)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
            gathered.damage.append(f"{place}: {reason}")
    file.close()


def load_exchanges(directory: Path, stream: Stream) -> tuple[tuple[Exchange, ...], tuple[str, ...]]:
    """The exchanges of one stream in the order of their planned times, and what of them could not be read.

    Takes the plain `.ndjson` of a generator that was killed before it could pack its file, and the packed
    one of a file that was recorded before it was packed.
    """
    damage: list[str] = []
    path = _below(directory / "exchanges", stream.file, damage)
    if path is None:
        return (), tuple(damage)
    path = _written(path)
    name = f"exchanges/{path.name}"
    objects = _objects(_lines(path, name, damage), name, damage)
    # Lines with a type are the generator's head and closing record.
    lines = ((place, data) for place, data in objects if "type" not in data)
    exchanges = list(_converted(lines, codec.exchange_from_dict, damage))
    exchanges.sort(key=lambda exchange: (exchange.planned_at, exchange.sequence))
    return tuple(exchanges), tuple(damage)


def load_timeline(directory: Path, record: Record) -> tuple[Timeline | None, tuple[str, ...]]:
    """What the cluster did during one check, and what of it could not be read."""
    damage: list[str] = []
    path = _below(directory / "evidence", record.file, damage)
    if path is None:
        return None, tuple(damage)
    name = f"evidence/{record.file}"
    objects = _objects(_lines(path, name, damage), name, damage)
    place, head = next(objects, ("", {}))
    try:
        gaps = tuple((float(begin), float(end)) for begin, end in head["gaps"])
        clock = codec.from_plain(Clock, head["clock"])
        began_at, ended_at = float(head["began_at"]), float(head["ended_at"])
        notes = tuple(str(note) for note in head.get("notes", ()))
    except (KeyError, TypeError, ValueError):
        return None, (*damage, f"{place or name}: the head of the timeline is missing")
    seen: tuple[Seen, ...] = tuple(_converted(objects, codec.seen_from_dict, damage))
    return Timeline(began_at, ended_at, clock, seen, gaps, notes), tuple(damage)


def _converted(
    objects: Iterator[tuple[str, dict[str, Any]]],
    convert: Callable[[Mapping[str, Any]], Item],
    damage: list[str],
) -> Iterator[Item]:
    for place, data in objects:
        try:
            yield convert(data)
        except codec.CodecError as error:
            damage.append(f"{place}: {error}")


def _written(path: Path) -> Path:
    """`path`, or its packed or plain form when only that has content."""
    other = path.with_suffix("") if path.suffix == ".gz" else path.with_name(f"{path.name}.gz")
    empty = not path.is_file() or path.stat().st_size == 0
    return other if empty and other.is_file() else path


def _below(base: Path, name: str, damage: list[str]) -> Path | None:
    """The file `name` below `base`: a record must not lead out of its run."""
    path = base / name
    if not path.resolve().is_relative_to(base.resolve()):
        damage.append(f"{name}: leads out of the run directory")
        return None
    return path


def _lines(path: Path, name: str, damage: list[str]) -> Iterator[bytes]:
    """The lines of a file, plain or packed, as far as they can be read."""
    try:
        if path.stat().st_size == 0:
            return
        packed = path.suffix == ".gz"
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            yield from file
    except (EOFError, gzip.BadGzipFile, zlib.error):
        damage.append(f"{name}: the packed file breaks off")
    except OSError as error:
        damage.append(f"{name}: {error.strerror or error}")


def _objects(lines: Iterator[bytes], name: str, damage: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, object) of each line that holds one."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"{name}:{number}"
        try:
            data = json.loads(line)
        except (ValueError, RecursionError):
            whole = line.endswith(b"\n")
            damage.append(f"{place}: {'no JSON' if whole else 'the last line is torn'}")
            continue
        if isinstance(data, dict):
            yield place, data
        else:
            damage.append(f"{place}: no JSON object")
