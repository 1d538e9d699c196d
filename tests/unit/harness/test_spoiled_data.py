"""What a flawed version wrote is thrown away before the next deployment, whoever makes that."""

from pathlib import Path

import pytest
from dry_session import SYSTEM, Dry

import seatrial.harness.session as module
from seatrial.cluster.progress import PlainProgress


@pytest.fixture
def deploying(dry: Dry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Deploys a folder, on a namespace that bears a mark or none; returns what was done, in order."""

    def deploys(mark: str, *, own: bool = True, **more: bool) -> list[str]:
        done: list[str] = []
        session = dry.session(SYSTEM)
        session.own = "own" if own else None  # type: ignore[assignment]
        monkeypatch.setattr(module, "logical_images", lambda folder, *, kubectl: [])
        monkeypatch.setattr(module, "ensure_tools", lambda _: type("Tools", (), {"kubectl": "kubectl"}))
        monkeypatch.setattr(module.cluster, "ensure_images", lambda *_: {})
        monkeypatch.setattr(module.cluster, "load_images", lambda *_: None)
        monkeypatch.setattr(module, "spoiled_by", lambda kube: mark)
        monkeypatch.setattr(module, "throw_away", lambda kube: done.append("thrown away"))
        monkeypatch.setattr(module, "mark_spoiled", lambda kube, by: done.append(f"marked {by}"))
        monkeypatch.setattr(module, "deploy", lambda *_, **__: done.append("deployed"))
        folder = tmp_path / "late"
        folder.mkdir()
        session.deploy(folder, PlainProgress(), **more)
        return done

    return deploys


def test_a_flawed_version_is_marked_before_it_runs(deploying) -> None:
    assert deploying("", flawed=True) == ["marked late", "deployed"]


def test_the_next_deployment_begins_with_empty_volumes(deploying) -> None:
    assert deploying("early") == ["thrown away", "deployed"]


def test_and_so_does_the_next_flawed_one(deploying) -> None:
    assert deploying("early", flawed=True) == ["thrown away", "marked late", "deployed"]


def test_where_nothing_flawed_wrote_all_stays(deploying) -> None:
    assert deploying("") == ["deployed"]


def test_on_a_foreign_cluster_nothing_is_thrown_away(deploying) -> None:
    assert deploying("early", own=False, flawed=True) == ["deployed"]
