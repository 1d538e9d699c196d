"""From the method of an experiment to what is carried out: its activities once for each workload."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import Any

from chaoslib import substitute
from chaoslib.configuration import load_configuration

from seatrial.chaos.generate import ACTIONS
from seatrial.errors import BadInput
from seatrial.faults.registry import FAULTS
from seatrial.harness.general import KINDS
from seatrial.harness.measuring import MEASUREMENTS
from seatrial.model.scenario import Scenario, Subject
from seatrial.model.step import Inject, Measure, Step, Steps, Traffic, Wait, unrolled
from seatrial.model.untried import untried_named
from seatrial.registry import Registry


def expand(
    experiment: MutableMapping[str, Any], scenario: Scenario, subjects: Sequence[Subject], *, unedited: bool
) -> None:
    """Replace the method by one part for each subject: it is begun, then comes what the method says.

    Unedited, that is the plan of the scenario for this very system; edited, the activities as they stand.
    """
    given = experiment.get("method") or []
    method: list[dict[str, Any]] = []
    for subject in subjects:
        method.append(_own(f"{subject.role}: begin", "begin", role=subject.role))
        method += _planned(scenario, subject) if unedited else _copied(given, subject)
    experiment["method"] = method


def steps_of(experiment: Mapping[str, Any], subject: Subject) -> Steps:
    """The faults, measurements and traffic that an experiment's activities ask for, to know what they need.

    Raises:
        BadInput: an activity names a fault, a measurement or a workload that there is not.
    """
    configuration = load_configuration(dict(experiment.get("configuration") or {}))
    found: list[Step] = []
    for activity in (*(experiment.get("method") or ()), *(experiment.get("rollbacks") or ())):
        provider = activity.get("provider") or {}
        if provider.get("module") != ACTIONS or provider.get("func") not in ("inject", "measure", "traffic"):
            continue
        given = substitute(dict(provider.get("arguments") or {}), configuration, {})
        if provider["func"] == "measure":
            found.append(Measure(_known(MEASUREMENTS, given.get("measurement"))))
            continue
        if provider["func"] == "traffic":
            found.append(Traffic(str(given.get("journey") or subject.journey)))
            continue
        role = str(given.get("role") or subject.role)
        if role not in subject.system.workloads:
            raise BadInput(
                f"the system file has no workload {role!r}", where=f"activity {activity.get('name', '?')}",
                next_step=f"It has {', '.join(subject.system.workloads)}.",
            )  # fmt: skip
        found.append(Inject(_known(FAULTS, given.get("fault")), role))
    return tuple(found)


def _known(registry: Registry[Any], name: Any) -> str:
    if str(name) not in registry and (untried := untried_named(str(name))) is not None:
        raise BadInput(f"{untried.name} is unsupported, for {untried.why}", next_step=untried.instead)
    registry.get(str(name))
    return str(name)


def of_role(journal: Mapping[str, Any], role: str, roles: Sequence[str]) -> dict[str, Any]:
    """The journal with the activities of one role, and those of no role."""
    others = tuple(f"{other}: " for other in roles if other != role)

    def mine(run: Any) -> bool:
        return not str((run.get("activity") or {}).get("name", "")).startswith(others)

    if not others or not isinstance(journal.get("run"), list):
        return dict(journal)
    return {**journal, "run": [run for run in journal["run"] if mine(run)]}


def completed(step: Step, scenario: Scenario | None, subject: Subject) -> Step:
    """The step with what its activity left out: as the scenario has it for this subject, else as usual."""
    alike = None
    if scenario is not None:
        plan = [each for _, each in unrolled(scenario.plan(subject))]
        alike = next((each for each in plan if _key(each) == _key(step)), None)
    match step:
        case Traffic():
            usual = alike if isinstance(alike, Traffic) else Traffic(subject.journey)
            rate = step.per_second or usual.per_second
            return replace(step, journey=step.journey or usual.journey, per_second=rate)
        case Wait() | Measure() if isinstance(alike, Wait | Measure):
            arguments = {**alike.arguments, **step.arguments}
            within = step.within_seconds or alike.within_seconds
            return replace(step, arguments=arguments, within_seconds=within)
        case Wait() | Measure() if not step.within_seconds:
            return replace(step, within_seconds=90.0)
    return step


def _key(step: Step) -> tuple[str, str]:
    return KINDS.get(type(step), ""), step.label


def _planned(scenario: Scenario, subject: Subject) -> Iterator[dict[str, Any]]:
    for path, step in unrolled(scenario.plan(subject)):
        name = f"{subject.role}: {path} {KINDS[type(step)]} {step.label}"
        yield _own(name, "step", role=subject.role, path=path)


def _copied(method: Sequence[Mapping[str, Any]], subject: Subject) -> Iterator[dict[str, Any]]:
    for activity in method:
        copied = copy.deepcopy(dict(activity))
        yield {**copied, "name": f"{subject.role}: {copied.get('name', copied.get('ref', '?'))}"}


def _own(name: str, function: str, **arguments: Any) -> dict[str, Any]:
    provider = {"type": "python", "module": ACTIONS, "func": function, "arguments": arguments}
    return {"type": "action", "name": name, "provider": provider}
