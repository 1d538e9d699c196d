"""Meets mutants in forks of one process in which every test is collected: only one function's code is replaced.

That takes a tenth of a start from nothing. What ran while the tests were imported may hold results of the
unchanged code, so that a mutant is done with only if it was noticed; the others are tried from the start.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import CodeType, FunctionType

import pytest

from .calls import Choice, Chooser
from .gate import End, Project, Unusable, ends
from .mutations import Mutant, code_of
from .serving import forking, run_pytest, serve

Functions = Mapping[tuple[str, str, int], Sequence[FunctionType]]
"""Functions that exist, by file, qualified name and first line of their code."""


def noticed(
    project: Project, chosen: Sequence[Mutant], chooser: Chooser, processes: int, output: Path
) -> Iterator[tuple[Mutant, End]]:
    """Those of the mutants that a test notices although much was imported before, as they end.

    Raises:
        Unusable: when the tests are not green in a fork without a mutant.
    """
    receiver, sender = forking.Pipe(duplex=False)
    child = forking.Process(target=_template, args=(project, chosen, chooser, processes, sender, output))
    child.start()
    sender.close()
    try:
        while True:
            number, end = receiver.recv()
            yield chosen[number], End(end)
    except EOFError:
        child.join()
        if child.exitcode != pytest.ExitCode.OK:
            raise Unusable(f"the tests are not green in a fork:\n{output.read_text()[-4000:]}") from None
    finally:
        child.terminate()


def _template(
    project: Project,
    chosen: Sequence[Mutant],
    chooser: Chooser,
    processes: int,
    sender: Connection,
    output: Path,
) -> None:
    numbers = {id(mutant): number for number, mutant in enumerate(chosen)}

    def meet(fork: Fork) -> None:
        for mutant, end in ends(chosen, chooser, processes, fork.begin):
            if end is not End.SURVIVED:
                sender.send((numbers[id(mutant)], end.value))

    forks = Forks(project, chooser.all_tests(), meet)
    # Captured by file descriptor, forks would share one file.
    code = run_pytest(project.root, ["--capture=sys", *project.tests], [forks], output)
    os._exit(code if forks.green else pytest.ExitCode.TESTS_FAILED)


@dataclass
class Forks:
    """A plugin of pytest that does not run the tests itself, but hands them to `meet`, ready to be forked."""

    project: Project
    tests: Sequence[str]
    meet: Callable[[Fork], None]
    green: bool = False
    _forked: bool = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        if self._forked or session.testsfailed:
            return None
        fork = Fork(self, session)
        plain = fork.run("", None, self.tests)
        plain.join()
        self.green = plain.exitcode == 0
        if self.green:
            self.meet(fork)
        return True


@dataclass
class Fork:
    """Begins processes that go on from a session in which all tests are collected."""

    owner: Forks
    session: pytest.Session
    files: Mapping[str, Path] = field(init=False)
    functions: Functions = field(init=False)

    def __post_init__(self) -> None:
        self.files = self.owner.project.target_files()
        self.functions = functions_of({str(path) for path in self.files.values()})

    def begin(self, mutant: Mutant, choice: Choice) -> BaseProcess | None:
        """A process that meets the mutant; None when that needs a start from nothing."""
        path = self.files[mutant.module]
        code = code_of(path.read_text(), str(path), mutant)
        if mutant.module in sys.modules:
            plain = code_of(path.read_text(), str(path))
            if not any(True for _ in replacements(self.functions, plain, code, mutant.scope)):
                return None
        return self.run(mutant.module, code, choice.tests, mutant.scope)

    def run(
        self, module: str, code: CodeType | None, tests: Sequence[str], scope: str = ""
    ) -> BaseProcess:
        child = forking.Process(target=self._run, args=(module, code, tests, scope))
        child.start()
        return child

    def _run(self, module: str, code: CodeType | None, tests: Sequence[str], scope: str) -> None:
        os.setpgid(0, 0)
        self.owner._forked = True
        if code is not None:
            serve({module: code})
            path = self.files[module]
            plain = code_of(path.read_text(), str(path))
            for function, changed in replacements(self.functions, plain, code, scope):
                function.__code__ = changed
        items = {item.nodeid: item for item in self.session.items}
        self.session.items[:] = [items[test] for test in tests if test in items]
        failed = True
        try:
            self.session.config.hook.pytest_runtestloop(session=self.session)
            failed = bool(self.session.testsfailed)
        finally:
            os._exit(failed)  # a test that failed ends the loop with an exception, whatever its kind


def functions_of(files: set[str]) -> Functions:
    """Every function whose code is in one of the files: whoever holds it sees its code replaced."""
    gc.unfreeze()  # what is frozen is not found
    found: dict[tuple[str, str, int], list[FunctionType]] = {}
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType) and thing.__code__.co_filename in files:
            code = thing.__code__
            found.setdefault((code.co_filename, code.co_qualname, code.co_firstlineno), []).append(thing)
    gc.freeze()
    return found


def replacements(
    functions: Functions, plain: CodeType, changed: CodeType, scope: str
) -> Iterator[tuple[FunctionType, CodeType]]:
    """The functions named `scope` whose code differs, each with its new code.

    A default or a decorator is evaluated by the code around the function, and so is not among them.
    """
    before = dict(_codes(plain))
    for place, code in _codes(changed):
        if place[0] == scope and before.get(place) != code:
            for function in functions.get((code.co_filename, *place), ()):
                if function.__code__.co_freevars == code.co_freevars:
                    yield function, code


def _codes(code: CodeType) -> Iterator[tuple[tuple[str, int], CodeType]]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield (constant.co_qualname, constant.co_firstlineno), constant
            yield from _codes(constant)
