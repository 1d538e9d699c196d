"""A value of a ConfigMap or a Secret that may be changed, and where each replica shows which one it has."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from seatrial.model.part import Name, Part

CONFIGURATION = "configuration"
"""Which value a replica shows; `value` holds `wanted` and `shows`, each of `OLD`, `NEW` or `NEITHER`."""
OLD, NEW, NEITHER = "old", "new", "neither"
CHANGE = "change-configuration"
"""Name of the fault, for judges."""
KEPT_AT_START = "kept_at_start"
"""In the details of the fault: the ways in which the workload takes it that never change later."""
NEVER_LATER = "never_later"
"""In its details: whether there is no other way, and nothing restarts the containers."""
ROLLOUT = "rollout"


class SeenAt(Part):
    """Where a replica shows the value: in a file of its container, or in an answer that names its pod."""

    file: str | None = Field(None, pattern=r"^/", description="Path in the container; read with `cat`.")
    container: Name | None = Field(None, description="Whose file it is; the pod's first one by default.")
    path: str | None = Field(None, pattern=r"^/", description="Path at the entry; needs `entry.served_by`.")

    @model_validator(mode="after")
    def _one_of(self) -> SeenAt:
        if (self.file is None) == (self.path is None):
            raise ValueError("exactly one of `file` and `path` is needed")
        return self


class Configuration(Part):
    """A change that does no harm, so that it can be tried whether it reaches every replica."""

    configmap: Name | None = Field(None, description="Name of the ConfigMap, without Kustomize's hash.")
    secret: Name | None = Field(None, description="Name of the Secret instead, without Kustomize's hash.")
    key: str = Field(min_length=1, description="The key whose value is changed.")
    old: str = Field(min_length=1, description="A text in its value.")
    new: str = Field(min_length=1, description="What is written in its place for a while.")
    delivered_by: Literal["mount", "rollout"] = Field(
        "mount", description="How a change arrives: in the mounted files, or by a rollout that follows it."
    )
    seen: SeenAt = Field(description="Where each replica shows it.")

    @model_validator(mode="after")
    def _one_object(self) -> Configuration:
        if (self.configmap is None) == (self.secret is None):
            raise ValueError("exactly one of `configmap` and `secret` is needed")
        return self

    @model_validator(mode="after")
    def _told_apart(self) -> Configuration:
        if self.old in self.new or self.new in self.old:
            raise ValueError("`old` and `new` must not contain each other")
        return self

    @property
    def kind(self) -> str:
        return "Secret" if self.configmap is None else "ConfigMap"

    @property
    def name(self) -> str:
        """Of the object, as the file says it."""
        return self.configmap or self.secret or ""

    def shown_in(self, text: str) -> str:
        """Which of the two a text shows."""
        if self.new in text:
            return NEW
        return OLD if self.old in text else NEITHER
