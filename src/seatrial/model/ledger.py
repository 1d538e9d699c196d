"""Who did what to the cluster: Seatrial's own acts, and by whom an object was written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ActSeen:
    """What Seatrial itself asked the API server to do, and was not refused.

    Attributes:
        at: when the request was sent.
        verb: create, patch, apply, delete or evict.
        uid: of the very object; empty where only the name was given.
    """

    at: float
    verb: str
    kind: str
    name: str
    uid: str = ""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote fields of an object that are no status, as its managedFields say.

    Attributes:
        manager: the field manager, e.g. `kubectl-edit`; a program's name where it gave none.
        subresource: `scale`, or empty.
        wrote_at: when last; to the second.
        fields: a digest of which fields, not of their values.
    """

    manager: str
    subresource: str
    wrote_at: float | None
    fields: str
