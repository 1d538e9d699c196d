"""When a counter or an alert is read: not before what has happened was collected."""

from __future__ import annotations

import time
from collections.abc import Sequence

from seatrial.adapters.metrics import Alert, Metrics, Rule, ScrapeTarget, Series
from seatrial.harness.looks import alerts
from seatrial.harness.looks.alerts import read_until_quiet
from seatrial.harness.looks.redelivered import read_collected

RULE = Rule("Away", True, "up == 0", 30.0, 5.0, True)


class Kept(Metrics):
    """A collector whose clock is a thousand seconds ahead; each question gets the next answer."""

    def __init__(self, *answers: Sequence[Series], rules: Sequence[Rule] = (RULE,)) -> None:
        self._answers = list(answers)
        self._rules = rules
        self.asked: list[str] = []

    @property
    def now(self) -> float:
        return time.monotonic() + 1000

    def query(self, expression: str, *, at: float | None = None) -> list[Series]:
        if expression == "time()":
            return [Series({}, ((0.0, self.now),))]
        self.asked.append(expression)
        return list(self._answers.pop(0) if len(self._answers) > 1 else self._answers[0])

    def query_range(self, *_: object, **_more: object) -> list[Series]:
        raise NotImplementedError

    def targets(self) -> list[ScrapeTarget]:
        return [ScrapeTarget("pods", "http://10.0.0.1", True, "", 0.7)]

    def rules(self) -> list[Rule]:
        return list(self._rules)

    def alerts(self) -> list[Alert]:
        raise NotImplementedError


def series(at: float, state: str = "firing") -> list[Series]:
    return [Series({"alertstate": state}, ((at, 1.0),))]


def test_a_counter_is_read_when_something_was_collected_after_it_was_asked_for() -> None:
    now = time.monotonic() + 1000
    kept = Kept(series(now - 5), series(now + 5))
    read = read_collected(kept, "again_total", within_seconds=10)
    assert [one.points[0][0] for one in read.series] == [now + 5]
    assert kept.asked == ["again_total[600s]"] * 2


def test_what_is_never_collected_is_read_as_it_is_after_two_intervals() -> None:
    began_at = time.monotonic()
    read = read_collected(Kept(()), "again_total", within_seconds=10)
    assert read.series == ()
    assert time.monotonic() - began_at < 5


def test_an_alert_is_read_when_it_fires_no_more_and_its_times_are_ours() -> None:
    now = time.monotonic() + 1000
    kept = Kept(series(now), series(now - 60))
    read = read_until_quiet(kept, "Away", within_seconds=10)
    assert kept.asked[0] == 'ALERTS{alertname="Away"}[600s]'
    assert read.quiet
    assert read.rule is not None
    assert read.rule.expression == "up == 0"
    (state,) = read.states
    assert abs(state.times[0] - (now - 1060)) < 0.5


def test_one_that_goes_on_firing_is_read_as_it_is() -> None:
    read = read_until_quiet(Kept(series(time.monotonic() + 1000)), "Away", within_seconds=0.1)
    assert not read.quiet
    assert read_until_quiet(Kept(series(0.0, "pending")), "Away", within_seconds=0.1).quiet


def test_one_that_must_fire_is_read_when_it_does_so_without_the_series_of_before(monkeypatch) -> None:
    monkeypatch.setattr(alerts, "gone_seconds", lambda scrape_seconds: 2.0)
    began_at = time.monotonic()
    kept = Kept(series(began_at + 1000), series(began_at + 1003))
    read = alerts.read_until_firing(kept, "Away", within_seconds=10)
    assert len(kept.asked) == 2, "the first was while its pods ended"
    assert not read.quiet


def test_one_that_does_not_fire_is_read_when_it_should_have() -> None:
    assert alerts.read_until_firing(Kept(()), "Away", within_seconds=0.1).states == ()
    assert alerts.read_until_firing(Kept((), rules=()), "Away", within_seconds=10).rule is None


def test_a_rule_that_records_or_has_another_name_raises_no_such_alert() -> None:
    recording = Rule("Away", False, "up", 0.0, 5.0, True)
    assert read_until_quiet(Kept((), rules=(recording,)), "Away", within_seconds=1).rule is None
    wrong = Rule("Away", True, "up ==", 0.0, 5.0, False, "parse error")
    found = read_until_quiet(Kept((), rules=(wrong,)), "Away", within_seconds=1).rule
    assert found is not None
    assert found.problem == "parse error"
