"""What a scenario does on any system: its steps, with what is taken from the system file left open.

A plan is a function of a subject. So it is made for two systems that have everything and share no value: what
is the same in both belongs to the scenario, what differs comes from the system file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from seatrial.errors import SeatrialError
from seatrial.model.scenario import Scenario, Subject
from seatrial.model.step import (
    Hold,
    Inject,
    Measure,
    Release,
    Step,
    Stop,
    Traffic,
    Wait,
    unrolled,
)
from seatrial.model.system import System

KINDS: dict[type, str] = {
    Traffic: "traffic",
    Stop: "stop_traffic",
    Inject: "inject",
    Release: "release",
    Hold: "hold",
    Wait: "wait",
    Measure: "measure",
}
"""Each kind of step that is carried out, and the action of an experiment that carries it out."""


@dataclass(frozen=True)
class General:
    """One step of a scenario, as it is on every system.

    Attributes:
        kind: name of its action.
        label: what it is about; with the kind and its place among those alike, it names the step in a plan.
        given: its fields that are the same on every system, those with their default left out.
        open: the fields that come from the system file.
    """

    kind: str
    label: str
    given: Mapping[str, Any]
    open: tuple[str, ...]

    def __str__(self) -> str:
        words = [f"{key} {value}" for key, value in _flat(self.given).items()]
        return "; ".join([*words, *(f"{name} as the system file says" for name in self.open)])


def general_steps(scenario: Scenario) -> list[General]:
    """The steps of a scenario in order, repetitions written out.

    Raises:
        SeatrialError: the plan has other steps on another system that has all the same keys.
    """
    one, other = (_plan(scenario, name) for name in ("one", "other"))
    if [(type(step), step.label) for step in one] != [(type(step), step.label) for step in other]:
        raise SeatrialError(
            "the steps of a scenario depend on a value of the system file", where=scenario.id,
            next_step="Let them depend on which keys the file has, and only arguments on their values.",
        )  # fmt: skip
    return [_general(*pair) for pair in zip(one, other, strict=True)]


def step_fields(step: Step) -> dict[str, Any]:
    """The fields of a step by name."""
    return {field.name: getattr(step, field.name) for field in fields(step)}


def _plan(scenario: Scenario, name: str) -> list[Step]:
    return [step for _, step in unrolled(scenario.plan(Subject(name, _system(name))))]


def _general(one: Step, other: Step) -> General:
    left, right = step_fields(one), step_fields(other)
    given: dict[str, Any] = {}
    open_: list[str] = []
    for name, value in left.items():
        if isinstance(value, Mapping):
            same = {key: item for key, item in value.items() if right[name].get(key) == item}
            open_ += [key for key in value if key not in same]
            given |= {name: same} if same else {}
        elif value != right[name]:
            open_ += (
                [] if name == "role" else [name]
            )  # the role is the one that the scenario is carried out on
        elif value != _default(one, name):
            given[name] = value
    return General(KINDS[type(one)], one.label, given, tuple(open_))


def _default(step: Step, name: str) -> Any:
    field = next(item for item in fields(step) if item.name == name)
    if isinstance(step, Traffic) and name in ("name", "per_second", "steady"):
        return None  # always said: what `stop_traffic` names, the size of the load, whether it is judged
    return None if field.default is MISSING else field.default


def _flat(given: Mapping[str, Any]) -> dict[str, Any]:
    nested = given.get("arguments") or {}
    return {**{key: value for key, value in given.items() if key != "arguments"}, **nested}


def _system(name: str) -> System:
    """A system that has everything that a scenario may need, with values of its own."""
    size = len(name)
    load_step = {"journey": f"{name}-load", "per_second": 10.0 + size, "replicas": size + 2}
    workload = {
        "kind": "Deployment", "name": name, "stateless": True, "stateful": True, "autoscaled": name,
        "single_writer": True,
        "load_step": load_step, "journey": f"{name}-own",
        "configuration": {
            "configmap": name, "key": name, "old": f"{name}-old", "new": f"{name}-new",
            "seen": {"file": f"/{name}"},
        },
        "consumes": {"journey": f"{name}-own", "redelivered": name},
        "alerts": {"freeze-process": name, "scale-to-zero": name},
    }  # fmt: skip
    own = {"request": {"path": "/"}, "acknowledged": {"read": {"path": "/"}}, "idempotent": True}
    return System.model_validate(
        {
            "apiVersion": "seatrial/v1",
            "kind": "System",
            "metadata": {"name": name},
            "target": {"kind": {"config": "kind.yaml"}, "namespace": name},
            "entry": {"url": f"http://{name}"},
            "workloads": {name: workload},
            "journeys": {
                f"{name}-own": own,
                f"{name}-load": {"request": {"path": "/"}},
                f"{name}-moves": {"request": {"path": "/"}, "conserves": f"{name}-total"},
            },
            "capabilities": {
                "store": {"product": name, "workload": name},
                "metrics": {"product": name},
            },
            "invariants": [
                {
                    "name": f"{name}-total",
                    "requirement": "It MUST.",
                    "database": name,
                    "sql": "select 1",
                    "equals": 1,
                }
            ],
            "objectives": {
                "recovery_seconds": 10.0 + size,
                "scale_up_seconds": 100.0 + size,
                "scale_down_seconds": 200.0 + size,
                "latency_p99_ms": 100.0 + size,
            },
        }
    )
