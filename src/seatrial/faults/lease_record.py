"""What a Lease of ours says: who holds it, who may inject, and which faults are open. Pure.

The Lease is one object of the system's namespace. Its `holderIdentity` is a word that only its holder and the
tools that the holder starts know, so that these share it; one of them at a time has the claim, and injects.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from seatrial.faults.holder import Holder
from seatrial.kube.api import Object

NAME = "seatrial"
HOLDER, CLAIM, EFFECTS = "seatrial.dev/holder", "seatrial.dev/claim", "seatrial.dev/effects"
RENEW_SECONDS = 4.0
STALE_SECONDS = 20.0
"""A Lease of which no renewal was seen for this long was left behind. Counted by whoever looks."""


class State(StrEnum):
    """What is known of a Lease from one look at it."""

    FREE = "free"
    HELD = "held"
    LEFT = "left"
    """Its holder was a process of this machine, and runs no more."""
    UNKNOWN = "unknown"
    """Its holder is elsewhere: only its renewals can tell."""


@dataclass(frozen=True)
class LeaseRecord:
    """One state of the Lease.

    Attributes:
        token: the holder's word; empty when nobody holds it.
        claim: who may inject; None when nobody does just now.
        effects: the open faults, as `journal.for_others` writes them.
        renewed: changes with each renewal; compared, never read as a time.
    """

    uid: str
    version: str
    token: str
    holder: Holder | None
    claim: Holder | None
    effects: tuple[Mapping[str, Any], ...]
    renewed: str

    @property
    def who(self) -> str:
        """The holder in words."""
        return str(self.holder or self.claim or "somebody")

    def state(self) -> State:
        """What one look at it tells."""
        if not self.token and self.claim is None:
            return State.FREE
        known = [one for one in (self.holder, self.claim) if one is not None]
        if any(one.runs for one in known):
            return State.HELD
        return State.LEFT if known and all(one.near for one in known) else State.UNKNOWN


def read(obj: Object) -> LeaseRecord:
    """The record that the object holds. What somebody else has written into it counts as unknown."""
    metadata, spec = obj["metadata"], obj.get("spec") or {}
    notes = metadata.get("annotations") or {}
    effects = _loaded(notes.get(EFFECTS))
    return LeaseRecord(
        str(metadata["uid"]), str(metadata["resourceVersion"]), str(spec.get("holderIdentity") or ""),
        Holder.from_plain(_loaded(notes.get(HOLDER))), Holder.from_plain(_loaded(notes.get(CLAIM))),
        tuple(item for item in effects if isinstance(item, Mapping)) if isinstance(effects, list) else (),
        str(spec.get("renewTime") or ""),
    )  # fmt: skip


def taken(token: str, holder: Holder, *, claim: bool, effects: str = "[]") -> Object:
    """The Lease as its new holder writes it."""
    notes = {
        HOLDER: written(holder.plain()),
        CLAIM: written(holder.plain()) if claim else "",
        EFFECTS: effects,
    }
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": NAME, "annotations": notes},
        "spec": {
            "holderIdentity": token, "leaseDurationSeconds": int(STALE_SECONDS),
            "acquireTime": micro_time(), "renewTime": micro_time(),
        },
    }  # fmt: skip


def written(value: Any) -> str:
    """A value as an annotation holds it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def micro_time() -> str:
    """Now, as the API writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _loaded(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except ValueError:
        return None


class Renewals:
    """Whether a Lease is renewed, as seen from here: no clock is compared with another's."""

    def __init__(self) -> None:
        self._seen: tuple[str, str] | None = None
        self._since = 0.0

    def state(self, record: LeaseRecord, now: float) -> State:
        """HELD after a renewal was seen, LEFT after none for `STALE_SECONDS`, UNKNOWN until then.

        Args:
            now: monotonic seconds of this look.
        """
        seen = (record.token, record.renewed)
        if self._seen is None:
            self._seen, self._since = seen, now
            return State.UNKNOWN
        if seen != self._seen:
            return State.HELD
        return State.LEFT if now - self._since >= STALE_SECONDS else State.UNKNOWN
