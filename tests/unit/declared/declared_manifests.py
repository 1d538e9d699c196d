"""Small manifests for the tests of the command, and the types of its fixtures."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

Files = Callable[..., list[str]]
Run = Callable[..., tuple[int, dict[str, Any]]]
SOUND = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: "example/web:1.0.0"}
"""
SOON = f"{time.localtime().tm_year + 1}-01-31"
"""A day on which a waiver may end: not over, and not years away."""
BAD_TAG = SOUND.replace("1.0.0", "latest")
TAG = ["--select", "container.image-tag"]


def waived(text: str, base: str = BAD_TAG) -> str:
    """A manifest with a waiver of container.image-tag in its annotations."""
    note = f'seatrial.dev/waive.container.image-tag: "{text}"'
    return base.replace("{name: web}", f"{{name: web, annotations: {{{note}}}}}", 1)
