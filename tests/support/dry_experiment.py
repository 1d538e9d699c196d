"""An experiment on the session without a cluster, and the command line of Chaos Toolkit."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path
from typing import Any

import pytest
from dry_session import SYSTEM, Dry

from seatrial.chaos import experiment as module

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of a library that Chaos Toolkit logs with
    from chaostoolkit.cli import cli

__all__ = ["CONTROL", "EXPERIMENT", "activity", "cli", "experiment", "shop"]

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


@pytest.fixture
def experiment() -> dict[str, Any]:
    """An experiment to change."""
    return copy.deepcopy(EXPERIMENT)


@pytest.fixture
def shop(dry: Dry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The system without a cluster, as the environment of a `chaos run` names it; its reports' folder."""
    (tmp_path / "shop.yaml").write_text(SYSTEM)
    for name, path in (("SYSTEM", "shop.yaml"), ("STATE", "state"), ("REPORT_DIR", "reports")):
        monkeypatch.setenv(f"SEATRIAL_{name}", str(tmp_path / path))
    monkeypatch.setattr(module, "build_report", lambda directory: directory / "index.html")
    monkeypatch.setattr(module, "_current", None)
    return tmp_path / "reports"
