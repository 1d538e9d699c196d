"""Several inputs judged as one, whose objects do not know of each other: two overlays of one base."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from seatrial.declared.graph import Graph
from seatrial.declared.objects import Container, Resource, Workload


class Worlds:
    """Graphs side by side. Each object asks the graph that it is in; here they are only gathered."""

    def __init__(self, graphs: Sequence[Graph]) -> None:
        self.graphs = graphs

    @cached_property
    def resources(self) -> list[Resource]:
        return [each for graph in self.graphs for each in graph.resources]

    @cached_property
    def workloads(self) -> list[Workload]:
        return [each for graph in self.graphs for each in graph.workloads]

    @cached_property
    def by_type(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for graph in self.graphs:
            for kind, resources in graph.by_type.items():
                found.setdefault(kind, []).extend(resources)
        return found

    @property
    def owned(self) -> int:
        return sum(graph.owned for graph in self.graphs)

    @property
    def helm_tests(self) -> int:
        return sum(graph.helm_tests for graph in self.graphs)

    @property
    def unread(self) -> dict[str, str]:
        return {kind: why for graph in self.graphs for kind, why in graph.unread.items()}

    def containers(self) -> list[Container]:
        """The long-lived containers of every judged workload."""
        return [each for graph in self.graphs for each in graph.containers()]

    def every_container(self) -> list[Container]:
        """The containers and init containers of every judged workload."""
        return [each for graph in self.graphs for each in graph.every_container()]
