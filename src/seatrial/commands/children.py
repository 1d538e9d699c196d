"""Child processes of a run: bounded, logged, watched, and stopped gently so that they revert their faults."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.commands._with_parent import with_this_process
from seatrial.errors import SeatrialError
from seatrial.waiting import NotYet, Ready, eventually

if TYPE_CHECKING:
    from seatrial.settings import Settings

_COLOURS = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
_STAMP = re.compile(r"^\[\d{4}-\d\d-\d\d [^\]]*\] ?")
"""A time in front of a line, as Chaos Toolkit and Locust write it."""
REVERT_SECONDS = 90.0
"""How long a child may take to revert its faults after it was asked to stop."""


RunChild = Callable[..., int]
"""Runs a command to its end; see `run_child`."""


def run_child(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    log: Path,
    within_seconds: float,
    note: Callable[[str], None],
) -> int:
    """Run a command with its output in `log` and its last line shown through `note`.

    Returns its exit code. On an interrupt the child gets SIGTERM and time to revert its faults first; when
    this process is killed, it gets SIGTERM from the kernel.

    Raises:
        SeatrialError: the bound ran out; the child was stopped.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        child = subprocess.Popen(
            with_this_process(arguments), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            env=dict(environment), start_new_session=True,
        )  # fmt: skip
    try:
        return _watch(child, " ".join(arguments), log, within_seconds, note)
    finally:
        stop_child(child)
        strip_colours(log)


def _watch(
    child: subprocess.Popen[bytes],
    command: str,
    log: Path,
    within_seconds: float,
    note: Callable[[str], None],
) -> int:
    ends_at = time.monotonic() + within_seconds
    shown = ""
    while True:
        try:
            return child.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            # The stage has a clock of its own, and a tool that says the same each second is told once.
            line = _STAMP.sub("", last_line(log))
            if line and line != shown:
                note(line)
                shown = line
        if time.monotonic() > ends_at:
            raise SeatrialError(
                f"a stage did not end within {within_seconds:g} s and was stopped",
                where=command,
                next_step=f"Its output is in {log}.",
            )


def stop_child(child: subprocess.Popen[bytes]) -> None:
    """Ask a running child to stop, give it `REVERT_SECONDS`, then end it. Does nothing when it has ended."""
    if child.poll() is not None:
        return
    child.send_signal(signal.SIGTERM)

    def ended() -> Ready[int] | NotYet:
        code = child.poll()
        return NotYet("it still reverts its faults") if code is None else Ready(code)

    with contextlib.suppress(SeatrialError):
        eventually(ended, within_seconds=REVERT_SECONDS, what="the stage stops", every_seconds=0.2)
    if child.poll() is None:
        child.kill()
        child.wait()


def child_environment(
    settings: Settings, run_directory: Path, *, stage: str = "", lent: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What pytest, locust and chaos need to join this run and leave the deployed system as it is.

    Args:
        stage: the stage of the run plan that the child reports for.
        lent: what lets it share this run's Lease; see `Session.lend`.
    """
    chosen: Mapping[str, object] = {
        "SEATRIAL_RUN": run_directory,
        "SEATRIAL_STAGE": stage,
        "SEATRIAL_SYSTEM": settings.system_path,
        "SEATRIAL_SEED": settings.seed,
        "SEATRIAL_LOAD": settings.load,
        "SEATRIAL_REPEATS": settings.repeats,
        "SEATRIAL_AS_DEPLOYED": 1,
        "SEATRIAL_KUBECONFIG": settings.kubeconfig,
        "SEATRIAL_CONTEXT": settings.context,
        "SEATRIAL_NAMESPACE": settings.namespace,
        "SEATRIAL_STATE": settings.state_directory,
    }
    given = {name: str(value) for name, value in chosen.items() if value is not None}
    return {**os.environ, **given, **(lent or {}), "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}


def folder(name: str) -> Path:
    """The folder suites, experiments or loadtests, in a checkout as in an installed wheel."""
    return Path(next(iter(importlib.import_module(f"seatrial.{name}").__path__)))


def last_line(log: Path, limit_bytes: int = 2000) -> str:
    """The last line with text in a log file; empty when there is none."""
    with contextlib.suppress(OSError), log.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(file.tell() - limit_bytes, 0))
        lines = _COLOURS.sub(b"", file.read()).decode("utf-8", "replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")
    return ""


def strip_colours(log: Path) -> None:
    """Take the codes for colours out of a log whose child has ended: not every tool heeds NO_COLOR."""
    with contextlib.suppress(OSError):
        content = log.read_bytes()
        if b"\x1b" in content:
            log.write_bytes(_COLOURS.sub(b"", content))
