"""Which test enters which function, so that a mutant meets the tests that can notice it and no others."""

from __future__ import annotations

import ast
import contextlib
import cProfile
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from .mutations import Mutant

Found = dict[str, tuple[float, list[str]]]
"""For each test its duration in seconds and the functions it entered, as `module: qualified name`."""


class CallMap:
    """A plugin of pytest that notes the functions of the target modules which each test enters."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        """`modules`: name by file."""
        self._modules = modules
        self._found: dict[str, tuple[float, set[str]]] = {}
        self._imported: dict[str, set[str]] = {}
        self._active: list[cProfile.Profile] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        began = time.perf_counter()
        with self._noting() as names:
            result = yield
        self._found[item.nodeid] = (time.perf_counter() - began, names)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, Any, Any]:
        """Parameters are made when a file is imported: what that enters counts for all of its tests."""
        with self._noting() as names:
            result = yield
        self._imported.setdefault(collector.nodeid.split("::")[0], set()).update(names)
        return result

    @contextlib.contextmanager
    def _noting(self) -> Iterator[set[str]]:
        names: set[str] = set()
        profile = cProfile.Profile(subcalls=False, builtins=False)
        # Collecting a folder collects its files: since Python 3.12 only one profile may be active.
        for outer in self._active[-1:]:
            outer.disable()
        self._active.append(profile)
        profile.enable()
        try:
            yield names
        finally:
            profile.disable()
            self._active.pop()
            for outer in self._active[-1:]:
                outer.enable()
            names.update(
                f"{self._modules[code.co_filename]}: {code.co_qualname.split('.<locals>')[0]}"
                for code in (entry.code for entry in profile.getstats())
                if not isinstance(code, str) and code.co_filename in self._modules
            )

    def found(self) -> Found:
        return {
            test: (took, sorted(names | self._imported.get(test.split("::")[0], set())))
            for test, (took, names) in self._found.items()
        }


@dataclass(frozen=True)
class Choice:
    """The tests for one mutant, likeliest first, and how long they take without a mutant."""

    tests: tuple[str, ...]
    seconds: float


class Chooser:
    """Chooses tests from what was found; `importers` are the modules that import a module directly."""

    def __init__(self, found: Found, importers: Mapping[str, set[str]]) -> None:
        self._found = found
        self._importers = importers
        self._by_function: dict[str, list[str]] = {}
        self._by_module: dict[str, set[str]] = {}
        for test, (_, functions) in sorted(found.items(), key=lambda entry: entry[1][0]):
            for function in functions:
                self._by_function.setdefault(function, []).append(test)
                self._by_module.setdefault(function.split(": ")[0], set()).add(test)

    def all_tests(self) -> tuple[str, ...]:
        """Every test, the quickest first."""
        return tuple(sorted(self._found, key=lambda test: self._found[test][0]))

    def choose(self, mutant: Mutant) -> Choice:
        """Tests that entered the function; outside of functions those of the module and of its importers.

        An importer may use nothing but the module's constants. A test that only uses what a function gave
        another test, by way of a shared fixture, is left out: that can hide a death, and never a survivor.
        """
        tests = self._by_function.get(f"{mutant.module}: {mutant.scope}", [])
        if not tests:
            modules = {mutant.module, *self._importers.get(mutant.module, ())}
            found = set().union(*(self._by_module.get(module, set()) for module in modules))
            tests = sorted(found, key=lambda test: self._found[test][0])
        return Choice(tuple(tests), sum(self._found[test][0] for test in tests))


def importers(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """For each module those that import it or something in it, from the sources by module name."""
    found: dict[str, set[str]] = {}
    for importer, source in sources.items():
        for imported in _imports(ast.walk(ast.parse(source))):
            if imported in sources:
                found.setdefault(imported, set()).add(importer)
    return found


def _imports(nodes: Iterable[ast.AST]) -> Iterable[str]:
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
