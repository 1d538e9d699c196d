"""A scenario on a subject, from its plan to its frozen observation; once per target and run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace

from seatrial.faults.registry import RELEASE_BOUND, bound_of
from seatrial.harness.execution import Execution
from seatrial.harness.measuring import MEASUREMENTS
from seatrial.harness.rights import uses_of_plan
from seatrial.harness.session import Session
from seatrial.kube.api import Object
from seatrial.kube.errors import Forbidden, NotFound
from seatrial.model.edge import Edge, at_edge
from seatrial.model.failure import verdict_of
from seatrial.model.fault import Disruption
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.right import READS
from seatrial.model.scenario import Scenario, Subject
from seatrial.model.step import Bound, Inject, Measure, Release, Steps, Traffic, duration, unrolled
from seatrial.model.verdict import Outcome, Verdict
from seatrial.record.observations import read_observation
from seatrial.record.writer import RunWriter


def bound(plan: Steps) -> Bound:
    """How long a plan takes; the faults know their own bounds.

    Raises:
        BadInput: a step names a fault that there is not, or an argument that it does not have.
    """

    def of_fault(step: Inject | Release) -> Bound:
        return bound_of(step.fault, step.arguments) if isinstance(step, Inject) else RELEASE_BOUND

    return duration(plan, of_fault)


def head_of(scenario: Scenario, subject: Subject, edge: Edge | None = None) -> Observation:
    """What is known of an observation before it begins."""
    name = f"{scenario.id}.{subject.role}"
    return Observation(
        {TROUBLE: Arm()}, f"{name}.edge" if edge else name, scenario.id, subject.role, scenario.disruption,
        subject.journey, scenario.repetitions, subject.system, load=str(edge or ""),
    )  # fmt: skip


def observe(
    session: Session,
    run: RunWriter,
    scenario: Scenario,
    subject: Subject,
    *,
    edge: Edge | None = None,
    note: Callable[[str], None] = lambda _: None,
) -> Observation:
    """Carry a scenario out and read back what was kept of it.

    What is judged is always what lies on disk, so that judging a recorded run again gives the same verdicts.
    Nothing but an interrupt is raised: what went wrong is the observation's `failure`.

    Args:
        edge: sends at the edge of the measured capacity, and not at the scenario's own rates.
    """
    if verdict := no_consent(session, scenario.disruption):
        return replace(head_of(scenario, subject, edge), id="", failure=verdict)
    try:
        subject = looked_at(session, scenario, subject)
        plan = scenario.plan(subject) if edge is None else at_edge(scenario.plan(subject), edge)
        if verdict := no_consent(session, Disruption.VOLUNTARY) if more_than_reads(plan) else None:
            return replace(head_of(scenario, subject, edge), id="", failure=verdict)
        session.require_rights(uses_of_plan(plan, scenario.disruption, subject))
        if sends(plan) or scenario.disruption is not Disruption.NONE:
            session.hold()
        writer = run.observation(head_of(scenario, subject, edge), plan=plan, bound=bound(plan))
    except Exception as error:
        return replace(head_of(scenario, subject, edge), id="", failure=verdict_of(error))
    note(f"{scenario.id} on {subject}: {bound(plan)}")
    execution = Execution(session, head_of(scenario, subject, edge), writer)
    failure: Verdict | None = None
    try:
        with execution:
            execution.begin()
            for path, step in unrolled(plan):
                execution.do(step, path)
            execution.conclude()
    except Exception as error:
        failure = verdict_of(error)
        if execution.faults and not failure.outcome.makes_red:
            # It was tried and has touched the system: nobody may accept that in place of a verdict.
            failure = replace(failure, outcome=Outcome.ERROR)
    execution.close(failure)
    return read_observation(writer.directory).observation


def sends(plan: Steps) -> bool:
    """Whether it sends traffic, or injects."""
    return any(isinstance(step, Traffic | Inject) for _, step in unrolled(plan))


def more_than_reads(plan: Steps) -> bool:
    """Whether it needs consent: it sends, or a measurement of it does more than to read objects."""
    made = [MEASUREMENTS.get(step.measurement) for _, step in unrolled(plan) if isinstance(step, Measure)]
    reads = all(set(right.verbs) <= READS for each in made for right in each.rights)
    return sends(plan) or not reads or any(each.sends_load for each in made)


def looked_at(session: Session, scenario: Scenario, subject: Subject) -> Subject:
    """The subject with what the scenario's look at the cluster fixes, before anything is planned.

    Raises:
        SeatrialError: no plan can be carried out here, and why.
    """
    if scenario.look is None:
        return subject
    found: list[Object] = []
    for kind in scenario.look.kinds:
        with contextlib.suppress(Forbidden, NotFound):
            found += session.kube.objects(kind)
    return scenario.look.fix(subject, found)


def no_consent(session: Session, disruption: Disruption) -> Verdict | None:
    """The verdict of a scenario that may not be carried out here; None when it may."""
    gap = session.consent_gap() if disruption is not Disruption.NONE else ""
    if not gap:
        return None
    return Verdict(
        Outcome.SKIPPED,
        f"nothing was touched: {gap}",
        "consent for exactly this context and namespace",
        "Set `consent` in the system file where disruption is welcome; see SECURITY.md.",
    )
