"""What is asked of a system file for each of its workloads, found once for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class Lookup:
    """Workloads and journeys by what they have; names in the order of the file.

    Attributes:
        exercised: roles of the workloads that a journey exercises, by its name.
        long: journeys whose requests last.
        repeatable: journeys that may be sent again.
        conserving: journeys that move what an invariant counts.
        takers: roles of the workloads that take a journey's messages, by its name.
    """

    def __init__(self, workloads: Mapping[str, Any], journeys: Mapping[str, Any]) -> None:
        first = next(iter(journeys))
        self.exercised: dict[str, list[str]] = {}
        self.takers: dict[str, list[str]] = {}
        for role, workload in workloads.items():
            self.exercised.setdefault(workload.journey or first, []).append(role)
            if workload.consumes is not None:
                self.takers.setdefault(workload.consumes.journey, []).append(role)
        self.long = [name for name, spec in journeys.items() if spec.long]
        self.repeatable = [n for n, spec in journeys.items() if spec.idempotent and spec.protocol == "http1"]
        self.conserving = [name for name, spec in journeys.items() if spec.conserves]
        used = {workload.journey for workload in workloads.values()}
        load = {w.load_step.journey for w in workloads.values() if w.load_step is not None} - used
        self._beside = [name for name, spec in journeys.items() if name not in load and not spec.long]
        self.place = {name: number for number, name in enumerate(journeys)}
        before = 0
        self._next: dict[str, int] = {}
        for name in journeys:
            self._next[name] = before
            before += before < len(self._beside) and self._beside[before] == name

    def following(self, journey: str) -> Iterator[str]:
        """The journeys that may be sent beside one, from the next one in the file round to it."""
        begin = self._next.get(journey, 0)
        yield from (name for name in self._beside[begin:] if name != journey)
        yield from (name for name in self._beside[:begin] if name != journey)
