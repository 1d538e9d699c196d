"""A trace that a client begins is named in the log of each workload that its request passes."""

from seatrial.judge.traced import trace_context_survives
from seatrial.model.check import EXTENDED, check
from seatrial.model.observation import Observation
from seatrial.model.verdict import Verdict


@check(
    "observability.trace-context-survives",
    level=EXTENDED,
    scenario="trace-context",
    requirement="The trace of a request MUST be named in the log of each workload that it passes, also "
    "behind a queue.",
    remediation="Pass `traceparent` on with each call, keep it with each message, and log its trace id.",
)
def test_trace_context_survives(observation: Observation) -> Verdict:
    """Requests with a `traceparent` each, and the logs of the pods that they and their messages pass."""
    return trace_context_survives(observation)
