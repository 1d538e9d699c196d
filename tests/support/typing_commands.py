"""Commands that a person types in a folder, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

BOUND_SECONDS = 240.0


@dataclass
class Typed:
    """A command that was run: its exit code and all that it printed."""

    code: int
    text: str


@dataclass
class Typist:
    """Types commands in a folder.

    Attributes:
        folder: what is made for the tests lies here.
        working: the working folder.
        environment: what is set beside this process's own environment.
        bound_seconds: how long one command may take.
    """

    folder: Path
    working: Path
    environment: dict[str, str] = field(default_factory=dict)
    bound_seconds: float = BOUND_SECONDS

    def start(self, *arguments: object, **environment: str) -> subprocess.Popen[str]:
        """Start `python -m ARGUMENTS`."""
        return subprocess.Popen(
            [sys.executable, "-m", *map(str, arguments)], cwd=self.working, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, **self.environment, **environment},
        )  # fmt: skip

    def types(self, *arguments: object, **environment: str) -> Typed:
        """Run `python -m ARGUMENTS` to its end."""
        process = self.start(*arguments, **environment)
        try:
            text, _ = process.communicate(timeout=self.bound_seconds)
        finally:
            process.kill()
        return Typed(process.returncode, text)

    def chaos(self, experiment: Path, **environment: str) -> Typed:
        """`chaos run EXPERIMENT`."""
        return self.types(*self.chaos_run(experiment), **environment)

    def chaos_run(self, experiment: Path) -> list[object]:
        """The arguments of `chaos run EXPERIMENT`."""
        log, journal = self.folder / "chaos.log", self.folder / "journal.json"
        return ["chaostoolkit", "--no-version-check", "--log-file", log, "run", "--journal-path", journal,
                experiment]  # fmt: skip

    def journals(self) -> list[Path]:
        """What is journalled and not reverted."""
        return list((self.folder / "state" / "journal").glob("*.json"))
