"""What the Roles of a text allow, decided as an API server does; for tests without a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from seatrial.kube.kinds import KNOWN


class Granted(NamedTuple):
    """One rule; an empty namespace stands for a ClusterRole."""

    namespace: str
    rule: dict[str, Any]


def granted(text: str) -> list[Granted]:
    """The rules of every Role and ClusterRole of the text that is bound in it."""
    documents = [each for each in yaml.safe_load_all(text) if each]
    bound = {(each["roleRef"]["kind"], each["roleRef"]["name"]) for each in documents if "roleRef" in each}
    return [
        Granted(each["metadata"].get("namespace", ""), rule)
        for each in documents
        if "rules" in each and (each["kind"], each["metadata"]["name"]) in bound
        for rule in each["rules"]
    ]


def each_taken_out(rules: list[Granted]) -> Iterator[tuple[str, Granted, list[Granted]]]:
    """Each verb of each rule, the rule, and the rules without that verb."""
    for index, (namespace, rule) in enumerate(rules):
        for verb in rule["verbs"]:
            left = {**rule, "verbs": [each for each in rule["verbs"] if each != verb]}
            yield verb, rules[index], [*rules[:index], Granted(namespace, left), *rules[index + 1 :]]


@dataclass
class RuleKube:
    """A user of a namespace who has these rules; nothing else can be asked of it."""

    rules: list[Granted]
    namespace: str = "shop"
    server: str = "https://nowhere"
    context: str = "nowhere"
    asked: list[str] = field(default_factory=list)

    def can_i(
        self, verb: str, kind: str, *, subresource: str = "", name: str = "", namespace: str | None = None
    ) -> bool:
        known = KNOWN[kind]
        resource = f"{known.plural}/{subresource}" if subresource else known.plural
        self.asked.append(f"{verb} {resource}")
        return any(
            given.namespace in ("", namespace)
            and known.group in given.rule["apiGroups"]
            and resource in given.rule["resources"]
            and verb in given.rule["verbs"]
            and (not given.rule.get("resourceNames") or name in given.rule["resourceNames"])
            for given in self.rules
        )
