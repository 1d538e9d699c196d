"""An image is made once, comes back from its archive, and is made again when that is damaged: real engine."""

from __future__ import annotations

import dataclasses
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from seatrial import cluster
from seatrial.cluster.build import images
from seatrial.cluster.docker import docker, has_image


class Made:
    """A tiny image of the table that counts how often it is built."""

    def __init__(self) -> None:
        self.builds = 0
        self.image = images.Image(
            f"seatrial/test-{uuid.uuid4().hex[:8]}", "", self._fill, pins=("1",), inputs=()
        )

    def _fill(self, context: Path) -> None:
        self.builds += 1
        (context / "word").write_text("anchor")
        (context / "Dockerfile").write_text("FROM scratch\nCOPY word /word\n")

    def ensure(self) -> str:
        return images.ensure_images([self.image.name], cluster.PlainProgress())[self.image.name]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Made]:
    cluster.ensure_engine(cluster.PlainProgress())
    monkeypatch.setenv("SEATRIAL_CACHE", str(tmp_path))
    made = Made()
    monkeypatch.setitem(images.table(), made.image.name, made.image)
    yield made
    subprocess.run(["docker", "image", "rm", made.image.built_tag()], capture_output=True, check=False)


def forget(tag: str) -> None:
    """Take an image out of the engine's store."""
    docker("image", "rm", tag, doing="forgetting an image")
    assert not has_image(tag)


def test_an_image_is_built_once(made: Made) -> None:
    tag = made.ensure()
    assert made.ensure() == tag
    assert made.builds == 1
    assert has_image(tag)


def test_an_engine_that_lost_its_store_gets_the_image_from_the_archive(made: Made) -> None:
    tag = made.ensure()
    forget(tag)
    assert made.ensure() == tag
    assert made.builds == 1
    assert has_image(tag)


def test_a_changed_input_makes_another_image_and_drops_the_old_one(
    made: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = made.ensure()
    made.image = dataclasses.replace(made.image, pins=("2",))
    monkeypatch.setitem(images.table(), made.image.name, made.image)
    after = made.ensure()
    assert after != before
    assert made.builds == 2
    assert has_image(after)
    assert not has_image(before)
    assert [file.name for file in (tmp_path / "images").iterdir()] == [made.image.archive(after).name]


@pytest.mark.parametrize("kept_bytes", [0, 700])
def test_a_damaged_archive_is_replaced(made: Made, kept_bytes: int) -> None:
    tag = made.ensure()
    forget(tag)
    archive = made.image.archive(tag)
    archive.write_bytes(archive.read_bytes()[:kept_bytes])
    assert made.ensure() == tag
    assert made.builds == 2
    forget(tag)
    assert made.ensure() == tag
    assert made.builds == 2


def test_what_a_killed_run_left_half_made_is_cleared(made: Made, tmp_path: Path) -> None:
    name = made.image.name.rpartition("/")[2]
    leftover = tmp_path / "work" / f".half-{name}" / "junk"
    leftover.mkdir(parents=True)
    tag = made.ensure()
    assert has_image(tag)
    assert not leftover.exists()
    assert [file.name for file in (tmp_path / "images").iterdir()] == [made.image.archive(tag).name]
