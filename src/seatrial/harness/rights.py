"""Every right that is needed, gathered from the code that needs it; what lacks is told from this, too."""

from __future__ import annotations

from collections.abc import Iterable

from seatrial.adapters import uses_of as uses_of_products
from seatrial.declared.kinds import KINDS
from seatrial.faults import lease
from seatrial.faults.delete_pod import DeletePod
from seatrial.faults.registry import FAULTS, uses_of
from seatrial.harness import held, rest
from seatrial.harness.doctor import cluster as doctor
from seatrial.harness.measuring import MEASUREMENTS
from seatrial.kube import generator_job, logs, snapshot, timeline, usage, worker_job
from seatrial.model.fault import Disruption
from seatrial.model.right import Right, Use, reading, uses
from seatrial.model.scenario import SCENARIOS, Scenario, Subject
from seatrial.model.step import Inject, Measure, Steps, Traffic, unrolled
from seatrial.model.system import System

UNJUDGED = "rules that look at such objects are unsupported"
WATCHES = uses(timeline.RIGHTS, "watches", always=True)
LEASE = uses(lease.RIGHTS, "the Lease", disruptive=True, always=True)
REST = uses(rest.RIGHTS, "rest before a scenario", disruptive=True)
BEFORE_A_CRASH = uses(DeletePod.rights, "rest before a crash", disruptive=True)


def reading_uses(system: System | None) -> list[Use]:
    """What is read without any consent; without a system, of whichever system."""
    found = [
        *WATCHES,
        *uses(logs.RIGHTS, "logs of pods"),
        *uses(usage.RIGHTS, "usage of pods"),
        *uses(snapshot.RIGHTS, "the comparison after a run"),
        *uses(reading(KINDS, "list", without=UNJUDGED), "the declared rules"),
        *uses(doctor.RIGHTS, "doctor"),
        *(use for scenario in SCENARIOS.all().values() for use in _looks(scenario)),
    ]
    return [use for use in found if use.right.applies(system)]


def disruptive_uses(system: System | None) -> list[Use]:
    """What is done beyond that where disruption is welcome: every fault, measurement and product."""
    found = [
        *LEASE,
        *REST,
        *(use for made in FAULTS.all().values() for use in uses_of(made, system)),
        *(
            use
            for name, measuring in MEASUREMENTS.all().items()
            for use in uses(measuring.rights, f"the measurement {name}", disruptive=True)
        ),
        *(uses_of_products(system) if system is not None else ()),
        *generator_uses(system),
        *worker_uses(system),
        *uses(held.RIGHTS, "a search for capacity", disruptive=True),
    ]
    return [use for use in found if use.right.applies(system)]


def generator_uses(system: System | None) -> list[Use]:
    """What the Job needs that sends requests from inside the cluster; nothing where none is made."""
    if system is None or not system.entry.in_cluster:
        return []
    return uses(generator_job.RIGHTS, "the generator's Job", disruptive=True, always=True)


def worker_uses(system: System | None) -> list[Use]:
    """What a load needs that workers in the cluster share; nothing where they have none to send to."""
    if system is None or not system.entry.in_cluster:
        return []
    return uses(worker_job.RIGHTS, "workers in the cluster", disruptive=True)


def uses_of_plan(plan: Steps, disruption: Disruption, subject: Subject) -> list[Use]:
    """What a plan needs to be carried out on a subject; some of it may be left out, see `Right.without`."""
    steps = [step for _, step in unrolled(plan)]
    found = [*WATCHES]
    if disruption is not Disruption.NONE or any(isinstance(step, Traffic | Inject) for step in steps):
        found += [*LEASE, *generator_uses(subject.system)]
    if disruption is not Disruption.NONE:
        found += REST
    if disruption is Disruption.INVOLUNTARY:
        found += BEFORE_A_CRASH
    for step in steps:
        if isinstance(step, Inject):
            found += uses_of(FAULTS.get(step.fault), subject.system, step.role)
        elif isinstance(step, Measure):
            found += uses(MEASUREMENTS.get(step.measurement).rights, step.measurement, disruptive=True)
    return list(dict.fromkeys(found))


def _looks(scenario: Scenario) -> Iterable[Use]:
    """What a scenario looks at before it is planned."""
    kinds = scenario.look.kinds if scenario.look is not None else ()
    rights: tuple[Right, ...] = reading(kinds, "list", without="what they exclude is not known beforehand")
    return uses(rights, f"the plan of {scenario.id}")
