"""What can go wrong, by what a caller may conclude from it."""


class Refused(Exception):
    """The request is understood and answered with `status`; nothing was changed."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Unavailable(Exception):
    """A dependency is away and nothing was changed: surely safe to repeat."""


class OutcomeUnknown(Exception):
    """The commit was sent, its answer did not come: done once or not at all. Repeat with the same key."""
