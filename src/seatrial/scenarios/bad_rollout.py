"""A new version that does not work is rolled out, and rolled back."""

from seatrial.model.fault import VOLUNTARY
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Step, Steps, hold, inject, release, steps, traffic
from seatrial.scenarios.needs.replicated import replicated

KINDS = ("image-missing", "never-ready", "crash-after-ready")
"""What is wrong with the new version; each is a change that any workload takes."""
HELD_SECONDS = 10.0
"""How long the bad version stays after its flaw was seen, so that enough requests meet it."""


@scenario(
    "bad-rollout", disruption=VOLUNTARY, needs={replicated}, repetitions=len(KINDS), traces=("revisions",)
)
def bad_rollout(subject: Subject) -> Steps:
    """Rolls out, one after the other, versions that do not work, and rolls each back, under traffic."""
    return steps(
        traffic(subject.journey, per_second=50), *(step for kind in KINDS for step in _of(subject, kind))
    )


def _of(subject: Subject, kind: str) -> tuple[Step, ...]:
    return (
        inject("bad-rollout", subject.role, kind=kind, held=True, name=kind),
        hold(HELD_SECONDS, f"requests meet a rollout that is {kind}"),
        release(kind),
    )
