"""The process that holds a system's replicas, seen from Locust; what it saw becomes records of a trial."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import gevent

from seatrial.errors import SeatrialError
from seatrial.model.capacity import ContainerUse, Trial

HOLD_SECONDS = 360.0
"""Until every autoscaled workload is held and ready."""
LOOK_SECONDS = 60.0
END_SECONDS = 60.0
COMMAND = (sys.executable, "-m", "seatrial.harness.held")

Look = Mapping[str, Any]


class Held:
    """Replicas are held from `start` to `close`, and if this process dies, until then.

    Args:
        role, replicas: the workload that gets so many; 0 for as many as it has.
    """

    def __init__(self, system: Path, role: str, replicas: int) -> None:
        self._command = [*COMMAND, "--system", str(system), "--role", role, "--replicas", str(replicas)]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> tuple[str, ...]:
        """Hold them; what is held, in words. Raises SeatrialError: they cannot be, and why."""
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        return tuple(self._answer(HOLD_SECONDS)["held"])

    def look(self) -> Look:
        """What was used so far. Raises SeatrialError: that cannot be told."""
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write("look\n")
            self._process.stdin.flush()
        except OSError as error:
            raise SeatrialError(f"the process that holds the replicas is gone: {error}") from None
        return self._answer(LOOK_SECONDS)

    def close(self) -> None:
        """Let go. Raises SeatrialError: it is not known whether that was done."""
        if self._process is None:
            return
        process, self._process = self._process, None
        if process.stdin is not None:
            process.stdin.close()
        try:
            code = process.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            process.terminate()
            code = -1
        if code:
            raise SeatrialError(
                f"the replicas may still be held: the process that does it ended with {code}",
                next_step="run `seatrial revert`.",
            )

    def _answer(self, within_seconds: float) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        line = ""
        with gevent.Timeout(within_seconds, False):
            line = self._process.stdout.readline()
        try:
            found: dict[str, Any] = json.loads(line)
        except ValueError:
            why = "ended" if self._process.poll() is not None else f"said nothing for {within_seconds:g} s"
            raise SeatrialError(f"the process that holds the replicas {why}") from None
        if "error" in found:
            self._process.wait()
            self._process = None
            raise SeatrialError(found["error"])
        return found


def used_between(before: Look, after: Look) -> tuple[ContainerUse, ...]:
    """What each container used from one look to the next, if it was there both times."""
    span = after["at"] - before["at"]
    first = {(each["pod"], each["container"]): each for each in before["containers"]}
    uses = []
    for each in after["containers"]:
        began = first.get((each["pod"], each["container"]))
        if began is None or span <= 0 or each["used_seconds"] < began["used_seconds"]:
            continue
        periods = (each["periods"] or 0) - (began["periods"] or 0)
        held_back = (each["throttled"] or 0) - (began["throttled"] or 0)
        uses.append(
            ContainerUse(
                each["role"], each["pod"], each["container"],
                cores=(each["used_seconds"] - began["used_seconds"]) / span,
                limit_cores=each["limit"],
                request_cores=each["request"],
                throttled=held_back / periods if periods > 0 else None,
                memory_bytes=each.get("memory"),
                memory_request_bytes=each.get("memory_request"),
            )
        )  # fmt: skip
    return tuple(uses)


def busy_between(before: Look, after: Look) -> float | None:
    """The fraction of this machine's CPU that was busy; None where the system runs on another."""
    one, other = before["machine"], after["machine"]
    if one is None or other is None or other["total"] <= one["total"]:
        return None
    return float((other["busy"] - one["busy"]) / (other["total"] - one["total"]))


def with_looks(trial: Trial, before: Look, after: Look) -> Trial:
    """A trial with what was used while it ran; void where pods came or went in it."""
    moved = [
        f"{role} had {before['replicas'][role]} ready replicas before the trial and {number} after it"
        for role, number in after["replicas"].items()
        if before["replicas"].get(role) != number
    ]
    return replace(
        trial, uses=used_between(before, after), machine_busy=busy_between(before, after),
        replicas=after["replicas"], void="; ".join(filter(None, (trial.void, *moved))),
    )  # fmt: skip
