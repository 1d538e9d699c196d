"""Somebody with a system of his own: an empty folder, a system file, and what the package brings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from typing_commands import Typed, Typist

from seatrial.commands.path import shipped
from seatrial.kube.client import Kube
from seatrial.model.run import Run
from seatrial.model.verdict import Mode, Outcome
from seatrial.record.reader import read_run


@dataclass(frozen=True)
class Owned:
    """A system that is deployed, and not by Seatrial.

    Attributes:
        node: address of the control plane's node: every node port answers there.
    """

    kube: Kube
    node: str


class Stranger(Typist):
    """Types what docs/your-system.md says, in a folder that holds nothing but a system file.

    Args:
        folder: an empty folder.
        kubeconfig: the one that `KUBECONFIG` names.
    """

    def __init__(self, folder: Path, kubeconfig: Path, system: dict[str, Any]) -> None:
        working = folder / "mine"
        working.mkdir()
        environment = {"SEATRIAL_STATE": str(folder / "state"), "SEATRIAL_KUBECONFIG": str(kubeconfig)}
        super().__init__(folder, working, environment)
        self.file = working / "seatrial.yaml"
        self.file.write_text(yaml.safe_dump(system, sort_keys=False), encoding="utf-8")

    def latest(self) -> Run:
        """What the last command that disturbs recorded."""
        return read_run(max((self.working / "reports").glob("2*")))

    def proven(self) -> dict[str, Outcome]:
        """What was proven then, by check and subject."""
        results = self.latest().results
        return {each.name: each.verdict.outcome for each in results if each.mode is Mode.PROVEN}

    def suites(self, *arguments: object) -> Typed:
        """`pytest --pyargs seatrial.suites`, again where a starved machine left too little evidence."""
        named = ("--pyargs", "seatrial.suites", "-p", "no:cacheprovider", "--repeats", 2)
        return self.types("pytest", *named, *arguments)

    def load(self, seconds: int) -> Typed:
        """`locust -f $(seatrial path loadtests/journeys.py) --headless -t SECONDS`."""
        file = shipped()["loadtests/journeys.py"]
        return self.types("locust", "-f", file, "--headless", "-t", f"{seconds}s")

    def experiment(self, name: str) -> Typed:
        """`chaos run $(seatrial path experiments/NAME.yaml)`."""
        return self.chaos(shipped()[f"experiments/{name}.yaml"])
