"""Which checks can be carried out on a system, which not and why, and how long a run will take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile

from seatrial.errors import BadInput
from seatrial.harness.doctor.finding import Finding, bad, note, ok
from seatrial.harness.estimate import scenario_seconds, suites_seconds
from seatrial.judge.statistics import least_that_tells
from seatrial.model.check import CHECKS, Check, Every
from seatrial.model.fault import Disruption
from seatrial.model.plan import LOAD_SECONDS, Profile
from seatrial.model.scenario import SCENARIOS, Need, Subject
from seatrial.model.system import System
from seatrial.traffic.schedule import parse

_NAMED = 10
"""So many workloads are named in one line."""


def examine_consent(system: System, context: str, namespace: str) -> Iterator[Finding]:
    """Whether the system may be disturbed here."""
    if gap := system.consent_gap(context, namespace):
        hint = f"consent: {{disruptive: true, context: {context}, namespace: {namespace}}}"
        yield note("consent", f"nothing will be disturbed: {gap}", f"Where disruption is welcome: {hint}")
    else:
        yield ok("consent", f"disruption is welcome in context {context}, namespace {namespace}")


def examine_checks(system: System) -> Iterator[Finding]:
    """One finding for each check: the workloads that it will judge, or what they lack."""
    for check in CHECKS.all().values():
        yield _possible(check, system)


def examine_duration(system: System) -> Iterator[Finding]:
    """How long things will usually take, from the bounds of their steps."""
    if not system.consent.disruptive:
        yield note("duration", "without consent nothing is carried out that takes time")
        return
    core, full = (_minutes(suites_seconds(system, profile)) for profile in Profile)
    yield ok(
        "duration", f"pytest suites/ about {core}, with --profile full {full}; a load test {LOAD_SECONDS} s"
    )
    yield from _load_that_cannot_tell(system)
    each = {
        scenario.id: seconds
        for scenario in SCENARIOS.all().values()
        if (seconds := scenario_seconds(scenario, system))
    }
    yield ok("duration", "; ".join(f"{name} about {_minutes(seconds)}" for name, seconds in each.items()))


def _load_that_cannot_tell(system: System) -> Iterator[Finding]:
    """Whether the load test of a run sends too few requests to show what must hold, even if none fails."""
    arrivals, availability = system.load.arrivals, system.objectives.availability
    try:
        planned = parse(arrivals).planned()
    except BadInput as error:
        yield bad("load", f"load.arrivals: {error.what}", error.next_step)
        return
    sent = sum(1 for _ in takewhile(lambda at: at < LOAD_SECONDS, planned))
    yield from _too_few(sent, least_that_tells(1 - availability), f"{availability:g}", arrivals)
    shares = system.load_shares
    for name, share in shares.items():
        if (own := system.journeys[name].objectives.availability) is not None:
            mine = round(sent * share / sum(shares.values()))
            yield from _too_few(mine, least_that_tells(1 - own), f"{own:g}", arrivals, f" of {name}")


def _too_few(sent: int, needed: int, what: str, arrivals: str, whose: str = "") -> Iterator[Finding]:
    if sent < needed:
        yield bad(
            "load",
            f"a load test of {LOAD_SECONDS} s sends {sent} requests{whose} ({arrivals}), and {needed} that "
            f"all succeed are needed to show an availability of {what}{whose}",
            "Raise `load.arrivals`, or let it last longer: --load-seconds.",
        )


def _possible(check: Check, system: System) -> Finding:
    disturbs = any(each.disruption is not Disruption.NONE for each in check.scenarios())
    if disturbs and not system.consent.disruptive:
        return note("check", f"{check.id} will be skipped: it disturbs, and there is no consent")
    if isinstance(check.scenario, Every):
        carried = [each.id for each in check.scenarios() if each.subjects(system)]
        if carried and not system.invariants and check.id.endswith("invariants-hold"):
            return note("check", f"{check.id}: the system file declares no `invariants`")
        if carried:
            return ok("check", f"{check.id} can judge {', '.join(carried)}")
        return note("check", f"{check.id}: no scenario applies to this system")
    subjects = check.subjects(system)
    if subjects:
        return ok("check", f"{check.id} can judge {_named([str(each) for each in subjects])}")
    lacks = "; ".join(need.text for need in _missing(check, system))
    return note(
        "check", f"{check.id} is unsupported: it needs {lacks}", "docs/your-system.md names each key."
    )


def _missing(check: Check, system: System) -> list[Need]:
    """What the workload lacks that lacks the least."""
    lacking = [
        [need for need in check.all_needs() if not need.holds(Subject(role, system))]
        for role in system.workloads
    ]
    return min(lacking, key=len)


def _named(subjects: Sequence[str]) -> str:
    more = len(subjects) - _NAMED
    return ", ".join(subjects[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
