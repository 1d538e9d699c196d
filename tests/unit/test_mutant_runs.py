"""Whole runs over the mutants of a small project: who is noticed, who survives, and what a run refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE

import pytest
from test_mutants import PRICE, ROOT

from tests.mutants.gate import Project, Unusable

TESTS = """import pytest
from shop.price import price


def test_price():
    assert price(4) == 8
    assert price(1) == 5
    with pytest.raises(ValueError):
        price(-1)
"""

SERVE = """
import json, os, sys, traceback
import tests.mutants.gate as gate
from pathlib import Path
from tests.mutants.__main__ import options, run
from tests.mutants.serving import preload
preload()
for line in sys.stdin:
    folder, patience, words = json.loads(line)
    if child := os.fork():
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    root = Path(folder)
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(root / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.path.insert(0, str(root / "src"))
    gate.PATIENCE_SECONDS = patience
    try:
        code = gate.Project(root, root / "src", ["shop/*.py"], ["tests"])
        end = 0 if run(code, root / "survivors.yaml", options(words)) else 1
    except Exception:
        traceback.print_exc()
        end = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(end)
"""
"""One process for all runs, each in a fork: what they import takes longer than what they do."""


def shop(tmp_path: Path, tests: str = TESTS, survivors: str = "{}") -> None:
    for name, content in {
        "src/shop/__init__.py": "",
        "src/shop/price.py": PRICE,
        "tests/test_price.py": tests,
        "survivors.yaml": survivors,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)


@dataclass
class Ended:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Ended]


@pytest.fixture(scope="module")
def server() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", SERVE]
    with subprocess.Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def run(server: subprocess.Popen[str], tmp_path: Path) -> Run:
    """Tries the mutants of the shop below `tmp_path`, as the command does with these words."""

    def run(*words: str, patience: float = 60.0) -> Ended:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps([str(tmp_path), patience, ["--number", "0", *words]]) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        return Ended(code, (tmp_path / "stdout").read_text(), (tmp_path / "stderr").read_text())

    return run


def test_a_survivor_is_reported_until_its_reason_is_given(tmp_path: Path, run: Run) -> None:
    shop(tmp_path)
    ended = run()
    survivors = [line for line in ended.stdout.splitlines() if line.startswith("survived, no reason given: ")]
    assert ended.returncode == 1
    assert survivors == [
        "survived, no reason given: line 7 of shop.price: price: count <= 0 -> count < 0",
        "survived, no reason given: line 7 of shop.price: price: count <= 0 -> count <= -1",
        "survived, no reason given: line 13 of shop.price: label: return f'{count} pieces' -> return None",
    ], "and of these nobody enters `label`"
    assert "failed: 76.9 % killed (at least 90 % needed)" in ended.stdout


def test_a_run_goes_on_with_what_was_kept(tmp_path: Path, run: Run) -> None:
    shop(tmp_path)
    kept = tmp_path / "kept.txt"
    words = ("--kept", str(kept), "--change", "count <= 0 -> count < 0")
    run(*words)
    assert kept.read_text() == "survived: shop.price: price: count <= 0 -> count < 0\n"
    kept.write_text(kept.read_text().replace("survived", "killed"))
    again = run(*words)
    assert again.returncode == 0, "what the file holds is not tried again"
    assert "passed: 100.0 % killed" in again.stdout
    kept.write_text("shop.price\n")
    assert "expected lines of `end: fingerprint`" in run(*words).stderr


def test_tests_that_fail_without_a_mutant_kill_nothing(tmp_path: Path, run: Run) -> None:
    shop(tmp_path, TESTS.replace("== 8", "== 9"))
    ended = run()
    assert ended.returncode == 1
    assert "not green without a mutant" in ended.stderr


def test_a_mutant_that_never_ends_is_stopped(tmp_path: Path, run: Run) -> None:
    shop(tmp_path)
    (tmp_path / "src/shop/price.py").write_text(
        "def price(count):\n    while count > 8:\n        count -= 1\n    return max(5, 2 * count)\n"
    )
    (tmp_path / "tests/test_price.py").write_text(
        "from shop.price import price\n\ndef test_price():\n    assert price(9) == 16\n"
    )
    ended = run("--change", "count -= 1 -> pass", patience=1.0)
    assert "1/1 timeout" in ended.stderr
    assert ended.returncode == 0


def test_a_target_that_is_gone_is_an_error(tmp_path: Path) -> None:
    shop(tmp_path)
    with pytest.raises(Unusable, match="matches the target shop/gone"):
        Project(tmp_path, tmp_path / "src", ["shop/gone.py"], ["tests"]).mutants()


HELD = """import pytest
from shop.price import LEAST, label, price, twice

START = price(4)


def test_start():
    assert START == 8


def test_least():
    assert LEAST == 5


def test_default():
    assert price() == 16


def test_twice():
    assert twice(8) == 16


def test_others():
    twice(3)


@pytest.mark.parametrize("text", [label(2)])
def test_label(text):
    assert text == "2 pieces"
"""

HELD_PRICE = """import functools

LEAST = 5


def price(count=8):
    return 2 * count


def label(count):
    return f"{count} pieces"


class Till:
    @staticmethod
    @functools.cache
    def twice(count):
        return 2 * count


twice = Till.twice
"""


def test_what_ran_or_was_made_before_the_tests_is_made_again(tmp_path: Path, run: Run) -> None:
    """Most mutants are met in a fork of a process that imported all: what it holds is of unchanged code.

    A result that a test file holds, a parameter, a constant, a default, a decorated method: each is noticed.
    """
    shop(tmp_path, HELD)
    (tmp_path / "src/shop/price.py").write_text(HELD_PRICE)
    ended = run()
    assert ended.returncode == 0, ended.stdout
    assert "passed: 100.0 % killed" in ended.stdout
