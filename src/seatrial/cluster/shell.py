"""Running other programs with a bound, and errors that show what they said."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from seatrial.cluster.meters import Meter
from seatrial.cluster.paths import cache_folder
from seatrial.cluster.progress import Far, current_stage
from seatrial.errors import SeatrialError

_TAIL_LINES = 15
# A program must not go on when we are killed: the next run would meet it half-way through the same work.
_ENDS_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")


def run(
    command: Sequence[str | Path],
    *,
    doing: str,
    within_seconds: float,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: str | None = None,
    next_step: str = "",
) -> str:
    """Run `command` and return its standard output.

    Args:
        command: program and arguments; no shell is involved.
        doing: what is being done, for the error ("building the node image").
        within_seconds: the bound after which the program is killed.
        cwd, environment: as usual; `environment` is added to the current one.
        stdin: text given to the program; nothing when left out.
        next_step: what the reader can do when it fails.

    Raises:
        SeatrialError: the program is missing, took too long, or ended with another code than 0.
    """
    arguments = _there(command, doing, next_step)
    shown = " ".join(arguments)
    try:
        finished = subprocess.run(
            _bound_to_us(arguments),
            cwd=cwd,
            env=_added(environment),
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            errors="replace",
            timeout=within_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise SeatrialError(
            f"{doing}: not finished within {within_seconds:g} s.", where=shown, next_step=next_step
        ) from late
    if finished.returncode != 0:
        said = finished.stderr.strip() or finished.stdout.strip()
        outcome = f"{doing}: {arguments[0]} ended with code {finished.returncode}."
        raise SeatrialError(_with_tail(outcome, said), where=shown, next_step=next_step)
    return finished.stdout


def run_logged(
    command: Sequence[str | Path],
    *,
    doing: str,
    within_seconds: float,
    meter: Meter = lambda _: None,
    about_seconds: float = 0.0,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    next_step: str = "",
) -> None:
    """Run a program that takes long: its output goes to a log file, and the open stage says how far it is.

    Args:
        meter: from the output so far to how far it is.
        about_seconds: how long it usually takes on two cores, where the meter cannot say it.

    Raises:
        SeatrialError: as `run`; it names the log.
    """
    arguments = _there(command, doing, next_step)
    log = log_file(doing)
    where = f"{' '.join(arguments)}\n           all of its output is in {log}"

    def look() -> Far | None:
        return meter(log.read_text(errors="replace"))

    with log.open("wb") as output, current_stage().watching(look, about_seconds):
        try:
            code = subprocess.run(
                _bound_to_us(arguments), cwd=cwd, env=_added(environment), stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, timeout=within_seconds, check=False,
            ).returncode  # fmt: skip
        except subprocess.TimeoutExpired as late:
            raise SeatrialError(
                f"{doing}: not finished within {within_seconds:g} s.", where=where, next_step=next_step
            ) from late
    if code != 0:
        outcome = f"{doing}: {arguments[0]} ended with code {code}."
        said = log.read_text(errors="replace").strip()
        raise SeatrialError(_with_tail(outcome, said), where=where, next_step=next_step)


def log_file(doing: str) -> Path:
    """Where the output of a long program is kept; the next one that does the same takes its place."""
    return cache_folder("logs") / (re.sub(r"[^a-z0-9.]+", "-", doing.lower()).strip("-")[:80] + ".txt")


def succeeds(command: Sequence[str | Path], *, within_seconds: float) -> bool:
    """Whether `command` ends with code 0 within the bound; a missing program is a no."""
    try:
        finished = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=within_seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return finished.returncode == 0


def _there(command: Sequence[str | Path], doing: str, next_step: str) -> list[str]:
    arguments = [str(part) for part in command]
    if shutil.which(arguments[0]) is None:
        raise SeatrialError(
            f"{doing}: {arguments[0]!r} is not installed.", where=" ".join(arguments), next_step=next_step
        )
    return arguments


def _bound_to_us(arguments: list[str]) -> list[str]:
    return [*_ENDS_WITH_US, *arguments] if shutil.which("setpriv") else arguments


def _added(environment: Mapping[str, str] | None) -> dict[str, str] | None:
    return {**os.environ, **environment} if environment else None


def _with_tail(outcome: str, said: str) -> str:
    return "\n    ".join([outcome, *said.splitlines()[-_TAIL_LINES:]])
