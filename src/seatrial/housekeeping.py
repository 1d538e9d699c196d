"""What is up, what a killed run left behind, and pages built again."""

from __future__ import annotations

import json
from pathlib import Path

from seatrial import cluster
from seatrial.cluster.progress import Progress
from seatrial.errors import BadInput
from seatrial.faults.revert import heal, pending
from seatrial.harness.session import kind_configuration
from seatrial.record.reader import read_run
from seatrial.report.html import build_report
from seatrial.report.summary import exit_code, summary_text
from seatrial.settings import Settings, load_system
from seatrial.voyage import shown


def take_down(settings: Settings, progress: Progress) -> None:
    """Remove our own cluster of the system file, and the engine if it is ours.

    Raises:
        BadInput: the system does not run on a cluster of ours.
    """
    cluster.down(kind_configuration(settings, load_system(settings)), progress=progress)


def show_status(settings: Settings, *, as_json: bool) -> str:
    """Engine, cluster, nodes, open undo records and newest run, without changing anything."""
    found = cluster.status(kind_configuration(settings, load_system(settings)))
    undo = [str(entry) for entry in pending(settings.state_directory)]
    latest = settings.reports_directory / "latest"
    newest = str(latest.resolve().name) if latest.exists() else ""
    if as_json:
        return json.dumps(
            {
                "engine": str(found.engine) if found.engine else None,
                "cluster": found.cluster.name if found.cluster else None,
                "problem": found.problem,
                "nodes": found.nodes,
                "sealed": found.sealed,
                "undo": undo,
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
        f"undo     {'; '.join(undo) + ' (run `seatrial heal`)' if undo else 'nothing left behind'}",
        f"latest   {newest or 'no run yet'}",
    ]
    return "\n".join(lines)


def rebuild_report(directory: Path) -> tuple[int, str]:
    """Build the page of a run again; returns its exit code and summary.

    Raises:
        BadInput: the folder holds no run.
    """
    if not directory.is_dir() or not any(directory.glob("events-*.ndjson")):
        raise BadInput(
            "there is no run in that folder", where=str(directory),
            next_step="Name a folder below reports/; `seatrial run` makes one.",
        )  # fmt: skip
    page = build_report(directory.resolve())
    run = read_run(directory.resolve())
    return exit_code(run), f"{summary_text(run)}\n\npage  {shown(page)}"


def revert_all_faults(settings: Settings) -> tuple[int, str]:
    """Undo what killed runs left behind; exit code 1 when something could not be undone."""
    healed = heal(settings.state_directory)
    if not healed:
        return 0, "nothing to heal: no fault was left behind"
    return (0 if all(item.done for item in healed) else 1), "\n".join(str(item) for item in healed)
