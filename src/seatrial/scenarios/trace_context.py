"""A few requests of each journey carry a trace context, which is looked for in logs."""

from seatrial.model.fault import NONE
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, measure, steps
from seatrial.model.traced import TRACES
from seatrial.scenarios.needs.known_way import known_way


@scenario("trace-context", disruption=NONE, needs={known_way}, repetitions=0, whole=True)
def trace_context(subject: Subject) -> Steps:  # noqa: ARG001 - there is one such plan for every system
    """Sends each journey a few times with a `traceparent` and reads what the pods on its way then write."""
    return steps(measure(TRACES, within_seconds=60, expected_seconds=12))
