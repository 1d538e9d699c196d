"""Two processes that say so when they are asked to stop, and which of them it was."""

import os
import signal
import sys
import time

child = os.fork()
name = "child" if child == 0 else "parent"


def stop(number: int, frame: object) -> None:
    print(f"{name} saw SIGTERM", flush=True)  # noqa: T201
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
print(f"{name} runs", flush=True)  # noqa: T201
while True:
    time.sleep(60)
