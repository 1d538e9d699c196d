"""What is found wrong before a cluster is brought up for a run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from seatrial import cluster
from seatrial.errors import BadInput
from seatrial.harness.session import open_session
from seatrial.model.system import System


def refuse(*_: Any, **__: Any) -> None:
    pytest.fail("a cluster was brought up")


def test_a_journey_that_cannot_be_sent_ends_a_run_before_anything_is_brought_up(monkeypatch) -> None:
    monkeypatch.delenv("SEATRIAL_AS_DEPLOYED", raising=False)
    monkeypatch.setattr(cluster, "up", refuse)
    write: dict[str, Any] = {
        "request": {"method": "POST", "path": "/things"},
        "acknowledged": {"read": {"path": "/things/{response.place}/{response.id}"}},
    }
    system = System.model_validate({
        "apiVersion": "seatrial/v1", "kind": "System", "metadata": {"name": "tiny"},
        "target": {"kind": {"config": "kind.yaml"}, "namespace": "shop"}, "entry": {"url": "http://127.0.0.1:30080"},
        "workloads": {"web": {"kind": "Deployment", "name": "web", "journey": "write"}},
        "journeys": {"write": write},
    })  # fmt: skip
    settings, progress, run = SimpleNamespace(), SimpleNamespace(), SimpleNamespace()
    with pytest.raises(BadInput, match="two fields of the answer are read: place, id"):
        open_session(settings, system, progress, run)  # type: ignore[arg-type]
