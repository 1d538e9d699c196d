"""Every request that is declared to be protected is made with the right token, and with wrong ones."""

from seatrial.model.fault import NONE
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, measure, steps
from seatrial.scenarios.needs.protected import protected


@scenario("wrong-tokens", disruption=NONE, needs={protected}, repetitions=0, whole=True)
def wrong_tokens(subject: Subject) -> Steps:  # noqa: ARG001 - there is one such plan for every system
    """Asks each protected route with the right token, with wrong ones, and with the right one again."""
    return steps(measure("wrong-tokens", within_seconds=120, expected_seconds=4))
