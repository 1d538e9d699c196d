"""The process that holds or watches a system, seen from Locust; what it saw becomes records of a trial."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gevent

from seatrial.errors import SeatrialError
from seatrial.model.capacity import ContainerUse, Trial
from seatrial.model.soak import ContainerLook

HOLD_SECONDS = 360.0
"""Until every autoscaled workload is held and ready."""
LOOK_SECONDS = 60.0
END_SECONDS = 60.0
COMMAND = (sys.executable, "-m", "seatrial.harness.held")

Look = Mapping[str, Any]


class Held:
    """Replicas are held from `start` to `close`, and if this process dies, until then.

    Args:
        arguments: of `harness.held`, beside the system.
        command: what is started.
    """

    def __init__(self, system: Path, *arguments: str, command: Sequence[str] = COMMAND) -> None:
        self._command = [*command, "--system", str(system), *arguments]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> tuple[str, ...]:
        """Hold them; what is held, in words. Raises SeatrialError: they cannot be, and why."""
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        return tuple(self._answer(HOLD_SECONDS)["held"])

    def look(self) -> Look:
        """What was used so far. Raises SeatrialError: that cannot be told."""
        return self.ask("look")

    def ask(self, words: str) -> Look:
        """One line for the process, and its answer. Raises SeatrialError: there is none."""
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{words}\n")
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

    def end(self) -> None:
        """Let go of a process that holds nothing, however it ends."""
        with contextlib.suppress(SeatrialError):
            self.close()

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
            raise SeatrialError(found["error"], where=found.get("where", ""), next_step=found.get("next", ""))
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


def looks_in(seen: Look) -> list[ContainerLook]:
    """The containers of one look: memory by their own control groups, else as the metrics API says."""
    inside = {(each["pod"], each["container"]): each for each in seen["containers"]}
    return [
        ContainerLook(
            seen["at"], each["role"], each["pod"], each["container"],
            memory_bytes=_memory(inside.get((each["pod"], each["container"])), seen["working_sets"], each),
            limit_bytes=each["memory_limit"],
            restarts=each["restarts"],
            last_end=each["last_end"],
            killed=(inside.get((each["pod"], each["container"])) or {}).get("killed"),
        )
        for each in seen["lives"]
    ]  # fmt: skip


def _memory(
    inside: Mapping[str, Any] | None, working_sets: Mapping[str, Mapping[str, float]], each: Mapping[str, Any]
) -> float | None:
    if inside is not None:
        return float(inside["memory"])
    return working_sets.get(each["pod"], {}).get(each["container"])
