"""Tests of the sample system. The repository's `tests/` tests the tool, this the system under test."""

import sys
from pathlib import Path

SERVICES = Path(__file__).resolve().parent.parent / "services"
sys.path.insert(0, str(SERVICES))
