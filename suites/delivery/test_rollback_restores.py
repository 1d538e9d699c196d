"""A bad version that is taken back leaves the version of before, soon and by itself."""

from seatrial.judge.restored import rollback_restores
from seatrial.model.check import EXTENDED, check
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "delivery.rollback-restores",
    level=EXTENDED,
    scenario="bad-rollout",
    records={EXCHANGES, TIMELINE},
    requirement="When a version that does not work is taken back, the version of before MUST serve again "
    "within the recovery objective, without a pod being deleted by hand.",
    remediation="Keep old pods until new ones are Ready; know that a StatefulSet never replaces a broken pod "
    "by itself.",
    shows=("delivery.rolling-update", "delivery.rollout-capacity"),
)
def test_rollback_restores(observation: Observation) -> Verdict:
    """Each bad version is taken back; its pods must go, and those of before be Ready in time."""
    return rollback_restores(observation)
