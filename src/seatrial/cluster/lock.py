"""Locks between processes: a file that says who holds it, and a wait with a bound."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from seatrial.cluster.paths import cache_root
from seatrial.waiting import NotYet, Ready, eventually


@contextmanager
def exclusive(
    name: str,
    *,
    within_seconds: float,
    purpose: str,
    say: Callable[[str], None] = lambda _: None,
    folder: Path | None = None,
) -> Iterator[None]:
    """Hold the lock `name` of this machine's cache; the kernel frees it when the holder dies.

    Args:
        name: the file's name without its suffix.
        within_seconds: how long to wait for another holder.
        purpose: what it is held for; read by those who wait.
        say: is told once who holds it.
        folder: where the file is; the cache when left out.

    Raises:
        WaitExpired: somebody else held it all the time; the error says who.
    """
    path = (folder or cache_root()) / f"{name}.lock"
    with path.open("a+") as file:
        told = False

        def attempt() -> Ready[None] | NotYet:
            nonlocal told
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = path.read_text().strip() or "a process that did not say who it is"
                if not told:
                    told = True
                    say(f"waiting: held by {holder}")
                return NotYet(f"held by {holder}")
            return Ready(None)

        eventually(
            attempt,
            within_seconds=within_seconds,
            what=f"the lock {path}",
            every_seconds=0.2,
            next_step="Wait for the other run to end, or end it.",
        )
        file.truncate(0)
        print(f"process {os.getpid()} ({purpose})", end="", file=file, flush=True)
        try:
            yield
        finally:
            file.truncate(0)
            fcntl.flock(file, fcntl.LOCK_UN)
