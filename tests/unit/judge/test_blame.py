"""Whose fault failed requests are: the system's, or, on a machine of our own without CPU, not known whose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from drained_shop import BEGAN, FOREIGN, OWN, cpu, drain, observed, traffic

from seatrial.judge.blame import blame
from seatrial.judge.saturation import CPU_HELP
from seatrial.judge.windows import windows
from seatrial.model.fault import FaultRecord
from seatrial.model.timeline import Change, Seen, WorkloadSeen
from seatrial.model.verdict import Outcome, Verdict

STARVED = tuple(cpu(90.0, 130.0, waited=0.9))
BUSY = tuple(cpu(90.0, 130.0, waited=0.1))


def judged(*seen: Seen, target: str = OWN, faults: Sequence[FaultRecord] = (drain(),)) -> Verdict:
    made = observed(traffic((105.0, 110.0)), *seen, target=target)
    made = replace(made, arms={"trouble": replace(made.trouble, faults=tuple(faults))})
    failed = [each for each in made.exchanges if not each.ok]
    return blame(made, failed, windows(made), seen="50 failed", allowed="none", numbers={"failed": 50})


def test_without_cpu_on_a_cluster_of_our_own_nobody_can_tell() -> None:
    verdict = judged(*STARVED)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.observed.startswith("50 failed; some tasks waited for CPU 90 % ")
    assert (verdict.expected, verdict.next_step, verdict.numbers) == ("none", CPU_HELP, {"failed": 50})


@pytest.mark.parametrize(
    ("seen", "target"), [((), OWN), (BUSY, OWN), (STARVED, FOREIGN)], ids=["unrecorded", "busy", "foreign"]
)
def test_else_it_is_the_systems(seen: Sequence[Seen], target: str) -> None:
    verdict = judged(*seen, target=target)
    assert verdict.outcome is Outcome.FAILED
    assert (verdict.observed, verdict.expected, verdict.numbers) == ("50 failed", "none", {"failed": 50})
    assert verdict.next_step != CPU_HELP


def test_a_system_that_was_not_available_again_has_failed() -> None:
    """Every fault counts, not only one of them."""
    over, never = drain(), replace(drain(), id="drain-2", available_at=None)
    assert judged(*STARVED, faults=(over, over)).outcome is Outcome.INCONCLUSIVE
    for faults in ((never,), (over, never), (never, over)):
        assert judged(*STARVED, faults=faults).outcome is Outcome.FAILED


def test_another_cause_with_evidence_comes_first() -> None:
    lone = WorkloadSeen(BEGAN + 1, Change.MODIFIED, "Deployment", "catalogue", "catalogue", 1, 1, 1, 1)
    verdict = judged(*STARVED, lone)
    assert verdict.outcome is Outcome.FAILED
    assert "catalogue has 1 replica" in verdict.next_step
