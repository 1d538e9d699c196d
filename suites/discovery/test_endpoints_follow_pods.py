"""Requests go to pods soon after they are Ready, and no more soon after they are deleted."""

from seatrial.judge.following import endpoints_follow_pods
from seatrial.model.check import EXTENDED, check, every
from seatrial.model.fault import VOLUNTARY
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "discovery.endpoints-follow-pods",
    level=EXTENDED,
    scenario=every(VOLUNTARY),
    records={EXCHANGES, TIMELINE},
    requirement="A pod MUST be asked soon after it is Ready and not before, and MUST NOT be asked any more "
    "soon after it is deleted.",
    remediation="Services that publish Ready pods only, and senders that look them up anew within seconds.",
    shows=("discovery.service-selects", "discovery.sessions", "discovery.ready-endpoints"),
)
def test_endpoints_follow_pods(observation: Observation) -> Verdict:
    """Wherever pods are replaced: from Ready to endpoint to first answer, and from deletion to the last."""
    return endpoints_follow_pods(observation)
