"""What has to be reverted is on disk, and synced, before anything is injected; and it can be read again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import pytest

from seatrial.errors import BadInput, SeatrialError
from seatrial.faults import journal
from seatrial.faults.effects.base import EFFECTS, Effect, effect
from seatrial.faults.effects.created_object import CreatedObject
from seatrial.faults.effects.deleted_object import DeletedObject
from seatrial.faults.effects.engine_container import EngineContainer
from seatrial.faults.effects.ephemeral_container import EphemeralContainer
from seatrial.faults.effects.frozen_container import FrozenContainer
from seatrial.faults.effects.node_rule import NodeRule
from seatrial.faults.effects.object_fields import FieldChange, ObjectFields
from seatrial.faults.effects.proxy_trouble import ProxyTrouble
from seatrial.faults.effects.replaced_text import ReplacedText
from seatrial.faults.effects.scaled import Scaled
from seatrial.faults.journal import VERSION, JournalEntry
from seatrial.faults.revert import pending, revert_all

CORDON = ObjectFields(
    object_kind="Node",
    name="node-1",
    namespace="",
    uid="u",
    fields=(
        FieldChange(("spec", "unschedulable"), None, True),
        FieldChange(("metadata", "annotations", "seatrial.dev/cordoned-by"), None, "me"),
    ),
)
EFFECTS_OF_EACH_KIND = (
    CORDON,
    Scaled("Deployment", "web", "u", 3, 1),
    CreatedObject({"kind": "ConfigMap", "metadata": {"name": "c"}}, "shop", "mark"),
    DeletedObject({"kind": "ConfigMap", "metadata": {"name": "c"}}, "shop", "u"),
    EngineContainer("node-1", "abc", "killed", True),
    EphemeralContainer("web-1", "u", "debug", {"name": "debug"}),
    NodeRule("node-1", "abc", "10.0.0.5", 8080, "GET /readyz "),
    FrozenContainer("node-1", "abc", "def"),
    ReplacedText("ConfigMap", "web", "u", "level", "debug", "info"),
    ProxyTrouble("seatrial-proxy-1", "u", {"kind": "slow", "delay_seconds": 14.0}),
)


def entry(**changes: object) -> JournalEntry:
    content = {
        "id": journal.new_id("drain-node"),
        "fault": "drain-node",
        "target": "node/node-1",
        "workload": "web",
        "begun_wall": 1000.0,
        "kubeconfig": "/nowhere/kubeconfig",
        "context": "kind-x",
        "namespace": "shop",
        "effects": EFFECTS_OF_EACH_KIND,
        **journal.own_process(),
    }
    return JournalEntry(**(content | changes))  # type: ignore[arg-type]


def test_an_entry_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    written = entry()
    path = journal.write(tmp_path, written)
    (read,) = pending(tmp_path)
    assert read == written
    assert read.path == path
    assert {effect.kind for effect in read.effects} == set(EFFECTS), "one of each kind"
    content = json.loads(path.read_text())["effects"]
    assert content[1] == {"kind": "scaled", "payload": {
        "object_kind": "Deployment", "name": "web", "uid": "u", "original": 3, "written": 1,
    }}  # fmt: skip
    assert "drain-node on node/node-1 in namespace shop (context kind-x)" in str(read)
    journal.remove(path)
    journal.remove(path)
    assert pending(tmp_path) == []


def test_the_file_and_then_its_folders_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        file = Path(f"/proc/self/fd/{handle}").readlink()
        assert file.is_dir() or json.loads(file.read_text())["id"] == "x", "synced before it was all written"
        synced.append(str(file))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    state, held = tmp_path / "state", handles()
    path = journal.write(state, entry(id="x"))
    assert synced == [str(path.parent / ".x.partial"), str(path.parent), str(state), str(tmp_path)]
    assert [file.name for file in path.parent.iterdir()] == ["x.json"]
    journal.remove(path)
    assert synced[4:] == [str(path.parent)]
    assert handles() == held


def handles() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_folder_that_cannot_be_written_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file in the way")
    with pytest.raises(BadInput, match="cannot be written: File exists") as caught:
        journal.write(tmp_path, entry())
    assert "no fault is injected" in caught.value.next_step


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"version": 1}',
        '{"version": 2, "effects": []}',
        '{"version": 2, "effects": [7]}',
        '{"version": 2, "effects": [{"kind": "scaled", "payload": {"strange": 1}}]}',
    ],
)
def test_a_file_that_is_no_entry_is_told_and_not_skipped(tmp_path: Path, text: str) -> None:
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "odd.json").write_text(text)
    with pytest.raises(BadInput, match="cannot be used") as caught:
        pending(tmp_path)
    assert "odd.json" in caught.value.where


def test_an_entry_of_another_version_is_told(tmp_path: Path) -> None:
    journal.write(tmp_path, entry(version=1))
    with pytest.raises(BadInput, match=f"version 1 is not {VERSION}"):
        pending(tmp_path)


WRITTEN_EARLIER = """{"id": "x", "fault": "scale", "target": "deployment/web", "workload": "web",
  "begun_wall": 1.5, "kubeconfig": "k", "context": "kind-x", "namespace": "shop", "pid": 0,
  "process_started": "", "version": 2,
  "effects": [{"kind": "scaled", "payload":
    {"object_kind": "Deployment", "name": "web", "uid": "u", "original": 3, "written": 1}}]}"""


def test_what_this_version_wrote_yesterday_is_read_today(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "x.json").write_text(WRITTEN_EARLIER)
    (item,) = pending(tmp_path)
    assert item.effects == (Scaled("Deployment", "web", "u", 3, 1),)
    assert (item.context, item.namespace, item.owner_alive) == ("kind-x", "shop", False)


def test_an_effect_of_an_extension_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = journal.write(tmp_path, entry())
    path.write_text(path.read_text().replace('"scaled"', '"scald"'))
    with pytest.raises(BadInput, match="there is no effect 'scald'"):
        pending(tmp_path)


def test_entries_come_oldest_first(tmp_path: Path) -> None:
    for name in ("20260102T000000-b", "20260101T000000-z", "20260103T000000-a"):
        journal.write(tmp_path, entry(id=name))
    assert [item.id[:8] for item in pending(tmp_path)] == ["20260101", "20260102", "20260103"]


def test_an_unfinished_write_is_no_entry(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / ".x.partial").write_text('{"ver')
    assert pending(tmp_path) == []
    assert pending(tmp_path / "missing") == []


def test_the_entry_of_a_running_process_is_left_to_it(tmp_path: Path) -> None:
    program = (
        "import json; from seatrial.faults import journal;"
        "print(json.dumps(journal.own_process()), flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        journal.write(tmp_path, entry(**json.loads(owner.stdout.readline())))
        (item,) = pending(tmp_path)
        assert item.owner_alive
        (result,) = revert_all(tmp_path)
        assert not result.done
        assert f"process {owner.pid} still runs" in str(result)
        owner.kill()
        os.waitid(os.P_PID, owner.pid, os.WEXITED | os.WNOWAIT)
        assert not item.owner_alive, "it has ended, and nobody has waited for it yet"


def test_a_pid_that_was_given_to_another_process_is_no_owner() -> None:
    assert not entry(pid=os.getppid(), process_started="1").owner_alive
    assert not entry(pid=0, process_started="").owner_alive
    assert not entry().owner_alive, "one's own entries may be reverted by oneself"


def test_a_cluster_that_cannot_be_reached_leaves_the_entry(tmp_path: Path) -> None:
    journal.write(tmp_path, entry(kubeconfig=str(tmp_path / "missing")))
    (result,) = revert_all(tmp_path)
    assert not result.done
    assert "cannot read the kubeconfig" in str(result)
    assert str(result).startswith("NOT reverted: drain-node")
    assert len(pending(tmp_path)) == 1


class Connection:
    """Stands for the cluster of an entry; the effects of these tests do not ask it."""

    opened: ClassVar[list[tuple[object, ...]]] = []

    def __init__(self, *place: object) -> None:
        self.opened.append(place)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.opened.append(("closed",))


@pytest.fixture
def promise(monkeypatch: pytest.MonkeyPatch) -> type[Effect]:
    """An effect that only says how reverting it went, and no real cluster."""
    for attribute in ("_items", "_places"):
        EFFECTS.all()
        monkeypatch.setattr(EFFECTS, attribute, dict(getattr(EFFECTS, attribute)))
    monkeypatch.setattr("seatrial.faults.revert.Kube", Connection)
    monkeypatch.setattr(Connection, "opened", [])

    @effect("promise")
    @dataclass(frozen=True)
    class Promise(Effect):
        name: str
        kept: bool = True

        touches = frozenset[str]()

        def apply(self, kube: object) -> None:
            """Nothing."""

        def revert(self, kube: object) -> str:
            if not self.kept:
                raise SeatrialError(f"{self.name} is stuck")
            return f"{self.name} is back"

    return Promise


def test_what_a_killed_process_left_is_reverted_on_its_cluster_the_last_effect_first(
    tmp_path: Path, promise: type[Effect]
) -> None:
    journal.write(tmp_path, entry(effects=(promise("cordon"), promise("label")), pid=0, process_started=""))
    (result,) = revert_all(tmp_path)
    assert (result.done, result.sentence) == (True, "label is back; cordon is back")
    assert Connection.opened == [(Path("/nowhere/kubeconfig"), "kind-x", "shop"), ("closed",)]
    assert pending(tmp_path) == []


def test_the_first_effect_that_stays_is_named_and_keeps_the_entry_but_not_the_others(
    tmp_path: Path, promise: type[Effect]
) -> None:
    effects = (promise("cordon", kept=False), promise("label"), promise("policy", kept=False))
    journal.write(tmp_path, entry(effects=effects, pid=0, process_started=""))
    (result,) = revert_all(tmp_path)
    assert (result.done, result.sentence) == (False, "policy is stuck")
    assert len(pending(tmp_path)) == 1
