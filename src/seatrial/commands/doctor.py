"""`seatrial doctor`: what can be tested on a system as it stands, and what lacks; changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from seatrial.commands.base import Context, Json, Kubeconfig, Namespace, System, command, settings
from seatrial.errors import SeatrialError

if TYPE_CHECKING:
    from seatrial.harness.doctor.finding import Finding
    from seatrial.kube.client import Kube
    from seatrial.model.system import System as SystemModel
    from seatrial.settings import Settings


@command("doctor")
def doctor(
    system: System = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    namespace: Namespace = None,
    as_json: Json = False,
) -> int:
    """Say what can be tested as it stands: rights, entry, clock, metrics, checks, and how long it takes."""
    chosen = settings(system=system, kubeconfig=kubeconfig, context=context, namespace=namespace)
    found = []
    for finding in examined(chosen):
        found.append(finding)
        if not as_json:
            typer.echo("\n".join(_lines(finding)))
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in found], indent=2))
    else:
        typer.echo(_closing(found))
    return exit_code(found)


def examined(chosen: Settings) -> Iterator[Finding]:
    """Every finding, as it is found; what cannot be asked ends nothing but its own questions.

    Raises:
        BadInput: the system file is wrong.
        SeatrialError: the kubeconfig or the context cannot be used.
    """
    from seatrial.harness.access import access
    from seatrial.harness.doctor.finding import bad, ok
    from seatrial.harness.doctor.possible import examine_checks, examine_duration
    from seatrial.kube.client import Kube
    from seatrial.settings import load_system

    system = load_system(chosen)
    yield ok("file", f"{chosen.system_path} describes {system.metadata.name}")
    with Kube(*access(chosen, system), system.target.namespace) as kube:
        try:
            yield from _of_cluster(kube, system, chosen)
        except SeatrialError as error:
            where = f" ({error.where})" if error.where else ""
            yield bad("cluster", f"{error.what}{where}", error.next_step)
    yield from examine_checks(system)
    yield from examine_duration(system)


def _of_cluster(kube: Kube, system: SystemModel, chosen: Settings) -> Iterator[Finding]:
    from seatrial.harness.doctor.cluster import (
        examine_clock,
        examine_cluster,
        examine_metrics,
        examine_workloads,
    )
    from seatrial.harness.doctor.entry import examine_entry
    from seatrial.harness.doctor.possible import examine_consent
    from seatrial.harness.doctor.rights import examine_rights
    from seatrial.harness.helper_image import helper_image

    yield from examine_consent(system, kube.context, kube.namespace)
    questions: tuple[Callable[[], Iterable[Finding]], ...] = (
        lambda: examine_cluster(kube),
        lambda: examine_rights(kube, system),
        lambda: examine_clock(kube),
        lambda: examine_metrics(kube, system),
        lambda: examine_workloads(kube, system),
        lambda: examine_entry(kube, system, lambda: helper_image(chosen, system)),
    )
    for question in questions:
        yield from _asked(question)


def _asked(question: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    from seatrial.errors import ClusterUnreachable
    from seatrial.harness.doctor.finding import bad

    try:
        yield from question()
    except ClusterUnreachable:
        raise
    except SeatrialError as error:
        where = f" ({error.where})" if error.where else ""
        yield bad("cluster", f"{error.what}{where}", error.next_step)


def exit_code(found: Iterable[Finding]) -> int:
    """1 where a run would end red, else 0."""
    from seatrial.harness.doctor.finding import State

    return int(any(finding.state is State.BAD for finding in found))


def _lines(finding: Finding) -> Iterator[str]:
    from seatrial.harness.doctor.finding import State

    mark = finding.state.upper() if finding.state is State.BAD else finding.state.value
    yield f"{finding.about:<11}{mark:<6}{finding.text}"
    if finding.next_step:
        yield f"{'':<17}next: {finding.next_step}"


def _closing(found: list[Finding]) -> str:
    from seatrial.harness.doctor.finding import State

    number = {state: sum(finding.state is state for finding in found) for state in State}
    if number[State.BAD]:
        return f"{number[State.BAD]} of {len(found)} lines are bad: a run would end red for them"
    notes = f"{number[State.NOTE]} of {len(found)} lines name what is not tested, or cannot be told"
    return f"nothing stands in the way; {notes}"
