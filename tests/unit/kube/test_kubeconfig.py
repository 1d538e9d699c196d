"""Which cluster is talked to: named, never guessed; and what an error of the API says to people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from seatrial.errors import BadInput, NotAllowed
from seatrial.kube.errors import Call, Denied, Forbidden, Gone, NotFound, TooManyRequests, refused
from seatrial.kube.transport import choose_context
from seatrial.model.failure import verdict_of
from seatrial.model.verdict import Outcome


def kubeconfig(path: Path, *contexts: str, current: str = "") -> Path:
    content = {"contexts": [{"name": name, "context": {}} for name in contexts], "current-context": current}
    path.write_text(yaml.safe_dump(content))
    return path


def test_the_only_context_of_our_own_file_may_be_left_out(tmp_path: Path) -> None:
    own = kubeconfig(tmp_path / "own", "kind-seatrial")
    assert choose_context(own, None) == (own, "kind-seatrial")


def test_of_several_contexts_none_is_guessed(tmp_path: Path) -> None:
    own = kubeconfig(tmp_path / "own", "prod", "test", current="prod")
    with pytest.raises(BadInput, match="current context is never taken") as caught:
        choose_context(own, None)
    assert "prod, test" in caught.value.next_step


def test_the_users_current_context_is_never_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    users = kubeconfig(tmp_path / "users", "prod", current="prod")
    monkeypatch.setenv("KUBECONFIG", f"{users}:/nowhere")
    with pytest.raises(BadInput, match="no context is named"):
        choose_context(None, None)
    assert choose_context(None, "prod") == (users, "prod")


def test_an_unknown_context_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    own = kubeconfig(tmp_path / "own", "kind-seatrial", "other")
    with pytest.raises(BadInput, match="no context 'kind-seatrail'") as caught:
        choose_context(own, "kind-seatrail")
    assert caught.value.next_step == "Did you mean kind-seatrial?"


@pytest.mark.parametrize("content", ["", "[]", "contexts: [7]", "contexts:"])
def test_a_kubeconfig_without_contexts_is_bad_input(tmp_path: Path, content: str) -> None:
    path = tmp_path / "odd"
    path.write_text(content)
    with pytest.raises(BadInput):
        choose_context(path, "any")


def test_a_kubeconfig_that_is_missing_or_no_yaml_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot read"):
        choose_context(tmp_path / "missing", "any")
    (tmp_path / "broken").write_text("a: [")
    with pytest.raises(BadInput, match="is not YAML"):
        choose_context(tmp_path / "broken", "any")


CALL = Call("delete", "apps", "deployments", "web", "shop", "https://127.0.0.1:6443", "kind-seatrial")


def status(code: int, message: str, reason: str = "") -> bytes:
    return json.dumps({"kind": "Status", "code": code, "message": message, "reason": reason}).encode()


def test_a_forbidden_call_names_verb_object_namespace_and_rule() -> None:
    error = refused(CALL, 403, status(403, "deployments is forbidden", "Forbidden"))
    assert isinstance(error, Forbidden)
    assert error.what == "not allowed to delete deployments web in namespace shop"
    assert (
        'a Role with {apiGroups: ["apps"], resources: ["deployments"], verbs: ["delete"]}' in error.next_step
    )


@pytest.mark.parametrize(
    "message",
    [
        'pods "x" is forbidden: exceeded quota: few, requested: pods=1, used: pods=3, limited: pods=3',
        'pods "x" is forbidden: violates PodSecurity "restricted:latest": privileged',
        'admission webhook "keep.example.com" denied the request: not today',
    ],
)
def test_what_admission_denies_is_no_right_that_lacks(message: str) -> None:
    error = refused(CALL, 403, status(403, message, "Forbidden"))
    assert isinstance(error, Denied)
    assert not isinstance(error, NotAllowed)
    assert message in error.what
    assert "Role" not in error.next_step
    assert verdict_of(error).outcome is Outcome.ERROR


def test_a_right_that_lacks_is_unsupported_and_an_unknown_user_is_an_error() -> None:
    message = 'deployments.apps "web" is forbidden: User "u" cannot delete resource "deployments"'
    assert verdict_of(refused(CALL, 403, status(403, message))).outcome is Outcome.UNSUPPORTED
    assert verdict_of(refused(CALL, 401, status(401, "Unauthorized"))).outcome is Outcome.ERROR


def test_the_verb_that_the_authorizer_names_goes_into_the_rule() -> None:
    call = Call("create", "", "pods/exec", "x", "shop", "s", "c")
    error = refused(call, 403, status(403, 'User "u" cannot get resource "pods/exec" in API group ""'))
    assert 'verbs: ["get"]' in error.next_step


def test_a_cluster_scoped_call_asks_for_a_cluster_role() -> None:
    call = Call("list", "", "nodes", "", "", "s", "c")
    assert "a ClusterRole with" in refused(call, 403, b"{}").next_step


@pytest.mark.parametrize(("code", "kind"), [(404, NotFound), (410, Gone), (429, TooManyRequests)])
def test_statuses_have_errors_of_their_own(code: int, kind: type[Exception]) -> None:
    error = refused(CALL, code, status(code, "because"))
    assert isinstance(error, kind)
    assert error.status == code
    assert "because" in error.what


def test_an_answer_that_is_no_status_object_is_quoted() -> None:
    error = refused(CALL, 502, b"<html>bad gateway</html>")
    assert "bad gateway" in error.what
    assert refused(CALL, 500, b"[1]").details == {}
    assert "who is asking" in refused(CALL, 401, status(401, "Unauthorized")).what
