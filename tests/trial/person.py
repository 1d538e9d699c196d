"""A person who types commands, and what that person looks at."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from unhurried import ROOT, unhurried

from seatrial.kube.client import Kube
from seatrial.waiting import NotYet, Ready, eventually

BOUND_SECONDS = 240.0


@dataclass
class Typed:
    """A command that was run: its exit code and all that it printed."""

    code: int
    text: str


@dataclass
class Person:
    """Types commands in the checkout, with an own state folder, on the system as it is deployed."""

    folder: Path
    kubeconfig: Path
    environment: dict[str, str] = field(default_factory=dict)

    def system(self, change: Callable[[dict[str, Any]], None] = lambda data: None) -> Path:
        """A system file that differs from the sample's."""
        data = unhurried()
        change(data)
        path = self.folder / "system.yaml"
        path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
        return path

    def experiment(self, name: str, change: Callable[[dict[str, Any]], None] = lambda data: None) -> Path:
        """An experiment, on one workload only, that differs from the shipped one."""
        data = yaml.safe_load((ROOT / "experiments" / f"{name}.yaml").read_text(encoding="utf-8"))
        data["controls"][0]["provider"]["arguments"]["roles"] = ["catalogue"]
        change(data)
        path = self.folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
        return path

    def start(self, *arguments: object, **environment: str) -> subprocess.Popen[str]:
        """Start `python -m ARGUMENTS`."""
        return subprocess.Popen(
            [sys.executable, "-m", *map(str, arguments)], cwd=ROOT, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, **self.environment, **environment},
        )  # fmt: skip

    def types(self, *arguments: object, **environment: str) -> Typed:
        """Run `python -m ARGUMENTS` to its end."""
        process = self.start(*arguments, **environment)
        try:
            text, _ = process.communicate(timeout=BOUND_SECONDS)
        finally:
            process.kill()
        return Typed(process.returncode, text)

    def chaos(self, experiment: Path, **environment: str) -> Typed:
        """`chaos run EXPERIMENT`."""
        return self.types(*self._chaos_run(experiment), **environment)

    @contextmanager
    def running_until(
        self, arguments: Path | Sequence[object], what: str, happened: Callable[[], object]
    ) -> Iterator[subprocess.Popen[str]]:
        """`chaos run EXPERIMENT`, or a command with arguments, at the moment when something happened."""
        process = self.start(*(self._chaos_run(arguments) if isinstance(arguments, Path) else arguments))

        def looked() -> Ready[None] | NotYet:
            if process.poll() is not None:
                assert process.stdout is not None
                raise AssertionError(f"it ended before this: {what}\n{process.stdout.read()}")
            return Ready(None) if happened() else NotYet("not seen yet")

        try:
            eventually(looked, within_seconds=BOUND_SECONDS, what=what, every_seconds=0.05)
            yield process
        finally:
            process.kill()
            process.communicate()

    def journals(self) -> list[Path]:
        """What is journalled and not reverted."""
        return list((self.folder / "state" / "journal").glob("*.json"))

    def _chaos_run(self, experiment: Path) -> list[object]:
        log, journal = self.folder / "chaos.log", self.folder / "journal.json"
        return ["chaostoolkit", "--no-version-check", "--log-file", log, "run", "--journal-path", journal,
                experiment]  # fmt: skip

    def check(self, check: str, **environment: str) -> Typed:
        """`pytest suites/ --check ID`."""
        return self.types("pytest", "suites/", "--check", check, "-p", "no:cacheprovider", **environment)


def only_catalogue(data: dict[str, Any], *journeys: str) -> None:
    """One workload and no invariants: a check is carried out once, and there is less to ask."""
    data["workloads"] = {"catalogue": data["workloads"]["catalogue"]}
    for about_others in ("capabilities", "invariants"):
        data.pop(about_others)
    kept = {name: data["journeys"][name] for name in ("browse", *journeys)}
    for journey in kept.values():
        journey.pop("through", None)
    data["journeys"] = kept
    shares = data["load"]["journeys"]
    data["load"]["journeys"] = {name: share for name, share in shares.items() if name in kept}


def cordoned(kube: Kube) -> list[str]:
    """Names of the nodes that take no pods."""
    return [n["metadata"]["name"] for n in kube.objects("Node") if n["spec"].get("unschedulable")]
