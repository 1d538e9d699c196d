"""A recorded run judged again, with no cluster: the same records give the same verdicts."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from seatrial.chaos.verdicts import experiment_verdict, judges_in
from seatrial.errors import BadInput, SeatrialError
from seatrial.judge.admissible import judge_all
from seatrial.judge.capacity.series import judge_series
from seatrial.judge.capacity.verdict import judge_capacity
from seatrial.judge.soak.verdict import judge_soak
from seatrial.judge.watch import judged, question_of
from seatrial.load.figures import WorkerFigures, with_workers
from seatrial.load.gate import JUDGED, judge_load
from seatrial.load.place import at_the_entry
from seatrial.load.scaling_conclusion import judge_step
from seatrial.load.summary import LoadSummary
from seatrial.model.capacity import CapacityRun
from seatrial.model.check import CHECKS
from seatrial.model.objectives import JourneyObjectives, Objectives
from seatrial.model.observation import Observation
from seatrial.model.prices import Prices
from seatrial.model.run import Run
from seatrial.model.soak import SoakRun
from seatrial.model.verdict import CheckResult, Mode, Verdict, merge
from seatrial.record import codec
from seatrial.record.observations import Recorded, read_observation
from seatrial.record.reader import read_run
from seatrial.record.writer import slug


@dataclass(frozen=True)
class Rejudged:
    """One result of a recorded run and what is said of the same records now.

    Attributes:
        verdict: None when there is nothing to judge again; `why` then says so.
    """

    result: CheckResult
    verdict: Verdict | None
    why: str = ""

    @property
    def same(self) -> bool:
        """Whether the verdict is the recorded one to its last number; true when none was given again."""
        return self.verdict is None or codec.to_plain(self.verdict) == codec.to_plain(self.result.verdict)


def rejudge(directory: Path) -> list[Rejudged]:
    """Judge every result of a run again, in the order in which they came.

    Raises:
        SeatrialError: the folder holds no run.
    """
    run = read_run(directory)
    read = cache(lambda name: read_observation(directory / "observations" / name))  # several checks judge one
    return [_rejudged(directory, run, result, read) for result in run.results]


def _rejudged(directory: Path, run: Run, result: CheckResult, read: Callable[[str], Recorded]) -> Rejudged:
    if result.mode is Mode.DECLARED:
        return Rejudged(result, None, "a declared rule: `seatrial lint` judges its manifests again")
    try:
        if result.tool == "locust":
            return Rejudged(result, _load(directory, run, result))
        observations = [read(name) for name in result.observations]
    except SeatrialError as error:
        return Rejudged(result, None, str(error.what))
    if not observations:
        return Rejudged(result, None, "nothing was observed")
    found = [item.observation for item in observations]
    verdict = _experiment(directory, result, found[0]) if result.tool == "chaos" else _check(result, found)
    return Rejudged(result, verdict)


def _check(result: CheckResult, observations: Sequence[Observation]) -> Verdict:
    if (question := question_of(result.check)) is not None:
        return judged(question, observations[0])
    return judge_all(CHECKS.get(result.check), observations)


def _experiment(directory: Path, result: CheckResult, observation: Observation) -> Verdict:
    journal = _read(directory / "chaos" / f"{result.check}.json")
    checks, roles = judges_in(journal, result.subject)
    return experiment_verdict(observation, checks, journal, roles)


def _load(directory: Path, run: Run, result: CheckResult) -> Verdict:
    data = _read(directory / "load" / f"{slug(result.check.partition('.')[2])}.json")
    verdict = _sent(directory, run, result, data)
    if "sent_to" not in data:
        return verdict
    return at_the_entry(verdict, sent_to=data["sent_to"], entry=data["entry"])


def _sent(directory: Path, run: Run, result: CheckResult, data: Any) -> Verdict:
    """The verdict of a load, wherever it was sent."""
    objectives = Objectives.model_validate(data.get("objectives") or run.system.get("objectives") or {})
    if "scaling" in data:
        return judge_step(read_observation(directory / "observations" / result.observations[0]).observation)
    if "wanted" in data:
        workers = [WorkerFigures.from_data(each) for each in data.get("workers", ())]
        return with_workers(_capacity(data, objectives), workers)
    own = {
        name: JourneyObjectives.model_validate(each) for name, each in data.get("own_objectives", {}).items()
    }
    judged = tuple(data.get("judged", JUDGED))
    verdict = judge_load(LoadSummary.from_data(data), objectives, judged=judged, own=own)
    if "soak" in data:
        return merge([verdict, judge_soak(SoakRun.from_data(data["soak"]), objectives)])
    return verdict


def _capacity(data: Any, objectives: Objectives) -> Verdict:
    prices = Prices.model_validate(data["prices"]) if data.get("prices") else None
    if "capacity" in data:
        run = CapacityRun.from_data(data["capacity"])
        return judge_capacity(run, objectives, data["wanted"], prices, data.get("planned"))
    runs = {int(count): CapacityRun.from_data(each) for count, each in data["series"].items()}
    return judge_series(runs, objectives, data["wanted"], prices, data.get("planned"))


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"a record of the run cannot be read: {error}", where=str(path)) from None


def rejudged_text(found: Sequence[Rejudged]) -> tuple[int, str]:
    """The exit code and a table: 0 when every verdict is the recorded one and at least one was judged.

    A verdict that differs is 1, whichever way it went, and so is a pass whose records are not there.
    """
    again = [item for item in found if item.verdict is not None]
    lines = []
    for item in again:
        now = item.verdict.outcome if item.verdict else ""
        mark = "same" if item.same else f"DIFFERS, recorded as {item.result.verdict.outcome}"
        lines.append(f"{now:<13} {item.result.check} [{item.result.subject}]  {mark}")
        if not item.same and item.verdict is not None:
            lines += [f"  {line}" for line in item.verdict.explain().splitlines()]
    left = len(found) - len(again)
    different = sum(not item.same for item in again)
    lines.append(f"{len(again)} judged again, {different} differ; {left} hold nothing to judge again")
    unfounded = 0
    for item in found:
        if item.verdict is None and item.result.mode is Mode.PROVEN:
            passed = item.result.verdict.passed
            unfounded += passed
            why = f"passed, and cannot be judged again: {item.why}" if passed else item.why
            lines.append(f"  {item.result.check} [{item.result.subject}]: {why}")
    return (0 if again and not different and not unfounded else 1), "\n".join(lines)
