"""Each replica is looked at until it shows the value, by its file or by its answers."""

import contextlib
from types import SimpleNamespace

import pytest

from seatrial.harness.looks import configuration as looks
from seatrial.kube.exec import Ran
from seatrial.model.configuration import NEVER_LATER, Configuration
from seatrial.model.measurement import MeasurementOutcome

SPEC = {"configmap": "web", "key": "k", "old": "rope", "new": "line", "seen": {"file": "/etc/web/k"}}


def replica(name, ip="10.0.0.1", *, ready=True):
    return SimpleNamespace(name=name, ip=ip, ready=ready, deleting=False, requests={"app": {}})


class World:
    """Pods with what their files hold, one text a look; and an entry whose answers name pods."""

    def __init__(self, files=None, *, answers=(), seen=None, details=()):
        self.files, self.answers, self.asked = files or {}, list(answers), []
        spec = Configuration.model_validate(SPEC | ({"seen": seen} if seen else {}))
        entry = SimpleNamespace(served_by="X-Pod")
        self.session = SimpleNamespace(kube=None, system=SimpleNamespace(entry=entry), http=self.http)
        self.subject = SimpleNamespace(workload=SimpleNamespace(configuration=spec))
        self.faults = [SimpleNamespace(details=dict.fromkeys(details, True))]
        self.there = [replica("a"), replica("b", "10.0.0.2")]

    def pods(self):
        return [*self.there, replica("c", ready=False)]

    @contextlib.contextmanager
    def http(self):
        yield SimpleNamespace(get=lambda path, expect: self.answers.pop(0))

    def run(self, kube, pod, container, command):
        self.asked.append((pod, container, command))
        found = self.files[pod].pop(0)
        return found if isinstance(found, Ran) else Ran(0, found, "")


@pytest.fixture
def look(monkeypatch):
    def measured(world, *, wanted="new", within_seconds=30.0):
        monkeypatch.setattr(looks, "run_in_pod", world.run)
        made = looks.configuration(world, within_seconds, wanted=wanted)
        return {one.name: (one.outcome, one.value.get("shows"), one.reason) for one in made}

    return measured


SHOWN = MeasurementOutcome.ANSWERED


def test_files_are_read_until_all_show_it_and_none_again_that_does(look):
    world = World({"a": ["a line"], "b": ["a rope", "a line"]})
    assert look(world) == {"a": (SHOWN, "new", ""), "b": (SHOWN, "new", "")}
    assert world.asked[0] == ("a", "app", ("cat", "/etc/web/k"))
    assert [pod for pod, *_ in world.asked] == ["a", "b", "b"]


def test_what_is_not_shown_in_time_is_told_as_it_was(look):
    world = World({"a": ["a rope"] * 9, "b": ["a line"]})
    assert look(world, within_seconds=0.1)["a"] == (SHOWN, "old", "")


def test_what_no_way_delivers_is_not_waited_for(look, monkeypatch):
    monkeypatch.setattr(looks, "IN_VAIN_SECONDS", 0.1)
    world = World({"a": ["a rope"] * 2, "b": ["a rope"] * 2}, details=[NEVER_LATER])
    assert look(world, within_seconds=300.0)["a"] == (SHOWN, "old", "")


def test_a_container_without_cat_is_refused_and_another_failure_tried_again(look):
    lacking = Ran(None, "", "", 'exec: "cat": executable file not found in $PATH')
    world = World({"a": [lacking], "b": [Ran(1, "", "cat: no such file\n"), "a line"]})
    assert look(world) == {
        "a": (MeasurementOutcome.REFUSED, None, "there is no `cat` in its image"), "b": (SHOWN, "new", ""),
    }  # fmt: skip
    world = World({"a": [Ran(1, "", "cat: no such file\n")] * 9, "b": ["a line"]})
    reason = "/etc/web/k cannot be read: cat: no such file"
    assert look(world, within_seconds=0.1)["a"] == (MeasurementOutcome.COULD_NOT_TRY, None, reason)


def answer(pod, body):
    return SimpleNamespace(headers={"x-pod": pod}, body=body.encode())


def test_answers_name_their_pods_by_name_or_address(look):
    given = [answer("gateway-1, a", "a line"), answer("a", "a line"), answer("10.0.0.2", "a line")]
    world = World(answers=given, seen={"path": "/v1/knots"})
    assert look(world) == {"a": (SHOWN, "new", ""), "b": (SHOWN, "new", "")}


def test_a_pod_that_no_answer_names_could_not_be_looked_at(look, monkeypatch):
    monkeypatch.setattr(looks, "ASKED_FOR_EACH_POD", 2)
    world = World(answers=[answer("a", "a line")] * 8, seen={"path": "/v1/knots"})
    found = look(world, within_seconds=0.1)
    assert found["b"] == (MeasurementOutcome.COULD_NOT_TRY, None, "no answer to /v1/knots names b")


def test_one_that_is_gone_is_not_told_of(look):
    world = World({"a": ["a rope"], "b": ["a line"]})
    first = world.there

    def run(kube, pod, container, command):
        if pod == "b":
            world.there = [first[1]]
        return Ran(0, world.files[pod].pop(0), "")

    world.run = run
    assert look(world) == {"b": (SHOWN, "new", "")}
