"""The commands as a person types them, against the sample system on the real cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from person import CHANDLERY, Person, cordoned

from seatrial.cluster.progress import PlainProgress
from seatrial.harness.session import open_session
from seatrial.kube.client import Kube
from seatrial.settings import load_system, settings_from


@pytest.fixture(scope="session")
def deployed() -> Iterator[Kube]:
    """The sample system, up and answering."""
    settings = settings_from({"system": str(CHANDLERY)}, {})
    with open_session(settings, load_system(settings), PlainProgress()) as session:
        session.revert_left_overs()
        session.require_answer()
        yield session.kube


@pytest.fixture
def person(deployed: Kube, tmp_path: Path) -> Person:
    environment = {
        "SEATRIAL_AS_DEPLOYED": "1",
        "SEATRIAL_SYSTEM": str(CHANDLERY),
        "SEATRIAL_STATE": str(tmp_path / "state"),
        "SEATRIAL_REPORT_DIR": str(tmp_path / "reports"),
    }
    return Person(tmp_path, deployed.kubeconfig, environment)


@pytest.fixture
def untouched(deployed: Kube) -> Iterator[None]:
    """Nothing was disturbed: the pods are those of before, and every node takes pods."""

    def pods() -> set[str]:
        found = deployed.objects("Pod")
        return {pod["metadata"]["uid"] for pod in found if not pod["metadata"].get("deletionTimestamp")}

    before = pods()
    yield
    assert pods() == before
    assert cordoned(deployed) == []
