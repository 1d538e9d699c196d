"""One run over chosen mutants: every mutant is met by its tests in a child process of its own."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from .calls import Choice, Chooser, importers
from .mutations import Mutant, code_of, mutants
from .serving import NOT_SERVED, Request, start

PATIENCE_SECONDS = 15.0
PATIENCE_FACTOR = 8.0
"""A mutant may take this long beyond, and this many times, what its tests take without it."""


class End(Enum):
    KILLED = "killed"
    TIMEOUT = "timeout"
    SURVIVED = "survived"


class Unusable(Exception):
    """Nothing can be said of any mutant; the message says why."""


@dataclass(frozen=True)
class Project:
    """What is mutated and what tests it.

    Attributes:
        root: the folder in which pytest runs.
        source: the folder that holds the package.
        targets: patterns below `source` of the files to mutate.
        tests: files or folders below `root`.
    """

    root: Path
    source: Path
    targets: Sequence[str]
    tests: Sequence[str]

    def files(self) -> dict[str, Path]:
        """Every module of the package by name."""
        return {self._name(path): path for path in sorted(self.source.rglob("*.py"))}

    def target_files(self) -> dict[str, Path]:
        """The modules to mutate by name.

        Raises:
            Unusable: when a pattern matches no file: what it named would silently be mutated no more.
        """
        found: dict[str, Path] = {}
        for pattern in self.targets:
            matches = {self._name(path): path for path in sorted(self.source.glob(pattern))}
            if not matches:
                raise Unusable(f"no file below {self.source} matches the target {pattern}")
            found |= matches
        return found

    def _name(self, path: Path) -> str:
        parts = path.relative_to(self.source).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def mutants(self) -> list[Mutant]:
        files = self.target_files()
        return [mutant for name, path in files.items() for mutant in mutants(name, path.read_text())]


def sample(found: Sequence[Mutant], number: int, seed: int) -> list[Mutant]:
    """`number` of the mutants; a mutant's place does not depend on which others there are."""
    if number >= len(found):
        return list(found)
    drawn = sorted(found, key=lambda m: hashlib.sha256(f"{seed} {m.fingerprint}".encode()).digest())[:number]
    return [mutant for mutant in found if mutant in drawn]


def choose_tests(project: Project, work: Path) -> Chooser:
    """Runs every test once, with all targets served from memory unchanged, and notes what it enters.

    Raises:
        Unusable: when a test fails, for then every mutant would seem killed.
    """
    files = project.files()
    calls, output = work / "calls.json", work / "output.txt"
    served = {name: code_of(path.read_text(), str(path)) for name, path in project.target_files().items()}
    watched = {str(path): name for name, path in files.items()}
    child = start(Request(project.root, served, project.tests, (), watched, calls, output))
    child.join()
    if child.exitcode == NOT_SERVED:
        raise Unusable("a module to mutate was imported from its file, past the loader that serves mutants")
    if child.exitcode != pytest.ExitCode.OK:
        raise Unusable(f"the tests are not green without a mutant:\n{output.read_text()[-4000:]}")
    found = {test: (took, names) for test, (took, names) in json.loads(calls.read_text()).items()}
    return Chooser(found, importers({name: path.read_text() for name, path in files.items()}))


@dataclass
class _Running:
    mutant: Mutant
    child: BaseProcess
    patience_seconds: float


Begin = Callable[[Mutant, Choice], BaseProcess | None]
"""Starts a process in which the tests meet the mutant; None when there is no way to."""


def ends(
    chosen: Sequence[Mutant], chooser: Chooser, processes: int, begin: Begin
) -> Iterator[tuple[Mutant, End]]:
    """How each mutant ended, as they end; at most `processes` run at once."""
    running: list[_Running] = []
    waiting = list(reversed(chosen))
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                mutant = waiting.pop()
                choice = chooser.choose(mutant)
                child = begin(mutant, choice) if choice.tests else None
                if child is None:
                    yield mutant, End.SURVIVED
                    continue
                patience = PATIENCE_SECONDS + PATIENCE_FACTOR * choice.seconds
                running.append(_Running(mutant, child, patience))
            yield from _finished(running)
    finally:
        for one in running:
            _kill(one.child)


def from_the_start(project: Project) -> Begin:
    """Begins processes that import all that the tests need, and the mutant instead of its module."""
    files = project.target_files()

    def begin(mutant: Mutant, choice: Choice) -> BaseProcess:
        path = files[mutant.module]
        code = code_of(path.read_text(), str(path), mutant)
        test_files = list(dict.fromkeys(test.split("::")[0] for test in choice.tests))
        return start(Request(project.root, {mutant.module: code}, test_files, choice.tests))

    return begin


def _finished(running: list[_Running]) -> Iterator[tuple[Mutant, End]]:
    """Waits until one of `running` ends or is out of time, and takes all such out.

    A wait costs no more patience than it was meant to take: the whole run may have been paused meanwhile.
    """
    wait = min(1.0, *(one.patience_seconds for one in running)) if running else 0.0
    began = time.monotonic()
    connection.wait([one.child.sentinel for one in running], wait)
    waited = min(wait, time.monotonic() - began)
    for one in list(running):
        one.patience_seconds -= waited
        if one.child.exitcode is not None:
            running.remove(one)
            yield one.mutant, _end(one)
        elif one.patience_seconds <= 0:
            running.remove(one)
            _kill(one.child)
            yield one.mutant, End.TIMEOUT


def _end(one: _Running) -> End:
    code = one.child.exitcode
    if code == NOT_SERVED:
        raise Unusable(f"{one.mutant.module} was imported from its file, not as {one.mutant.fingerprint}")
    if code == pytest.ExitCode.NO_TESTS_COLLECTED:
        raise Unusable(f"none of the chosen tests was found again for {one.mutant.fingerprint}")
    return End.SURVIVED if code == pytest.ExitCode.OK else End.KILLED


def _kill(child: BaseProcess) -> None:
    """Ends the child with all that it started."""
    if child.pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    child.join()
