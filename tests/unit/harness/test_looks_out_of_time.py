"""A look for which no time was left is kept as one that could not be made, and never left out."""

from types import SimpleNamespace

import pytest

from seatrial.harness import measuring
from seatrial.harness.looks import hardening, resources
from seatrial.model.measurement import MeasurementOutcome

POD = {"spec": {"containers": [{"name": "app"}, {"name": "proxy"}]}}


class Cluster:
    """Two pods of two containers each, as the API server has them."""

    def get(self, kind: str, name: str) -> dict[str, object]:
        return {"spec": {"template": POD}}

    def find(self, kind: str, name: str) -> dict[str, object]:
        return POD


@pytest.fixture
def context() -> SimpleNamespace:
    there = [
        SimpleNamespace(name=name, ready=True, deleting=False, requests={"app": {}, "proxy": {}})
        for name in ("a", "b")
    ]
    return SimpleNamespace(
        session=SimpleNamespace(kube=Cluster()), pods=lambda: there,
        subject=SimpleNamespace(workload=SimpleNamespace(kind="Deployment", name="web")),
    )  # fmt: skip


EVERY = ["a/app", "a/proxy", "b/app", "b/proxy"]


def late(made) -> list[str]:
    found = list(made)
    assert all(one.outcome is MeasurementOutcome.COULD_NOT_TRY for one in found)
    assert {one.reason for one in found} == {"0 s were over"}
    return [one.name for one in found]


def test_from_inside(context) -> None:
    assert late(hardening.hardening(context, 0.0)) == EVERY


def test_what_containers_take(context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "_read", lambda context, pod, container: (0.0, None))
    monkeypatch.setattr(resources, "BETWEEN_SECONDS", 0.01)
    assert late(resources.resources(context, 0.0)) == EVERY


def test_connections(context) -> None:
    assert late(measuring.connections(context, 0.0, looks_seconds=(0.01, 0.02))) == ["0.01 s"]
