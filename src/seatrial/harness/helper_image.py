"""The helper image: made and loaded on our own cluster, named by the system file on any other."""

from __future__ import annotations

from seatrial import cluster
from seatrial.errors import SeatrialError
from seatrial.harness.access import kind_configuration
from seatrial.model.system import HELPER_IMAGE, System
from seatrial.settings import Settings


def helper_image(settings: Settings, system: System) -> str:
    """Its reference; on our own cluster it is made and loaded when it is not there.

    Raises:
        SeatrialError: it can be had in no way, or not be made, and why.
    """
    if gap := system.helper_gap():
        raise SeatrialError(
            "there is no helper image", where=gap,
            next_step="docs/your-system.md says how to make it: name its reference as `images.helper`.",
        )  # fmt: skip
    if system.target.kind is None:
        return str(system.images.helper)
    progress = cluster.PlainProgress()
    there = cluster.status(kind_configuration(settings, system))
    if there.cluster is None:
        raise SeatrialError("the helper image cannot be loaded", where=there.problem)
    tag = cluster.ensure_images([HELPER_IMAGE], progress)[HELPER_IMAGE]
    # The generator's Job runs on the control plane, out of the way of faults.
    cluster.load_images(there.cluster, [tag], progress, everywhere=system.entry.in_cluster)
    return tag
