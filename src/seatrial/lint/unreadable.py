"""What could not be read, as faults of a report: nothing in it was judged, so that nothing in it is clean."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.declared.engine import Fault
from seatrial.declared.graph import Graph
from seatrial.declared.objects import Resource
from seatrial.declared.rule import RESOURCE, Found, Level, Rule, Severity
from seatrial.errors import BadInput


class Unreadable(Resource):
    """Stands for a file or folder in a report; its title is where it is."""

    __slots__ = ()

    @property
    def title(self) -> str:
        return self.name


def _never(_resource: Resource) -> Iterator[Found]:
    return iter(())


READABLE = Rule(
    id="delivery.readable-file",
    on=RESOURCE,
    level=Level.CORE,
    severity=Severity.ERROR,
    requirement="Every file MUST be readable.",
    why="Nothing in a file that cannot be read is judged, and it cannot be deployed either.",
    remediation="Mend the file, or leave it out: --exclude.",
    source="https://kubernetes.io/docs/reference/using-api/api-concepts/",
    check=_never,
    when=None,
    anchors="",
    variants=(),
)
"""Not in the catalogue: reading is no rule that one could select or waive."""


def fault_of(error: BadInput) -> Fault:
    """What could not be read, as a rule that could not judge it."""
    place = Unreadable({"metadata": {"name": error.where or "input"}}, None, Graph([]))
    reason = f"{error.what}; {error.next_step}" if error.next_step else error.what
    return Fault(READABLE, place, reason)
