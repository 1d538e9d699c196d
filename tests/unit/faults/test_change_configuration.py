"""What of a ConfigMap is changed, how the change is delivered, and what is refused."""

import base64
import json
import re
from types import SimpleNamespace

import pytest
from stand_ins import endpoints, pod, recorder, system, timeline, workload

from seatrial.errors import BadInput, FaultRefused, SeatrialError
from seatrial.faults.base import Impossible
from seatrial.faults.change_configuration import ChangeConfiguration
from seatrial.faults.effects.replaced_text import ReplacedText, value_of
from seatrial.kube.errors import Conflict
from seatrial.model.configuration import KEPT_AT_START, NEVER_LATER, Configuration, SeenAt
from seatrial.waiting import NotYet, Ready

SPEC = {
    "configmap": "web", "key": "a.json", "old": "rope", "new": "line", "seen": {"file": "/etc/web/a.json"},
}  # fmt: skip


def told(**changes):
    web = {"kind": "Deployment", "name": "web", "stateless": True, "configuration": {**SPEC, **changes}}
    return system(workloads={"web": web, "bare": {"kind": "Deployment", "name": "bare"}})


def world(of=None, *, subpath="", **configmap):
    found = recorder(
        timeline(workload(), pod("a"), pod("b"), endpoints(0.0, pod("a"), pod("b"))), of or told()
    )
    mount = {"name": "v", "mountPath": "/etc/web", **({"subPath": subpath} if subpath else {})}
    pods = {
        "containers": [{"name": "app", "volumeMounts": [mount]}],
        "volumes": [{"name": "v", "configMap": {"name": "web-4h2k9d8f7g"}}],
    }
    objects = {
        "Deployment": {"spec": {"template": {"metadata": {}, "spec": pods}}},
        "ConfigMap": {"data": {"a.json": "rope, 20 m"}, **configmap},
        "Pod": {},
    }

    def get(kind, name, **_):
        return {"kind": kind, **objects[kind], "metadata": {"name": name, "uid": f"uid-{name}"}}

    found.kube = SimpleNamespace(
        **vars(found.kube), get=get, patch=lambda kind, name, *_, **__: get(kind, name)
    )
    return found


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"b": "x"}, "configmap/web-4h2k9d8f7g has no text under the key a.json, nothing was disturbed"),
        ({"a.json": "tar"}, "configmap/web-4h2k9d8f7g has no text 'rope' in a.json"),
        (
            {"a.json": "rope, line"},
            "has the text 'line' in a.json already: it could not be told what was replaced",
        ),
    ],
)
def test_a_text_that_could_not_be_put_back_is_refused(data, words):
    with pytest.raises(FaultRefused, match=re.escape(words)) as caught:
        ChangeConfiguration("web").plan(world(data=data))
    assert caught.value.next_step == f"its keys: {', '.join(data)}"


class Cluster:
    """One object that is patched; once it has changed between reading and writing."""

    def __init__(self, kind, value, *, uid="u", conflicts=0):
        self.obj = {
            "kind": kind,
            "metadata": {"name": "web", "uid": uid, "resourceVersion": "7"},
            "data": {"k": value},
        }
        self.conflicts = conflicts

    def get(self, *_):
        return self.obj

    find = get

    def patch(self, kind, name, body):
        assert (kind, name, body["metadata"]) == (self.obj["kind"], "web", {"resourceVersion": "7"})
        self.conflicts -= 1
        if self.conflicts >= 0:
            raise Conflict("changed meanwhile", status=409, reason="Conflict", details={})
        self.obj["data"].update(body["data"])


def replaced(kind):
    return ReplacedText(kind, "web", "u", "k", "rope", "line")


def test_a_text_is_replaced_wherever_it_stands_and_put_back():
    cluster = Cluster("ConfigMap", "rope, rope", conflicts=1)
    replaced("ConfigMap").apply(cluster)
    replaced("ConfigMap").apply(cluster)
    assert cluster.obj["data"] == {"k": "line, line"}
    assert replaced("ConfigMap").revert(cluster) == "configmap/web restored"
    assert cluster.obj["data"] == {"k": "rope, rope"}
    assert (
        replaced("ConfigMap").revert(cluster)
        == "configmap/web was as before, or somebody else has changed it"
    )


def test_of_a_secret_only_the_two_texts_are_kept():
    cluster = Cluster("Secret", base64.b64encode(b"rope: hush").decode())
    replaced("Secret").apply(cluster)
    assert value_of(cluster.obj, "k") == "line: hush"
    replaced("Secret").revert(cluster)
    assert base64.b64decode(cluster.obj["data"]["k"]) == b"rope: hush"
    assert "hush" not in json.dumps(replaced("Secret").payload())
    assert value_of({"kind": "Secret", "data": {"k": "/w=="}}, "k") is None
    assert value_of({"kind": "Secret"}, "k") is None


def test_another_object_of_that_name_is_left_as_it_is():
    other = Cluster("ConfigMap", "line", uid="v")
    assert "replaced by another object" in replaced("ConfigMap").revert(other)
    with pytest.raises(SeatrialError, match="was replaced before its text could be"):
        replaced("ConfigMap").apply(other)
    assert other.obj["data"] == {"k": "line"}
    assert replaced("ConfigMap").revert(SimpleNamespace(find=lambda *_: None)) == "configmap/web is gone"


def test_kubelet_is_made_to_look_again_at_each_pod_and_the_value_goes_back_first():
    plan = ChangeConfiguration("web").plan(world())
    assert not isinstance(plan, Impossible)
    assert [str(effect) for effect in plan.effects] == ["pod/a", "pod/b", "configmap/web-4h2k9d8f7g"]
    assert plan.details == {KEPT_AT_START: [], NEVER_LATER: False}
    assert str(plan.target) == "configmap/web-4h2k9d8f7g"


def test_a_rollout_delivers_it_where_that_is_declared():
    plan = ChangeConfiguration("web").plan(world(told(delivered_by="rollout"), subpath="a.json"))
    assert not isinstance(plan, Impossible)
    assert [str(effect) for effect in plan.effects] == ["deployment/web", "configmap/web-4h2k9d8f7g"]
    assert plan.details[NEVER_LATER] is False, "new containers are started with it"


def test_what_no_way_delivers_is_known_before():
    plan = ChangeConfiguration("web").plan(world(subpath="a.json"))
    assert not isinstance(plan, Impossible)
    words = "/etc/web of container app is mounted by subPath (a.json)"
    assert plan.details == {KEPT_AT_START: [words], NEVER_LATER: True}


def test_what_cannot_be_changed_is_impossible_and_what_is_declared_wrongly_is_refused():
    found = ChangeConfiguration("web").plan(world(immutable=True))
    assert isinstance(found, Impossible)
    assert found.reason == (
        "configmap/web-4h2k9d8f7g is immutable: only another one of another name can deliver a change"
    )
    with pytest.raises(FaultRefused, match="deployment/web takes no ConfigMap other"):
        ChangeConfiguration("web").plan(world(told(configmap="other")))
    with pytest.raises(FaultRefused, match="deployment/web takes no Secret web"):
        ChangeConfiguration("web").plan(world(told(configmap=None, secret="web")))
    with pytest.raises(FaultRefused, match="says nothing of the configuration of role 'bare'"):
        ChangeConfiguration("bare").plan(world())


def test_the_change_is_seen_in_the_object():
    plan = ChangeConfiguration("web").plan(world())
    assert not isinstance(plan, Impossible)
    assert isinstance(ChangeConfiguration("web").verify(plan, world(), 5.0), NotYet)
    seen = ChangeConfiguration("web").verify(plan, world(data={"a.json": "line, 20 m"}), 5.0)
    assert isinstance(seen, Ready)
    assert seen.value.words == "a.json of configmap/web-4h2k9d8f7g has the new value"


def test_two_texts_that_cannot_be_told_apart_are_refused():
    for wrong in ({"new": "rope, 20 m"}, {"old": "rope, 20 m", "new": "rope"}):
        with pytest.raises(ValueError, match="must not contain each other"):
            Configuration.model_validate(SPEC | wrong)
    for wrong in ({"secret": "web"}, {"configmap": None}):
        with pytest.raises(ValueError, match="exactly one of `configmap` and `secret`"):
            Configuration.model_validate(SPEC | wrong)
    for seen in ({}, {"file": "/a", "path": "/b"}):
        with pytest.raises(ValueError, match="exactly one of `file` and `path`"):
            SeenAt.model_validate(seen)
    made = Configuration.model_validate(SPEC)
    assert [made.shown_in(text) for text in ("a rope", "a line", "tar")] == ["old", "new", "neither"]
    with pytest.raises((ValueError, BadInput), match=r"configuration.seen.path needs `entry.served_by`"):
        told(seen={"path": "/"})
