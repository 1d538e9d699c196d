"""A real kind cluster for the tests of the tool: the running one, or one that is brought up here."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tiny import KIND_CONFIG, PYTHON, WORKLOAD, Access, kubeconfig_of, system_in

from seatrial import cluster
from seatrial.kube.apply import deploy, undeploy
from seatrial.kube.client import Kube
from seatrial.kube.timeline import Recorder


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


@pytest.fixture(scope="module")
def deployed(access: Access, make_kube: Callable[[str], Kube]) -> Iterator[Kube]:
    """A namespace with the tiny system of `workload/` rolled out."""
    kube = make_kube(f"seatrial-test-{uuid.uuid4().hex[:8]}")
    try:
        deploy(kube, WORKLOAD, {PYTHON: access.python_image}, within_seconds=120)
        yield kube
    finally:
        undeploy(kube)


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
