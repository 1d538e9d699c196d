"""Running other programs with a bound, and errors that show what they said."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

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
    arguments = [str(part) for part in command]
    shown = " ".join(arguments)
    if shutil.which(arguments[0]) is None:
        raise SeatrialError(f"{doing}: {arguments[0]!r} is not installed.", where=shown, next_step=next_step)
    try:
        finished = subprocess.run(
            [*_ENDS_WITH_US, *arguments] if shutil.which("setpriv") else arguments,
            cwd=cwd,
            env={**os.environ, **environment} if environment else None,
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
        said = (finished.stderr.strip() or finished.stdout.strip()).splitlines()[-_TAIL_LINES:]
        outcome = f"{doing}: {arguments[0]} ended with code {finished.returncode}."
        raise SeatrialError("\n    ".join([outcome, *said]), where=shown, next_step=next_step)
    return finished.stdout


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
