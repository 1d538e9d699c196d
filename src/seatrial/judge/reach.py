"""Whether what network policies forbid is refused, seen by real connections. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.judge.wording import plural
from seatrial.model.measurement import Measurement
from seatrial.model.observation import Observation
from seatrial.model.reach import (
    ADMITTED,
    CONNECTED,
    CONNECTION,
    CONNECTORS,
    REFUSED,
    SILENT,
    STRANGER,
    ClosedPort,
    Set,
    Tried,
)
from seatrial.model.verdict import Outcome, Verdict

EXPECTED = "a pod that network policies name is connected, and one that none of them names is not"
Place = tuple[str, int]


def policies_are_enforced(observation: Observation) -> Verdict:
    """Whether the stranger was refused wherever the admitted pod was connected, before and after it.

    Nothing closed is unsupported; what could not be tried, or a port at which nobody was connected, says
    nothing, and the other ports do not make up for it.
    """
    fault = next((each for each in observation.faults if each.fault == CONNECTORS), None)
    if fault is None or fault.impossible:
        why = "the pods to connect from were not set up" if fault is None else fault.impossible
        help_ = "Close the workload's ports to all but the pods that need them: `seatrial lint` names them."
        return Verdict(Outcome.UNSUPPORTED, f"nothing to try: {why}", EXPECTED, help_)
    looks, made = observation.trouble.measured(CONNECTION), Set.of(fault)
    untried = [look.reason for look in looks if not look.answered]
    tried = [Tried.of(look) for look in looks if look.answered]
    known = _connected_throughout(looks)
    strange = _last([one for one in tried if one.who == STRANGER])
    tested = sorted(known & strange.keys())
    let_in = [place for place in tested if strange[place] == CONNECTED]
    numbers = {
        "connections_tested": len(tested), "connections_let_in": len(let_in),
        "connections_without_control": len(strange.keys() - known),
    }  # fmt: skip
    if let_in:
        closed = {one.port: one for one in made.closed}
        words = "; ".join(_words(observation.target, port, let_in, closed[port]) for port in _ports(let_in))
        return Verdict(Outcome.FAILED, words, EXPECTED, _next(made, let_in), numbers, _reasons(made, tested))
    without = [] if untried else _without_control(made, tried, tested)
    if untried or without or not tested:
        at = f"at port {', '.join(map(str, without))} " if tested else ""
        why = "; ".join(dict.fromkeys(untried)) or (
            f"{at}the pod with the labels of {made.source} was not connected either, so a refusal says "
            "nothing"
        )
        text = f"could not be tried: {why}"
        return Verdict(Outcome.INCONCLUSIVE, text, EXPECTED, "Look whether the ports listen.", numbers)
    ports = ", ".join(map(str, _ports(tested)))
    text = (
        f"{plural(len(tested), 'connection')} to port {ports} of {observation.target}: connected with the "
        f"labels of {made.source}, not connected without ({_answers(strange, tested)})"
    )
    return Verdict(Outcome.PASSED, text, EXPECTED, "", numbers, _reasons(made, tested))


def _connected_throughout(looks: Sequence[Measurement]) -> set[Place]:
    """Where the admitted pod was connected, in the last round before the stranger tried and in one after."""
    tried = [Tried.of(look) for look in looks if look.answered]
    turns = [number for number, one in enumerate(tried) if one.who == STRANGER]
    if not turns:
        return set()
    before, after = tried[: turns[0]], tried[turns[-1] + 1 :]
    return _connected(before) & _connected(after)


def _connected(tried: Sequence[Tried]) -> set[Place]:
    last = _last([one for one in tried if one.who == ADMITTED])
    return {place for place, answer in last.items() if answer == CONNECTED}


def _last(tried: Sequence[Tried]) -> dict[Place, str]:
    return {(one.pod, one.port): one.answer for one in tried}


def _ports(places: Sequence[Place]) -> list[int]:
    return sorted({port for _, port in places})


def _words(target: str, port: int, let_in: Sequence[Place], closed: ClosedPort) -> str:
    pods = sum(each == port for _, each in let_in)
    return (
        f"port {port} of {plural(pods, 'pod')} of {target} let a pod in that NetworkPolicy "
        f"{', '.join(closed.named_by)} does not name"
    )


def _next(made: Set, let_in: Sequence[Place]) -> str:
    ports = {port for _, port in let_in}
    undone = sorted({name for one in made.closed if one.port in ports for name in one.undone_by})
    if undone:
        return (
            f"Policies add up: NetworkPolicy {', '.join(undone)} lets everybody in at every port, so that no "
            "other one counts. Delete it, or let it name who and where."
        )
    if made.host_network:
        return "Its pods are on their node's own network, where no policy reaches: remove `hostNetwork`."
    return (
        "No policy admits it, so the cluster's network plugin does not enforce NetworkPolicies: use one that "
        "does (Calico, Cilium, a recent kindnet), or switch its enforcement on."
    )


def _reasons(made: Set, tested: Sequence[Place]) -> tuple[str, ...]:
    tried = set(_ports(tested))
    return tuple(
        f"port {one.port} was not tested: the pod with the labels of {made.source} was not connected either"
        for one in made.closed if one.port not in tried
    )  # fmt: skip


def _without_control(made: Set, tried: Sequence[Tried], tested: Sequence[Place]) -> list[int]:
    """The closed ports of which nothing is known, unless nobody listens there.

    That is so where no container declares the port and each connection was refused at once. A port that was
    tested at one pod is covered for the others: policies hold for all pods of a workload alike.
    """
    answers: dict[int, set[str]] = {}
    for one in tried:
        answers.setdefault(one.port, set()).add(one.answer)
    known = set(_ports(tested))
    return [
        one.port for one in made.closed if one.port not in known and (
            one.declared or not all(a.startswith(REFUSED) for a in answers.get(one.port, {SILENT}))
        )
    ]  # fmt: skip


def _answers(strange: dict[Place, str], tested: Sequence[Place]) -> str:
    return ", ".join(sorted({strange[place] for place in tested}))
