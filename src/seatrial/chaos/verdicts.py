"""The verdict of an experiment on one workload, from its observation and the journal. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from seatrial.chaos.borrowed import borrowed
from seatrial.chaos.journal import journal_verdict
from seatrial.chaos.method import of_role
from seatrial.judge.admissible import admitted, judge, judge_every
from seatrial.judge.disruption import by_disruption
from seatrial.judge.foreign import foreign
from seatrial.model.check import CHECKS, Check, Every
from seatrial.model.failure import verdict_of
from seatrial.model.observation import Observation
from seatrial.model.scenario import Scenario, Subject
from seatrial.model.verdict import Outcome, Verdict, merge

RECORD = "seatrial"
"""Key of the journal under which stands who judged: by role, the ids of checks."""


def checks_of(scenario: Scenario, subject: Subject) -> list[str]:
    """The ids of the checks that judge a scenario on a subject, those of a whole kind of disruption last."""
    judging = [check for check in CHECKS.all().values() if scenario in check.scenarios()]
    own = [check for check in judging if subject in check.subjects(subject.system)]
    return [check.id for check in [*own, *(check for check in judging if isinstance(check.scenario, Every))]]


def experiment_verdict(
    observation: Observation, checks: Sequence[str], journal: Mapping[str, Any], roles: Sequence[str]
) -> Verdict:
    """The worst of what the checks, or the kind of the disruption, and the journal say of one workload.

    Args:
        checks: ids; where none of them is a scenario's own, the kind of the disruption is judged as well.
        journal: of Chaos Toolkit, whole.
        roles: every role that the experiment was carried out on.
    """
    # Where somebody else disturbed the system, what the journal's probes felt may be their doing.
    felt = journal_verdict(of_role(journal, observation.target, roles))
    return foreign(observation) or merge([*observation_verdicts(observation, checks), felt])


def observation_verdicts(observation: Observation, checks: Sequence[str]) -> list[Verdict]:
    """What the checks, or the kind of the disruption, say of an observation."""
    if observation.failure is not None:
        return [observation.failure]
    named = [CHECKS.get(name) for name in checks]
    own = [check for check in named if not isinstance(check.scenario, Every)]
    verdicts = [borrowed(check, observation) or _own(check, observation) for check in own]
    if not own or not observation.scenario:
        verdicts.append(_admitted(observation))
    for check in named:
        if isinstance(check.scenario, Every):
            verdicts = _with_every(check, observation, verdicts)
    return verdicts


def _own(check: Check, observation: Observation) -> Verdict:
    """The verdict of a check of one scenario, which needs as many faults as that has."""
    often = max((scenario.repetitions for scenario in check.scenarios()), default=0)
    counted = replace(observation, repetitions=max(observation.repetitions, often))
    return _of(check, judge(check, counted))


def _with_every(check: Check, observation: Observation, verdicts: list[Verdict]) -> list[Verdict]:
    """The verdicts with that of a check of a whole kind of disruption.

    Where it cannot be judged (an invariant was broken before already) this experiment is not to blame, and
    its own verdict stands; it says so in a line.
    """
    verdict = judge_every(check, [observation])[0]
    if verdict.outcome in (Outcome.UNSUPPORTED, Outcome.SKIPPED):
        return verdicts
    if verdict.outcome is not Outcome.ERROR:
        return [*verdicts, _of(check, verdict)]
    said = f"{check.id} cannot be judged: {verdict.observed}"
    return [replace(verdicts[0], reasons=(*verdicts[0].reasons, said)), *verdicts[1:]]


def _admitted(observation: Observation) -> Verdict:
    try:
        return admitted(observation, by_disruption)
    except Exception as error:
        return verdict_of(error)


def judges_in(journal: Mapping[str, Any], role: str) -> tuple[list[str], list[str]]:
    """Who judged a role, as the journal keeps it: ids of checks, and every role of the experiment."""
    kept = (journal.get(RECORD) or {}).get("checks") or {}
    return list(kept.get(role) or ()), list(kept)


def _of(check: Check, verdict: Verdict) -> Verdict:
    return replace(verdict, observed=f"{check.id}: {verdict.observed}")
