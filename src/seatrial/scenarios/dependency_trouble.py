"""A dependency is down, slow and wrong for those who need it."""

from seatrial.model.dependency import DISTURB, DOWN, INTERPOSE, PROXIED, SLOW, WRONG
from seatrial.model.fault import INVOLUNTARY
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, hold, inject, measure, release, steps, traffic
from seatrial.scenarios.needs.depended_on import depended_on
from seatrial.scenarios.needs.helper_image import helper_image

CONTROL_SECONDS = 5.0
"""So that a journey beside the subject's sends 20 requests, which tell how often each asks the dependency."""
HEALED_SECONDS = 2.0


@scenario("dependency-trouble", disruption=INVOLUNTARY, needs={depended_on, helper_image}, repetitions=1)
def dependency_trouble(subject: Subject) -> Steps:
    """Puts a proxy before a dependency, which lets all pass, resets connections, is slow, and then wrong."""
    return steps(
        traffic(subject.journey, per_second=20, bystanders=5),
        inject(INTERPOSE, subject.role, held=True),
        hold(CONTROL_SECONDS, "the control: the proxy alone changes nothing"),
        measure(PROXIED, within_seconds=30, expected_seconds=1),
        inject(DISTURB, subject.role, name=DOWN, held=True, kind=DOWN, hold_seconds=6.0),
        release(DOWN),
        hold(HEALED_SECONDS, "its clients are answered again"),
        inject(DISTURB, subject.role, name=SLOW, held=True, kind=SLOW, hold_seconds=8.0),
        release(SLOW),
        hold(HEALED_SECONDS, "its clients are answered again"),
        inject(DISTURB, subject.role, name=WRONG, held=True, kind=WRONG, hold_seconds=6.0),
        release(WRONG),
        hold(HEALED_SECONDS, "its clients are answered again"),
        measure(PROXIED, within_seconds=30, expected_seconds=1),
        release(INTERPOSE),
    )
