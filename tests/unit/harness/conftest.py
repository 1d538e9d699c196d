"""The session without a cluster, for these tests."""

from dry_session import dry  # noqa: F401
