"""Whether an autoscaler goes on deciding rightly after its controller was restarted. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.judge.evidence import FAULT_HELP, fault_weakness, gaps_in, unwatched
from seatrial.judge.foreign import foreign
from seatrial.judge.hpa import explain_decisions
from seatrial.judge.load_step import LoadStep, step_of
from seatrial.judge.obedience import FLAGS_HELP
from seatrial.judge.scale_writers import Rescale, by_whom, rescales, second_writer, writer_help
from seatrial.judge.windows import Window
from seatrial.judge.wording import plural, seconds
from seatrial.model.fault import RESTART_CONTROLLERS, FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.timeline import Timeline
from seatrial.model.verdict import Outcome, Verdict

EXPECTED = "decisions that go on by the algorithm, and no replica taken away while the load goes on"
DEFAULT_WINDOW_SECONDS = 300.0
"""behavior.scaleDown.stabilizationWindowSeconds where it is not given (autoscaling/v2)."""


def survives_controller_restart(observation: Observation) -> Verdict:
    """Whether replicas were added under the load after the restart, by decisions of the oracle, and stayed.

    A controller keeps its recommendations in its memory: after a restart it may scale in before the window
    of stabilization is over. Where it added nothing, nothing was seen that could have gone wrong
    (INCONCLUSIVE); where it cannot be restarted, it is UNSUPPORTED.
    """
    if found := next((fault for fault in observation.faults if fault.impossible), None):
        return Verdict(Outcome.UNSUPPORTED, found.impossible, EXPECTED)
    given = step_of(observation)
    if isinstance(given, Verdict):
        return given
    timeline, step = given
    fault = next((fault for fault in observation.faults if fault.fault == RESTART_CONTROLLERS), None)
    doubt = "no controller was restarted" if fault is None else fault_weakness(observation.faults)
    if doubt or fault is None:
        return Verdict(Outcome.ERROR, doubt, EXPECTED, FAULT_HELP)
    changes = [
        one for one in rescales(timeline, step.workload, step.began_at) if one.at <= step.ended_at
    ]  # fmt: skip
    other = second_writer(changes)
    if not other and (verdict := foreign(observation)) is not None:
        return verdict
    verdict = _decided(timeline, step, fault, changes, other)
    return unwatched(verdict, gaps_in(timeline, [_span(fault, step)])) if verdict.passed else verdict


def _decided(
    timeline: Timeline, step: LoadStep, fault: FaultRecord, changes: Sequence[Rescale], other: str
) -> Verdict:
    assert fault.verified_at is not None  # or there was a doubt
    later = [one for one in changes if one.at >= fault.injected_at]
    grown, shrunk = [one for one in later if one.grows], [one for one in later if not one.grows]
    away = fault.verified_at - fault.injected_at
    first = grown[0].at - fault.verified_at if grown else None
    explained = explain_decisions(timeline, autoscaler=step.autoscaler, workload=step.workload)
    numbers = {
        **explained.numbers,
        "controller_away_seconds": round(away, 3),
        "first_decision_seconds": None if first is None else round(first, 3),
        "replica_changes": len(later),
        "scaled_in": len(shrunk),
    }
    told = tuple(one.told(fault.verified_at, "the controller led again") for one in later)
    seen = f"the controller was away for {seconds(away)}"

    def answer(outcome: Outcome, words: str, hint: str = "") -> Verdict:
        return Verdict(outcome, f"{seen}; {words}", EXPECTED, hint, numbers, (*told, *explained.reasons))

    if other:
        return answer(Outcome.FAILED, f"its replicas changed {by_whom(later)}", writer_help(other))
    if shrunk:
        words = f"{plural(len(shrunk), 'time')} it took replicas away under the load"
        hint = window_help(window_of(timeline, step.autoscaler))
        return answer(Outcome.FAILED, f"{words}: {told[later.index(shrunk[0])]}", hint)
    if explained.outcome is Outcome.FAILED:
        return answer(Outcome.FAILED, explained.observed, f"{explained.next_step} {FLAGS_HELP}")
    if first is None:
        hint = "Let the `load_step` need more than the autoscaler's minimum of replicas."
        return answer(Outcome.INCONCLUSIVE, "no replica was added afterwards", hint)
    if not explained.passed:
        return answer(Outcome.INCONCLUSIVE, explained.observed, explained.next_step)
    return answer(Outcome.PASSED, f"replicas were added {seconds(first)} later, {explained.observed}")


def window_of(timeline: Timeline, autoscaler: str) -> float:
    """The autoscaler's window of stabilization before a scale-in, seconds."""
    states = list(timeline.autoscaler_states(autoscaler))
    behavior = (states[-1].spec.get("behavior") or {}) if states else {}
    given = (behavior.get("scaleDown") or {}).get("stabilizationWindowSeconds")
    return DEFAULT_WINDOW_SECONDS if given is None else float(given)


def window_help(window: float) -> str:
    """What a scale-in under load means after a restart."""
    return (
        f"A controller that is restarted has forgotten what it recommended in the last {seconds(window)} "
        "(its stabilization window): a metric that swings below its target scales in at once then. Keep "
        "replicas by `minReplicas` and by a policy of `behavior.scaleDown`, which hold without memory."
    )


def _span(fault: FaultRecord, step: LoadStep) -> Window:
    return Window(fault.injected_at, step.ended_at, (fault,))
