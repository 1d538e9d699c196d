"""What a load test says of itself: which journeys, when, on which system, and what of it is judged."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

from seatrial.errors import BadInput
from seatrial.load.gate import JUDGED
from seatrial.model.observation import Observation
from seatrial.model.system import System
from seatrial.model.system_file import parse_system
from seatrial.model.verdict import CheckResult
from seatrial.record.observations import ObservationWriter
from seatrial.settings import default_system


class RunRecorder(Protocol):
    """What a load run needs of a run directory; `record.writer.RunWriter` has it."""

    directory: Path

    def tool_finished(self, exit_code: int) -> None: ...
    def check_started(self, check: str, subject: str, requirement: str) -> None: ...
    def check_finished(self, result: CheckResult) -> None: ...
    def observation(self, head: Observation) -> ObservationWriter: ...
    def close(self) -> None: ...


class LoadPlan:
    """The plan of one load test; `load.user.OpenUser` is it as a class of Locust.

    Attributes:
        journeys: names in the system file with their share of the arrivals; the file's own `load` when empty.
        arrivals: the schedule unless `--arrivals` gives another (`traffic.schedule.parse`); else the file's.
        system_file: the system unless SEATRIAL_SYSTEM names another; the usual one when None.
        judged: which objectives give the exit code (`load.gate.JUDGED`).
        recorder: opens the run that results are written to, its start noted; None writes nothing.
    """

    journeys: ClassVar[Mapping[str, float]] = {}
    arrivals: ClassVar[str] = ""
    system_file: ClassVar[Path | None] = None
    judged: ClassVar[Sequence[str]] = JUDGED
    recorder: ClassVar[Callable[[], RunRecorder] | None] = None

    @classmethod
    def scenario(cls) -> str:
        """The name that results carry."""
        return cls.__name__.lower()

    @classmethod
    def default_arrivals(cls) -> str:
        """The schedule when nobody gives another."""
        return cls.arrivals or cls.load_system().load.arrivals

    @classmethod
    def load_system(cls) -> System:
        """The system under test, from SEATRIAL_SYSTEM or `system_file`.

        Raises:
            BadInput: when there is none, or its file has a fault.
        """
        given = os.environ.get("SEATRIAL_SYSTEM")
        path = Path(given) if given else cls.system_file or default_system()
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise BadInput(f"the system file cannot be read: {error.strerror}", where=str(path)) from None
        return parse_system(text, source=str(path))

    @classmethod
    def choose(cls, system: System) -> Mapping[str, Any]:
        """The journeys with their weights, as `traffic.job.Job.journeys` wants them.

        Raises:
            BadInput: a journey is not in the system file.
        """
        chosen = {}
        named = cls.journeys or system.load.journeys or dict.fromkeys(system.journeys, 1.0)
        for name, weight in named.items():
            if name not in system.journeys:
                raise BadInput(
                    f"the system {system.metadata.name} has no journey `{name}`",
                    where=f"{cls.__name__}.journeys",
                    next_step=f"it has {', '.join(system.journeys)}.",
                )
            chosen[name] = {**system.journeys[name].model_dump(mode="json", by_alias=True), "weight": weight}
        return chosen
