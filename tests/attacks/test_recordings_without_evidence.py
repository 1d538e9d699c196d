"""Tried: what a real run has recorded is judged without a part of its evidence, by each check its own."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import pytest
from unhurried import ROOT

from seatrial.judge.admissible import judge
from seatrial.model.check import CHECKS, Check, Every
from seatrial.model.exchange import ExchangeOutcome
from seatrial.model.fault import Disruption
from seatrial.model.measurement import MeasurementOutcome
from seatrial.model.observation import EXCHANGES, TIMELINE, TROUBLE, Arm, Observation
from seatrial.record.observations import read_observation
from seatrial.record.reader import read_run

RUN = ROOT / "tests/recorded"
Change = Callable[[Arm], Arm]


@cache
def recorded(name: str) -> Observation:
    return read_observation(RUN / "observations" / name).observation


def passed() -> dict[str, str]:
    """The first observation that each check of one scenario passed, by the check's id."""
    found: dict[str, str] = {}
    for result in read_run(RUN).results:
        own = result.tool == "pytest" and len(result.observations) == 1 and result.check in CHECKS
        if own and result.verdict.passed and not isinstance(CHECKS.get(result.check).scenario, Every):
            found.setdefault(result.check, result.observations[0])
    return found


PASSED = passed()


def blind(arm: Arm) -> Arm:
    assert arm.timeline is not None
    throughout = (arm.timeline.began_at, arm.timeline.ended_at)
    return replace(arm, timeline=replace(arm.timeline, gaps=(throughout,)))


def unread(arm: Arm) -> Arm:
    untried = MeasurementOutcome.COULD_NOT_TRY
    made = [replace(one, outcome=untried, value={}, reason="no time was left") for one in arm.measurements]
    return replace(arm, measurements=tuple(made))


def silent(arm: Arm) -> Arm:
    lost = [replace(one, outcome=ExchangeOutcome.UNKNOWN, error="timeout 5 s") for one in arm.exchanges]
    return replace(arm, exchanges=tuple(lost))


TAKEN: dict[str, tuple[Change, Callable[[Check, Observation], bool]]] = {
    "all of it": (lambda arm: Arm(), lambda check, seen: True),
    "what was measured": (
        unread,
        # Whether pods are well is seen by the watches; only an autoscaler's selector is measured beside them.
        lambda check, seen: seen.disruption is Disruption.NONE and not seen.faults
        and check.id != "orchestration.pods-are-well",
    ),
    "that the faults were seen": (
        lambda arm: replace(arm, faults=tuple(replace(one, verified_at=None) for one in arm.faults)),
        lambda check, seen: bool(seen.faults),
    ),
    "the last fault's effect": (
        lambda arm: replace(arm, faults=(*arm.faults[:-1], replace(arm.faults[-1], verified_at=None))),
        lambda check, seen: bool(seen.faults) and not seen.faults[-1].impossible,
    ),
    "the cluster": (
        lambda arm: replace(arm, timeline=None), lambda check, seen: TIMELINE in check.records
    ),
    "that it was watched": (blind, lambda check, seen: TIMELINE in check.records and bool(seen.faults)),
    "the requests": (
        lambda arm: replace(arm, exchanges=(), warm_up=()), lambda check, seen: EXCHANGES in check.records
    ),
}  # fmt: skip


def cases() -> Iterator[tuple[str, str]]:
    for check, name in sorted(PASSED.items()):
        for taken, (_, applies) in TAKEN.items():
            if applies(CHECKS.get(check), recorded(name)):
                yield check, taken


@pytest.mark.parametrize(("check", "taken"), [*cases()], ids=lambda text: text.replace(" ", "-"))
def test_without_it_nothing_passes(check: str, taken: str) -> None:
    whole = recorded(PASSED[check])
    less = replace(whole, arms={**whole.arms, TROUBLE: TAKEN[taken][0](whole.trouble)})
    verdict = judge(CHECKS.get(check), less)
    assert not verdict.passed, verdict.explain()
    assert "Error" not in verdict.observed, f"no judge stumbles over what is not there: {verdict.observed}"


def test_nearly_every_check_was_tried() -> None:
    own = [check.id for check in CHECKS.all().values() if not isinstance(check.scenario, Every)]
    assert len({check for check, _ in cases()}) >= 0.8 * len(own)
