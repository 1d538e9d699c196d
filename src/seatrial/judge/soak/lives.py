"""Whether containers were restarted, lost processes to their memory limit, or went away in a soak. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.judge.wording import plural
from seatrial.model.soak import ContainerLook, SoakRun
from seatrial.model.verdict import Outcome, Verdict

EXPECTED = "containers that stay, with all of their processes"
HINT = "See its log before its end: `kubectl logs --previous`."


def lives(run: SoakRun) -> Verdict:
    """A restart or a killed process: FAILED, by name. A pod that went away: INCONCLUSIVE, unless its workload
    is autoscaled.
    """
    ended: list[str] = []
    gone: list[str] = []
    notes: list[str] = []
    for first, last in _ends(run):
        ended += _ended(first, last)
        if last.at < run.looks[-1].at:
            (notes if last.role in run.autoscaled else gone).append(f"{last.pod} of {last.role}")
    reasons = tuple(f"went away, by its autoscaler: {name}" for name in dict.fromkeys(notes))
    if ended:
        return Verdict(Outcome.FAILED, "; ".join(ended), EXPECTED, HINT, {"ended": len(ended)}, reasons)
    if not run.looks:
        why = run.unseen or "no container was looked at"
        return Verdict(Outcome.INCONCLUSIVE, f"restarts: {why}", EXPECTED, "See what lacks.")
    if gone:
        text = f"pods went away: {', '.join(dict.fromkeys(gone))}"
        return Verdict(
            Outcome.INCONCLUSIVE, text, EXPECTED, "See who deleted them: `kubectl get events`.", {}, reasons
        )
    number = len({(look.pod, look.container) for look in run.looks})
    text = f"{plural(number, 'container')} without a restart"
    return Verdict(Outcome.PASSED, text, EXPECTED, numbers={"containers": number}, reasons=reasons)


def _ends(run: SoakRun) -> Iterator[tuple[ContainerLook, ContainerLook]]:
    """The first and the last look at each container."""
    first: dict[tuple[str, str], ContainerLook] = {}
    last: dict[tuple[str, str], ContainerLook] = {}
    for look in run.looks:
        first.setdefault((look.pod, look.container), look)
        last[look.pod, look.container] = look
    return ((first[name], last[name]) for name in first)


def _ended(first: ContainerLook, last: ContainerLook) -> Iterator[str]:
    name = f"{last.container} of {last.pod}"
    if (restarts := last.restarts - first.restarts) > 0:
        why = f" ({last.last_end})" if last.last_end else ""
        yield f"{name} was restarted {plural(restarts, 'time')}{why}"
    elif first.killed is not None and last.killed is not None and last.killed > first.killed:
        lost = plural(last.killed - first.killed, "process")
        yield f"the kernel killed {lost} of {name} for its memory limit"
