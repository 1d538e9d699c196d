"""The steps of a scenario: frozen data, each with a bound, so that its duration is known before it starts.

Harness and Chaos Toolkit carry out the same steps; one step is one activity of an experiment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

WARM_UP_SECONDS = 45.0
"""How long traffic may take to become steady."""
IDLE = "idle"
"""Behaviour of traffic whose connections are kept however long they lie idle, and used again."""
STORM = "storm"
"""Behaviour of clients that send each request several times with its key: at once, and a little later."""
STEADY_SECONDS = 3.0
"""Traffic before the first fault: the control. It must be clean, else nothing is injected."""
USUAL_FRACTION = 0.2
"""Of the time that a wait may take, what it takes on a system that does well; measured on the sample."""


@dataclass(frozen=True)
class Bound:
    """How long something takes, in seconds.

    Attributes:
        expected_seconds: on a system that does well.
        at_most_seconds: after which it is given up.
    """

    expected_seconds: float
    at_most_seconds: float

    def __add__(self, other: Bound) -> Bound:
        return Bound(
            self.expected_seconds + other.expected_seconds, self.at_most_seconds + other.at_most_seconds
        )

    def times(self, number: int) -> Bound:
        """The bound of doing it `number` times."""
        return Bound(self.expected_seconds * number, self.at_most_seconds * number)

    def __str__(self) -> str:
        return f"about {self.expected_seconds:.0f} s, at most {self.at_most_seconds:.0f} s"


@dataclass(frozen=True)
class Traffic:
    """Begins to send a journey; it goes on until `Stop` names it, or the scenario ends.

    Attributes:
        journey: its name in the system file.
        per_second: arrivals per second.
        schedule: as `traffic.schedule.parse` reads it, e.g. "ramp:10:200:60"; empty for a constant rate.
        name: what `Stop` and the judges call it.
        steady: whether the traffic must be judged steady before the next step.
        bystanders: arrivals per second of every other user action, sent beside it; 0 for none.
        beside: the same for single user actions by name, in place of `bystanders`.
        only_reading: whether bystanders that write are left out.
        lasting: whether those beside it are the journeys whose requests last, and no others.
        behaviour: of the clients: `IDLE`, `STORM`, or empty for those that drop a connection soon idle.
    """

    journey: str
    per_second: float = 100.0
    schedule: str = ""
    name: str = "subject"
    steady: bool = True
    bystanders: float = 0.0
    only_reading: bool = False
    lasting: bool = False
    behaviour: str = ""
    beside: Mapping[str, float] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return self.name

    @property
    def arrivals(self) -> str:
        """The schedule in words."""
        return self.schedule or f"constant:{self.per_second:g}"


@dataclass(frozen=True)
class Stop:
    """Ends the traffic of that name and waits for its open requests."""

    traffic: str

    @property
    def label(self) -> str:
        return self.traffic


@dataclass(frozen=True)
class Inject:
    """Injects a fault, verifies its effect, and reverts it unless it is held.

    Attributes:
        fault: its name in the registry of faults.
        role: of the workload in the system file.
        arguments: of the fault, by name.
        held: left in place until `Release`, or the end of the scenario.
        name: what `Release` and the judges call it; the fault's name when empty.
    """

    fault: str
    role: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    held: bool = False
    name: str = ""

    @property
    def label(self) -> str:
        return self.name or self.fault


@dataclass(frozen=True)
class Release:
    """Reverts a held fault and waits until the workload is available."""

    fault: str

    @property
    def label(self) -> str:
        return self.fault


@dataclass(frozen=True)
class Hold:
    """Lets things be for a while, for a reason that is written down."""

    seconds: float
    reason: str

    @property
    def label(self) -> str:
        return self.reason


@dataclass(frozen=True)
class Wait:
    """Waits for a condition of the harness, see `harness.conditions`.

    Attributes:
        condition: its name in the registry of conditions.
        arguments: of the condition, by name.
        required: whether the scenario ends when it does not come true; otherwise the judge has its say.
    """

    condition: str
    within_seconds: float
    arguments: Mapping[str, Any] = field(default_factory=dict)
    required: bool = True

    @property
    def label(self) -> str:
        return self.condition


@dataclass(frozen=True)
class Measure:
    """Makes one kind of measurement, see `harness.measuring`.

    Attributes:
        measurement: its name in the registry of measurements.
        arguments: of the measurement, by name.
        within_seconds: how long it may take.
        expected_seconds: how long it takes on a system that does well.
    """

    measurement: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    within_seconds: float = 90.0
    expected_seconds: float = 5.0

    @property
    def label(self) -> str:
        return self.measurement


@dataclass(frozen=True)
class Repeat:
    """Carries out steps several times."""

    times: int
    steps: tuple[Step, ...]

    @property
    def label(self) -> str:
        return f"{self.times} times"


Step = Traffic | Stop | Inject | Release | Hold | Wait | Measure | Repeat
Steps = tuple[Step, ...]


@dataclass(frozen=True)
class StepRecord:
    """One step that was carried out. Times are monotonic seconds of this machine.

    Attributes:
        path: its place in the scenario, e.g. "3.2" for the second round of the third step.
        kind: name of the step's class, lower-case.
        name: what the step is about: traffic, fault, condition or measurement.
        ended_at: None when it was interrupted.
        note: what came of it when that needs saying, e.g. why a wait expired.
    """

    path: str
    kind: str
    name: str
    began_at: float
    ended_at: float | None
    note: str = ""


def steps(*given: Step) -> Steps:
    """The plan of a scenario, in order."""
    return tuple(given)


# What takes just the fields of its step needs no function of its own.
traffic, stop, release, hold = Traffic, Stop, Release, Hold


def inject(fault: str, role: str, *, held: bool = False, name: str = "", **arguments: Any) -> Inject:
    """See `Inject`; further arguments are the fault's own."""
    return Inject(fault, role, arguments, held, name)


def wait(condition: str, *, within_seconds: float, required: bool = True, **arguments: Any) -> Wait:
    """See `Wait`; further arguments are the condition's own."""
    return Wait(condition, within_seconds, arguments, required)


def measure(
    measurement: str, *, within_seconds: float = 90.0, expected_seconds: float = 5.0, **arguments: Any
) -> Measure:
    """See `Measure`; further arguments are the measurement's own."""
    return Measure(measurement, arguments, within_seconds, expected_seconds)


def repeat(times: int, *given: Step) -> Repeat:
    """See `Repeat`."""
    return Repeat(times, tuple(given))


def unrolled(plan: Sequence[Step], prefix: str = "") -> Iterator[tuple[str, Step]]:
    """Each step that is carried out with its path, repetitions written out: each is one activity."""
    for number, step in enumerate(plan, 1):
        path = f"{prefix}{number}"
        if isinstance(step, Repeat):
            for round_ in range(1, step.times + 1):
                yield from unrolled(step.steps, f"{path}.{round_}.")
        else:
            yield path, step


def duration(plan: Sequence[Step], bound_of_fault: Callable[[Inject | Release], Bound]) -> Bound:
    """How long a plan takes, from the bounds of its steps.

    Args:
        bound_of_fault: bound of an injection or a release, which the fault itself knows.
    """
    total = Bound(0.0, 0.0)
    for _, step in unrolled(plan):
        total += _bound(step, bound_of_fault)
    return total


def _bound(step: Step, bound_of_fault: Callable[[Inject | Release], Bound]) -> Bound:
    match step:
        case Traffic():
            return Bound(STEADY_SECONDS + 1, WARM_UP_SECONDS + 5) if step.steady else Bound(1, 25)
        case Inject() | Release():
            return bound_of_fault(step)
        case Hold():
            return Bound(step.seconds, step.seconds)
        case Wait():
            return Bound(step.within_seconds * USUAL_FRACTION, step.within_seconds)
        case Measure():
            return Bound(min(step.expected_seconds, step.within_seconds), step.within_seconds)
        case _:
            return Bound(1, 15)
