"""Lets these tests use the session without a cluster."""

from dry_session import dry  # noqa: F401
