"""A container requests the memory that it holds."""

from seatrial.judge.resources import requests_fit_usage
from seatrial.model.check import PROVISIONAL, check
from seatrial.model.observation import Observation
from seatrial.model.verdict import Verdict


@check(
    "cost.requests-fit-usage",
    level=PROVISIONAL,
    scenario="inside-look",
    requirement="A container SHOULD request the memory that it holds.",
    remediation="Request what it holds, measured under load.",
    shows=("cost.memory-request",),
)
def test_requests_fit_usage(observation: Observation) -> Verdict:
    """Memory that cannot be dropped, by the container's control group, beside what the pod requests."""
    return requests_fit_usage(observation)
