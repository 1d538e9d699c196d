"""`seatrial status`: what is up, and what a killed run left behind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

from seatrial.commands.base import Json, System, command, settings

if TYPE_CHECKING:
    from seatrial.settings import Settings


@command("status")
def status(system: System = None, as_json: Json = False) -> int:
    """Say what is up: engine, cluster, nodes, faults left behind, newest run."""
    typer.echo(status_text(settings(system=system), as_json=as_json))
    return 0


def status_text(chosen: Settings, *, as_json: bool) -> str:
    """Engine, cluster, nodes, faults that still need reverting and newest run; changes nothing.

    Raises:
        BadInput: the system does not run on a cluster of ours, or a record of a fault is damaged.
    """
    from seatrial import cluster
    from seatrial.faults.revert import pending
    from seatrial.harness.access import kind_configuration
    from seatrial.settings import load_system

    found = cluster.status(kind_configuration(chosen, load_system(chosen)))
    faults = [str(entry) for entry in pending(chosen.state_directory)]
    latest = chosen.reports_directory / "latest"
    newest = str(latest.resolve().name) if latest.exists() else ""
    if as_json:
        return json.dumps(
            {
                "engine": str(found.engine) if found.engine else None,
                "cluster": found.cluster.name if found.cluster else None,
                "problem": found.problem,
                "nodes": found.nodes,
                "sealed": found.sealed,
                "left_behind": faults,
                "latest_run": newest or None,
            },
            indent=2,
        )
    nodes = ", ".join(f"{name} {state}" for name, state in found.nodes.items())
    lines = [
        f"engine   {'answers' if found.engine else 'none answers'}",
        f"cluster  {found.cluster.name + ' is up' if found.cluster else found.problem or 'none'}",
        f"nodes    {nodes or 'none'}",
        f"sealed   {'yes: no packet of the nodes leaves this machine' if found.sealed else 'no'}",
        f"faults   {'; '.join(faults) + ' (run `seatrial revert`)' if faults else 'none left behind'}",
        f"latest   {newest or 'no run yet'}",
    ]
    return "\n".join(lines)
