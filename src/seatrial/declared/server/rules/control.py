"""What controls the API server itself: shares of its time, other servers behind it, certificates."""

from __future__ import annotations

import base64
import math
from typing import Any

from seatrial.declared.server.formats import dns_label, port, subdomain
from seatrial.declared.server.registry import Wrong, on
from seatrial.declared.values import brief, dig, mapping, maps, sequence, text, whole

_MARK = b"-----BEGIN CERTIFICATE REQUEST-----"
_VERBS = {"get", "list", "create", "update", "delete", "deletecollection", "patch", "watch", "proxy"}
_SUBJECTS = {"User": "user", "Group": "group", "ServiceAccount": "serviceAccount"}
_MOST_PRECEDENCE = 10_000
_MOST_QUEUES = 10_000_000
_MOST_BITS = 60
"""Of a hash, by which a hand of queues is dealt."""
_LEAST_SECONDS = 600


@on("flowcontrol.v1.FlowSchema")
def flow(schema: dict[str, Any]) -> Wrong:
    """A flow schema has a place in the order; the first is kept for one name."""
    place = whole(dig(schema, "spec", "matchingPrecedence"))
    if place and not 1 <= place <= _MOST_PRECEDENCE:  # 0 is as if it were not written
        yield ("spec", "matchingPrecedence"), f"{place} is not within 1 to {_MOST_PRECEDENCE}"
    elif place == 1 and dig(schema, "metadata", "name") != "exempt":
        yield ("spec", "matchingPrecedence"), "1 is kept for the schema `exempt`"
    method = dig(schema, "spec", "distinguisherMethod", "type")
    if method not in (None, "", "ByUser", "ByNamespace"):
        yield ("spec", "distinguisherMethod", "type"), f"{brief(method)} is not one of ByUser, ByNamespace"


@on("flowcontrol.v1.PolicyRulesWithSubjects")
def flow_rule(rule: dict[str, Any]) -> Wrong:
    """A rule is about requests of somebody."""
    if not sequence(rule.get("subjects")):
        yield ("subjects",), "it needs a subject"
    if not sequence(rule.get("resourceRules")) and not sequence(rule.get("nonResourceRules")):
        yield (), "it needs resourceRules or nonResourceRules"


@on("flowcontrol.v1.Subject")
def flow_subject(subject: dict[str, Any]) -> Wrong:
    """A subject has the settings of its kind, and no others."""
    own = _SUBJECTS.get(text(subject.get("kind")))
    if own is None:
        if subject.get("kind"):
            yield ("kind",), f"{brief(subject['kind'])} is not one of {', '.join(sorted(_SUBJECTS))}"
        return
    if subject.get(own) is None:
        yield (own,), f"`kind: {subject['kind']}` needs it"
    for field in _SUBJECTS.values():
        if field != own and subject.get(field) is not None:
            yield (field,), f"may not be set where `kind` is {subject['kind']}"


@on("flowcontrol.v1.ResourcePolicyRule", "flowcontrol.v1.NonResourcePolicyRule")
def flow_requests(rule: dict[str, Any]) -> Wrong:
    """A `*` stands alone, and verbs are known."""
    fields = ("apiGroups", "resources", "namespaces") if "resources" in rule else ("nonResourceURLs",)
    for field in ("verbs", *fields):
        given = sequence(rule.get(field))
        if not given and field != "namespaces":
            yield (field,), "it needs a value"
        elif "*" in given and len(given) > 1:
            yield (field,), "beside `*` nothing else may stand"
    for index, each in enumerate(sequence(rule.get("nonResourceURLs"))):
        if each != "*" and not text(each).startswith("/"):
            yield ("nonResourceURLs", index), f"{brief(each)} does not begin with `/`"
        elif "//" in text(each):
            yield ("nonResourceURLs", index), f"{brief(each)} contains `//`"
    unknown = {text(verb) for verb in sequence(rule.get("verbs"))} - _VERBS - {"*"}
    if unknown:
        yield ("verbs",), f"{brief(min(unknown))} is no verb"
    if "resources" in rule and not sequence(rule.get("namespaces")) and rule.get("clusterScope") is not True:
        yield ("namespaces",), "needed, unless `clusterScope` is true"
    for index, each in enumerate(sequence(rule.get("namespaces"))):
        if each != "*" and (wrong := dns_label(text(each))):
            yield ("namespaces", index), wrong


@on("flowcontrol.v1.PriorityLevelConfiguration")
def level(value: dict[str, Any]) -> Wrong:
    """Only one level is exempt, by its name; others are limited."""
    spec, kind = mapping(value.get("spec")), dig(value, "spec", "type")
    if kind not in (None, "", "Exempt", "Limited"):
        yield ("spec", "type"), f"{brief(kind)} is not one of Exempt, Limited"
    elif kind and (kind == "Exempt") != (dig(value, "metadata", "name") == "exempt"):
        yield ("spec", "type"), "Exempt is for the level `exempt`, and for no other"
    elif kind == "Limited" and spec.get("limited") is None:
        yield ("spec", "limited"), "`type: Limited` needs it"
    for field, other in (("limited", "Exempt"), ("exempt", "Limited")):
        if kind == other and spec.get(field) is not None:
            yield ("spec", field), f"may not be set where `type` is {other}"


@on("flowcontrol.v1.LimitResponse")
def response(value: dict[str, Any]) -> Wrong:
    """Requests above the limit wait in queues, or are refused."""
    kind, queuing = value.get("type"), value.get("queuing")
    if kind not in (None, "", "Queue", "Reject"):
        yield ("type",), f"{brief(kind)} is not one of Queue, Reject"
    elif kind == "Reject" and queuing is not None:
        yield ("queuing",), "needs `type: Queue`"
    elif kind == "Queue" and queuing is None:
        yield ("queuing",), "`type: Queue` needs it"


@on("flowcontrol.v1.QueuingConfiguration")
def queues(value: dict[str, Any]) -> Wrong:
    """A hand is dealt from the queues."""
    number = whole(value.get("queues")) or 64  # 0 is as if it were not written
    hand = whole(value.get("handSize")) or 8
    if not 1 <= number <= _MOST_QUEUES:
        yield ("queues",), f"{number} is not within 1 to {_MOST_QUEUES}"
    elif not 1 <= hand <= number:
        yield ("handSize",), f"{hand} is not within 1 to the number of queues, {number}"
    elif math.ceil(math.log2(number) * hand) > _MOST_BITS:
        yield ("handSize",), f"{hand} of {number} queues need more than {_MOST_BITS} bits of a hash"
    if (whole(value.get("queueLengthLimit")) or 50) < 1:
        yield ("queueLengthLimit",), "must be above 0"


@on("apiregistration.v1.APIService")
def api_service(value: dict[str, Any]) -> Wrong:
    """A server behind the API server: its name is made of what it serves, and it is reached by a Service."""
    spec, name = mapping(value.get("spec")), text(dig(value, "metadata", "name"))
    wanted = f"{text(spec.get('version'))}.{text(spec.get('group'))}"
    if name and name != wanted:
        yield ("metadata", "name"), f"{brief(name)} must be version and group, {brief(wanted)}"
    if text(spec.get("group")) and (wrong := subdomain(text(spec["group"]))):
        yield ("spec", "group"), wrong
    for field, most in (("groupPriorityMinimum", 20_000), ("versionPriority", 1000)):
        number = whole(spec.get(field))
        if number is not None and not 1 <= number <= most:
            yield ("spec", field), f"{number} is not within 1 to {most}"
    service = spec.get("service")
    if service is not None:
        for field in ("name", "namespace"):
            if not mapping(service).get(field):
                yield ("spec", "service", field), f"`{field}` is required"
        at = mapping(service).get("port")
        if at is not None and (wrong := port(at)):
            yield ("spec", "service", "port"), wrong
    if spec.get("insecureSkipTLSVerify") is True and (spec.get("caBundle") or service is None):
        yield ("spec", "insecureSkipTLSVerify"), "needs a service, and may not be set beside `caBundle`"


def _decoded(written: str) -> bytes:
    try:
        return base64.b64decode(written)
    except ValueError:
        return b""


@on("certificates.v1.CertificateSigningRequestSpec")
def request(spec: dict[str, Any]) -> Wrong:
    """A request names its signer by domain and path, and what the certificate is for."""
    signer = text(spec.get("signerName"))
    domain, slash, path = signer.partition("/")
    if signer and (not slash or not path or "." not in domain or subdomain(domain)):
        yield ("signerName",), f"{brief(signer)} is no name such as `example.com/signer`"
    usages = [text(each) for each in sequence(spec.get("usages"))]
    if not usages:
        yield ("usages",), "it needs a usage"
    if len(usages) != len(set(usages)):
        yield ("usages",), "a usage stands twice"
    if spec.get("request") and _MARK not in _decoded(text(spec["request"])):
        yield ("request",), "it is no certificate request in PEM"
    seconds = whole(spec.get("expirationSeconds"))
    if seconds is not None and seconds < _LEAST_SECONDS:
        yield ("expirationSeconds",), f"{seconds} is less than {_LEAST_SECONDS}"


@on("discovery.v1.EndpointSlice")
def many(value: dict[str, Any]) -> Wrong:
    """An endpoint has a hundred addresses at most."""
    for index, endpoint in maps(value.get("endpoints")):
        number = len(sequence(endpoint.get("addresses")))
        if number > 100:
            yield ("endpoints", index, "addresses"), f"{number} addresses; at most 100"
