"""Reading a run back from its event files, whatever state they were left in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seatrial.errors import SeatrialError
from seatrial.model.plan import Planned
from seatrial.model.run import EventType, ObservationStarted, Run, Stage
from seatrial.model.verdict import CheckResult, Outcome
from seatrial.record import codec
from seatrial.record.files import objects_in


def read_run(directory: Path) -> Run:
    """The run that the event files in `directory` tell of.

    A torn or unreadable line is left out and named in `damage`; a tool without its closing record makes the
    run unfinished. What its observations hold is not read here: `record.observations.read_observation`.

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
    systems: dict[str, str] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)
    results: list[CheckResult] = field(default_factory=list)
    unfinished_checks: list[Mapping[str, Any]] = field(default_factory=list)
    observations: list[ObservationStarted] = field(default_factory=list)
    changed_objects: list[str] | None = None
    notes: list[str] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)
    plan: list[Planned] = field(default_factory=list)
    exit_codes: dict[str, int] = field(default_factory=dict)
    reported: dict[str, tuple[CheckResult, ...]] = field(default_factory=dict)

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
            observations=tuple(self.observations),
            changed_objects=None
            if self.changed_objects is None
            else tuple(dict.fromkeys(self.changed_objects)),
            notes=tuple(dict.fromkeys(self.notes)),
            damage=tuple(self.damage),
            extra={
                "last_event_wall": max(walls),
                "epoch_offset_seconds": self.epoch_offset_seconds,
            },
            plan=tuple(self.plan),
            systems=self.systems,
            exit_codes=self.exit_codes,
            reported=self.reported,
        )


class _File:
    """Collects the lines of one event file, which is one process."""

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
        handler = _HANDLERS[kind]
        handler(self, data)

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
        self.tool["accepted"] = [Outcome(name) for name in data.get("accepted") or ()]

    def system(self, data: Mapping[str, Any]) -> None:
        before = self.gathered.system
        self.gathered.systems[str(data.get("digest", ""))] = str(data.get("name", ""))
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
        before = self.gathered.reported.get(stage, ())
        self.gathered.reported[stage] = (*before, result)

    def observation(self, data: Mapping[str, Any]) -> None:
        self.gathered.observations.append(codec.from_plain(ObservationStarted, data))

    def changed_objects(self, data: Mapping[str, Any]) -> None:
        known = self.gathered.changed_objects or []
        self.gathered.changed_objects = known + [str(name) for name in data["objects"]]

    def note(self, data: Mapping[str, Any]) -> None:
        self.gathered.notes.append(str(data["text"]))


_HANDLERS: dict[EventType, Callable[[_File, Mapping[str, Any]], None]] = {
    EventType.TOOL_STARTED: _File.tool_started,
    EventType.TOOL_FINISHED: _File.tool_finished,
    EventType.SYSTEM: _File.system,
    EventType.PLAN: _File.plan,
    EventType.STAGE_STARTED: _File.stage_started,
    EventType.STAGE_FINISHED: _File.stage_finished,
    EventType.CHECK_STARTED: _File.check_started,
    EventType.CHECK_FINISHED: _File.check_finished,
    EventType.OBSERVATION: _File.observation,
    EventType.CHANGED_OBJECTS: _File.changed_objects,
    EventType.NOTE: _File.note,
}


def _read_events(path: Path, gathered: _Gathered) -> None:
    file = _File(gathered)
    for place, data in objects_in(path, path.name, gathered.damage):
        try:
            file.take(data)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
            gathered.damage.append(f"{place}: {reason}")
    if file.tool is None:
        gathered.damage.append(f"{path.name}: no tool says in it that it has started")
    file.close()
