"""A new version that does not work is rolled out, and rolled back."""

from seatrial.judge.rollout import ANSWERS_500
from seatrial.model.fault import VOLUNTARY
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Step, Steps, inject, release, steps, traffic
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
    # Kubernetes cannot see that a Ready version is wrong: only a declared protection must contain it.
    kinds = KINDS if subject.system.wrong_answers_gap(subject.role) else (*KINDS, ANSWERS_500)
    return steps(
        traffic(subject.journey, per_second=50, bystanders=5),
        *(step for kind in kinds for step in _of(subject, kind)),
    )


def _of(subject: Subject, kind: str) -> tuple[Step, ...]:
    bad = inject("bad-rollout", subject.role, kind=kind, hold_seconds=HELD_SECONDS, held=True, name=kind)
    return bad, release(kind)
