"""Lets these tests import the session without a cluster."""

import sys
from pathlib import Path

SUPPORT = str(Path(__file__).parents[2] / "support")
if SUPPORT not in sys.path:
    sys.path.insert(0, SUPPORT)

from dry_session import dry  # noqa: E402, F401
