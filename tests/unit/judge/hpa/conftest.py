"""Lets these tests import what they share with tests/differential."""

import sys
from pathlib import Path

SUPPORT = str(Path(__file__).parents[3] / "support")
if SUPPORT not in sys.path:
    sys.path.insert(0, SUPPORT)
