"""What a running scenario hands to its conditions and measurements."""

from __future__ import annotations

from dataclasses import dataclass, field

from seatrial.faults.injector import Injector
from seatrial.harness.session import Session
from seatrial.kube.timeline import Recorder, pods_now
from seatrial.model.exchange import Exchange
from seatrial.model.fault import FaultRecord
from seatrial.model.scenario import Subject
from seatrial.model.timeline import PodSeen


@dataclass
class Context:
    """One scenario on one target, while it runs.

    Attributes:
        role: of the workload that it is carried out on.
        recorder: watches the system.
        injector: carries out faults.
        faults: what was injected so far, in order.
        exchanges: what the ended streams have sent, warm-up included.
    """

    session: Session
    role: str
    recorder: Recorder
    injector: Injector
    faults: list[FaultRecord] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def subject(self) -> Subject:
        return Subject(self.role, self.session.system)

    def pods(self) -> list[PodSeen]:
        """The pods of the workload as they are now."""
        return pods_now(self.recorder.snapshot(), self.role)
