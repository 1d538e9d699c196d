"""Exchanges read back: what many have in common is held once, and odd lines are taken as JSON takes them."""

import gc
from pathlib import Path

import pytest

from seatrial.model.exchange import Exchange, ExchangeOutcome
from seatrial.record.exchanges import collected_later, read_exchanges
from seatrial.traffic.record import RecordFile, exchange_line

SENT = tuple(
    Exchange(n, "look", n / 10, n / 10, n / 10 + 0.01, ExchangeOutcome.OK, 200, backend="basket-1")
    for n in range(3)
)


def test_texts_that_many_have_in_common_are_held_once(tmp_path: Path) -> None:
    RecordFile(tmp_path / "sent.ndjson").exchanges(SENT)
    damage: list[str] = []
    first, *others = read_exchanges(tmp_path, "sent.ndjson", damage)
    assert (first, damage) == (SENT[0], [])
    assert all(each.journey is first.journey and each.backend is first.backend for each in others)


@pytest.mark.parametrize(
    "odd", ["  {}  \r\n", "\ufeff{}\n", "{}\n", "\n{}\n", "{}"], ids=range(5)
)
def test_lines_in_other_forms_are_the_same_exchanges(tmp_path: Path, odd: str) -> None:
    text = odd.replace("{}", exchange_line(SENT[1]).strip())
    (tmp_path / "sent.ndjson").write_text(exchange_line(SENT[0]) + text, encoding="utf-8")
    damage: list[str] = []
    found = read_exchanges(tmp_path, "sent.ndjson", damage)
    assert (len(found), found[1].planned_at, damage) == (2, SENT[1].planned_at, [])


@pytest.mark.parametrize("wrong", ["{} {}", "{},{}", "[{}]", "{}]"])
def test_a_line_that_holds_anything_but_one_object_is_damage(tmp_path: Path, wrong: str) -> None:
    lines = [exchange_line(SENT[0]), wrong.replace("{}", exchange_line(SENT[1]).strip()) + "\n"]
    (tmp_path / "sent.ndjson").write_text("".join(lines), encoding="utf-8")
    damage: list[str] = []
    assert len(read_exchanges(tmp_path, "sent.ndjson", damage)) == 1
    assert len(damage) == 1
    assert "sent.ndjson:2" in damage[0]


def test_garbage_is_collected_again_afterwards() -> None:
    with collected_later():
        assert not gc.isenabled()
    assert gc.isenabled()
