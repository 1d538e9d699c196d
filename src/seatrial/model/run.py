"""What a run directory records (DESIGN section 4).

`events-<tool>-<pid>.ndjson` is the only truth: one JSON object a line, appended and flushed. Each has
`type` (a name below), `at` (monotonic seconds) and `wall` (seconds since the epoch). `run.json` is derived.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from seatrial.model.plan import Planned, against_plan
from seatrial.model.verdict import CheckResult, Mode, Outcome

SCHEMA_VERSION = 1
BAD_STAGES = ("failed", "error", "unfinished")
"""Outcomes of a stage that forbid a pass; `unfinished`: the stage began and no end was recorded."""


class EventType(StrEnum):
    """The `type` of a line, and what its `data` holds."""

    TOOL_STARTED = "tool-started"
    """{tool, pid, argv, versions, seed, stage}: the stage it was started for; empty when run alone."""
    TOOL_FINISHED = "tool-finished"
    """{tool, pid, exit_code, accepted}: without it that tool's part of the run is unfinished."""
    SYSTEM = "system"
    """{name, source, namespace, context, objectives, digest}"""
    PLAN = "plan"
    """{stages: [{stage, tool, checks}]}: what must report, written before any of it starts; see `Planned`."""
    STAGE_STARTED = "stage-started"
    """{stage}"""
    STAGE_FINISHED = "stage-finished"
    """{stage, outcome, seconds, note, exit_code}: the code of the tool that was run in it, or None."""
    CHECK_STARTED = "check-started"
    """{check, subject, requirement}"""
    CHECK_FINISHED = "check-finished"
    """A `CheckResult` as a dict."""
    OBSERVATION = "observation"
    """An `ObservationStarted` as a dict: what it saw lies in its folder below observations/."""
    CHANGED_OBJECTS = "changed-objects"
    """{objects: [..]}: what differs between before and after the run; empty when all is as it was."""
    NOTE = "note"
    """{text}: a warning for the page."""


@dataclass(frozen=True)
class ObservationStarted:
    """A scenario that was begun, and where its records lie.

    Attributes:
        id: unique in the run; the name of its folder below `observations/`.
        scenario: its id, or empty for an experiment of somebody's own and for a load test.
        target: what it was carried out on.
        expected_seconds, at_most_seconds: how long it takes, as computed before.
    """

    id: str
    scenario: str
    target: str
    expected_seconds: float = 0.0
    at_most_seconds: float = 0.0


@dataclass(frozen=True)
class Stage:
    name: str
    outcome: str
    seconds: float | None
    note: str = ""


@dataclass(frozen=True)
class Run:
    """One run, as derived from its event files.

    Attributes:
        finished: every tool that started has its closing record, and the run was closed.
    """

    run_id: str
    directory: str
    started_wall: float
    ended_wall: float | None
    finished: bool
    system: Mapping[str, Any]
    tools: tuple[Mapping[str, Any], ...]
    stages: tuple[Stage, ...]
    results: tuple[CheckResult, ...]
    unfinished_checks: tuple[Mapping[str, Any], ...]
    observations: tuple[ObservationStarted, ...] = ()
    changed_objects: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    damage: tuple[str, ...] = ()
    """Lines and files that could not be read, each with its place. A damaged run never passes."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    plan: tuple[Planned, ...] = ()
    """What must report; empty for a tool that was run alone."""
    exit_codes: Mapping[str, int] = field(default_factory=dict)
    """By stage: how the tool that was run in it ended, as its parent saw it."""
    systems: Mapping[str, str] = field(default_factory=dict)
    """Names of the systems that its tools looked at, by the digest of their files."""
    reported: Mapping[str, tuple[CheckResult, ...]] = field(default_factory=dict)
    """By stage, empty for a tool that was run alone: what was reported for it."""

    @property
    def outcome(self) -> Outcome:
        """The worst outcome of all; a run without its closing record is an ERROR, never a pass."""
        outcomes = [result.verdict.outcome for result in self.results]
        if not self.finished or self.unfinished_checks or self.damage or self.broken:
            outcomes.append(Outcome.ERROR)
        return Outcome.worst(outcomes)

    @property
    def accepted(self) -> frozenset[Outcome]:
        """Outcomes that somebody accepted in place of a pass, on purpose: skipped, unsupported."""
        return frozenset(Outcome(name) for tool in self.tools for name in tool.get("accepted") or ())

    @property
    def broken(self) -> tuple[str, ...]:
        """What went wrong outside of the checks, a sentence each: none of it may end in a pass."""
        bad = [stage for stage in self.stages if stage.outcome in BAD_STAGES]
        found = [f"stage {stage.name}: {stage.outcome}" for stage in bad]
        explained = {stage.name for stage in bad}
        ended = {stage.name for stage in self.stages}
        found += against_plan(self.plan, self.reported, self.tools, ended=ended, explained=explained)
        found += self._unexplained_exit_codes(explained)
        if len(self.systems) > 1:
            names = ", ".join(sorted(set(self.systems.values())))
            found.append(f"one system: a tool looked at another, or its file was changed meanwhile: {names}")
        if self.changed_objects:
            amount = len(self.changed_objects)
            named = "; ".join(self.changed_objects[:3])
            verb = "differs" if amount == 1 else "differ"
            found.append(f"objects after the run: {amount} {verb} from before it: {named}")
        return tuple(found)

    def _unexplained_exit_codes(self, explained: Set[str]) -> Iterator[str]:
        """Exit codes that nothing explains: a tool with a red verdict ends with 1 and no other code."""
        differs = bool(self.changed_objects)
        for stage, code in self.exit_codes.items():
            red = any(result.verdict.outcome.makes_red for result in self.reported.get(stage, ()))
            if stage not in explained and not _explained(code, red or differs):
                yield f"stage {stage}: ended with exit code {code}, which no verdict of it explains"
        red = bool(explained) or differs or any(result.verdict.outcome.makes_red for result in self.results)
        # A tool run alone ends with 1 where nothing passed; beside stages that do pass it is a trouble.
        no_pass = lacks_a_pass((result.mode, result.verdict.outcome) for result in self.results)
        for tool in self.tools:
            code = tool.get("exit_code") or 0
            if tool.get("stage") not in self.exit_codes and not _explained(code, red or no_pass):
                yield f"{tool.get('tool')} ended with exit code {code}"


def _explained(exit_code: int, red: bool) -> bool:
    return exit_code == 0 or (exit_code == 1 and red)


def lacks_a_pass(judged: Iterable[tuple[Mode, Outcome]], accepted: Set[Outcome] = frozenset()) -> bool:
    """Whether checks were run and none of them passed: no evidence, so no exit code 0.

    Where proven checks were run, one of them must pass: what the objects declare is no proof.

    Args:
        accepted: outcomes that somebody accepts in place of a pass.
    """
    pairs = list(judged)
    counted = {outcome for mode, outcome in pairs if mode is Mode.PROVEN} or {outcome for _, outcome in pairs}
    return bool(counted) and Outcome.PASSED not in counted and not counted <= accepted
