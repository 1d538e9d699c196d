"""A system that is up, reachable and allowed to be observed: shared by suites, experiments and runs."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from seatrial import cluster
from seatrial.cluster.build.tools import ensure_tools
from seatrial.cluster.progress import Progress
from seatrial.errors import BadInput, SeatrialError, WaitExpired
from seatrial.faults.injector import Injector
from seatrial.faults.lease import Lease
from seatrial.faults.revert import pending, revert_all
from seatrial.harness.access import access, beside, kind_configuration
from seatrial.harness.behaviours import behaving
from seatrial.harness.beside import bystanders_of
from seatrial.harness.helper_image import helper_image
from seatrial.harness.holding import Holding
from seatrial.harness.sending import Sending
from seatrial.kube.apply import deploy, logical_images
from seatrial.kube.client import Kube
from seatrial.kube.kinds import KNOWN
from seatrial.kube.rights import require_rights
from seatrial.kube.snapshot import Snapshot, settled_changes, take_snapshot
from seatrial.kube.spoiled import mark_spoiled, spoiled_by, throw_away
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import FaultRecord, traces_of
from seatrial.model.right import Use
from seatrial.model.step import Traffic
from seatrial.model.system import HELPER_IMAGE, Journey, System
from seatrial.record.writer import RunWriter
from seatrial.settings import Settings
from seatrial.traffic.generator import Generator
from seatrial.traffic.http import Http
from seatrial.traffic.journey import SAFE_METHODS, journey_data
from seatrial.traffic.protocols import compile_any
from seatrial.traffic.stream import TrafficStream

ANSWER_SECONDS = 60.0
"""How long a system that was just deployed may take to answer its first journey."""


@dataclass
class Session:
    """One system in one namespace of one cluster.

    Attributes:
        kube: client bound to the context and namespace.
        base_url: where clients reach the system.
        run: where results go; None for commands that record nothing.
        own: our own cluster when this session brought it up; None for a foreign or an adopted one.
    """

    settings: Settings
    system: System
    kube: Kube
    base_url: str
    run: RunWriter | None
    own: cluster.Cluster | None = None

    def __post_init__(self) -> None:
        self.holding = Holding(self.kube, self.run)
        note = self.run.note if self.run is not None else None
        self.sending = Sending(self.kube, self.system, self.helper_image, note)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.sending.close()
        self.holding.lease.release()
        self.kube.close()

    @property
    def namespace(self) -> str:
        return self.system.target.namespace

    @property
    def context(self) -> str:
        """The context's name, as consent must name it."""
        return self.kube.context

    def recorder(self) -> Recorder:
        """Watches of the system and followers of its logs, not yet started."""
        return Recorder(self.kube, self.system, follow_logs=True)

    def injector(self) -> Injector:
        """Carries out faults while the Lease is held; its journal lies in the state folder."""
        return Injector(self.settings.state_directory, self.holding.lease)

    def require_rights(self, needed: Iterable[Use]) -> None:
        """Check that this user has the rights that something needs. Raises NotAllowed: names what lacks."""
        require_rights(self.kube, needed)

    def hold(self) -> None:
        """Hold the Lease of the system until the end, to inject. Raises LeaseHeld, see `harness.holding`."""
        self.holding.hold()

    def lend(self) -> dict[str, str]:
        """Hold it for the tools that this process starts; what they need in their environment. Or nothing."""
        return {} if self.consent_gap() else self.holding.lend()

    def stream(self, step: Traffic, directory: Path) -> Generator:
        """The generator of a traffic step, not yet started; its exchanges are kept in `directory`.

        Raises:
            BadInput: the journey, the schedule or the address cannot be used.
        """
        beside = {
            name: {**journey_data(self.journey(name)), "per_second": step.beside.get(name, step.bystanders)}
            for name in bystanders_of(self.system, step)
        }
        return TrafficStream(
            self.base_url, step.journey, self.journey(step.journey), runner=self.sending.runner(),
            **behaving(step), schedule=step.arrivals, seed=self.settings.seed,
            directory=directory, name=f"exchanges-{step.name}", bystanders=beside, **self.system.entry.tls,
            allow_remote=True,  # the owner of the system file named the address and consented
        )  # fmt: skip

    def http(self) -> Http:
        """Single requests to the entry, from where its traffic is sent, too. A context manager.

        Raises:
            SeatrialError: nothing can be sent from inside the cluster, and why.
        """
        return self.sending.http()

    def journey(self, name: str) -> Journey:
        """The journey of that name.

        Raises:
            BadInput: the system file has none; names those that it has.
        """
        if name not in self.system.journeys:
            raise BadInput(
                f"the system file has no journey {name!r}", where=str(self.settings.system_path),
                next_step=f"It has {', '.join(self.system.journeys)}.",
            )  # fmt: skip
        return self.system.journeys[name]

    def seed_of(self, path: str) -> int:
        """The seed of one step, so that repetitions pick their victims anew; the same in every run."""
        return (self.settings.seed + zlib.crc32(path.encode())) % 1_000_000

    def deploy(self, folder: Path, progress: Progress, *, flawed: bool = False) -> None:
        """Deploy a kustomize folder and wait for its rollout; our own images are made and loaded first.

        On our own cluster, data that a flawed version may have written before is thrown away.

        Args:
            flawed: whether what this version writes must not be judged later.

        Raises:
            BadInput: there is no such folder.
            SeatrialError: an image cannot be had, an object is refused, or a rollout does not end, and why.
        """
        if not folder.is_dir():
            raise BadInput(
                "there is no such kustomize folder", where=str(folder),
                next_step="`deploy.kustomize` is taken relative to the system file.",
            )  # fmt: skip
        kubectl = "kubectl"
        tags: dict[str, str] = {}
        if self.own is not None:
            kubectl = str(ensure_tools(progress).kubectl)
            names = [*logical_images(folder, kubectl=kubectl), *self._helpers()]
            tags = cluster.ensure_images(names, progress)
            cluster.load_images(self.own, list(tags.values()), progress)
        with progress.stage("deploy") as stage:
            if self.own is not None and (by := spoiled_by(self.kube)):
                stage.note(f"beginning with empty volumes, for {by} has written to them")
                throw_away(self.kube)
            if self.own is not None and flawed:
                mark_spoiled(self.kube, folder.name)
            deploy(self.kube, folder, tags, kubectl=kubectl, note=stage.note)

    def helper_image(self) -> str:
        """The reference of the helper image, see `harness.helper_image`."""
        return helper_image(self.settings, self.system)

    def _helpers(self) -> list[str]:
        """The helper image when a scenario will need it, so that it is not made under traffic."""
        roles = self.system.workloads
        needed = self.system.entry.in_cluster or not all(map(self.system.wrong_answers_gap, roles))
        return [HELPER_IMAGE] if needed else []

    def revert_left_overs(self) -> None:
        """Revert what a killed run left behind, on our own cluster; on a foreign one stop and say so.

        Raises:
            SeatrialError: faults are still in place.
        """
        left = [entry for entry in pending(self.settings.state_directory) if not entry.owner_alive]
        if not left:
            return
        if self.system.target.kind is None:
            raise SeatrialError(
                f"{len(left)} fault(s) of an earlier run were never reverted",
                where="; ".join(str(entry) for entry in left),
                next_step="Run `seatrial revert`, then this again.",
            )
        reverted = revert_all(self.settings.state_directory)
        failed = [str(result) for result in reverted if not result.done and not result.entry.owner_alive]
        if failed:
            raise SeatrialError("a fault of an earlier run cannot be reverted", where="; ".join(failed))
        if self.run is not None:
            self.run.note(f"an earlier run was killed; {'; '.join(str(result) for result in reverted)}")

    def consent_gap(self) -> str:
        """Why the system may not be disturbed here; empty when it may."""
        return self.system.consent_gap(self.context, self.namespace)

    def require_answer(self) -> None:
        """Wait until the first journey is answered as it should be; without consent, the first that reads.

        Without consent nothing is written, and no Job is made to ask from inside the cluster.

        Raises:
            WaitExpired: it was not, within `ANSWER_SECONDS`; carries the last answer.
        """
        journeys, gap = self.system.journeys, self.consent_gap()
        name = next((n for n, each in journeys.items() if not gap or each.request.method in SAFE_METHODS), "")
        if not name or (gap and self.system.entry.in_cluster):
            return
        with self.http() as http:
            try:
                http.wait_for_journey(name, journeys[name], within_seconds=ANSWER_SECONDS)
            except WaitExpired as error:
                error.next_step = self.sending.refused_by() or error.next_step
                raise

    def snapshot(self) -> Snapshot:
        """The objects of the namespace as they are now, for `changed_since`."""
        found = take_snapshot(self.kube)
        if found.unseen and self.run is not None and self.settings.run_directory is None:
            # The tools of a run leave it to the run to say so, once.
            kinds = ", ".join(KNOWN[kind].plural for kind in found.unseen)
            self.run.note(f"not compared with how they were before, for they may not be listed: {kinds}")
        return found

    def differences(self, before: Snapshot, faults: Iterable[FaultRecord]) -> list[str]:
        """What differs from `before`, a sentence for each object; what the faults leave behind may.

        Pods that a controller is still replacing are waited for. Raises SeatrialError: nothing can be read.
        """
        return settled_changes(self.kube, before, traces_of(faults))

    def changed_since(self, before: Snapshot, faults: Iterable[FaultRecord] = ()) -> list[str]:
        """As `differences`; that the objects cannot be compared is one: nobody knows that there is none."""
        try:
            return self.differences(before, faults)
        except SeatrialError as error:
            return [f"the objects could not be compared with those of before: {error.what}"]


def open_session(
    settings: Settings, system: System, progress: Progress, run: RunWriter | None = None
) -> Session:
    """Bring up what the system file says, deploy it unless told to take it as it is, and connect.

    With `SEATRIAL_AS_DEPLOYED` set, nothing is brought up or deployed: a parent run has done it, or a variant
    is being tested.

    Raises:
        SeatrialError: cluster, deployment, namespace or entry cannot be had; says what to do.
        BadInput: a run would send what cannot be sent; found before anything is brought up.
    """
    for name, journey in system.journeys.items() if run is not None else ():
        compile_any(name, journey)
    as_deployed = os.environ.get("SEATRIAL_AS_DEPLOYED", "") not in ("", "0")
    own = None
    if not as_deployed and system.target.kind is not None:
        own = cluster.up(kind_configuration(settings, system), progress=progress)
    kubeconfig, context = access(settings, system)
    kube = Kube(kubeconfig, context, system.target.namespace)
    try:
        session = Session(settings, system, kube, system.entry.address, run, own)
        if system.deploy is not None and not as_deployed:
            Lease(kube).require_free()  # what somebody disturbs is not deployed anew under their feet
            session.deploy(beside(settings.system_path, system.deploy.kustomize), progress)
        kube.require_namespace()
        if run is not None:
            run.system(
                name=system.metadata.name, source=str(settings.system_path), namespace=session.namespace,
                context=session.context, objectives=system.objectives.model_dump(exclude_none=True),
            )  # fmt: skip
    except BaseException:
        kube.close()
        raise
    return session
