"""A parent that is SIGKILLed takes its children along: nobody goes on injecting, nothing says passed."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE

import pytest

from seatrial.commands import _with_parent
from seatrial.commands.report import rebuild_report
from seatrial.errors import BadInput
from seatrial.model.verdict import Outcome
from seatrial.record.reader import read_run
from seatrial.waiting import NotYet, Ready, eventually

BOUND_SECONDS = 60.0

PARENT = """
import os, pathlib, sys
from seatrial.commands.children import run_child
run_child([sys.executable, "-c", sys.argv[1]], environment=dict(os.environ),
          log=pathlib.Path(sys.argv[2]) / "log.txt", within_seconds=120, note=lambda line: None)
"""
CHILD = """
import os, pathlib, signal, time
folder = pathlib.Path(os.environ["FOLDER"])
{revert}
(folder / "pid").write_text(str(os.getpid()))
for _ in range(1500):
    with (folder / "injected").open("a") as file:
        file.write("x")
    time.sleep(0.05)
"""
REVERT = """
def revert(*_):
    (folder / "reverted").touch()
    raise SystemExit(1)
signal.signal(signal.SIGTERM, revert)
"""
GENERATOR = """
import pathlib, sys, time
from seatrial.traffic.stream import TrafficStream
folder = pathlib.Path(sys.argv[1])
with TrafficStream("http://127.0.0.1:1", "browse", {"request": {"path": "/"}}, per_second=50,
                   directory=folder) as stream:
    (folder / "partial").write_text(str(stream.process_id))
    (folder / "partial").rename(folder / "pid")
    time.sleep(120)
"""


def start(code, *arguments, **environment):
    return start_command(["-c", code, *map(str, arguments)], **environment)


def start_command(arguments, **environment):
    return subprocess.Popen(
        [sys.executable, *arguments], env={**os.environ, **environment}, stdin=subprocess.DEVNULL
    )


def pid_in(path: Path) -> int:
    def written():
        text = path.read_text() if path.exists() else ""
        return Ready(int(text)) if text else NotYet("no pid yet")

    return eventually(written, within_seconds=BOUND_SECONDS, what=f"{path.name} is written")


def wait_until_gone(pid: int) -> None:
    def gone():
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return Ready(None)
        # Nobody may be there to collect an orphan's exit code.
        return Ready(None) if state == "Z" else NotYet(f"process {pid} is in state {state}")

    eventually(gone, within_seconds=BOUND_SECONDS, what="the child ends")


def kill(parent) -> None:
    parent.kill()
    assert parent.wait(timeout=30) == -signal.SIGKILL


@pytest.mark.parametrize("revert", [REVERT, ""], ids=["a-child-that-reverts", "a-child-that-does-not"])
def test_a_tool_of_a_run_ends_with_the_run(tmp_path, revert):
    parent = start(PARENT, CHILD.format(revert=revert), tmp_path, FOLDER=str(tmp_path))
    child = pid_in(tmp_path / "pid")
    kill(parent)
    wait_until_gone(child)
    assert (tmp_path / "reverted").exists() == bool(revert)
    size = (tmp_path / "injected").stat().st_size
    time.sleep(0.3)
    assert (tmp_path / "injected").stat().st_size == size


def test_a_child_that_starts_while_its_parent_dies_does_not_go_on(tmp_path):
    _, *wrapped = _with_parent.with_this_process([sys.executable, "-c", CHILD.format(revert="")])
    wrapped[wrapped.index(str(os.getpid()))] = "0"  # as when it was adopted before it could ask
    child = start_command(wrapped, FOLDER=str(tmp_path))
    try:
        assert child.wait(timeout=BOUND_SECONDS) == _with_parent.TOO_LATE
    finally:
        child.kill()
    assert not (tmp_path / "pid").exists()


def test_the_generator_ends_with_the_process_that_asked_for_traffic(tmp_path):
    parent = start(GENERATOR, tmp_path)
    generator = pid_in(tmp_path / "pid")
    kill(parent)
    wait_until_gone(generator)


SERVE = """
import contextlib, os, pathlib, sys, time
from seatrial.commands import children, run
from seatrial.commands._jobs import Choice
from seatrial.cluster.progress import PlainProgress
from seatrial.settings import settings_from

class Nothing(contextlib.AbstractContextManager):
    def __exit__(self, *_): return None
    def lend(self): return {}
    def snapshot(self): return ()
    def changed_since(self, before, faults=()): time.sleep(0.5); return []

def child(arguments, **options):
    return children.run_child([sys.executable, "-c", os.environ["TOOL"]], **options)

for line in sys.stdin:
    folder = pathlib.Path(line.strip())
    if process := os.fork():
        print(process, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
        continue
    printed = os.open(folder / "printed.txt", os.O_WRONLY)
    for number, file in ((0, os.open(os.devnull, os.O_RDONLY)), (1, printed), (2, printed)):
        os.dup2(file, number)
    settings = settings_from({"system": str(folder / "shop.yaml"), "report_dir": str(folder / "reports")}, {})
    code, text = run.run_everything(
        settings, PlainProgress(), Choice(("load",)), run_child=child, open_session=lambda *_: Nothing(),
    )
    print(text, flush=True)
    os._exit(code)
"""
"""Each run in a fork of one process: what a run imports takes longer than what it does here."""
TOOL = """
import os, pathlib, time
from seatrial.model.verdict import CheckResult, Outcome, Verdict
from seatrial.record.writer import RunWriter
writer = RunWriter(pathlib.Path(os.environ["SEATRIAL_RUN"]), "locust")
writer.tool_started(argv=["locust"], versions={}, seed=1)
began = time.monotonic()
writer.check_started("load.journeys", "shop", "It holds.")
for number in range(6):
    time.sleep(0.07)
    writer.note(f"part {number} is done")
verdict = Verdict(Outcome.PASSED, "it held", "it holds")
writer.check_finished(CheckResult("load.journeys", "shop", "It holds.", verdict, "locust",
                                  began, time.monotonic()))
writer.tool_finished(0)
writer.close()
"""
SYSTEM = """
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: {context: nowhere, namespace: shop}
entry: {url: "http://127.0.0.1:1"}
workloads: {orders: {kind: Deployment, name: orders, stateless: true}}
journeys: {look: {request: {path: /}}}
consent: {disruptive: true, context: nowhere, namespace: shop}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", SERVE]
    environment = {**os.environ, "TOOL": TOOL}
    with subprocess.Popen(command, env=environment, stdin=PIPE, stdout=PIPE, text=True) as process:
        yield process
        process.stdin.close()


class Run:
    """A `seatrial run` of its own whose one tool reports a pass."""

    def __init__(self, server: subprocess.Popen[str], folder: Path) -> None:
        (folder / "shop.yaml").write_text(SYSTEM)
        (folder / "printed.txt").touch()
        self._server = server
        self._ended: int | None = None
        server.stdin.write(f"{folder}\n")
        server.stdin.flush()
        self._pid = int(server.stdout.readline())

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        if self._ended is None and select.select([self._server.stdout], [], [], 0)[0]:
            self._ended = int(self._server.stdout.readline())
        return self._ended

    def wait(self, timeout: float) -> int:
        def ended():
            return NotYet("it runs") if (code := self.poll()) is None else Ready(code)

        return eventually(ended, within_seconds=timeout, what="the run ends", every_seconds=0.02)

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self._pid, signal.SIGKILL)


@pytest.fixture
def playing(server, tmp_path) -> Iterator[Run]:
    started = Run(server, tmp_path)
    yield started
    started.kill()
    started.wait(timeout=30)


def test_a_run_that_nobody_kills_passes(playing, tmp_path):
    assert playing.wait(timeout=BOUND_SECONDS) == 0, (tmp_path / "printed.txt").read_text()
    assert read_run(tmp_path / "reports" / "latest").outcome is Outcome.PASSED


RECORDS_OF_A_RUN = 20
"""Lines of all event files of such a run; the last one closes it."""


@pytest.mark.parametrize("records", range(RECORDS_OF_A_RUN - 2))
def test_a_run_killed_at_any_instant_is_unfinished_and_nothing_says_passed(playing, tmp_path, records):
    reports = tmp_path / "reports"

    def written():
        assert playing.poll() is None, (tmp_path / "printed.txt").read_text()
        lines = sum(path.read_bytes().count(b"\n") for path in reports.glob("2*/events-*.ndjson"))
        return Ready(None) if lines >= records else NotYet(f"{lines} records of {records}")

    eventually(written, within_seconds=BOUND_SECONDS, what="the run is that far", every_seconds=0.005)
    kill(playing)
    assert "passed" not in (tmp_path / "printed.txt").read_text()
    assert not (reports / "latest" / "index.html").exists()
    if not any(reports.glob("2*/events-*.ndjson")):
        with pytest.raises(BadInput):
            rebuild_report(reports / "latest")
        return
    directory = next(reports.glob("2*"))
    code, text = rebuild_report(directory)
    assert code != 0
    assert "UNFINISHED" in text
    assert not text.startswith("passed")
    run = read_run(directory)
    assert not run.finished
    assert run.outcome is Outcome.ERROR
