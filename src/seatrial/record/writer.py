"""Writing a run: events appended line by line, so that a killed run keeps what it had (DESIGN section 4)."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import re
import secrets
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from seatrial.errors import SeatrialError
from seatrial.model.observation import Observation
from seatrial.model.plan import Planned
from seatrial.model.run import EventType, ObservationStarted
from seatrial.model.step import Bound
from seatrial.model.verdict import CheckResult, Outcome
from seatrial.record import codec
from seatrial.record.files import unwritable
from seatrial.record.observations import ObservationWriter

RUN_VARIABLE = "SEATRIAL_RUN"
"""Environment variable: the run directory that this process shall append to."""
STAGE_VARIABLE = "SEATRIAL_STAGE"
"""Environment variable: the stage of the run plan that this process was started for."""
_NO_BOUND = Bound(0.0, 0.0)


class RunWriter:
    """Appends the events of one process to a run directory. Thread-safe; each line is written at once.

    Args:
        directory: the run directory; made when missing.
        tool: `pytest`, `locust`, `chaos` or `seatrial`; part of the file's name.

    Raises:
        SeatrialError: the directory cannot be made or written; every method raises it, too, when its
            record could not be stored.
    """

    def __init__(self, directory: Path, tool: str) -> None:
        self.directory = directory.absolute()
        self.tool = tool
        self.path = self.directory / f"events-{slug(tool)}-{os.getpid()}.ndjson"
        # Re-entrant: a signal handler may note its signal while this thread is writing.
        self._lock = threading.RLock()
        self._torn = False
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._file: int | None = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            self._torn = not _ends_with_newline(self.path)
        except OSError as error:
            raise unwritable(self.directory, error) from None

    @classmethod
    def open_or_create(
        cls, tool: str, *, reports: Path, environment: Mapping[str, str] | None = None
    ) -> RunWriter:
        """Join the run named by SEATRIAL_RUN, else begin a new one below `reports`.

        Raises:
            SeatrialError: the directory cannot be made or written.
        """
        given = (os.environ if environment is None else environment).get(RUN_VARIABLE, "")
        return cls(Path(given), tool) if given else cls(create_run_directory(reports), tool)

    def event(self, kind: EventType, **data: Any) -> None:
        """Append one record now.

        Raises:
            SeatrialError: it could not be written in full.
        """
        stamp = {"type": kind, "at": time.monotonic(), "wall": time.time(), "data": data}
        line = codec.dumps(stamp).encode("ascii") + b"\n"
        with self._lock:
            if self._file is None:
                raise SeatrialError("a record came after the run was closed", where=f"{self.path}: {kind}")
            try:
                # After a torn line, a fresh one: else the next record would be lost with it.
                self._write(b"\n" + line if self._torn else line)
            except OSError as error:
                self._torn = True
                raise unwritable(self.path, error) from None
            self._torn = False

    def _write(self, content: bytes) -> None:
        assert self._file is not None
        while content:
            content = content[os.write(self._file, content) :]

    def tool_started(self, *, argv: Sequence[str], versions: Mapping[str, str], seed: int | None) -> None:
        """`argv` is shown without paths of this machine: relative to the current folder, or the base name."""
        shown = [Path(argv[0]).name, *map(_shown_argument, argv[1:])] if argv else []
        self.event(
            EventType.TOOL_STARTED, tool=self.tool, pid=os.getpid(), argv=shown, versions=versions, seed=seed,
            stage=os.environ.get(STAGE_VARIABLE, ""),
        )  # fmt: skip

    def tool_finished(self, exit_code: int, *, accepted: Iterable[Outcome] = ()) -> None:
        """The closing record: without it this tool's part of the run is unfinished.

        Args:
            accepted: outcomes that somebody accepted in place of a pass.
        """
        self.event(
            EventType.TOOL_FINISHED, tool=self.tool, pid=os.getpid(), exit_code=int(exit_code),
            accepted=sorted(accepted),
        )  # fmt: skip

    def system(
        self,
        *,
        name: str,
        source: str,
        namespace: str,
        context: str,
        objectives: Mapping[str, Any],
        digest: str = "",
    ) -> None:
        self.event(
            EventType.SYSTEM,
            name=name,
            source=_shown_path(source),
            namespace=namespace,
            context=context,
            objectives=objectives,
            digest=digest,
        )

    def plan(self, stages: Iterable[Planned]) -> None:
        """The run plan: what must report, or the run is an error. Written before any of it starts."""
        self.event(EventType.PLAN, stages=list(stages))

    def stage_started(self, stage: str) -> None:
        self.event(EventType.STAGE_STARTED, stage=stage)

    def stage_finished(
        self, stage: str, outcome: str, *, seconds: float | None = None, note: str = "",
        exit_code: int | None = None,
    ) -> None:  # fmt: skip
        """`outcome`: done, cached, skipped or failed; failed makes the run an error."""
        self.event(
            EventType.STAGE_FINISHED, stage=stage, outcome=outcome, seconds=seconds, note=note,
            exit_code=exit_code,
        )  # fmt: skip

    def check_started(self, check: str, subject: str, requirement: str) -> None:
        self.event(EventType.CHECK_STARTED, check=check, subject=subject, requirement=requirement)

    def check_finished(self, result: CheckResult) -> None:
        self.event(EventType.CHECK_FINISHED, **codec.to_plain(result))

    def observation(
        self, head: Observation, *, plan: Iterable[Any] = (), bound: Bound = _NO_BOUND
    ) -> ObservationWriter:
        """Begin an observation: its folder below `observations/`, named in the record of the run.

        The id of `head` gets a number when another process of this run has taken it.
        """
        folder = self._unused_folder(self.directory / "observations", slug(head.id))
        head = replace(head, id=folder.name)
        started = ObservationStarted(
            head.id, head.scenario, head.target, bound.expected_seconds, bound.at_most_seconds
        )
        self.event(EventType.OBSERVATION, **codec.to_plain(started))
        return ObservationWriter(folder, head, plan=plan)

    def evidence_directory(self, check: str, subject: str) -> Path:
        """The folder for whatever supports this verdict; made."""
        folder = self.directory / "evidence" / slug(check) / slug(subject)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(folder, error) from None
        return folder

    def relative(self, path: Path, below: str = "") -> str:
        """`path` as it stands in records: relative to the run directory, or to its folder `below`."""
        base = self.directory / below
        if not path.absolute().is_relative_to(base):
            raise SeatrialError(
                "a record names a file outside of its run", where=str(path), next_step=f"Put it below {base}."
            )
        return path.absolute().relative_to(base).as_posix()

    def _unused_folder(self, base: Path, stem: str) -> Path:
        """A new folder below `base`, the caller's alone: `stem` first, then `stem-2` and so on."""
        try:
            base.mkdir(parents=True, exist_ok=True)
            for number in itertools.count(1):
                path = base / (stem if number == 1 else f"{stem}-{number}")
                with contextlib.suppress(FileExistsError):
                    path.mkdir()
                    return path
        except OSError as error:
            raise unwritable(base, error) from None
        raise AssertionError("unreachable")  # pragma: no cover - count has no end

    def changed_objects(self, objects: Iterable[str]) -> None:
        """What differs between before and after the run; empty when all is as it was."""
        self.event(EventType.CHANGED_OBJECTS, objects=list(objects))

    def note(self, text: str) -> None:
        self.event(EventType.NOTE, text=text)

    def close(self) -> None:
        """Let go of the file. Writes nothing: only `tool_finished` closes a tool's part of the run."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None


def create_run_directory(reports: Path) -> Path:
    """A new `<reports>/<run-id>/`, alone even when two runs begin at once; `latest` then links to it.

    Raises:
        SeatrialError: it cannot be made.
    """
    try:
        reports.mkdir(parents=True, exist_ok=True)
        while True:
            name = f"{datetime.now(UTC):%Y-%m-%d-%H%M%S}-{secrets.token_hex(2)}"
            try:
                (reports / name).mkdir()
                break
            except FileExistsError:
                continue
        _link_latest(reports, name)
    except OSError as error:
        raise unwritable(reports, error) from None
    return (reports / name).absolute()


def _link_latest(reports: Path, name: str) -> None:
    """Replace the link in one step, so that nobody finds it missing."""
    latest = reports / "latest"
    if latest.is_dir() and not latest.is_symlink():
        raise SeatrialError(
            "`latest` must be a link, but a directory of that name is in the way",
            where=str(latest),
            next_step="Move it away.",
        )
    fresh = reports / f".latest-{name}"
    fresh.symlink_to(name, target_is_directory=True)
    fresh.replace(latest)


def slug(text: str) -> str:
    """`text` as one safe path component; texts that had to be changed keep apart by a digest."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip(".-")[:60]
    if safe and safe == text:
        return safe
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{safe}-{digest}" if safe else f"x-{digest}"


def _shown_path(source: str) -> str:
    """Relative to here when it lies below: a page is passed on, and paths of a machine say nothing there."""
    path = Path(source)
    if path.is_absolute():
        return path.relative_to(Path.cwd()).as_posix() if path.is_relative_to(Path.cwd()) else path.name
    return source


def _shown_argument(argument: str) -> str:
    """An argument, `--option=PATH` included, with its path as a page may show it."""
    option, equals, value = argument.partition("=") if argument.startswith("-") else ("", "", argument)
    path, colons, rest = value.partition("::")
    return f"{option}{equals}{_shown_path(path)}{colons}{rest}"


def _ends_with_newline(path: Path) -> bool:
    """Whether the next record begins on a line of its own (a reused pid may follow a killed process)."""
    if path.stat().st_size == 0:
        return True
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
