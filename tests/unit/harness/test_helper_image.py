"""The fourth bad version is planned where it must be contained, and gets the helper image of its cluster."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dry_session import SYSTEM, Dry, DryInjector, subject

import seatrial.harness.helper_image as image_module
import seatrial.harness.session as session_module
from seatrial.harness.observe import observe
from seatrial.model.scenario import SCENARIOS
from seatrial.model.step import Inject

GUARDED = SYSTEM.replace("stateless: true}", "stateless: true, contained_by: outlier-ejection}")
NAMED = GUARDED + "images: {helper: example.com/helper:1}\n"
OWN = GUARDED.replace("{context: nowhere, ", "{kind: {config: kind.yaml}, ")


def kinds(text: str) -> list[str]:
    plan = SCENARIOS.get("bad-rollout").plan(subject(text=text))
    return [step.arguments["kind"] for step in plan if isinstance(step, Inject)]


def test_the_fourth_kind_is_planned_only_where_it_is_declared_and_can_be_had() -> None:
    plain = ["image-missing", "never-ready", "crash-after-ready"]
    named = "images: {helper: example.com/helper:1}\n"
    assert [kinds(text) for text in (SYSTEM, SYSTEM + named, GUARDED)] == [plain, plain, plain]
    assert [kinds(text) for text in (NAMED, OWN)] == [[*plain, "answers-500"]] * 2


@pytest.fixture
def images(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The image of each fault that is injected."""
    seen: list[str] = []
    real = DryInjector.inject

    def inject(self: DryInjector, fault: Any, recorder: Any, *, held: bool = False) -> Any:
        seen.append(fault.image)
        return real(self, fault, recorder, held=held)

    monkeypatch.setattr(DryInjector, "inject", inject)
    return seen


def test_the_fault_gets_the_reference_of_the_system_file(dry: Dry, images: list[str]) -> None:
    made = observe(dry.session(NAMED), dry.run, SCENARIOS.get("bad-rollout"), subject(text=NAMED))
    assert made.failure is None
    assert images == ["", "", "", "example.com/helper:1"]


def test_without_an_image_the_scenario_ends_and_says_what_is_missing(dry: Dry, images: list[str]) -> None:
    made = observe(dry.session(GUARDED), dry.run, SCENARIOS.get("bad-rollout"), subject(text=NAMED))
    assert made.failure is not None
    assert "there is no helper image" in made.failure.observed
    assert images == ["", "", ""]


class Cluster:
    """What a session asks of the cluster's room."""

    def __init__(self, running: bool) -> None:
        self.loaded: list[str] = []
        self.running = running

    def status(self, config: Path) -> Any:
        assert config.name == "kind.yaml"
        return SimpleNamespace(cluster="it" if self.running else None, problem="no Docker engine answers")

    def ensure_images(self, names: list[str], progress: Any) -> dict[str, str]:
        return {name: f"{name}:built" for name in names}

    def load_images(self, cluster: str, tags: list[str], progress: Any, *, everywhere: bool = False) -> None:
        assert cluster in ("it", "own")
        self.loaded += tags
        self.everywhere = everywhere

    def ensure_tools(self, progress: Any) -> Any:
        return SimpleNamespace(kubectl="kubectl")

    def PlainProgress(self) -> Any:  # noqa: N802 - stands for the class
        return Told()


class Told:
    def stage(self, title: str) -> AbstractContextManager[Any]:
        return nullcontext(SimpleNamespace(note=lambda _: None))


@pytest.fixture
def own(dry: Dry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Cluster]:
    """A session on a kind cluster of its own that another run brought up, and that cluster."""
    there = Cluster(running=True)
    monkeypatch.setattr(session_module, "cluster", there)
    monkeypatch.setattr(session_module, "ensure_tools", there.ensure_tools)
    monkeypatch.setattr(image_module, "cluster", there)
    monkeypatch.setattr(image_module, "kind_configuration", lambda settings, system: Path("kind.yaml"))
    return dry.session(OWN), there


def test_on_a_cluster_of_its_own_it_is_made_and_loaded(own: tuple[Any, Cluster]) -> None:
    session, there = own
    assert session.helper_image() == "seatrial/helper:built"
    assert there.loaded == ["seatrial/helper:built"]
    assert not there.everywhere
    there.running = False
    with pytest.raises(session_module.SeatrialError, match="no Docker engine answers"):
        session.helper_image()


def test_for_a_generator_inside_the_cluster_the_control_plane_gets_it_too(
    own: tuple[Any, Cluster], dry: Dry
) -> None:
    _, there = own
    inside = OWN.replace('{url: "http://127.0.0.1:1"}', "{service: {name: web, port: 80}}")
    assert inside != OWN
    assert dry.session(inside).helper_image() == "seatrial/helper:built"
    assert there.everywhere


UNGUARDED = "  stock: {kind: Deployment, name: stock, stateless: true}\n"
NONE_GUARDED = OWN.replace(", contained_by: outlier-ejection", "")


@pytest.mark.parametrize(
    ("text", "helpers"),
    [(OWN, 1), (OWN.replace("journeys:\n", f"{UNGUARDED}journeys:\n"), 1), (NONE_GUARDED, 0)],
)
def test_a_deployment_brings_it_only_where_a_scenario_needs_it(
    own: tuple[Any, Cluster],
    dry: Dry,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    text: str,
    helpers: int,
) -> None:
    _, there = own
    session = dry.session(text)
    session.own = "own"  # type: ignore[assignment]
    monkeypatch.setattr(session_module, "logical_images", lambda folder, *, kubectl: ["seatrial/web"])
    monkeypatch.setattr(session_module, "deploy", lambda *_, **__: None)
    monkeypatch.setattr(session_module, "spoiled_by", lambda kube: "")
    session.deploy(tmp_path, Told())  # type: ignore[arg-type]
    assert there.loaded == ["seatrial/web:built", *["seatrial/helper:built"] * helpers]
