"""An experiment on the session without a cluster, and the command line of Chaos Toolkit."""

from __future__ import annotations

import warnings
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of a library that Chaos Toolkit logs with
    from chaostoolkit.cli import cli

__all__ = ["CONTROL", "EXPERIMENT", "activity", "cli"]

CONTROL = {
    "name": "seatrial-verdict",
    "provider": {"type": "python", "module": "seatrial.chaos.control", "arguments": {"role": "basket"}},
}


def activity(kind: str, function: str, **arguments: Any) -> dict[str, Any]:
    """One activity of Seatrial's own."""
    place = "seatrial.chaos.probes" if kind == "probe" else "seatrial.chaos.actions"
    provider = {"type": "python", "module": place, "func": function, "arguments": arguments}
    return {"type": kind, "name": function, "provider": provider}


EXPERIMENT = {
    "title": "Pods are replaced",
    "description": "Three pods are deleted.",
    "controls": [CONTROL],
    "steady-state-hypothesis": {
        "title": "Clients are answered",
        "probes": [{**activity("probe", "clients_are_answered"), "tolerance": True}],
    },
    "method": [activity("action", "inject", fault="delete-pod", times=3)],
    "rollbacks": [],
}
