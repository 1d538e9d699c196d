"""A trace is passed on with a span of its own, and named in the log."""

import json
import logging

import pytest
from chandlery import trace

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GIVEN = f"00-{TRACE}-{SPAN}-01"


@pytest.fixture(autouse=True)
def without():
    yield
    trace.follow(None)


def test_what_is_passed_on_has_the_trace_and_a_span_of_its_own():
    trace.follow(GIVEN)
    version, kept, span, flags = trace.current().split("-")
    assert (version, kept, flags) == ("00", TRACE, "01")
    assert len(span) == 16
    assert span != SPAN
    assert trace.sampled()


@pytest.mark.parametrize(
    "given",
    [
        "",
        None,
        "nonsense",
        GIVEN[:-1],
        GIVEN.upper(),
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        "01" + GIVEN[2:],
    ],
)
def test_what_is_no_trace_is_not_passed_on(given):
    trace.follow(GIVEN)
    trace.follow(given)
    assert trace.current() == ""
    assert not trace.sampled()


def test_a_trace_that_nobody_wants_to_see_is_passed_on_all_the_same():
    trace.follow(GIVEN[:-1] + "0")
    assert trace.current()
    assert not trace.sampled()


def test_a_line_of_the_log_is_an_object_that_names_its_trace():
    record = logging.LogRecord("chandlery.web", logging.INFO, "", 1, "%s took %d s", ("it", 3), None)
    plain = json.loads(trace.JsonLines().format(record))
    assert plain["message"] == "it took 3 s"
    assert "trace_id" not in plain
    trace.follow(GIVEN)
    assert json.loads(trace.JsonLines().format(record))["trace_id"] == TRACE
