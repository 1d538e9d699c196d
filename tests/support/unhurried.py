"""The sample's system file with time limits that a busy machine keeps, too.

Tests of the tool must not depend on how quick the machine is. Whether the sample keeps its own limits is what
`make trial` shows. As a program it prints the file: `python tests/support/unhurried.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CHANDLERY = ROOT / "fixtures" / "systems" / "chandlery.yaml"
UNHURRIED = {
    "latency_p99_ms": 5000,
    "disruption_latency_p99_ms": {},
    "recovery_seconds": 90,
    "scale_up_seconds": 300,
    "scale_down_seconds": 480,
}


def unhurried() -> dict[str, Any]:
    """The content of the system file; its paths are absolute, so it may lie in any folder."""
    data: dict[str, Any] = yaml.safe_load(CHANDLERY.read_text(encoding="utf-8"))
    data["target"]["kind"]["config"] = str(ROOT / "fixtures" / "cluster" / "three-nodes.yaml")
    data["deploy"]["kustomize"] = str(ROOT / "sample-system" / "manifests")
    for token in ("token", "expired"):
        file = data["entry"]["authentication"][token]["file"]
        data["entry"]["authentication"][token]["file"] = str((CHANDLERY.parent / file).resolve())
    data["objectives"].update(UNHURRIED)
    for journey in data["journeys"].values():
        journey.pop("objectives", None)
    return data


if __name__ == "__main__":
    sys.stdout.write(yaml.safe_dump(unhurried(), sort_keys=False))
