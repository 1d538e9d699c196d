"""Meets mutants in forks of one process that has collected every test: only one function's code is replaced.

That takes a tenth of a start from nothing. Where a function ran before the fork, something may hold results
of its unchanged code: such a mutant is done with only if it was noticed. The others are tried from the start.
"""

from __future__ import annotations

import cProfile
import functools
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
Replaced = Sequence[tuple[FunctionType, CodeType]]


def decided(
    project: Project, chosen: Sequence[Mutant], chooser: Chooser, processes: int, output: Path
) -> Iterator[tuple[Mutant, End]]:
    """How those mutants ended of which a fork can tell, as they end.

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

    def meet(forks: Forks) -> None:
        for mutant, end in ends(chosen, chooser, processes, forks.begin):
            if end is not End.SURVIVED or forks.decide(mutant):
                sender.send((numbers[id(mutant)], end.value))

    forks = Forks(project, chooser.all_tests(), meet)
    forks.imports.enable()
    # Captured by file descriptor, forks would share one file.
    code = run_pytest(project.root, ["--capture=sys", *project.tests], [forks], output)
    os._exit(code if forks.green else pytest.ExitCode.TESTS_FAILED)


@dataclass(eq=False)  # pytest keeps its plugins in sets
class Forks:
    """A plugin of pytest that does not run the collected tests itself, but lets `meet` fork as it likes.

    Attributes:
        green: whether the tests pass in a fork in which nothing is changed.
        imports: notes what runs before the tests do.
    """

    project: Project
    tests: Sequence[str]
    meet: Callable[[Forks], None]
    green: bool = False
    imports: cProfile.Profile = field(default_factory=functools.partial(cProfile.Profile, builtins=False))
    _forked: bool = False
    _not_met: set[str] = field(default_factory=set)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        if self._forked or session.testsfailed:
            return None
        self.imports.disable()
        self._session, self._files = session, self.project.target_files()
        self._functions = functions_of({str(path) for path in self._files.values()})
        self._ran = {
            (entry.code.co_filename, entry.code.co_qualname.split(".<locals>")[0])
            for entry in self.imports.getstats()
            if not isinstance(entry.code, str)
        }
        plain = self._start(self.tests)
        plain.join()
        self.green = plain.exitcode == 0
        if self.green:
            self.meet(self)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self._forked and report.failed and not self.green:
            sys.__stdout__.write(f"\n{report.nodeid}\n{report.longreprtext}\n")
            sys.__stdout__.flush()

    def begin(self, mutant: Mutant, choice: Choice) -> BaseProcess | None:
        """A process that meets the mutant; None when that needs a start from nothing."""
        path = self._files[mutant.module]
        code = code_of(path.read_text(), str(path), mutant)
        replaced = list(replacements(self._functions, _unchanged(path), code, mutant.scope))
        if mutant.module in sys.modules and not replaced:
            self._not_met.add(mutant.fingerprint)
            return None
        return self._start(choice.tests, {mutant.module: code}, replaced)

    def decide(self, mutant: Mutant) -> bool:
        """Whether a fork can tell that no test notices the mutant: nothing ran the function before."""
        if mutant.module not in sys.modules:
            return True
        path = str(self._files[mutant.module])
        return mutant.fingerprint not in self._not_met and (path, mutant.scope) not in self._ran

    def _start(
        self, tests: Sequence[str], served: Mapping[str, CodeType] | None = None, replaced: Replaced = ()
    ) -> BaseProcess:
        child = forking.Process(target=self._run, args=(tests, served or {}, replaced))
        child.start()
        return child

    def _run(self, tests: Sequence[str], served: Mapping[str, CodeType], replaced: Replaced) -> None:
        os.setpgid(0, 0)
        self._forked = True
        serve(served)
        for function, code in replaced:
            function.__code__ = code
        items = {item.nodeid: item for item in self._session.items}
        self._session.items[:] = [items[test] for test in tests if test in items]
        failed = True
        try:
            self._session.config.hook.pytest_runtestloop(session=self._session)
            failed = bool(self._session.testsfailed)
        finally:
            os._exit(failed)  # a test that failed ends the loop with an exception, whatever its kind


@functools.cache
def _unchanged(path: Path) -> CodeType:
    return code_of(path.read_text(), str(path))


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
