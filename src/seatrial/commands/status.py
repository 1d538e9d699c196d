"""`seatrial status`: what is up, what is not as deployed, and what a killed run left behind."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from seatrial.commands.base import Json, System, command, settings
from seatrial.errors import SeatrialError

if TYPE_CHECKING:
    from seatrial.cluster import ClusterStatus
    from seatrial.kube.client import Kube
    from seatrial.model.system import System as SystemModel
    from seatrial.settings import Settings


@command("status")
def status(system: System = None, as_json: Json = False) -> int:
    """Say what is up, what is not as deployed, which faults were left behind, and which run was the last."""
    typer.echo(status_text(settings(system=system), as_json=as_json))
    return 0


@dataclass(frozen=True)
class Objects:
    """What is known of the objects of the namespace.

    Attributes:
        problem: why nothing is known; empty when they could be read.
        differences: objects that are not as the manifests declare them; None when that could not be asked.
        unready: workloads that lack pods.
        leases: who holds which Lease of Seatrial.
    """

    problem: str = ""
    differences: list[str] | None = None
    unready: list[str] = field(default_factory=list)
    leases: list[str] = field(default_factory=list)


def status_text(chosen: Settings, *, as_json: bool) -> str:
    """Engine, cluster, nodes, objects, faults that still need reverting and newest run; changes nothing.

    Raises:
        BadInput: the system file is wrong, or a record of a fault is damaged.
    """
    from seatrial import cluster
    from seatrial.faults.revert import pending
    from seatrial.harness.access import kind_configuration
    from seatrial.settings import load_system

    system = load_system(chosen)
    found = None
    if system.target.kind is not None:
        found = cluster.status(kind_configuration(chosen, system))
    objects = _objects(chosen, system, found)
    faults = [str(entry) for entry in pending(chosen.state_directory)]
    latest = chosen.reports_directory / "latest"
    newest = str(latest.resolve().name) if latest.exists() else ""
    if as_json:
        return _as_json(found, objects, faults, newest)
    lines = _of_cluster(found) if found is not None else [f"cluster  context {system.target.context}"]
    lines += [
        *_of_objects(objects),
        f"faults   {'; '.join(faults) + ' (run `seatrial revert`)' if faults else 'none left behind'}",
        f"latest   {newest or 'no run yet'}",
    ]
    return "\n".join(lines)


def _objects(chosen: Settings, system: SystemModel, found: ClusterStatus | None) -> Objects:
    """Read the namespace; what cannot be read is said, and ends nothing."""
    from seatrial.harness.access import access
    from seatrial.kube.client import Kube
    from seatrial.kube.rollout import unready

    if found is not None and found.cluster is None:
        return Objects(found.problem)
    try:
        with Kube(*access(chosen, system), system.target.namespace) as kube:
            kube.require_namespace()
            return Objects("", _differences(chosen, system, kube), unready(kube), _leases(kube))
    except SeatrialError as error:
        return Objects(error.what)


def _differences(chosen: Settings, system: SystemModel, kube: Kube) -> list[str] | None:
    from seatrial import cluster
    from seatrial.harness.access import beside
    from seatrial.kube.apply import drift, logical_images

    if system.deploy is None or (kubectl := cluster.present_kubectl()) is None:
        return None
    folder = beside(chosen.system_path, system.deploy.kustomize)
    try:
        images = cluster.present_images(logical_images(folder, kubectl=str(kubectl)))
        return drift(kube, folder, images, kubectl=str(kubectl))
    except SeatrialError as error:
        return [f"they could not be compared: {error.what}"]


def _leases(kube: Kube) -> list[str]:
    from seatrial.faults import lease_record
    from seatrial.kube.errors import Forbidden

    try:
        found = kube.find("Lease", lease_record.NAME)
    except Forbidden as error:
        return [f"not known: {error.what}"]
    if found is None:
        return []
    record = lease_record.read(found)
    left = (
        f"{len(record.effects)} fault(s) open, run `seatrial revert`" if record.effects else "no fault open"
    )
    if not record.token:
        return [f"held by nobody; {left}"]
    seen = {lease_record.State.HELD: "runs", lease_record.State.LEFT: "is gone"}
    about = seen.get(record.state(), "is on another machine")
    return [
        f"{record.who}; it {about}; {left if about != 'runs' else f'{len(record.effects)} fault(s) open'}"
    ]


def _of_cluster(found: ClusterStatus) -> list[str]:
    nodes = ", ".join(f"{name} {state}" for name, state in found.nodes.items())
    return [
        f"engine   {'answers' if found.engine else 'none answers'}",
        f"cluster  {found.cluster.name + ' is up' if found.cluster else found.problem or 'none'}",
        f"nodes    {nodes or 'none'}",
        f"sealed   {'yes: no packet of the nodes leaves this machine' if found.sealed else 'no'}",
    ]


def _of_objects(objects: Objects) -> list[str]:
    if objects.problem:
        return [f"objects  not read: {objects.problem}"]
    if objects.differences is None:
        said = ["there are no manifests to compare with"]
    else:
        said = objects.differences or ["as the manifests declare them"]
    lines = [*(f"objects  {line}" for line in said), *(f"pods     {line}" for line in objects.unready)]
    return [*lines, *(f"lease    {line}" for line in objects.leases)]


def _as_json(found: ClusterStatus | None, objects: Objects, faults: list[str], newest: str) -> str:
    shown = {
        "engine": str(found.engine) if found and found.engine else None,
        "cluster": found.cluster.name if found and found.cluster else None,
        "problem": (found.problem if found else "") or objects.problem,
        "nodes": found.nodes if found else {},
        "sealed": found.sealed if found else False,
        "different": objects.differences,
        "unready": objects.unready,
        "leases": objects.leases,
        "left_behind": faults,
        "latest_run": newest or None,
    }
    return json.dumps(shown, indent=2)
