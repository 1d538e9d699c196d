"""Stand-ins for what a run works with that is ours: a session, a child process, a page, a display."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from unhurried import CHANDLERY

from seatrial.cluster.progress import PlainProgress
from seatrial.commands._jobs import Choice
from seatrial.commands.run import run_everything
from seatrial.model.fault import FaultRecord
from seatrial.model.run import Run
from seatrial.model.verdict import CheckResult, Outcome, Verdict
from seatrial.record.reader import read_run
from seatrial.record.writer import RunWriter
from seatrial.settings import Settings, settings_from

TOOLS = {"pytest": "pytest", "locust": "locust", "chaostoolkit": "chaos"}


class FakeSession:
    """A system that is up; its objects are a list of sentences, read once before and once after."""

    def __init__(self, differences: Sequence[str] = ()) -> None:
        self.differences = list(differences)
        self.did: list[str] = []
        self.faults: list[FaultRecord] = []

    def __enter__(self) -> FakeSession:
        self.did.append("opened")
        return self

    def __exit__(self, *_: object) -> None:
        self.did.append("closed")

    def lend(self) -> dict[str, str]:
        self.did.append("lent")
        return {"SEATRIAL_LEASE": "word"}

    def snapshot(self) -> str:
        self.did.append("looked")
        return "before"

    def changed_since(self, before: str, faults: Iterable[FaultRecord] = ()) -> list[str]:
        assert before == "before"
        self.did.append("compared")
        self.faults = list(faults)
        return self.differences

    def deploy(self, folder: Path, progress: object, *, flawed: bool = False) -> None:
        self.did.append(f"deployed {'flawed ' if flawed else ''}{folder.name}")

    def require_answer(self) -> None:
        self.did.append("answered")


Behaviour = Callable[["Child"], int]


class Child:
    """A child process that joins the run as the real tools do, and then behaves as a test says."""

    def __init__(self, tool: str, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.tool = tool
        self._writer: RunWriter | None = None

    @property
    def run(self) -> RunWriter:
        """This tool's part of the run, begun when it is first asked for."""
        if self._writer is None:
            self._writer = RunWriter(Path(self.environment["SEATRIAL_RUN"]), self.tool)
            with patch.dict(os.environ, self.environment):
                self._writer.tool_started(argv=[self.tool], versions={}, seed=7)
        return self._writer

    def reports(self, outcome: Outcome, *only: str, observed: str = "") -> Child:
        """One verdict for each result that was planned; for `only` these checks, when they are named."""
        verdict = Verdict(outcome, observed or f"it was {outcome}", "a pass")
        for name in self.planned():
            check, _, subject = name.removesuffix("]").partition(" [")
            if not only or check in only:
                self.run.check_finished(CheckResult(check, subject, "It MUST.", verdict, self.tool, 0.0, 1.0))
        return self

    def planned(self) -> list[str]:
        """The results that this tool must report."""
        plan = read_run(Path(self.environment["SEATRIAL_RUN"])).plan
        stage = self.environment["SEATRIAL_STAGE"]
        return [name for planned in plan if planned.stage == stage for name in planned.checks]

    def ends(self, code: int) -> int:
        """Writes the closing record."""
        self.run.tool_finished(code)
        self.run.close()
        return code


def passes(child: Child) -> int:
    """What a tool does when all is well."""
    return child.reports(Outcome.PASSED).ends(0)


class Children:
    """Takes the place of `run_child`: stages by name behave as told, all others pass."""

    def __init__(self, **behaviours: Behaviour) -> None:
        self.behaviours = behaviours
        self.stages: list[str] = []
        self.arguments: list[Sequence[str]] = []

    def __call__(
        self, arguments: Sequence[str], *, environment: Mapping[str, str], log: Path, within_seconds: float,
        note: Callable[[str], None],
    ) -> int:  # fmt: skip
        assert within_seconds > 0
        assert log.is_relative_to(environment["SEATRIAL_RUN"])
        note("begun")
        stage = environment["SEATRIAL_STAGE"]
        self.stages.append(stage)
        self.arguments.append(arguments)
        tool = TOOLS[arguments[arguments.index("-m") + 1]]
        return self.behaviours.get(stage.split()[0], passes)(Child(tool, environment))


def report(directory: Path) -> tuple[int, str]:
    """Takes the place of the page: says what is wrong, and the exit code that it leads to."""
    run = read_run(directory)
    text = "\n".join([*run.broken, *run.notes])
    (directory / "page.txt").write_text(text, encoding="utf-8")
    return int(not run.finished or run.outcome is not Outcome.PASSED), text


def settings_in(folder: Path, system: Path = CHANDLERY) -> Settings:
    chosen = {"SEATRIAL_REPORT_DIR": str(folder / "reports"), "SEATRIAL_STATE": str(folder / "state")}
    return settings_from({"system": str(system), "seed": 7}, chosen)


class Display(PlainProgress):
    """Keeps what it was told in place of printing it."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def line(self, text: str) -> None:
        self.lines.append(text)


@contextmanager
def never_opens(*_: object, **__: object):
    raise AssertionError("the system was opened")
    yield


VARIABLES = ("SYSTEM", "RUN", "STAGE", "SEED", "STATE", "EXTENSIONS")


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder to work in, with no variable of Seatrial's set."""
    monkeypatch.chdir(tmp_path)
    for name in VARIABLES:
        monkeypatch.delenv(f"SEATRIAL_{name}", raising=False)
    return tmp_path


@pytest.fixture
def runs(folder: Path) -> Callable[..., tuple[int, str, Run]]:
    """`seatrial run` with these children; returns exit code, text and what was recorded."""

    def run(children=None, session=None, *, report=report, **choice):
        code, text = run_everything(
            settings_in(folder),
            Display(),
            Choice(**choice),
            open_session=lambda *_: session or FakeSession(),
            run_child=children or Children(),
            report=report,
            clock=lambda: next(ticks),
        )
        return code, text, read_run(folder / "reports" / "latest")

    ticks = itertools.count(100.0)
    return run
