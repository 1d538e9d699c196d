"""A `seatrial run` that is SIGKILLed in the middle of a fault: its tools end, and revert what they did."""

from __future__ import annotations

import signal

from person import cordoned

from seatrial.waiting import NotYet, Ready, eventually


def test_the_tools_of_a_killed_run_end_and_revert(person, deployed):
    run = ["seatrial", "run", "--only", "experiments", "--experiment", "drain-node"]
    with person.running_until(run, "a node is cordoned", lambda: cordoned(deployed)) as process:
        process.send_signal(signal.SIGKILL)
        text, _ = process.communicate(timeout=30)

    def reverted():
        left = [*cordoned(deployed), *person.journals()]
        return NotYet(f"left: {', '.join(map(str, left))}") if left else Ready(None)

    eventually(reverted, within_seconds=120, what="the experiment reverts its fault and ends")
    assert process.returncode == -signal.SIGKILL
    assert "passed in" not in text
    (directory,) = (person.folder / "reports").glob("2*")
    again = person.types("seatrial", "report", directory)
    assert again.code != 0
    assert "UNFINISHED" in again.text

    def nothing_left():
        told = person.types("seatrial", "revert").text
        return Ready(None) if told.startswith("nothing to revert") else NotYet(told)

    # Its Lease is nobody's only some time after it was last renewed.
    eventually(nothing_left, within_seconds=60, what="the Lease of the killed run expires", every_seconds=2)
