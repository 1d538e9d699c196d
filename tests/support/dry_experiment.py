"""An experiment on the session without a cluster, and the command line of Chaos Toolkit."""

from __future__ import annotations

import copy
import json
import sys
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from dry_session import SYSTEM, Dry

from seatrial.chaos import experiment as module
from seatrial.model.run import Run
from seatrial.record.reader import read_run

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of a library that Chaos Toolkit logs with
    from chaostoolkit.cli import cli

__all__ = ["CONTROL", "EXPERIMENT", "activity", "cli", "experiment", "own", "run_experiment", "shop"]

CONTROL = {
    "name": "seatrial-verdict",
    "provider": {"type": "python", "module": "seatrial.chaos.control", "arguments": {"role": "basket"}},
}


def activity(kind: str, function: str, **arguments: Any) -> dict[str, Any]:
    """One activity of Seatrial's own."""
    place = "seatrial.chaos.probes" if kind == "probe" else "seatrial.chaos.actions"
    provider = {"type": "python", "module": place, "func": function, "arguments": arguments}
    return {"type": kind, "name": function, "provider": provider}


def own(monkeypatch: pytest.MonkeyPatch, kind: str, does: Callable[[], Any], **more: Any) -> dict[str, Any]:
    """An activity that does whatever a test says."""
    made = types.ModuleType(f"{kind}_of_this_test")
    made.act = does  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, made.__name__, made)
    provider = {"type": "python", "module": made.__name__, "func": "act"}
    return {"type": kind, "name": kind, "provider": provider, **more}


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


class ChaosRun:
    """`chaos run` of an experiment, in this process.

    Attributes:
        said: what the last one printed.
    """

    def __init__(self, folder: Path, reports: Path) -> None:
        self.folder, self.reports, self.said = folder, reports, ""

    def __call__(self, experiment: dict[str, Any], *options: str) -> tuple[int, Run]:
        """The exit code, and the run as it was recorded; an empty run where nothing was."""
        path = self.folder / "experiment.json"
        path.write_text(json.dumps(experiment))
        arguments = ["--no-version-check", "--log-file", str(self.folder / "log"), "run", *options]
        arguments += ["--rollback-strategy", "always"]
        arguments += ["--journal-path", str(self.folder / "journal.json"), str(path)]
        result = CliRunner().invoke(cli, arguments)
        self.said = result.output
        return result.exit_code, self.recorded()

    def recorded(self) -> Run:
        latest = self.reports / "latest"
        if latest.exists():
            return read_run(latest)
        return Run("", "", 0.0, None, False, {}, (), (), (), ())


@pytest.fixture
def run_experiment(shop: Path, tmp_path: Path) -> ChaosRun:
    return ChaosRun(tmp_path, shop)
