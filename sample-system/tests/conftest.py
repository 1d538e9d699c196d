"""Tests of the sample system. `tests/` of the repository tests the tool, this folder the system under test."""

import sys
from pathlib import Path

SERVICES = Path(__file__).resolve().parent.parent / "services"
sys.path.insert(0, str(SERVICES))
