"""Lets these tests use checks on the session without a cluster."""

from dry_checks import recorded, run_checks  # noqa: F401
from dry_session import dry  # noqa: F401
