"""Experiments on the session without a cluster."""

import copy
from pathlib import Path
from typing import Any

import pytest
from dry_experiment import EXPERIMENT
from dry_session import SYSTEM, Dry, dry  # noqa: F401

from seatrial.chaos import experiment as module


@pytest.fixture
def experiment() -> dict[str, Any]:
    """An experiment to change."""
    return copy.deepcopy(EXPERIMENT)


@pytest.fixture(autouse=True)
def shop(dry: Dry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:  # noqa: F811
    """The system without a cluster, as the environment of a `chaos run` names it; its reports' folder."""
    (tmp_path / "shop.yaml").write_text(SYSTEM)
    for name, path in (("SYSTEM", "shop.yaml"), ("STATE", "state"), ("REPORT_DIR", "reports")):
        monkeypatch.setenv(f"SEATRIAL_{name}", str(tmp_path / path))
    monkeypatch.setattr(module, "build_report", lambda directory: directory / "index.html")
    monkeypatch.setattr(module, "_current", None)
    return tmp_path / "reports"
