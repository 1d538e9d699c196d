"""The table of images is whole, and a change of any input makes another tag."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seatrial.cluster import keys
from seatrial.cluster.build import images, registry
from seatrial.cluster.build.debian import DebianRoot
from seatrial.cluster.build.gobuild import GoProgram
from seatrial.cluster.paths import fixtures_root
from seatrial.errors import SeatrialError

EXPECTED = {
    "seatrial/node",
    "seatrial/python",
    "seatrial/chandlery",
    "seatrial/postgres",
    "seatrial/nats",
    "seatrial/envoy",
    "seatrial/prometheus",
    "seatrial/metrics-server",
    "seatrial/helper",
}
ONLY_BUILT = {"seatrial/chandlery", "seatrial/helper"}


class Silent:
    """Progress that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    @contextmanager
    def stage(self, title: str) -> Iterator[Silent]:
        self.told.append(title)
        yield self

    def note(self, text: str) -> None:
        self.told.append(text)

    def skipped(self, reason: str) -> None:
        self.told.append(reason)


def test_the_table_has_every_image_the_manifests_name() -> None:
    assert set(images.table()) == EXPECTED


def test_every_image_is_described_to_those_who_write_manifests() -> None:
    page = (fixtures_root() / "cluster" / "images" / "README.md").read_text()
    assert [name for name in EXPECTED if f"`{name}`" not in page] == []


@pytest.mark.parametrize("name", sorted(EXPECTED - {"seatrial/node", "seatrial/chandlery"}))
def test_a_recipe_has_a_dockerfile_that_counts_in_its_key(name: str) -> None:
    image = images.table()[name]
    recipe = fixtures_root() / "cluster" / "images" / name.removeprefix("seatrial/")
    assert (recipe / "Dockerfile").is_file()
    assert recipe in image.inputs


@pytest.mark.parametrize("name", sorted(EXPECTED - ONLY_BUILT))
def test_a_pull_reference_names_a_version(name: str) -> None:
    _, _, tag = images.table()[name].pull.partition("@")[0].rpartition(":")
    assert tag
    assert tag != "latest"


def test_pulled_and_built_images_never_share_a_tag() -> None:
    tags = [tag for image in images.table().values() for tag in (image.pulled_tag(), image.built_tag())]
    assert len(set(tags)) == len(tags)


def test_a_change_of_the_base_changes_what_is_built_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before = images.table()["seatrial/chandlery"].built_tag()
    python = images.table()["seatrial/python"]
    monkeypatch.setitem(images.table(), "seatrial/python", dataclasses.replace(python, pins=("another",)))
    assert images.table()["seatrial/chandlery"].built_tag() != before


def test_a_change_of_a_carried_image_changes_the_node(monkeypatch: pytest.MonkeyPatch) -> None:
    before = images.table()["seatrial/node"].built_tag()
    metrics = images.table()["seatrial/metrics-server"]
    monkeypatch.setitem(
        images.table(), "seatrial/metrics-server", dataclasses.replace(metrics, pins=("another",))
    )
    assert images.table()["seatrial/node"].built_tag() != before


def test_content_name_mode_and_pins_of_the_inputs_count_in_a_key(tmp_path: Path) -> None:
    folder = tmp_path / "recipe"
    folder.mkdir()
    file = folder / "Dockerfile"
    file.write_text("FROM scratch\n")
    seen = {keys.content_key(("a",), (folder,))}
    file.write_text("FROM scratch\nUSER 1\n")
    seen.add(keys.content_key(("a",), (folder,)))
    file.chmod(0o755)
    seen.add(keys.content_key(("a",), (folder,)))
    file.rename(folder / "Containerfile")
    seen.add(keys.content_key(("a",), (folder,)))
    seen.add(keys.content_key(("b",), (folder,)))
    seen.add(keys.content_key(("b", ""), (folder,)))
    assert len(seen) == 6


def test_a_key_is_the_same_in_another_checkout_and_without_byte_code(tmp_path: Path) -> None:
    found = []
    for place in ("one", "two"):
        folder = tmp_path / place / "services"
        (folder / "__pycache__").mkdir(parents=True)
        (folder / "code.py").write_text("pass\n")
        (folder / "__pycache__" / "code.pyc").write_text(place)
        found.append(keys.content_key((), (folder,)))
    assert found[0] == found[1]


def test_a_missing_input_is_an_error_and_not_an_empty_key(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        keys.content_key((), (tmp_path / "not there",))


def test_flags_and_packages_count_in_the_keys_of_programs_and_roots() -> None:
    program = GoProgram("x", "example.invalid/x", "v1.0.0")
    root = DebianRoot("trixie", ("a",))
    assert len(
        {
            program.key(),
            dataclasses.replace(program, version="v1.0.1").key(),
            dataclasses.replace(program, tags=("t",)).key(),
            dataclasses.replace(program, linker_values=("a.b=c",)).key(),
            root.key(),
            dataclasses.replace(root, packages=("a", "b")).key(),
            dataclasses.replace(root, without=("/usr/bin/x",)).key(),
            dataclasses.replace(root, only=True).key(),
        }
    ) == 8  # fmt: skip


def test_an_unknown_image_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(SeatrialError) as refused:
        images.ensure_images(["seatrial/postgers"], Silent())
    assert "seatrial/postgers" in str(refused.value)
    assert "seatrial/postgres" in refused.value.next_step


def test_an_image_that_can_neither_be_pulled_nor_built_says_what_was_tried(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fill(_: Path) -> None:
        raise SeatrialError("NATS has to be built, and Go is not installed.", next_step="Install Go.")

    monkeypatch.setenv("SEATRIAL_CACHE", str(tmp_path))
    monkeypatch.setattr(images, "has_image", lambda tag: False)
    monkeypatch.setattr(registry, "answers", lambda host: False)
    monkeypatch.setattr(registry, "default_registry", lambda: "registry.example")
    monkeypatch.setitem(
        images.table(),
        "seatrial/nats",
        images.Image("seatrial/nats", "nats:2.15.2-scratch", fill, pins=("none",)),
    )
    with pytest.raises(SeatrialError) as refused:
        images.ensure_images(["seatrial/nats"], Silent())
    text = str(refused.value)
    assert "seatrial/nats can neither be pulled nor built" in text
    assert "registry.example does not answer" in text
    assert "Go is not installed" in text
    assert "docker pull" in refused.value.next_step


@pytest.mark.parametrize(
    ("reference", "host"),
    [
        ("nats:2.15.2-scratch", "registry.example"),
        ("kindest/node:v1.37.0@sha256:aa", "registry.example"),
        ("registry.k8s.io/pause:3.10", "registry.k8s.io"),
        ("localhost/x:1", "localhost"),
        ("registry:5000/x:1", "registry:5000"),
    ],
)
def test_the_registry_of_a_reference(monkeypatch: pytest.MonkeyPatch, reference: str, host: str) -> None:
    monkeypatch.setattr(registry, "default_registry", lambda: "registry.example")
    assert registry.registry_of(reference) == host
