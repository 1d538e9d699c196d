"""What a load test says of itself: which journeys, when, on which system, and what of it is judged."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from seatrial.errors import BadInput, SeatrialError
from seatrial.load.gate import JUDGED
from seatrial.model.system import System
from seatrial.record.writer import RunWriter
from seatrial.settings import Settings, load_system, settings_from


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
    recorder: ClassVar[Callable[[], RunWriter] | None] = None

    @classmethod
    def scenario(cls) -> str:
        """The name that results carry."""
        return cls.__name__.lower()

    @classmethod
    def default_arrivals(cls) -> str:
        """The schedule when nobody gives another."""
        return cls.arrivals or cls.load_system().load.arrivals

    @classmethod
    def known_arrivals(cls) -> str:
        """The same; nothing when its system file has a fault, which is told when Locust begins."""
        try:
            return cls.default_arrivals()
        except SeatrialError:
            return ""

    @classmethod
    def load_system(cls) -> System:
        """The system under test, from SEATRIAL_SYSTEM or `system_file`.

        Raises:
            BadInput: when there is none, or its file has a fault.
        """
        return load_system(cls.settings())

    @classmethod
    def settings(cls) -> Settings:
        """The settings, with the path of the system file."""
        path = os.environ.get("SEATRIAL_SYSTEM") or cls.system_file
        return settings_from({"system": path})

    @classmethod
    def choose(cls, system: System) -> Mapping[str, Any]:
        """The journeys with their weights, as `traffic.job.Job.journeys` wants them.

        Raises:
            BadInput: a journey is not in the system file.
        """
        named = cls.journeys or system.load_shares
        for name in named:
            if name not in system.journeys:
                raise BadInput(
                    f"the system {system.metadata.name} has no journey `{name}`",
                    where=f"{cls.__name__}.journeys",
                    next_step=f"it has {', '.join(system.journeys)}.",
                )
        return with_weights(system, named)


def at_a_rate(system: System, names: Iterable[str], per_second: float) -> dict[str, Any]:
    """Journeys that are sent beside others, each at this rate, as a job of the generator wants them."""
    return {
        name: {**system.journeys[name].model_dump(mode="json", by_alias=True), "per_second": per_second}
        for name in names
    }


def with_weights(system: System, weights: Mapping[str, float]) -> dict[str, Any]:
    """Journeys of a system, each with its weight, as a job of the generator wants them."""
    return {
        name: {**system.journeys[name].model_dump(mode="json", by_alias=True), "weight": weight}
        for name, weight in weights.items()
    }
