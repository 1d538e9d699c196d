"""The saga's table: whatever comes, in whatever order, orders walk legal paths and end."""

import itertools

import pytest
from chandlery.orders.saga import CANCELLABLE, NEXT_STATES, TERMINAL, decide, is_legal

EVENTS = ("reserved", "rejected", "captured", "declined", "committed", "released", "refunded")
ANSWERS = {
    "inventory.reserve": ("reserved", "rejected"),
    "payments.capture": ("captured", "declined"),
    "inventory.commit": ("committed",),
    "inventory.release": ("released",),
    "payments.refund": ("refunded",),
}


@pytest.mark.parametrize("cancel", [False, True])
@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("state", NEXT_STATES)
def test_every_step_follows_the_table_of_states(state: str, event: str, cancel: bool):
    step = decide(state, event, cancel)
    if step is not None:
        for before, after in itertools.pairwise((state, *step.states)):
            assert after in NEXT_STATES[before]
        assert (step.command is None) == (step.states[-1] in TERMINAL)


@pytest.mark.parametrize(("state", "event"), [*itertools.product(sorted(TERMINAL), EVENTS)])
def test_nothing_moves_a_finished_order(state: str, event: str):
    assert decide(state, event, cancel_requested=False) is None


def walks(state: str, command: str | None, path: list[str], cancel_at: int):
    """Every way an order can go when cancellation is asked for at step `cancel_at`."""
    if command is None:
        yield path
        return
    for event in ANSWERS[command]:
        cancel = len(path) >= cancel_at
        step = decide(state, event, cancel)
        assert step is not None, f"{state} waits for {command} and ignores its answer {event}"
        yield from walks(step.states[-1], step.command, [*path, *step.states], cancel_at)


@pytest.mark.parametrize("cancel_at", [1, 2, 3, 99])
def test_every_order_ends_whatever_the_answers(cancel_at: int):
    ends = list(walks("PENDING", "inventory.reserve", ["PENDING"], cancel_at))
    assert all(is_legal(path) and path[-1] in TERMINAL for path in ends)
    assert ("CONFIRMED" in {path[-1] for path in ends}) == (cancel_at > 2)


@pytest.mark.parametrize("cancel_at", [1, 2])
def test_a_cancelled_order_keeps_neither_stock_nor_money(cancel_at: int):
    for path in walks("PENDING", "inventory.reserve", ["PENDING"], cancel_at):
        assert ("PAID" in path) == ("REFUNDED" in path)
        assert ("RESERVED" in path) == ("RELEASED" in path)


@pytest.mark.parametrize("state", sorted(set(NEXT_STATES) - {"PENDING"}))
def test_a_repeated_reservation_reply_changes_nothing(state: str):
    assert decide(state, "reserved", cancel_requested=False) is None


def test_paths_that_skip_or_go_on_are_illegal():
    assert is_legal(["PENDING", "RESERVED", "PAID", "CONFIRMED"])
    assert not is_legal(["PENDING", "PAID"])
    assert not is_legal(["RESERVED"])
    assert not is_legal([])
    assert not is_legal(["PENDING", "REJECTED", "RESERVED"])


def test_only_orders_whose_money_is_not_taken_can_be_cancelled():
    assert {"PENDING", "RESERVED"} == CANCELLABLE
