"""What the owner of a system permits, and the images of ours that its cluster can have."""

from __future__ import annotations

from pydantic import Field

from seatrial.model.part import Name, Part


class Images(Part):
    """Where images of ours were put that a cluster of somebody else's can pull."""

    helper: str | None = Field(
        None, pattern=r"^\S+$", description="Reference of the helper image, for a cluster not our own."
    )


class Consent(Part):
    """Permission to disturb exactly one context and namespace."""

    disruptive: bool = Field(False, description="Whether faults and load may be applied.")
    context: str | None = Field(None, description="The context that consent is given for.")
    namespace: Name | None = Field(None, description="The namespace that consent is given for.")
