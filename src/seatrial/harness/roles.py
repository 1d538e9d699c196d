"""The Roles that have every right which is needed, and no other, as text for `kubectl apply -f -`. Pure."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seatrial.kube.rights import Rule, in_namespace, rule_text, rules_of
from seatrial.model.right import Use

API = "rbac.authorization.k8s.io"
READ_ONLY, DISRUPTIVE = "seatrial-read-only", "seatrial-disruptive"
NODES, DRAIN = "seatrial-nodes", "seatrial-drain"
OPTIONAL = "*"
_WIDTH = 100


@dataclass(frozen=True)
class Grantee:
    """Who gets the Roles.

    Attributes:
        kind: ServiceAccount, User or Group.
        namespace: of a ServiceAccount.
    """

    kind: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        """As a subject of a binding."""
        if self.kind == "ServiceAccount":
            return f"{{kind: ServiceAccount, name: {self.name}, namespace: {self.namespace}}}"
        return f"{{kind: {self.kind}, apiGroup: {API}, name: {json.dumps(self.name)}}}"


def roles_text(
    reading: Sequence[Use], disruptive: Sequence[Use], namespace: str, grantees: Sequence[Grantee]
) -> str:
    """The documents, each rule with a comment that says what needs it.

    Args:
        disruptive: empty for Roles that only read.
        grantees: who gets them; the ServiceAccount of nobody else is among the documents.
    """
    own = [] if grantees else [_account(namespace)]
    given = grantees or [Grantee("ServiceAccount", "seatrial", namespace)]
    documents = [*own, *_roles(rules_of(reading), (READ_ONLY, NODES), namespace, given)]
    documents += _roles(rules_of(disruptive, beside=reading), (DISRUPTIVE, DRAIN), namespace, given)
    head = _head(namespace, [*reading, *disruptive], bool(disruptive))
    return "---\n".join([head, *documents])


def _roles(
    rules: Sequence[Rule], names: tuple[str, str], namespace: str, grantees: Sequence[Grantee]
) -> Iterator[str]:
    """A Role for each namespace that the rules are about, and a ClusterRole where some are about none."""
    namespaces = {rule.right.namespace or namespace: None for rule in rules if in_namespace(rule.right)}
    for place in namespaces:
        mine = [
            rule for rule in rules
            if in_namespace(rule.right) and (rule.right.namespace or namespace) == place
        ]  # fmt: skip
        yield _role("Role", names[0], place, mine, namespace)
        yield _binding("Role", names[0], place, grantees)
    cluster = [rule for rule in rules if not in_namespace(rule.right)]
    if cluster:
        name = f"{names[1]}-{namespace}"  # others may test other namespaces of the same cluster
        yield _role("ClusterRole", name, "", cluster, namespace)
        yield _binding("ClusterRole", name, "", grantees)


def _role(kind: str, name: str, place: str, rules: Sequence[Rule], namespace: str) -> str:
    lines = _about(name) if kind == "ClusterRole" else []
    lines += [f"apiVersion: {API}/v1", f"kind: {kind}", f"metadata: {_metadata(name, place)}", "rules:"]
    for rule in rules:
        lines += _rule(rule, namespace)
    return "\n".join(lines) + "\n"


def _about(name: str) -> list[str]:
    lost = "drain-node is unsupported"
    if name.startswith(NODES):
        lost = "what happens to nodes explains no failure"
    return _comment(f"About the whole cluster: without this ClusterRole and its binding {lost}.", "")


def _rule(rule: Rule, namespace: str) -> Iterator[str]:
    said: dict[tuple[str, ...], list[str]] = {}
    for use in rule.uses:
        verbs = tuple(verb for verb in rule.verbs if verb in use.right.verbs)
        said.setdefault(verbs, []).append(f"{use.by}{OPTIONAL if use.right.without else ''}")
    for verbs, whom in said.items():
        yield from _comment(f"{', '.join(verbs)}: {', '.join(dict.fromkeys(whom))}")
    text = f"- {rule_text(rule.right, rule.verbs, namespace)}"
    if rule.right.withheld:
        yield from _comment(f"Left out on purpose, {rule.right.withheld}:")
        yield f"  # {text}"
    else:
        yield f"  {text}"


def _binding(kind: str, name: str, place: str, grantees: Sequence[Grantee]) -> str:
    subjects = [f"  - {grantee}" for grantee in grantees]
    reference = f"roleRef: {{apiGroup: {API}, kind: {kind}, name: {name}}}"
    head = [f"apiVersion: {API}/v1", f"kind: {kind}Binding", f"metadata: {_metadata(name, place)}"]
    return "\n".join([*head, reference, "subjects:", *subjects]) + "\n"


def _metadata(name: str, place: str) -> str:
    return f"{{name: {name}, namespace: {place}}}" if place else f"{{name: {name}}}"


def _account(namespace: str) -> str:
    head = f"apiVersion: v1\nkind: ServiceAccount\nmetadata: {_metadata('seatrial', namespace)}\n"
    return f"{head}automountServiceAccountToken: false\n"


def _head(namespace: str, uses: Sequence[Use], disruptive: bool) -> str:
    what = "reading, and disturbing where its system file consents" if disruptive else "reading only"
    lines = _comment(
        f"Rights of Seatrial in namespace {namespace}: {what}. Each rule says what needs it; a rule may be "
        "struck, and then what needs it is unsupported, by name. Nothing here lets it read Secrets, deploy, "
        "or change another namespace.", "",
    )  # fmt: skip
    optional: dict[str, list[str]] = {}
    for use in uses:
        if use.right.without:
            optional.setdefault(use.right.without, []).append(use.by)
    lines += [f"# What stands with {OPTIONAL} is wanted and not required. Without it:"] if optional else []
    for without, whom in optional.items():
        lines += _comment(f"  {', '.join(dict.fromkeys(whom))}: {without}", "")
    return "\n".join(lines) + "\n"


def _comment(text: str, indent: str = "  ") -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ",
        break_on_hyphens=False, break_long_words=False,
    )  # fmt: skip
