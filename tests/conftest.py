"""Lets every test import what several of them share: `tests/support`; and no property test is a timed one.

Thousands of quick tests run beside a large program: collecting it again and again took a tenth of the time.
"""

import gc
import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent / "support"))
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
gc.set_threshold(100_000, 50, 100)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
