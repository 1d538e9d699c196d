"""The load step that makes an autoscaled workload grow.

    locust -f loadtests/step.py --headless -t 180s
    SEATRIAL_WORKLOAD=basket locust -f loadtests/step.py --headless -t 180s --arrivals constant:80

Journey and rate come from `load_step` of the workload that SEATRIAL_WORKLOAD names (default: the first that
has one). The step is meant to saturate what runs before the autoscaler has acted, so latency is not judged
here, and nobody looks at replicas: `loadtests/scaling.py` offers the same step and judges these as well.
"""

import os
from collections.abc import Mapping
from typing import Any

from seatrial.errors import BadInput
from seatrial.load.gate import AVAILABILITY
from seatrial.load.user import OpenUser
from seatrial.loadtests import open_run
from seatrial.model.load import LoadStep
from seatrial.model.system import System


class Step(OpenUser):
    judged = (AVAILABILITY,)
    recorder = open_run

    @classmethod
    def default_arrivals(cls) -> str:
        return f"constant:{load_step(cls.load_system()).per_second:g}"

    @classmethod
    def choose(cls, system: System) -> Mapping[str, Any]:
        cls.journeys = {load_step(system).journey: 1}
        return super().choose(system)


def load_step(system: System) -> LoadStep:
    """The step of the chosen workload.

    Raises:
        BadInput: there is none.
    """
    wished = os.environ.get("SEATRIAL_WORKLOAD")
    for role, workload in system.workloads.items():
        if workload.load_step is not None and wished in (None, "", role):
            return workload.load_step
    raise BadInput(
        f"no workload {wished + ' ' if wished else ''}of {system.metadata.name} has a `load_step`",
        next_step="give it one in the system file: journey, per_second, replicas.",
    )
