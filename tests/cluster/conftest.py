"""A real kind cluster for the tests of the tool: the running one, or one that is brought up here."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tiny import KIND_CONFIG, PYTHON, WORKLOAD, Access, kubeconfig_of, label, system_in

from seatrial import cluster
from seatrial.errors import SeatrialError
from seatrial.kube.apply import deploy
from seatrial.kube.client import Kube
from seatrial.kube.errors import NotFound
from seatrial.kube.timeline import Recorder
from seatrial.model.system import HELPER_IMAGE, System
from seatrial.waiting import NotYet, Ready, eventually

ENTRY = {"service": {"name": "web", "port": 80}, "served_by": "x-pod"}
LOGGED = {"request": {"path": "/logged", "headers": {"X-Request-Id": "{uuid}"}}}


@pytest.fixture(scope="session")
def access() -> Access:
    """The cluster, with a small Python image on its nodes. Adopted when it is there, else brought up."""
    progress = cluster.PlainProgress()
    up = cluster.up(KIND_CONFIG, images=[PYTHON], progress=progress)
    tag = cluster.ensure_images([PYTHON], progress)[PYTHON]
    return Access(up.kubeconfig, up.context, tag)


@pytest.fixture(scope="session")
def make_kube(access: Access) -> Iterator[Callable[[str], Kube]]:
    made: list[Kube] = []

    def make(namespace: str) -> Kube:
        made.append(Kube(access.kubeconfig, access.context, namespace))
        return made[-1]

    yield make
    for kube in made:
        kube.close()


@pytest.fixture(scope="module")
def kube(make_kube: Callable[[str], Kube]) -> Iterator[Kube]:
    """An empty namespace of the module's own."""
    kube = make_kube(f"seatrial-test-{uuid.uuid4().hex[:8]}")
    kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": kube.namespace}}, namespace="")
    yield kube
    kube.delete("Namespace", kube.namespace)


@pytest.fixture(scope="session")
def left(make_kube: Callable[[str], Kube]) -> Iterator[list[Kube]]:
    """Namespaces that are deleted while other tests run; at the end all of them are gone."""
    leaving: list[Kube] = []
    yield leaving

    def gone() -> Ready[None] | NotYet:
        there = [kube.namespace for kube in leaving if kube.find("Namespace", kube.namespace)]
        return NotYet(f"there are {', '.join(there)}") if there else Ready(None)

    eventually(gone, within_seconds=120, what="the namespaces of the tests are gone", every_seconds=0.5)


@pytest.fixture(scope="module")
def deployed(access: Access, make_kube: Callable[[str], Kube], left: list[Kube]) -> Iterator[Kube]:
    """A namespace with the tiny system of `workload/` rolled out."""
    kube = make_kube(f"seatrial-test-{uuid.uuid4().hex[:8]}")
    left.append(kube)
    try:
        deploy(kube, WORKLOAD, {PYTHON: access.python_image}, within_seconds=120)
        yield kube
    finally:
        with contextlib.suppress(NotFound):
            kube.delete("Namespace", kube.namespace)


@pytest.fixture
def recorder(deployed: Kube) -> Iterator[Recorder]:
    with Recorder(deployed, system_in(deployed)) as recorder:
        yield recorder


@pytest.fixture
def as_user(
    deployed: Kube, access: Access, tmp_path: Path
) -> Iterator[Callable[[list[dict[str, Any]]], Kube]]:
    """Makes a ServiceAccount with exactly the given rules, and a client that acts as it."""
    made: list[Kube] = []

    def make(rules: list[dict[str, Any]]) -> Kube:
        name = f"limited-{uuid.uuid4().hex[:6]}"
        rbac = "rbac.authorization.k8s.io"
        subject = {"kind": "ServiceAccount", "name": name, "namespace": deployed.namespace}
        reference = {"apiGroup": rbac, "kind": "Role", "name": name}
        metadata = {"name": name}
        deployed.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
        deployed.create({"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": metadata, "rules": rules})
        deployed.create(
            {
                "apiVersion": f"{rbac}/v1",
                "kind": "RoleBinding",
                "metadata": metadata,
                "roleRef": reference,
                "subjects": [subject],
            }
        )
        path = kubeconfig_of(deployed, access, name, tmp_path / f"{name}.yaml")
        made.append(Kube(path, access.context, deployed.namespace))
        return made[-1]

    yield make
    for kube in made:
        kube.close()


@pytest.fixture(scope="session")
def helper_image(access: Access) -> str:
    """The helper image on every node, the control plane too."""
    progress = cluster.PlainProgress()
    tag = cluster.ensure_images([HELPER_IMAGE], progress)[HELPER_IMAGE]
    there = cluster.status(KIND_CONFIG).cluster
    assert there is not None
    assert there.context == access.context
    cluster.load_images(there, [tag], progress, everywhere=True)
    return tag


@pytest.fixture(scope="module")
def restricted(deployed: Kube) -> Kube:
    """The tiny system, in a namespace that refuses every new pod that is not `restricted`."""
    label(deployed, "restricted")
    bare = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bare"}}
    bare["spec"] = {"containers": [{"name": "bare", "image": "bare"}]}
    with pytest.raises(SeatrialError, match="restricted"):
        deployed.create(bare)
    return deployed


@pytest.fixture
def inside(restricted: Kube) -> System:
    """The tiny system, with an entry to which requests are sent from inside the cluster."""
    return system_in(restricted, entry=ENTRY, journeys={"read": LOGGED})


@pytest.fixture
def system_file(inside: System, tmp_path: Path) -> Path:
    """The same as a file."""
    path = tmp_path / "system.yaml"
    path.write_text(yaml.safe_dump(inside.model_dump(mode="json", by_alias=True, exclude_none=True)))
    return path
