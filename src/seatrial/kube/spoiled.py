"""Data that a flawed version may have written: it is thrown away before anything else is judged on it.

The mark lies on the namespace, so that a run that was killed meanwhile does not leave wrong data behind.
"""

from __future__ import annotations

from seatrial.kube.apply import LABEL, REMOVE_SECONDS, prune
from seatrial.kube.client import Kube
from seatrial.waiting import NotYet, Ready, eventually

SPOILED_BY = "seatrial.dev/data-written-by"
"""Annotation of the namespace: the flawed version that may have written to the volumes."""


def mark_spoiled(kube: Kube, by: str) -> None:
    """Say on the namespace that a flawed version writes to the volumes from now on; an empty `by` ends it."""
    kube.patch("Namespace", kube.namespace, {"metadata": {"annotations": {SPOILED_BY: by or None}}})


def spoiled_by(kube: Kube) -> str:
    """The flawed version that may have written to the volumes; empty when there is none."""
    namespace = kube.find("Namespace", kube.namespace)
    notes = {} if namespace is None else namespace["metadata"].get("annotations") or {}
    return str(notes.get(SPOILED_BY) or "")


def throw_away(kube: Kube, *, within_seconds: float = REMOVE_SECONDS) -> list[str]:
    """Remove what was deployed, with the volumes of its StatefulSets, and the mark; the namespace stays.

    Returns:
        Names of the claims that are gone.

    Raises:
        WaitExpired: a claim is still there, and which.
    """
    claims = _claims(kube)
    prune(kube, [])
    for claim in claims:
        kube.delete("PersistentVolumeClaim", claim)

    def gone() -> Ready[None] | NotYet:
        left = [name for name in claims if kube.find("PersistentVolumeClaim", name) is not None]
        return NotYet(f"{', '.join(left)} still there, in use by pods that end") if left else Ready(None)

    eventually(gone, within_seconds=within_seconds, every_seconds=0.5, what="volumes are gone")
    mark_spoiled(kube, "")
    return claims


def _claims(kube: Kube) -> list[str]:
    """Names of the claims that were made for the StatefulSets which we deployed."""
    begins = [
        f"{template['metadata']['name']}-{obj['metadata']['name']}-"
        for obj in kube.objects("StatefulSet", selector=f"{LABEL}={kube.namespace}")
        for template in obj["spec"].get("volumeClaimTemplates") or ()
    ]
    names = [claim["metadata"]["name"] for claim in kube.objects("PersistentVolumeClaim")]
    return [name for name in names if any(_is_of(name, begin) for begin in begins)]


def _is_of(name: str, begin: str) -> bool:
    return name.startswith(begin) and name.removeprefix(begin).isdecimal()
