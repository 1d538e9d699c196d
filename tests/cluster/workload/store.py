"""Two processes that say so when they are asked to stop, and which of them it was."""

import os
import signal
import sys
import time

child = os.fork()
name = "child" if child == 0 else "parent"


def say(words: str) -> None:
    # One write, so that the lines of the two do not mix.
    os.write(1, f"{name} {words}\n".encode())


def stop(number: int, frame: object) -> None:
    say("saw SIGTERM")
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
say("runs")
while True:
    time.sleep(60)
