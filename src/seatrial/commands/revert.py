"""`seatrial revert`: faults that a killed run left behind are reverted."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import typer

from seatrial.commands.base import Context, Kubeconfig, Namespace, System, command, settings
from seatrial.errors import BadInput, ClusterUnreachable, SeatrialError

if TYPE_CHECKING:
    from seatrial.settings import Settings

NOTHING = "nothing to revert: no fault was left behind"


@command("revert")
def revert(
    system: System = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    namespace: Namespace = None,
) -> int:
    """Revert every fault that a killed run left behind, here or from another machine. Safe at any time."""
    from seatrial.faults.revert import revert_all

    chosen = settings(system=system, kubeconfig=kubeconfig, context=context, namespace=namespace)
    reverted = revert_all(chosen.state_directory)
    lines, done = leased(chosen, {item.entry.id for item in reverted if item.done})
    typer.echo("\n".join([*map(str, reverted), *lines]) or NOTHING)
    return 0 if done and all(item.done for item in reverted) else 1


def leased(chosen: Settings, reverted: Collection[str]) -> tuple[list[str], bool]:
    """Revert what the Lease of the system says is open, where its journal is not on this machine.

    Args:
        reverted: ids of faults that the journal had.

    Returns:
        What there is to say of it, and whether nothing is left to do.

    Raises:
        BadInput: the system file is wrong.
    """
    from seatrial.faults.lease import Lease
    from seatrial.harness.access import access
    from seatrial.kube.client import Kube
    from seatrial.settings import OWN_SYSTEM, load_system

    if chosen.system_path == OWN_SYSTEM and not OWN_SYSTEM.is_file():
        return [], True  # nobody named a system
    system = load_system(chosen)
    try:
        with Kube(*access(chosen, system), system.target.namespace) as kube:
            found = Lease(kube).clear()
    except (ClusterUnreachable, BadInput) as error:
        # Our own cluster that is down has nothing in place; of any other nobody knows.
        return [
            f"NOT looked at, the Lease of {system.metadata.name}: {error}"
        ], system.target.kind is not None
    except SeatrialError as error:
        return [f"NOT reverted: {error}"], False
    return [str(item) for item in found if item.entry.id not in reverted], True
