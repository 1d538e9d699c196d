"""Fixtures of the integration tests: one stage for all of them, and the record of what was sent."""

from collections.abc import Iterator

import pytest
from chandlery_invariants import Record
from chandlery_stage import SERVICES, Stage, eventually, open_stage

from seatrial.cluster.build.images import ensure_images
from seatrial.cluster.progress import PlainProgress


@pytest.fixture(scope="session")
def images() -> dict[str, str]:
    """Logical name -> tag of the images of the cluster: pulled or built when they are not there."""
    return ensure_images(("seatrial/postgres", "seatrial/nats", "seatrial/envoy"), PlainProgress())


@pytest.fixture(scope="session")
def bare_stage(tmp_path_factory: pytest.TempPathFactory, images: dict[str, str]) -> Iterator[Stage]:
    """PostgreSQL and NATS."""
    with open_stage(tmp_path_factory.mktemp("stage"), images) as stage:
        yield stage


@pytest.fixture(scope="session")
def whole_stage(bare_stage: Stage) -> Stage:
    """Everything but the gateway, one process each."""
    for service in SERVICES:
        bare_stage.add(service)
    return bare_stage


@pytest.fixture
def stage(whole_stage: Stage) -> Stage:
    """The whole stage, every part ready again after what an earlier test did to it."""
    for name in SERVICES:
        eventually(f"{name} ready", whole_stage.parts[name].is_ready, within_seconds=60)
    return whole_stage


@pytest.fixture(scope="session")
def record() -> Record:
    """Every order that any test has asked for: the databases must hold no other."""
    return Record()
