"""Lines that an agent passes on to a program: each once, whatever became of the connection."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from seatrial.traffic.agent import Child, _tell


class Pipe:
    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += data

    async def drain(self) -> None:
        """It has room."""


def test_a_line_that_comes_twice_is_passed_on_once() -> None:
    pipe = Pipe()
    process: Any = SimpleNamespace(stdin=pipe)
    child = Child(process, Path("spool"), Path("errors"))
    for number, lines in ((1, b"one"), (1, b"one"), (2, b"two\nthree\n"), (1, b"one"), (2, b"two\nthree")):
        asyncio.run(_tell(child, number, lines))
    assert pipe.data == b"one\ntwo\nthree\n"
    assert child.told == 2
