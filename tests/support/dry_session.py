"""A session without a cluster: stand-ins of Seatrial's own interfaces, on a clock that only waiting moves.

Steps, conditions, measurements, judges, records and reports are the real ones. What a test writes by hand is
what the world outside would have done: `World`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import seatrial.chaos.experiment
import seatrial.harness.execution
import seatrial.harness.suite
import seatrial.plugin
import seatrial.report.html
from seatrial import waiting
from seatrial.adapters import ADAPTERS
from seatrial.commands.base import COMMANDS
from seatrial.errors import SeatrialError
from seatrial.faults.effects.base import EFFECTS
from seatrial.faults.registry import FAULTS
from seatrial.harness.beside import bystanders_of
from seatrial.harness.conditions import CONDITIONS
from seatrial.harness.measuring import MEASUREMENTS
from seatrial.harness.session import Session
from seatrial.kube.kinds import KNOWN
from seatrial.model.check import CHECKS
from seatrial.model.exchange import Exchange, ExchangeOutcome, GeneratorHealth
from seatrial.model.fault import FaultRecord, Target
from seatrial.model.scenario import NEEDS, SCENARIOS, Subject
from seatrial.model.step import Traffic
from seatrial.model.system import System
from seatrial.model.system_file import parse_system
from seatrial.model.timeline import Change, Clock, NodeSeen, Seen, Timeline
from seatrial.record.writer import RunWriter
from seatrial.registry import Registry
from seatrial.settings import Settings, settings_from
from seatrial.traffic.generator import GeneratorDied
from seatrial.traffic.protocols import PROTOCOLS
from seatrial.traffic.record import CLOSING, HEAD, RecordFile

SYSTEM = """
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: {context: nowhere, namespace: shop}
entry: {url: "http://127.0.0.1:1"}
workloads:
  basket: {kind: Deployment, name: basket, stateless: true}
journeys:
  look: {request: {path: /}}
  buy: {request: {method: POST, path: /orders}}
consent: {disruptive: true, context: nowhere, namespace: shop}
"""
QUICK = ("--assert=plain", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")
"""Options for a run of pytest inside of pytest: what would be imported anew each time is left out."""
VERIFIED_AFTER_SECONDS = 0.5
AVAILABLE_AFTER_SECONDS = 2.5
REGISTRIES: tuple[Registry[Any], ...] = (
    *(NEEDS, SCENARIOS, CHECKS, CONDITIONS, MEASUREMENTS),
    *(FAULTS, EFFECTS, ADAPTERS, PROTOCOLS, COMMANDS),
)


@dataclass
class World:
    """What happens outside of Seatrial: a test says it before, and looks at `done` afterwards.

    Attributes:
        now: monotonic seconds; moves when somebody waits, and while a fault is at work.
        seen: what the watches will deliver, each from its own time on.
        failing: (begin, end) of spans in which requests fail.
        fails_in_faults: whether requests fail while a fault is at work.
        refusals: what a fault of that name raises instead of being injected.
        recorder_error: what the watches raise instead of starting.
        dies_at: when each generator dies.
        backends: the workload that answers a journey, by its name; `basket` answers all others.
        held_by: why the Lease cannot be had.
        forbidden: what the user may not do, e.g. `delete pods`.
        objects: what the namespace has, as the server gives it.
        done: what was done to the world, in order.
    """

    now: float = field(default_factory=time.monotonic)
    seen: list[Seen] = field(default_factory=list)
    failing: list[tuple[float, float]] = field(default_factory=list)
    fails_in_faults: bool = False
    refusals: dict[str, BaseException] = field(default_factory=dict)
    recorder_error: BaseException | None = None
    dies_at: float = float("inf")
    backends: dict[str, str] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    sessions: list[DrySession] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    held_by: BaseException | None = None
    forbidden: set[str] = field(default_factory=set)
    objects: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.seen.append(NodeSeen(self.now, Change.ADDED, "worker", ready=True, schedulable=True))

    def monotonic(self) -> float:
        return self.now

    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    def outcome(self, at: float) -> ExchangeOutcome:
        failed = any(begin <= at < end for begin, end in self.failing)
        return ExchangeOutcome.FAILED if failed else ExchangeOutcome.OK


class DryRecorder:
    """Delivers the world's timeline as far as it has come."""

    def __init__(self, world: World, kube: DryKube, system: System) -> None:
        self.kube, self.system, self._world = kube, system, world
        self._began_at: float | None = None
        self._ended_at: float | None = None

    def __enter__(self) -> DryRecorder:
        if self._world.recorder_error is not None:
            raise self._world.recorder_error
        self._began_at = self._world.now
        self._world.done.append("watches began")
        return self

    def __exit__(self, *_: object) -> None:
        self._ended_at = self._world.now
        self._world.done.append("watches ended")

    def snapshot(self) -> Timeline:
        if self._began_at is None:
            raise SeatrialError("the recorder was not started")
        until = self._world.now if self._ended_at is None else self._ended_at
        seen = tuple(item for item in self._world.seen if item.at <= until)
        return Timeline(self._began_at, until, Clock(0.0, 0.1, 0.0), seen)

    def logs(self) -> None:
        return None

    def wait(self, predicate: Callable[[Timeline], Any], *, within_seconds: float, what: str) -> Any:
        return waiting.eventually(
            lambda: predicate(self.snapshot()), within_seconds=within_seconds, what=what, every_seconds=0.5
        )


class DryInjector:
    """Gives fault records; each fault takes the world's time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._held: dict[str, FaultRecord] = {}
        self._number = 0

    def __enter__(self) -> DryInjector:
        return self

    def __exit__(self, *_: object) -> None:
        self.release_all()

    @property
    def open(self) -> list[str]:
        return list(self._held)

    def inject(self, fault: Any, recorder: Any, *, held: bool = False) -> FaultRecord:
        world = self._world
        if fault.name in world.refusals:
            raise world.refusals[fault.name]
        self._number += 1
        begin = world.now
        world.done.append(f"injected {fault.name} on {fault.role}")
        world.pass_time(AVAILABLE_AFTER_SECONDS)
        if world.fails_in_faults:
            world.failing.append((begin, world.now))
        record = FaultRecord(
            f"{fault.name}-{self._number}", fault.name, fault.disruption,
            Target("Pod", "shop", f"{fault.role}-1"), fault.role, begin, begin + VERIFIED_AFTER_SECONDS,
            "uid gone", world.now, None if held else world.now, fault.seed,
        )  # fmt: skip
        world.pass_time(0.5)
        if held:
            self._held[record.id] = record
        else:
            world.done.append(f"reverted {fault.name}")
        return record

    def hold(self, record: FaultRecord) -> None:
        assert record.id in self._held

    def release(self, record: FaultRecord) -> FaultRecord:
        del self._held[record.id]
        self._world.done.append(f"reverted {record.fault}")
        self._world.pass_time(0.5)
        return replace(record, available_at=self._world.now, reverted_at=self._world.now)

    def release_all(self) -> list[FaultRecord]:
        return [self.release(record) for record in list(self._held.values())]


class DryStream:
    """Traffic that was planned and answered by arithmetic; its file is as a generator's."""

    def __init__(self, world: World, step: Traffic, directory: Path, beside: Sequence[str] = ()) -> None:
        self._world, self._step = world, step
        self._rates = {step.journey: step.per_second, **dict.fromkeys(beside, step.bystanders)}
        self._sent = dict.fromkeys(self._rates, 0)
        self.path = directory / f"exchanges-{step.name}.ndjson"
        self._exchanges: list[Exchange] = []
        self._began_at = 0.0
        self._ended_at: float | None = None

    @property
    def running(self) -> bool:
        return self._ended_at is None and not self._dead

    def start(self) -> DryStream:
        self._began_at = self._world.now
        self._world.done.append(f"traffic {self._step.name} began")
        return self

    def exchanges(self, journey: str = "") -> tuple[Exchange, ...]:
        until = min(self._world.now if self._ended_at is None else self._ended_at, self._world.dies_at)
        for name, rate in self._rates.items():
            while (at := self._began_at + self._sent[name] / rate) + 0.01 <= until:
                outcome = self._world.outcome(at)
                ok = outcome is ExchangeOutcome.OK
                status, error, backend = (
                    (200, "", self._world.backends.get(name, "basket")) if ok else (503, "status 503", "")
                )
                self._exchanges.append(
                    Exchange(
                        *(self._sent[name], name, at, at, at + 0.01, outcome, status, error), backend=backend
                    )
                )
                self._sent[name] += 1
        ordered = sorted(self._exchanges, key=lambda exchange: (exchange.planned_at, exchange.sequence))
        return tuple(exchange for exchange in ordered if journey in ("", exchange.journey))

    def wait_for_requests(self, number: int, *, within_seconds: float, journey: str = "") -> int:
        def enough() -> waiting.Ready[int] | waiting.NotYet:
            sent = len(self.exchanges(journey))
            if sent < number and self._dead:
                raise self._death()
            return waiting.Ready(sent) if sent >= number else waiting.NotYet(f"{sent} of {number}")

        return waiting.eventually(enough, within_seconds=within_seconds, what="traffic flows")

    def stop(self) -> tuple[tuple[Exchange, ...], GeneratorHealth]:
        self._ended_at = self._world.now
        exchanges = self.exchanges()
        health = GeneratorHealth(len(exchanges), len(exchanges), 0, 0, 0.010, 0.001, 0.03)
        file = RecordFile(self.path)
        file.special(HEAD, {"seed": 0})
        file.exchanges(exchanges)
        if not self._dead:
            file.special(CLOSING, {"health": vars(health)})
        file.close()
        self._world.done.append(f"traffic {self._step.name} ended")
        if self._dead:
            raise self._death()
        return exchanges, health

    @property
    def _dead(self) -> bool:
        return self._world.now >= self._world.dies_at

    @staticmethod
    def _death() -> GeneratorDied:
        return GeneratorDied("the traffic generator ended early (signal SIGKILL)")


@dataclass
class DryKube:
    """Every workload is rolled out, with one pod; everything is allowed but what the world forbids."""

    context: str = "nowhere"
    namespace: str = "shop"
    kubeconfig: Path = Path("kubeconfig")
    server: str = "https://nowhere"
    forbidden: Collection[str] = ()
    has: Sequence[dict[str, Any]] = ()

    def objects(self, kind: str, **_: str) -> list[dict[str, Any]]:
        return [each for each in self.has if each["kind"] == kind]

    def get(self, kind: str, name: str) -> dict[str, Any]:
        named = (each for each in self.objects(kind) if each["metadata"]["name"] == name)
        return next(named, None) or self.find(kind, name)

    def find(self, kind: str, name: str) -> dict[str, Any]:
        status = {"observedGeneration": 1, "readyReplicas": 1}
        return {"kind": kind, "metadata": {"name": name, "generation": 1}, "status": status, "spec": {}}

    def can_i(self, verb: str, kind: str, *, subresource: str = "", **_: str) -> bool:
        resource = "/".join(filter(None, (KNOWN[kind].plural, subresource)))
        return f"{verb} {resource}" not in self.forbidden

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class DrySession(Session):
    """A session whose recorder, injector and generator are the world's."""

    world: World = field(default_factory=World)

    def recorder(self) -> Any:
        return DryRecorder(self.world, self.kube, self.system)  # type: ignore[arg-type]

    def injector(self) -> Any:
        return DryInjector(self.world)

    def stream(self, step: Traffic, directory: Path) -> Any:
        self.journey(step.journey)
        return DryStream(self.world, step, directory, bystanders_of(self.system, step))

    def hold(self) -> None:
        if self.world.held_by is not None:
            raise self.world.held_by

    def require_answer(self) -> None:
        """It answers."""

    def snapshot(self) -> Any:
        return ()

    def differences(self, before: Any, faults: Any = ()) -> list[str]:
        return list(self.world.changed)


def dry_system(text: str = SYSTEM) -> System:
    return parse_system(text, source="shop.yaml")


@dataclass
class Dry:
    """Everything a test without a cluster needs.

    Attributes:
        run: a run directory of its own.
    """

    world: World
    settings: Settings
    run: RunWriter

    def session(self, text: str = SYSTEM) -> DrySession:
        return self.open(self.settings, dry_system(text), None, self.run)

    def open(
        self, settings: Settings, system: System, progress: Any, run: RunWriter | None = None
    ) -> DrySession:
        kube: Any = DryKube(forbidden=self.world.forbidden, has=self.world.objects)
        session = DrySession(settings, system, kube, system.entry.url, run, world=self.world)
        self.world.sessions.append(session)
        return session


def subject(role: str = "basket", text: str = SYSTEM) -> Subject:
    return Subject(role, dry_system(text))


@pytest.fixture
def dry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Dry:
    """The world's clock and the dry session in place of the real ones, and registries that forget."""
    world = World()
    for wait in (waiting.eventually, waiting.consistently):
        monkeypatch.setitem(wait.__kwdefaults__, "clock", world.monotonic)
        monkeypatch.setitem(wait.__kwdefaults__, "pause", world.pass_time)
    monkeypatch.setattr(seatrial.harness.execution, "time", SimpleNamespace(monotonic=world.monotonic))
    forget_registered(monkeypatch)
    for name in ("RUN", "SYSTEM", "SEED", "EXTENSIONS", "ACCEPT", "STAGE"):
        monkeypatch.delenv(f"SEATRIAL_{name}", raising=False)
    settings = settings_from({"seed": 7, "state": str(tmp_path / "state")}, {})
    made = Dry(world, settings, RunWriter(tmp_path / "run", "test"))
    monkeypatch.setattr(seatrial.harness.suite, "open_session", made.open)
    monkeypatch.setattr(seatrial.chaos.experiment, "open_session", made.open)
    return made


def forget_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whatever a test registers be gone after it."""
    for registry in REGISTRIES:
        registry.all()
        monkeypatch.setattr(registry, "_items", dict(registry._items))
        monkeypatch.setattr(registry, "_places", dict(registry._places))
