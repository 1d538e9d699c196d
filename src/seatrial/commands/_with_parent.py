"""A child process that ends with its parent, also when that is killed and can do nothing about it.

`python -m seatrial.commands._with_parent PARENT COMMAND ...` becomes COMMAND, to which the kernel then sends
SIGTERM when the process PARENT is gone; so the command reverts its faults as after any SIGTERM. A program of
its own, for a process with threads must run no code of ours between fork and exec.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

_PR_SET_PDEATHSIG = 1
TOO_LATE = 128 + signal.SIGTERM


def with_this_process(arguments: Sequence[str]) -> list[str]:
    """The command line that runs `arguments` for as long as this process lives, and not longer."""
    return [sys.executable, "-m", "seatrial.commands._with_parent", str(os.getpid()), *arguments]


def main(parent: int, arguments: Sequence[str]) -> NoReturn:
    # Only Linux has it; elsewhere a child of a killed parent goes on to its end, as ever.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(TOO_LATE)  # it died in between: nobody would be told any more
    os.execvp(arguments[0], list(arguments))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
