"""The saga as a table: which event moves an order from which state to which, and what is asked next.

Pure: no database, no broker, no clock.

    PENDING -> RESERVED -> PAID -> CONFIRMED
    PENDING -> REJECTED                                      not enough stock
    RESERVED -> DECLINED -> RELEASED -> CANCELLED            not enough money
    RESERVED -> RELEASED -> CANCELLED                        cancelled before the money was taken
    RESERVED -> PAID -> REFUNDED -> RELEASED -> CANCELLED    cancelled while the money was being taken
"""

from dataclasses import dataclass
from itertools import pairwise

NEXT_STATES: dict[str, frozenset[str]] = {
    "PENDING": frozenset({"RESERVED", "REJECTED"}),
    "RESERVED": frozenset({"PAID", "DECLINED", "RELEASED"}),
    "PAID": frozenset({"CONFIRMED", "REFUNDED"}),
    "DECLINED": frozenset({"RELEASED"}),
    "REFUNDED": frozenset({"RELEASED"}),
    "RELEASED": frozenset({"CANCELLED"}),
    "CONFIRMED": frozenset(),
    "REJECTED": frozenset(),
    "CANCELLED": frozenset(),
}
TERMINAL = frozenset(state for state, following in NEXT_STATES.items() if not following)
CANCELLABLE = frozenset({"PENDING", "RESERVED"})
FIRST_COMMAND = "inventory.reserve"


@dataclass(frozen=True)
class Step:
    """The states an order passes now, in order, and the command that asks for the next event."""

    states: tuple[str, ...]
    command: str | None = None


def decide(state: str, event: str, cancel_requested: bool) -> Step | None:
    """What `event` means for an order in `state`. None: it is late or a repeat, and changes nothing."""
    after_reserved = "inventory.release" if cancel_requested else "payments.capture"
    after_captured = "payments.refund" if cancel_requested else "inventory.commit"
    wanted = {
        ("PENDING", "reserved"): Step(("RESERVED",), after_reserved),
        ("PENDING", "rejected"): Step(("REJECTED",)),
        ("RESERVED", "captured"): Step(("PAID",), after_captured),
        ("RESERVED", "declined"): Step(("DECLINED",), "inventory.release"),
        ("RESERVED", "released"): Step(("RELEASED", "CANCELLED")),
        ("DECLINED", "released"): Step(("RELEASED", "CANCELLED")),
        ("PAID", "committed"): Step(("CONFIRMED",)),
        ("PAID", "refunded"): Step(("REFUNDED",), "inventory.release"),
        ("REFUNDED", "released"): Step(("RELEASED", "CANCELLED")),
    }
    return wanted.get((state, event))


def is_legal(path: list[str]) -> bool:
    """Is `path` a walk from PENDING along NEXT_STATES? (An unfinished one is legal.)"""
    if not path or path[0] != "PENDING":
        return False
    return all(after in NEXT_STATES.get(before, frozenset()) for before, after in pairwise(path))
