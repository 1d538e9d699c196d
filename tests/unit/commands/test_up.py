"""`seatrial up` is done only when the system answers."""

from pathlib import Path

from fakes import Display, FakeSession, settings_in

from seatrial.commands.base import shown
from seatrial.commands.up import bring_up


def test_up_waits_for_the_first_answer(folder):
    session = FakeSession()
    bring_up(settings_in(folder), Display(), open_session=lambda *_: session)
    assert session.did == ["opened", "answered", "closed"]


def test_a_path_is_shown_as_a_person_here_types_it(folder):
    assert shown(folder / "reports" / "x") == "reports/x"
    assert shown(Path("/nowhere/x")) == "/nowhere/x"
