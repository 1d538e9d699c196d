"""Two pods of a single writer never run at once."""

from seatrial.judge.one_writer import one_writer_at_a_time
from seatrial.model.check import EXTENDED, check
from seatrial.model.observation import TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "data.one-writer-at-a-time",
    level=EXTENDED,
    scenario="replace-writer",
    records={TIMELINE},
    requirement="Two pods of a single writer MUST NOT run at once, also while one is replaced or rolled out.",
    remediation="A StatefulSet; or a Deployment with strategy Recreate whose new pod cannot be placed while "
    "the old one runs (a required podAntiAffinity to its own pods, or a claim with ReadWriteOncePod).",
    shows=("data.one-writer",),
)
def test_one_writer_at_a_time(observation: Observation) -> Verdict:
    """Its pod is deleted and rolled out: each new pod begins to run when the one before it has ended."""
    return one_writer_at_a_time(observation)
