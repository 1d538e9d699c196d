"""A child's output is kept, its end is waited for, and it is given time to undo before it is ended."""

import os
import signal
import sys
import threading

import pytest

from seatrial.commands.children import last_line, run_child
from seatrial.errors import SeatrialError
from seatrial.waiting import NotYet, Ready, eventually


def run(code, tmp_path, *, within_seconds=20.0, notes=None):
    return run_child(
        [sys.executable, "-c", code], environment=dict(os.environ), log=tmp_path / "logs" / "child.txt",
        within_seconds=within_seconds, note=(notes if notes is not None else []).append,
    )  # fmt: skip


def test_the_exit_code_and_the_output_are_kept(tmp_path):
    assert run("print('hello'); raise SystemExit(3)", tmp_path) == 3
    assert last_line(tmp_path / "logs" / "child.txt") == "hello"


def test_a_child_that_runs_too_long_is_asked_to_stop_and_may_undo(tmp_path):
    marker = tmp_path / "undone"
    code = (
        "import signal, pathlib, time\n"
        f"def undo(*_): pathlib.Path({str(marker)!r}).touch(); raise SystemExit(0)\n"
        "signal.signal(signal.SIGTERM, undo)\nprint('ready', flush=True)\ntime.sleep(60)\n"
    )
    with pytest.raises(SeatrialError, match="did not end within"):
        run(code, tmp_path, within_seconds=1.5)
    assert marker.exists()


@pytest.fixture
def interruptible():
    """A process that was started in the background ignores SIGINT; this one must not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_stops_the_child_before_it_goes_on(tmp_path):
    pid = tmp_path / "pid"
    code = f"import os, pathlib, time\npathlib.Path({str(pid)!r}).write_text(str(os.getpid()))\n"
    code += "time.sleep(60)\n"

    def interrupt() -> None:
        eventually(
            lambda: Ready(None) if pid.exists() and pid.read_text() else NotYet("it does not run"),
            within_seconds=60, what="the child runs",
        )  # fmt: skip
        signal.raise_signal(signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        run(code, tmp_path, within_seconds=90)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_the_last_line_has_no_colours(tmp_path):
    (tmp_path / "log").write_text("\x1b[32mgood\x1b[0m\n\n")
    assert last_line(tmp_path / "log") == "good"


def test_the_last_line_of_no_file_is_empty(tmp_path):
    assert last_line(tmp_path / "none") == ""


def test_a_line_that_only_its_time_tells_apart_is_shown_once(tmp_path):
    notes = []
    code = (
        "import time\n"
        "for second in range(3):\n"
        "    print(f'[2026-11-25 10:37:5{second} INFO] still steady', flush=True); time.sleep(1.2)\n"
    )
    assert run(code, tmp_path, notes=notes) == 0
    assert notes == ["still steady"]


def test_a_log_that_was_kept_has_no_colours(tmp_path):
    code = r"print('\x1b[1;32mgood\x1b[0m \x1b[2Kand plain'); raise SystemExit(1)"
    assert run(code, tmp_path) == 1
    assert (tmp_path / "logs" / "child.txt").read_bytes() == b"good and plain\n"
