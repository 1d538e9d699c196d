"""What a person chose: flag > environment (`SEATRIAL_*`) > system file > default."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from seatrial.errors import BadInput
from seatrial.model.plan import LoadSize, Profile
from seatrial.model.system import System
from seatrial.model.system_file import parse_system
from seatrial.traffic import schedule
from seatrial.traffic.journey import HTTP1

Chosen = TypeVar("Chosen", bound=StrEnum)
OWN_SYSTEM = Path("seatrial.yaml")
"""The system file of a folder, as `seatrial init` writes it; it is taken when none is named."""
SAMPLE_SYSTEM = Path("fixtures/systems/sample.yaml")
"""Taken in a checkout where there is no other."""


def default_system() -> Path:
    """The system file when nobody names one."""
    sample = SAMPLE_SYSTEM.is_file() and not OWN_SYSTEM.is_file()
    return SAMPLE_SYSTEM if sample else OWN_SYSTEM


@dataclass(frozen=True)
class Settings:
    """The choices of one command.

    Attributes:
        system_path: the system file.
        kubeconfig: for foreign clusters; None means KUBECONFIG, then ~/.kube/config.
        context, namespace: override the system file's.
        seed: picks victims and draws arrivals; printed, so that a run can be repeated.
        run_directory: an existing run to append to (`SEATRIAL_RUN`), or None for a new one.
        state_directory: `.seatrial` of the working folder: own kubeconfig, undo journal.
        reports_directory: where run directories are made.
        profile: how much is carried out, unless checks are named.
        load: at which load scenarios are carried out.
        repeats: how often at most a scenario is carried out again where a verdict on it is inconclusive.
    """

    system_path: Path
    kubeconfig: Path | None
    context: str | None
    namespace: str | None
    seed: int
    run_directory: Path | None
    state_directory: Path
    reports_directory: Path
    profile: Profile = Profile.CORE
    repeats: int = 0
    load: LoadSize = LoadSize.FIXED


def settings_from(flags: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Settings:
    """Combine flags (None means not given) with the environment.

    Raises:
        BadInput: a variable or flag has a value that cannot be used.
    """

    def choice(name: str) -> str | None:
        flag = flags.get(name)
        if flag is not None:
            return str(flag)
        return environment.get(f"SEATRIAL_{name.upper()}") or None

    def path(name: str) -> Path | None:
        text = choice(name)
        return Path(text).expanduser() if text else None

    def whole(name: str, default: int, below: int) -> int:
        text = choice(name)
        try:
            number = int(text) if text is not None else default
        except ValueError:
            number = -1
        if not 0 <= number < below:
            where = f"--{name} or SEATRIAL_{name.upper()}"
            raise BadInput(f"{name} must be a whole number from 0 to {below - 1}, not {text!r}", where=where)
        return number

    def one_of(name: str, default: Chosen, kind: type[Chosen]) -> Chosen:
        text = choice(name) or default
        try:
            return kind(text)
        except ValueError:
            hint, where = f"One of {', '.join(kind)}.", f"--{name} or SEATRIAL_{name.upper()}"
            raise BadInput(f"no {name} is {text!r}", where=where, next_step=hint) from None

    return Settings(
        system_path=path("system") or default_system(),
        kubeconfig=path("kubeconfig"),
        context=choice("context"),
        namespace=choice("namespace"),
        seed=whole("seed", secrets.randbelow(1_000_000), 2**63),
        run_directory=path("run"),
        state_directory=path("state") or Path(".seatrial"),
        reports_directory=path("report_dir") or Path("reports"),
        profile=one_of("profile", Profile.CORE, Profile),
        repeats=whole("repeats", 0, 10),
        load=one_of("load", LoadSize.FIXED, LoadSize),
    )


def load_system(settings: Settings) -> System:
    """Read the system file and apply the overrides of `settings`.

    Raises:
        BadInput: the file is missing, unreadable or wrong (with line, key and nearest name).
    """
    file = settings.system_path
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadInput(
            "there is no such system file",
            where=str(file),
            next_step="Name one with --system FILE or SEATRIAL_SYSTEM; `seatrial init` proposes one.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"the system file cannot be read: {error}", where=str(file)) from None
    system = parse_system(text, source=str(file))
    for name, journey in system.journeys.items():
        if journey.protocol != HTTP1:
            from seatrial.traffic.protocols import compile_any

            compile_any(name, journey)
    schedule.parse(system.load.arrivals)
    if system.capabilities:
        from seatrial.adapters import check_capabilities

        check_capabilities(system, text=text, source=str(file))
    system = system.model_copy(update={"entry": system.entry.beside(_found_beside(file))})
    target = system.target
    if settings.context is not None:
        target = target.model_copy(update={"context": settings.context, "kind": None})
    if settings.namespace is not None:
        target = target.model_copy(update={"namespace": settings.namespace})
    return system.model_copy(update={"target": target})


def _found_beside(file: Path) -> Callable[[str, str], str]:
    """Where a file lies that a system file names."""

    def found(key: str, written: str) -> str:
        path = (file.parent / Path(written).expanduser()).resolve()
        if not path.is_file():
            raise BadInput(
                f"there is no such file: {key}", where=str(path),
                next_step=f"`{key}` is taken relative to the system file.",
            )  # fmt: skip
        return str(path)

    return found
