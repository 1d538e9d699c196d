"""A system that is up, reachable and allowed to be observed: shared by suites, drills and `seatrial run`."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from seatrial import cluster
from seatrial.cluster.progress import Progress
from seatrial.errors import BadInput, SeatrialError
from seatrial.kube.apply import Snapshot, compare, deploy, logical_images, take_snapshot
from seatrial.kube.client import Kube
from seatrial.model.system import System
from seatrial.report.rundir import RunWriter
from seatrial.settings import Settings
from seatrial.traffic.http import Http

ANSWER_SECONDS = 60.0
"""How long a system that was just deployed may take to answer its first journey."""


@dataclass
class Session:
    """One system in one namespace of one cluster.

    Attributes:
        kube: client bound to the context and namespace.
        context: the context's name, as consent must name it.
        base_url: where clients reach the system.
        run: where results go; None for commands that record nothing.
    """

    settings: Settings
    system: System
    kube: Kube
    context: str
    base_url: str
    run: RunWriter | None
    warnings: list[str] = field(default_factory=list)

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kube.close()

    @property
    def namespace(self) -> str:
        return self.system.target.namespace

    def consent_gap(self) -> str:
        """Why the system may not be disturbed here; empty when it may."""
        return self.system.consent_gap(self.context, self.namespace)

    def require_answer(self) -> None:
        """Wait until the first journey is answered as it should be.

        Raises:
            WaitExpired: it was not, within `ANSWER_SECONDS`; carries the last answer.
        """
        name = next(iter(self.system.journeys))
        with Http(self.base_url) as http:
            http.wait_for_journey(name, self.system.journeys[name], within_seconds=ANSWER_SECONDS)

    def snapshot(self) -> Snapshot:
        """The objects of the namespace as they are now, for `changed_since`."""
        return take_snapshot(self.kube)

    def changed_since(self, before: Snapshot) -> list[str]:
        """What differs from `before`, a sentence for each object."""
        return compare(before, take_snapshot(self.kube))


def open_session(
    settings: Settings, system: System, progress: Progress, run: RunWriter | None = None
) -> Session:
    """Bring up what the system file says, deploy it unless told to take it as it is, and connect.

    With `SEATRIAL_AS_DEPLOYED` set, nothing is deployed: the parent run has done it, or a variant is tested.

    Raises:
        SeatrialError: cluster, deployment, namespace or entry cannot be had; says what to do.
    """
    as_deployed = os.environ.get("SEATRIAL_AS_DEPLOYED", "") not in ("", "0")
    kubeconfig, context = _cluster(settings, system, progress)
    kube = Kube(kubeconfig, context, system.target.namespace)
    try:
        if system.deploy is not None and not as_deployed:
            _deploy(settings, system, kube, progress)
        kube.require_namespace()
        url = system.entry.url
        session = Session(settings, system, kube, kube.context, url, run)
        if run is not None:
            run.system(
                name=system.metadata.name, source=str(settings.system_path), namespace=session.namespace,
                context=session.context, objectives=system.objectives.model_dump(),
            )  # fmt: skip
    except BaseException:
        kube.close()
        raise
    return session


def _cluster(settings: Settings, system: System, progress: Progress) -> tuple[Path | None, str | None]:
    """Kubeconfig and context of the target; an own kind cluster is brought up first."""
    target = system.target
    if target.kind is None:
        return settings.kubeconfig, target.context
    config = beside(settings.system_path, target.kind.config)
    if not config.is_file():
        raise BadInput(
            "there is no such kind configuration", where=str(config),
            next_step="`target.kind.config` is taken relative to the system file.",
        )  # fmt: skip
    made = cluster.up(config, progress=progress)
    return made.kubeconfig, made.context


def _deploy(settings: Settings, system: System, kube: Kube, progress: Progress) -> None:
    assert system.deploy is not None
    overlay = os.environ.get("SEATRIAL_OVERLAY", "")
    folder = Path(overlay) if overlay else beside(settings.system_path, system.deploy.kustomize)
    if not folder.is_dir():
        raise BadInput(
            "there is no such kustomize folder", where=str(folder),
            next_step="`deploy.kustomize` is taken relative to the system file.",
        )  # fmt: skip
    deploy_folder(kube, folder, progress, own_cluster=system.target.kind is not None)


def deploy_folder(kube: Kube, folder: Path, progress: Progress, *, own_cluster: bool) -> None:
    """Deploy a kustomize folder and wait until it is rolled out; our own images are made and loaded first.

    Raises:
        SeatrialError: an image cannot be had, an object is refused, or a rollout does not end, and why.
    """
    tags: dict[str, str] = {}
    if own_cluster:
        names = logical_images(folder)
        tags = cluster.ensure_images(names, progress)
        cluster.load_images(cluster.current(), list(tags.values()), progress)
    with progress.stage("deploy") as stage:
        deploy(kube, folder, tags, note=stage.note)


def beside(system_path: Path, relative: str) -> Path:
    """A path of the system file: relative to the file's own folder."""
    return (system_path.parent / relative).resolve()


def require_no_undo(pending: list[str]) -> None:
    """Raise when faults of a killed run are still in place on a cluster that is not ours to repair."""
    if pending:
        raise SeatrialError(
            f"{len(pending)} fault(s) of an earlier run were never undone", where="; ".join(pending),
            next_step="Run `seatrial heal`, then this again.",
        )  # fmt: skip
