"""One load run from its start to its result on disk and its line on the screen."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seatrial.load.gate import judge_load
from seatrial.load.parts import own_objectives
from seatrial.load.place import at_the_entry
from seatrial.load.plan import LoadPlan
from seatrial.load.summary import LoadSummary, WorkerResult, summarize
from seatrial.model.fault import Disruption
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.system import System
from seatrial.model.verdict import CheckResult, Outcome, Verdict, merge
from seatrial.record.observations import ObservationWriter, StreamRecord
from seatrial.record.writer import RunWriter
from seatrial.traffic.crew import MISSING
from seatrial.traffic.record import free_name, pack
from seatrial.traffic.trace import REPLAY

REQUIREMENT = (
    "Under the planned load, requests MUST be answered as expected, and in time, as the objectives say."
)
SEED_VARIABLE = "SEATRIAL_SEED"


@dataclass
class LoadRun:
    """One test of a Locust session; its page can start several.

    Attributes:
        host: where it is sent.
        workers: how many results are awaited.
        clients: the workers that were given a share, by Locust's name, with their place.
        reported: those of them that have told what became of it.
        in_cluster: whether the workers are in the cluster.
        absent: those of them that never came, so that nothing was sent, in words.
        lost: those that never will, in words.
        kept: ids of the observations that were closed.
        observation: keeps what was sent; None when nothing is written.
        stopping: somebody ended it, so its schedule need not be over.
    """

    scenario: str
    arrivals: str
    host: str
    observation: ObservationWriter | None = None
    began_at: float = field(default_factory=time.monotonic)
    workers: int = 1
    stopping: bool = False
    results: list[WorkerResult] = field(default_factory=list)
    clients: Mapping[str, int] = field(default_factory=dict)
    reported: set[str] = field(default_factory=set)
    in_cluster: bool = False
    absent: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing more is to be awaited."""
        return len(self.results) + len(self.lost) >= self.workers

    def look_for_lost(self, clients: Any) -> None:
        """Note the workers with a share that will not report any more: gone, or without a heartbeat.

        Args:
            clients: Locust's workers by their names.
        """
        gone = (
            f"worker {place}, {name}"
            for name, place in self.clients.items()
            if name not in self.reported and (name not in clients or clients[name].state == MISSING)
        )
        self.lost = (*self.absent, *gone)

    def exchanges_file(self, place: int) -> str:
        """Where the worker at `place` writes its exchanges; empty when nobody wants them."""
        if self.observation is None:
            return ""
        return str(self.observation.directory / f"exchanges-worker-{place}.ndjson")


class Conclusion:
    """Judges the runs of one session, writes their results, and knows the exit code."""

    requirement = REQUIREMENT
    keeps_exchanges = True

    def __init__(self, user: type[LoadPlan], system: System) -> None:
        self.user = user
        self.system = system
        self.seed = int(os.environ.get(SEED_VARIABLE) or 0)
        self.verdicts: list[Verdict] = []
        self.broken = False
        self._recorder: RunWriter | None = None

    @property
    def check(self) -> str:
        return f"load.{self.user.scenario()}"

    def begin(self, arrivals: str, host: str) -> LoadRun:
        """A test starts, with its requests for `host`: open the run directory if there is to be one."""
        if self._recorder is None and self.user.recorder is not None:
            self._recorder = self.user.recorder()
        run = LoadRun(self.user.scenario(), arrivals, host)
        if self._recorder is not None:
            self._recorder.check_started(self.check, self.system.metadata.name, self.requirement)
            if self.keeps_exchanges:
                run.observation = self._recorder.observation(self._head())
        return run

    def _head(self) -> Observation:
        """A load test is observed like a scenario that disturbs nothing."""
        subject = self.system.metadata.name
        return Observation(
            {TROUBLE: Arm()}, self.check, "", subject, Disruption.NONE, repetitions=0, system=self.system
        )

    def conclude(self, run: LoadRun, *, say: bool) -> LoadSummary:
        """A test ended: judge it, write its result; `say` it at once, or leave that to `say_all`."""
        ended_at = time.monotonic()
        summary = summarize(
            run.results,
            began_at=run.began_at,
            ended_at=ended_at,
            workers=run.workers,
            lost=run.lost,
            in_cluster=run.in_cluster,
            replayed=run.arrivals.startswith(REPLAY),
        )
        own = own_objectives(self.system)
        verdict = judge_load(summary, self.system.objectives, judged=self.user.judged, own=own)
        told = {name: each.model_dump(exclude_none=True) for name, each in own.items()}
        data = {"arrivals": run.arrivals, "judged": list(self.user.judged), "own_objectives": told}
        data["objectives"] = self.system.objectives.model_dump(exclude_none=True)
        beside, more = self.beside(run)
        data |= summary.to_data() | more
        self.settle(run, data, merge([verdict, *beside]), say=say)
        return summary

    def beside(self, run: LoadRun) -> tuple[list[Verdict], dict[str, Any]]:  # noqa: ARG002  for subclasses
        """What is judged beside the load itself, and what is recorded of it."""
        return [], {}

    def settle(self, run: LoadRun, data: Mapping[str, Any], verdict: Verdict, *, say: bool) -> None:
        """Take the verdict of a run, write it with its `data`, and `say` it at once or leave that."""
        place = {"sent_to": run.host, "entry": self.system.entry.address}
        verdict = at_the_entry(verdict, **place)
        data = {**place, **data}
        self.verdicts.append(verdict)
        if self._recorder is not None:
            self._write(self._recorder, run, data, verdict)
        if say:
            sys.stdout.write(self._lines(verdict))
            sys.stdout.flush()

    def _write(self, recorder: RunWriter, run: LoadRun, data: Mapping[str, Any], verdict: Verdict) -> None:
        ended_at = time.monotonic()
        observed = self._keep(run)
        folder = recorder.directory / "load"
        folder.mkdir(parents=True, exist_ok=True)
        head = {"scenario": run.scenario, "seed": self.seed}
        text = json.dumps(head | dict(data), indent=2) + "\n"
        free_name(folder / f"{run.scenario}.json").write_text(text, encoding="utf-8")
        recorder.check_finished(
            CheckResult(
                self.check, self.system.metadata.name, self.requirement, verdict, "locust", run.began_at,
                ended_at, observations=observed,
            )
        )  # fmt: skip

    def _keep(self, run: LoadRun) -> tuple[str, ...]:
        """Pack and record what each worker sent; the id of the observation."""
        if run.observation is None or run.kept:
            return run.kept
        for number, result in enumerate(run.results):
            path = Path(result.exchanges)
            if result.exchanges and path.exists():
                name, journeys = pack(path).name, tuple(self.user.journeys)
                run.observation.stream(
                    StreamRecord(TROUBLE, f"worker-{number}", name, journeys, result.health, -math.inf)
                )
        run.observation.close(None, missing={}, failure=None)
        run.kept = (run.observation.directory.name,)
        return run.kept

    def exit_code(self) -> int:
        """0 when everything passed, else 1: failed, error and inconclusive alike, as the text says."""
        if self.broken:
            return 1
        return int(Outcome.worst(verdict.outcome for verdict in self.verdicts).makes_red)

    def say_all(self) -> None:
        """Print each verdict; without any, say that nothing was tested."""
        if not self.verdicts:
            sys.stdout.write(f"ERROR {self.check}  no load was applied, so nothing is proven\n")
        for verdict in self.verdicts:
            sys.stdout.write(self._lines(verdict))
        sys.stdout.flush()

    def close(self, exit_code: int | None) -> None:
        """The closing record of this tool."""
        if self._recorder is not None:
            self._recorder.tool_finished(exit_code or 0)
            self._recorder.close()
            self._recorder = None

    def _lines(self, verdict: Verdict) -> str:
        return f"\n{verdict.told(self.check, self.system.metadata.name, self.requirement)}\n"
