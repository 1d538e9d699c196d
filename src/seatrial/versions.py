"""Which versions a run used."""

from __future__ import annotations

import sys
from importlib.metadata import version


def versions() -> dict[str, str]:
    """Versions of the tools that a run uses."""
    names = ("seatrial", "pytest", "locust", "chaostoolkit", "chaostoolkit-lib", "kubernetes")
    return {"python": sys.version.split()[0], **{name: version(name) for name in names}}
