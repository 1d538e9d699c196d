"""A proxy before a dependency: what is planned, and how its trouble is reverted."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from proxied_store import JOURNEYS, SERVICE, Server, pod, watching
from stand_ins import system

from seatrial.errors import FaultRefused, SeatrialError
from seatrial.faults import interpose
from seatrial.faults.base import FaultBlocked, Impossible, Plan
from seatrial.faults.effects.base import decode, encode
from seatrial.faults.effects.created_object import CreatedObject
from seatrial.faults.effects.object_fields import ObjectFields
from seatrial.faults.interpose import Interpose, listed_in
from seatrial.faults.proxied import labels_of, proxy_pod, tell
from seatrial.kube.errors import Denied
from seatrial.model.dependency import Carried
from seatrial.waiting import NotYet, Ready


def planned(*objects: tuple[str, dict[str, Any]], role: str = "store") -> Plan | Impossible:
    return Interpose(role).plan(watching(*objects))


SOUND = (("Service", SERVICE), ("Pod", pod()))


def test_the_service_leads_to_a_pod_of_ours_after_that_and_its_policy_were_made() -> None:
    plan = planned(*SOUND)
    assert isinstance(plan, Plan)
    policy, proxy, service = plan.effects
    assert isinstance(policy, CreatedObject)
    assert isinstance(proxy, CreatedObject)
    assert isinstance(service, ObjectFields)
    assert policy.body["kind"] == "NetworkPolicy"
    labels = proxy.body["metadata"]["labels"]
    assert labels.pop("seatrial.dev/before") == "db"
    assert service.fields[0].original == {"app": "store"}
    assert service.fields[0].written == labels == policy.body["spec"]["podSelector"]["matchLabels"]
    command = proxy.body["spec"]["containers"][0]["command"]
    assert command[-5:] == ["serve", "--port", "5432", "--to", "10.0.0.7"]
    assert proxy.body["spec"]["containers"][0]["ports"] == [{"name": "sql", "containerPort": 5432}]
    assert decode(json.loads(json.dumps(encode(plan.effects)))) == plan.effects, "the journal keeps all of it"


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        ((), "there is no Service db"),
        ((("Service", {**SERVICE, "spec": {}}),), "Service db has no selector: others name its endpoints"),
        ((("Service", SERVICE),), "no pod behind Service db is Ready"),
        ((("Service", SERVICE), ("Pod", pod(ready="False"))), "no pod behind Service db is Ready"),
        ((("Service", SERVICE), ("Pod", pod(deletionTimestamp="now"))), "no pod behind Service db is Ready"),
        ((("Service", {**SERVICE, "spec": {"selector": {"app": "store"}}}), ("Pod", pod())),
         "no proxy can stand before Service db: it has no ports"),
    ],
)  # fmt: skip
def test_where_no_proxy_can_stand_it_is_said_before_anything_is_touched(objects: Any, reason: str) -> None:
    found = planned(*objects)
    assert isinstance(found, Impossible)
    assert found.reason == reason


def test_what_is_no_dependency_is_refused() -> None:
    with pytest.raises(FaultRefused, match="'web' is no dependency"):
        planned(*SOUND, role="web")


@pytest.mark.parametrize(
    ("dependencies", "words"),
    [
        ({"till": {}}, "dependencies.till names no workload"),
        ({"store": {"needed_by": ["sell"]}}, "dependencies.store.needed_by names no journey: sell"),
    ],
)
def test_a_dependency_that_names_what_is_not_there_is_refused(dependencies: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        system(journeys=JOURNEYS, dependencies=dependencies)


def test_low_ports_need_a_safe_sysctl_and_others_do_not() -> None:
    low = proxy_pod("1", "db", "image", {"web": 80}, ["10.0.0.1"])["spec"]["securityContext"]
    assert low["sysctls"] == [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]
    assert (
        "sysctls" not in proxy_pod("1", "db", "image", {"web": 1024}, ["10.0.0.1"])["spec"]["securityContext"]
    )


def blocked(monkeypatch: pytest.MonkeyPatch, **told: Any) -> FaultBlocked:
    watched = watching(*SOUND)
    fault = Interpose("store")
    plan = fault.plan(watched)
    assert isinstance(plan, Plan)
    watched.kube.create = lambda body, **_: watched.kube.kinds["Pod"].append(
        body | {"status": pod()["status"]}
    )
    monkeypatch.setattr(interpose, "REACH_SECONDS", 0.0)
    monkeypatch.setattr(interpose, "tell", lambda *_: {"refused": [], **told})
    if "denied" in told:
        watched.kube.create = raising(Denied(told["denied"], status=403, reason="Forbidden", details={}))
    with pytest.raises(FaultBlocked) as caught:
        fault.inject(plan, watched)
    return caught.value


def raising(error: Exception) -> Any:
    def raises(*_: Any, **__: Any) -> None:
        raise error

    return raises


def test_a_proxy_that_is_not_admitted_or_not_let_through_is_impossible_and_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quota = blocked(monkeypatch, denied="exceeded quota: small")
    assert quota.found.reason == "the proxy's pod is not admitted: exceeded quota: small"
    silent = blocked(monkeypatch, refused=["10.0.0.7:5432 (no answer within 2 s)"])
    assert silent.found.reason.startswith(
        "the proxy is not let through: last answer: no connection to 10.0.0.7"
    )


def slices(*names: str) -> list[dict[str, Any]]:
    return [{"endpoints": [{"targetRef": {"name": name}} for name in names]}, {"endpoints": None}]


def test_it_is_verified_by_the_endpoints_and_by_what_the_proxy_has_carried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched = watching(*SOUND)
    plan = Interpose("store").plan(watched)
    assert isinstance(plan, Plan)
    proxy, counts = plan.details["proxy"], {"accepted": 2, "answered": 0}
    monkeypatch.setattr(interpose, "tell", lambda *_: counts)

    def verified(*listed: str) -> Any:
        watched.kube.objects = lambda *_, **__: slices(*listed)
        return Interpose("store").verify(plan, watched, 0.0)

    assert listed_in(slices("b", "a")) == ["a", "b"]
    assert verified("store-0", proxy) == NotYet(f"service/db lists {proxy}, store-0, not yet the proxy alone")
    assert verified().reason == "service/db lists nobody, not yet the proxy alone"
    assert verified(proxy).reason == f"2 connections came through {proxy}: clients keep those they have"
    counts["answered"] = 1
    assert isinstance(verified(proxy), Ready)


def test_a_proxy_that_does_not_answer_is_an_error_with_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = SimpleNamespace(stdout="", stderr="no such file", reason="", exit_code=1)
    monkeypatch.setattr("seatrial.faults.proxied.run_in_pod", lambda *_, **__: ran)
    with pytest.raises(SeatrialError, match="does not answer: no such file"):
        tell(Server(), "p", {})  # type: ignore[arg-type]
    ran.stdout = '{"accepted": 1, "refused": []}'
    assert Carried.of(tell(Server(), "p", {})) == Carried(accepted=1)  # type: ignore[arg-type]
    ran.stdout = '{"error": "there is no such trouble: odd"}'
    with pytest.raises(SeatrialError, match="there is no such trouble: odd"):
        tell(Server(), "p", {})  # type: ignore[arg-type]


def test_the_labels_of_a_proxy_are_its_own() -> None:
    assert labels_of("1") != labels_of("2")
