"""Entry point: `python3 -m chandlery orders|inventory|payments|catalogue|ingest|relay`."""

import argparse
import importlib
import signal
import sys
from types import FrameType

SERVICES = ("orders", "inventory", "payments", "catalogue", "ingest", "relay")


def _exit_before_start(_signal: int, _frame: FrameType | None) -> None:
    """As process 1 the kernel drops a SIGTERM without a handler: leave even while still importing."""
    sys.exit(0)


def main() -> None:
    signal.signal(signal.SIGTERM, _exit_before_start)
    parser = argparse.ArgumentParser(prog="chandlery", description=__doc__)
    parser.add_argument("service", choices=SERVICES)
    name = parser.parse_args().service
    server = importlib.import_module("chandlery.server")
    service = importlib.import_module(f"chandlery.{name}")
    server.run(service.build)


if __name__ == "__main__":
    main()
