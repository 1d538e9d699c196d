"""Admission: webhooks, policies and their bindings."""

from __future__ import annotations

from typing import Any

from seatrial.declared.server.formats import qualified
from seatrial.declared.server.registry import Wrong, duplicates, on
from seatrial.declared.values import Pattern, brief, dig, mapping, maps, sequence, text

_IDENTIFIER = Pattern(r"[_a-zA-Z][_a-zA-Z0-9]*")
_REASONS = ("Forbidden", "Invalid", "RequestEntityTooLarge")


@on(
    "admissionregistration.v1.ValidatingWebhookConfiguration",
    "admissionregistration.v1.MutatingWebhookConfiguration",
)
def webhooks(value: dict[str, Any]) -> Wrong:
    """Webhooks are told apart by their names."""
    for index, name in duplicates(value.get("webhooks"), "name"):
        yield ("webhooks", index, "name"), f"{brief(name)} stands twice"


@on("admissionregistration.v1.ValidatingWebhook", "admissionregistration.v1.MutatingWebhook")
def webhook(value: dict[str, Any]) -> Wrong:
    """A webhook that has no side effects in a dry run, in a version of the review that there is."""
    if value.get("sideEffects") not in (None, "None", "NoneOnDryRun"):
        yield ("sideEffects",), f"{brief(value['sideEffects'])} is not one of None, NoneOnDryRun"
    versions = value.get("admissionReviewVersions")
    if versions.__class__ is list and not {"v1", "v1beta1"} & set(map(str, versions)):
        yield ("admissionReviewVersions",), "it needs v1 or v1beta1"
    if versions.__class__ is list and len(versions) != len(set(map(str, versions))):
        yield ("admissionReviewVersions",), "a version stands twice"


@on("admissionregistration.v1.WebhookClientConfig")
def client(value: dict[str, Any]) -> Wrong:
    """A webhook is reached at an address or by a Service."""
    if (value.get("url") is None) == (value.get("service") is None):
        yield (), "it needs `url` or `service`, and only one of them"
    url = text(value.get("url"))
    if value.get("url") is not None and not url.startswith("https://"):
        yield ("url",), f"{brief(url)} does not begin with https://"
    elif "?" in url or "#" in url or "@" in url.removeprefix("https://").partition("/")[0]:
        yield ("url",), "it may have no user, no query and no fragment"


@on("admissionregistration.v1.RuleWithOperations", "admissionregistration.v1.NamedRuleWithOperations")
def alone(rule: dict[str, Any]) -> Wrong:
    """A `*` stands alone."""
    for field in ("apiGroups", "apiVersions", "operations"):
        given = sequence(rule.get(field))
        if "*" in given and len(given) > 1:
            yield (field,), "beside `*` nothing else may stand"
    for field in ("apiVersions", "resources"):
        for index, each in enumerate(sequence(rule.get(field))):
            if not each:
                yield (field, index), "it is empty"
    resources = [text(each) for each in sequence(rule.get("resources"))]
    plain = [each for each in resources if "/" not in each and each != "*"]
    if ("*" in resources and plain) or ("*/*" in resources and len(resources) > 1):
        yield ("resources",), "beside `*` no other resource may stand, beside `*/*` nothing at all"


@on("admissionregistration.v1.MatchCondition")
def condition(value: dict[str, Any]) -> Wrong:
    """A condition has a name with the form of a label's key."""
    if value.get("name") and (wrong := qualified(value["name"])):
        yield ("name",), wrong


@on("admissionregistration.v1.ValidatingAdmissionPolicySpec")
def policy(spec: dict[str, Any]) -> Wrong:
    """A policy is about some resources, and asks something of them."""
    if spec.get("matchConstraints") is None:
        yield ("matchConstraints",), "`matchConstraints` is required"
    elif not sequence(dig(spec, "matchConstraints", "resourceRules")):
        yield ("matchConstraints", "resourceRules"), "it needs a rule"
    if not sequence(spec.get("validations")) and not sequence(spec.get("auditAnnotations")):
        yield ("validations",), "it needs `validations` or `auditAnnotations`"
    for index, each in maps(spec.get("validations")):
        if each.get("reason") not in (None, *_REASONS):
            seen = f"{brief(each['reason'])} is not one of {', '.join(_REASONS)}"
            yield ("validations", index, "reason"), seen
    for index, each in maps(spec.get("variables")):
        if each.get("name") and not _IDENTIFIER.compiled.fullmatch(text(each["name"])):
            yield ("variables", index, "name"), f"{brief(each['name'])} is no name for a variable of CEL"
    for index, name in duplicates(spec.get("auditAnnotations"), "key"):
        yield ("auditAnnotations", index, "key"), f"{brief(name)} stands twice"
    for index, each in maps(spec.get("auditAnnotations")):
        if each.get("key") and (wrong := qualified(each["key"])):
            yield ("auditAnnotations", index, "key"), wrong


@on("admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec")
def actions(spec: dict[str, Any]) -> Wrong:
    """What is denied is not warned of, too."""
    given = [text(each) for each in sequence(spec.get("validationActions"))]
    if {"Deny", "Warn"} <= set(given):
        yield ("validationActions",), "Deny and Warn may not stand together"
    if len(given) != len(set(given)):
        yield ("validationActions",), "an action stands twice"


@on("admissionregistration.v1.ParamRef")
def parameters(reference: dict[str, Any]) -> Wrong:
    """Parameters are found by name or by labels."""
    if (not reference.get("name")) == (reference.get("selector") is None):
        yield (), "it needs `name` or `selector`, and only one of them"


@on("admissionregistration.v1.MutatingAdmissionPolicySpec")
def mutating(spec: dict[str, Any]) -> Wrong:
    """What changes objects is about some resources, while they are made or changed."""
    if not sequence(mapping(spec.get("matchConstraints") or {"resourceRules": [{}]}).get("resourceRules")):
        yield ("matchConstraints", "resourceRules"), "it needs a rule"
    yield from _only_changes(spec, "matchConstraints")


@on("admissionregistration.v1.MutatingAdmissionPolicyBindingSpec")
def mutating_binding(spec: dict[str, Any]) -> Wrong:
    """As the policy itself."""
    yield from _only_changes(spec, "matchResources")


def _only_changes(spec: dict[str, Any], field: str) -> Wrong:
    for index, rule in maps(dig(spec, field, "resourceRules")):
        for number, each in enumerate(sequence(rule.get("operations"))):
            if each not in ("CREATE", "UPDATE"):
                seen = f"{brief(each)} is not one of CREATE, UPDATE"
                yield (field, "resourceRules", index, "operations", number), seen


@on("admissionregistration.v1.Mutation")
def mutation(value: dict[str, Any]) -> Wrong:
    """A change is written as its type says."""
    fields = {"ApplyConfiguration": "applyConfiguration", "JSONPatch": "jsonPatch"}
    own = fields.get(text(value.get("patchType")))
    for field in fields.values() if own else ():
        if field == own and value.get(field) is None:
            yield (field,), f"`patchType: {value['patchType']}` needs it"
        elif field != own and value.get(field) is not None:
            yield (field,), f"may not be set where `patchType` is {value['patchType']}"
