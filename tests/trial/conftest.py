"""The commands as a person types them, against the sample system on the real cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from person import Person, cordoned
from unhurried import CHANDLERY

from seatrial.cluster.progress import PlainProgress
from seatrial.harness.conditions import at_rest
from seatrial.harness.context import Context
from seatrial.harness.rest import restore_spread
from seatrial.harness.session import Session, open_session
from seatrial.kube.client import Kube
from seatrial.settings import load_system, settings_from


@pytest.fixture(scope="session")
def deployed() -> Iterator[Kube]:
    """The sample system, up and answering."""
    settings = settings_from({"system": str(CHANDLERY)}, {})
    with open_session(settings, load_system(settings), PlainProgress()) as session:
        session.revert_left_overs()
        session.require_answer()
        spread(session)
        yield session.kube


def spread(session: Session) -> None:
    """As before every scenario, but here: what a test does must be all that changes the pods."""
    with session.recorder() as recorder:
        context = Context(session, "catalogue", recorder, session.injector())
        if restore_spread(context):
            recorder.wait(
                lambda seen: at_rest(context, seen), within_seconds=120, what="the system is at rest"
            )


@pytest.fixture
def person(deployed: Kube, tmp_path: Path) -> Person:
    environment = {
        "SEATRIAL_AS_DEPLOYED": "1",
        "SEATRIAL_STATE": str(tmp_path / "state"),
        "SEATRIAL_REPORT_DIR": str(tmp_path / "reports"),
    }
    person = Person(tmp_path, environment, deployed.kubeconfig)
    environment["SEATRIAL_SYSTEM"] = str(person.system().rename(tmp_path / "sample.yaml"))
    return person


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
