"""A proposal as the text of a system file: what is known is filled in, what is not says so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from seatrial.declared.proposal.entry import UNKNOWN_HOST
from seatrial.declared.proposal.propose import Proposal, ProposedJourney, ProposedWorkload
from seatrial.declared.values import printable

FILL_IN = "fill-in"
_DOORS = 5  # a way in by a Job is one line for each Service; a namespace may have hundreds
_PLAIN = re.compile(r"^[A-Za-z/][A-Za-z0-9./_-]*$")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def system_text(proposal: Proposal, *, source: str, context: str, namespace: str, schema: str = "") -> str:
    """The text of a system file. It can be read as it is, and consents to nothing.

    Args:
        source: what was read, for the first comment.
        context: of the kubeconfig; empty when nobody said it.
        namespace: empty when neither the objects nor anybody said it.
        schema: path of the JSON Schema for editors; empty for none.
    """
    lines = [f"# yaml-language-server: $schema={schema}"] if schema else []
    lines += [
        f"# Proposed by `seatrial init` from {_said(source)}; nothing was changed.",
        "# Lines with FILL IN need you: what the objects do not say was not guessed. Every key is explained",
        "# in $(seatrial path docs/your-system.md); `seatrial doctor` says what can be tested as it stands.",
        "apiVersion: seatrial/v1",
        "kind: System",
        f"metadata: {{name: {_value(_name(namespace))}}}",
        *_target(context, namespace),
        *_entry(proposal),
        "workloads:",
        *(line for workload in proposal.workloads for line in _workload(workload)),
        *(f"  # left out: {_said(text)}" for text in proposal.left_out),
        "journeys:",
        *_journeys(proposal.journeys),
        *_stores(proposal),
        "# FILL IN what must hold, with your numbers; these are the defaults:",
        "objectives: {availability: 0.999, latency_p99_ms: 300, recovery_seconds: 30}",
        "# Nothing is disturbed before its owner consents to exactly this context and namespace:",
        f"# consent: {{disruptive: true, context: {_value(context or FILL_IN)}, "
        f"namespace: {_value(namespace or FILL_IN)}}}",
    ]
    return "\n".join(lines) + "\n"


def _target(context: str, namespace: str) -> Iterator[str]:
    if not context:
        yield "# FILL IN: the context of your kubeconfig (`kubectl config get-contexts`)"
    if not namespace:
        yield "# FILL IN: the namespace; the objects name none"
    where = f"context: {_value(context or FILL_IN)}, namespace: {_value(namespace or FILL_IN)}"
    yield f"target: {{{where}}}"


def _entry(proposal: Proposal) -> Iterator[str]:
    best = proposal.ways[0] if proposal.ways else None
    if best is None:
        yield "# FILL IN where clients reach it: no Ingress, HTTPRoute, LoadBalancer or NodePort was found"
    elif not best.known:
        yield f"# FILL IN the host: {_said(best.why)} does not say it"
    else:
        yield f"# from {_said(best.why)}"
    one = best is not None and best.service and len(best.reaches) == 1
    behind = f", service: {{name: {_value(best.service)}}}" if best and one else ""
    yield "# FILL IN `served_by:`, the response header that names the pod which answered, if there is one"
    if not behind:
        yield "# or `service:`, the Service behind it, if that selects pods of one workload only"
    yield f"entry: {{url: {_value(best.url if best else f'http://{UNKNOWN_HOST}')}{behind}}}"
    yield from (f"# or {_said(f'{way.url}  ({way.why})')}" for way in proposal.ways[1:])
    if best is None or not best.known:
        for name, port in proposal.doors[:_DOORS]:
            door = f"{{service: {{name: {_value(name)}, port: {port}}}}}"
            yield f"# or, by a Job inside the cluster: entry: {door}"


def _workload(workload: ProposedWorkload) -> Iterator[str]:
    yield f"  {_value(workload.role)}:  # {_said('; '.join(workload.facts))}"
    yield f"    kind: {workload.kind}"
    yield f"    name: {_value(workload.name)}"
    if workload.state:
        yield f"    {workload.state}: true"
    else:
        yield "    # FILL IN `stateless: true` (any pod may be replaced at any time), or"
        yield "    # `stateful: true` (it keeps data that must survive its pods)"
    if workload.journeys:
        yield f"    journey: {_value(workload.journeys[0].name)}"
    else:
        yield "    # FILL IN `journey:` with one whose requests reach it; else the first one is taken"
    if workload.autoscaled:
        yield f"    autoscaled: {_value(workload.autoscaled)}"
        yield "    # FILL IN the load that makes it grow, and the replicas that this load needs:"
        yield "    # load_step: {journey: fill-in, per_second: 0, replicas: 0}"


def _journeys(journeys: list[ProposedJourney]) -> Iterator[str]:
    if not journeys:
        yield "  # FILL IN a request that a user makes: no route and no probe names a path"
        yield f"  {FILL_IN}: {{request: {{method: GET, path: /}}, expect: {{status: 200}}}}"
    for journey in journeys:
        yield f"  # {_said(journey.why)}: FILL IN what a user asks for, and the status that means success"
        yield (
            f"  {_value(journey.name)}: {{request: {{method: GET, path: {_value(journey.path)}}}, "
            "expect: {status: 200}}"
        )


def _stores(proposal: Proposal) -> Iterator[str]:
    for workload in proposal.workloads:
        if workload.store:
            yield f"# {workload.role} looks like {workload.store}; with this, `invariants` can ask it:"
            yield f"# capabilities: {{store: {{product: {workload.store}, workload: {workload.role}}}}}"


def _name(namespace: str) -> str:
    return namespace or FILL_IN


def _said(written: str) -> str:
    """A text of the objects in a comment: one line, whatever it holds."""
    return printable(written)


def _value(written: str) -> str:
    """A text as YAML reads it back: plain where that is safe, else in quotes."""
    return written if _PLAIN.match(written) and written.lower() not in _WORDS else json.dumps(written)
