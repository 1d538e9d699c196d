"""A person who types commands, and what that person looks at."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from typing_commands import BOUND_SECONDS, Typed, Typist
from unhurried import ROOT, unhurried

from seatrial.kube.client import Kube
from seatrial.waiting import NotYet, Ready, eventually


class Person(Typist):
    """Types commands in the checkout, with an own state folder, on the system as it is deployed."""

    def __init__(self, folder: Path, environment: dict[str, str], kubeconfig: Path) -> None:
        super().__init__(folder, ROOT, environment)
        self.kubeconfig = kubeconfig

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

    @contextmanager
    def running_until(
        self, arguments: Path | Sequence[object], what: str, happened: Callable[[], object]
    ) -> Iterator[subprocess.Popen[str]]:
        """`chaos run EXPERIMENT`, or a command with arguments, at the moment when something happened."""
        process = self.start(*(self.chaos_run(arguments) if isinstance(arguments, Path) else arguments))

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

    def check(self, check: str, **environment: str) -> Typed:
        """`pytest suites/ --check ID`."""
        return self.types("pytest", "suites/", "--check", check, "-p", "no:cacheprovider", **environment)


def only_catalogue(data: dict[str, Any], *journeys: str) -> None:
    """One workload and no invariants: a check is carried out once, and there is less to ask."""
    data["workloads"] = {"catalogue": data["workloads"]["catalogue"]}
    for about_others in ("capabilities", "invariants", "dependencies"):
        data.pop(about_others)
    for about_others in ("authentication", "rate_limits"):
        data["entry"].pop(about_others)
    kept = {name: data["journeys"][name] for name in ("browse", *journeys)}
    for journey in kept.values():
        journey.pop("through", None)
    data["journeys"] = kept
    shares = data["load"]["journeys"]
    data["load"]["journeys"] = {name: share for name, share in shares.items() if name in kept}


def cordoned(kube: Kube) -> list[str]:
    """Names of the nodes that take no pods."""
    return [n["metadata"]["name"] for n in kube.objects("Node") if n["spec"].get("unschedulable")]
