"""What all parts of the system file have in common."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
"""A name as Kubernetes takes it: small letters, digits and dashes."""
Alerted = Literal["freeze-process", "scale-to-zero"]
"""The faults of which an alert of a workload must tell where it names one."""


class Part(BaseModel):
    """A mapping of the system file. An unknown key in it is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
