"""A connection that is kept for the next request is not closed under it."""

from seatrial.judge.idle import idle_connections
from seatrial.model.check import PROVISIONAL, check
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "gateway.idle-connections-survive",
    level=PROVISIONAL,
    scenario="idle-connections",
    records={EXCHANGES, TIMELINE},
    requirement="A request over a connection that was idle MUST be answered: a server keeps an idle "
    "connection longer than the proxy in front of it does.",
    remediation="Give the server a longer keep-alive timeout than the proxy gives idle connections to it.",
)
def test_idle_connections_survive(observation: Observation) -> Verdict:
    """Requests after 2 to 66 idle seconds are answered, and no pod closes an idle connection first."""
    return idle_connections(observation)
