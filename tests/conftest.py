"""Lets every test import what several of them share: `tests/support`; and no property test is a timed one."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent / "support"))
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
