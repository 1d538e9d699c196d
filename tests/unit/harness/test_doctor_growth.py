"""What doctor says of many workloads costs what they are: counted in steps, never in seconds."""

import sys
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from seatrial.harness.doctor.finding import Finding
from seatrial.harness.doctor.possible import examine_checks, examine_duration
from seatrial.model.system import System

FEW, MANY = 8, 24
MOST = 1.1
"""Times linear; what asks all of them about each one is near MANY / FEW."""
PARTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({}, {}),
    "without ways": ({}, {"through": []}),
    "counted": ({}, {"counted": {"series": "requests"}}),
    "long": ({}, {"long": True}),
    "sent again": ({}, {"idempotent": True, "request": {"method": "POST", "path": "/"}}),
    "scaled": ({"autoscaled": "x", "load_step": {"journey": "j0", "per_second": 9, "replicas": 2}}, {}),
    "consumers": ({"consumes": {"journey": "j0", "redelivered": "again"}}, {}),
}


def described(number: int, workload: dict[str, Any], journey: dict[str, Any]) -> System:
    roles = [f"w{index}" for index in range(number)]
    return System.model_validate(
        {
            "apiVersion": "seatrial/v1",
            "kind": "System",
            "metadata": {"name": "large"},
            "target": {"context": "none", "namespace": "large"},
            "entry": {"url": "http://large.example"},
            "workloads": {
                role: {"kind": "Deployment", "name": role, "stateless": True, "journey": f"j{n}"} | workload
                for n, role in enumerate(roles)
            },
            "journeys": {
                f"j{n}": {"request": {"path": "/"}, "through": [role]} | journey
                for n, role in enumerate(roles)
            },
            "capabilities": {"metrics": {"product": "prometheus", "url": "http://metrics.example"}},
            "consent": {"disruptive": True, "context": "none", "namespace": "large"},
        }
    )


def steps(examine: Callable[[System], Iterable[Finding]], system: System) -> int:
    """The interpreter's instructions: a loop within one line has no calls to count."""
    counted = 0

    def trace(frame: Any, event: str, _: Any) -> Any:
        nonlocal counted
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        counted += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        assert list(examine(system))
    finally:
        sys.settrace(before)
    return counted


@pytest.mark.parametrize("examine", [examine_checks, examine_duration])
@pytest.mark.parametrize("part", PARTS)
def test_twice_as_many_cost_twice_as_much(part: str, examine: Callable[[System], Iterable[Finding]]) -> None:
    list(examine(described(1, *PARTS[part])))  # whatever registers itself is loaded
    few, many = (steps(examine, described(number, *PARTS[part])) for number in (FEW, MANY))
    assert many <= MOST * few * MANY / FEW, f"{many / few * FEW / MANY:.2f} times linear"
