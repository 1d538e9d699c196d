"""Runs pytest in a child process to which chosen modules are served from memory: no file is touched."""

from __future__ import annotations

import gc
import importlib.abc
import importlib.metadata
import importlib.util
import json
import multiprocessing
import os
import resource
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

import hypothesis
import pytest

from .calls import CallMap

MEMORY_BYTES = 3 * 1024**3
"""A mutant that never stops collecting dies by itself before the machine does."""

NOT_SERVED = 90
"""A child's exit code when a module came from its file although it was to come from memory."""

OPTIONS = (
    *("-q", "-x", "-p", "no:cacheprovider", "--hypothesis-seed=0", "-W", "ignore::pytest.PytestWarning"),
    "--assert=plain",  # its rewriter would load the modules of a plugin before we can serve them
)

forking = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Request:
    """What a child is to do.

    Attributes:
        root: the folder in which pytest runs.
        served: code by module name, compiled with the name of its file; all other modules come from theirs.
        tests: files or folders of tests.
        order: identifiers of the tests to run, in this order; all of `tests` when empty.
        watched: module name by file; which test entered which function of these goes to `calls_file`.
        output_file: where pytest's own words go.
    """

    root: Path
    served: Mapping[str, CodeType]
    tests: Sequence[str]
    order: Sequence[str] = ()
    watched: Mapping[str, str] = field(default_factory=dict)
    calls_file: Path | None = None
    output_file: Path = Path(os.devnull)


def preload() -> None:
    """Imports once what every child needs and no mutant touches."""
    for entry in importlib.metadata.entry_points(group="pytest11"):
        if not entry.module.startswith("seatrial"):
            entry.load()
    hypothesis.settings.register_profile(
        "mutants", database=None, deadline=None, phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate)
    )
    hypothesis.settings.load_profile("mutants")  # no shrinking: that a test fails is all we ask
    gc.collect()
    gc.freeze()


def start(request: Request) -> multiprocessing.process.BaseProcess:
    """A running child; its exit code is pytest's."""
    child = forking.Process(target=_run, args=(request,))
    child.start()
    return child


def run_pytest(root: Path, words: Sequence[str], plugins: Sequence[object], output_file: Path) -> int:
    """Runs pytest in this process, bounded in memory and writing to the file, and returns its exit code."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    output = os.open(output_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(root)
    return int(pytest.main([*OPTIONS, *words], plugins))


def serve(modules: Mapping[str, CodeType]) -> None:
    """From now on this process imports the modules from memory."""
    sys.meta_path.insert(0, _Finder(modules))


def _run(request: Request) -> None:
    os.setpgid(0, 0)
    serve(request.served)
    plugins: list[Any] = [_Order(request.order)] if request.order else []
    calls = CallMap(request.watched)
    if request.calls_file:
        plugins.append(calls)
    code = run_pytest(request.root, request.tests, plugins, request.output_file)
    if request.calls_file:
        request.calls_file.write_text(json.dumps(calls.found()))
    sys.stdout.flush()
    imported = [sys.modules[name] for name in request.served if name in sys.modules]
    if not all(isinstance(module.__loader__, _Loader) for module in imported):
        code = NOT_SERVED
    os._exit(code)  # threads and exit handlers of a broken program have no say


class _Loader(SourceFileLoader):
    def __init__(self, name: str, code: CodeType) -> None:
        super().__init__(name, code.co_filename)
        self._code = code

    def get_code(self, fullname: str) -> CodeType:
        return self._code


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, served: Mapping[str, CodeType]) -> None:
        self._served = served

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        code = self._served.get(fullname)
        if code is None:
            return None
        return importlib.util.spec_from_file_location(
            fullname, code.co_filename, loader=_Loader(fullname, code)
        )


class _Order:
    """Runs only the chosen tests, those first that are likeliest to notice.

    A mutant may change the parameters of a test, and with them its name: what shares its function runs too.
    """

    def __init__(self, order: Sequence[str]) -> None:
        self._place = {test: place for place, test in enumerate(order)}
        self._functions = {_function(test) for test in order}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chosen = [item for item in items if _function(item.nodeid) in self._functions]
        items[:] = sorted(chosen, key=lambda item: self._place.get(item.nodeid, len(self._place)))


def _function(test: str) -> str:
    return test.split("[", maxsplit=1)[0]
