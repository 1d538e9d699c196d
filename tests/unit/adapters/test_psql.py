"""What `psql` is asked, and what its endings mean. Its texts are those of psql 17 and containerd."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from seatrial.adapters import CouldNotTry, Refused
from seatrial.adapters.store.postgres import NoSuchTable, PostgresArguments, Psql, command_of
from seatrial.errors import SeatrialError
from seatrial.kube.errors import Call, refused
from seatrial.kube.exec import Ran, how_it_ended
from seatrial.kube.workloads import selector_text

ARGUMENTS = PostgresArguments(workload="base")
NOT_FOUND = (
    "error executing command in container: failed to exec in container: failed to start exec: OCI runtime "
    'exec failed: exec failed: unable to start container process: exec: "psql": '
    "executable file not found in $PATH"
)


def asked(ran: Ran | SeatrialError, arguments: PostgresArguments = ARGUMENTS) -> object:
    """What one question comes to when psql ends like this."""

    def run(command: Sequence[str], timeout_seconds: float) -> Ran:
        if isinstance(ran, SeatrialError):
            raise ran
        return ran

    return Psql(run, arguments, "pod/base-0").ask("select 1", database="orders")


def test_an_answer_is_read() -> None:
    assert asked(Ran(0, '[{"a":1}, \n {"a":2}]\n', "")) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("ran", "kind", "words"),
    [
        (Ran(None, "", "", NOT_FOUND), CouldNotTry, "there is no psql in the container"),
        (Ran(127, "", "sh: psql: not found"), CouldNotTry, "there is no psql in the container"),
        (Ran(None, "", ""), CouldNotTry, "psql was cut off: its container ended"),
        (Ran(0, "Welcome!", ""), CouldNotTry, "something else than JSON: 'Welcome!'"),
        (
            Ran(2, "", 'psql: error: connection to server failed: FATAL:  role "a" does not exist\n'),
            Refused,
            'FATAL: role "a" does not exist',
        ),
        (
            Ran(1, "", "ERROR:  42501: permission denied for table orders\nLOCATION:  aclcheck_error\n"),
            Refused,
            "grant it to this user",
        ),
        (
            Ran(1, "", "FEHLER:  42501: keine Berechtigung\nORT:  aclcheck_error\n"),
            Refused,
            "keine Berechtigung (SQLSTATE 42501)",
        ),
        (Ran(1, "", 'ERROR:  42P01: relation "x" does not exist\n'), NoSuchTable, "SQLSTATE 42P01"),
        (
            Ran(1, "", "ERROR:  57014: canceling statement due to statement timeout\n"),
            Refused,
            "not answered within 10 s",
        ),
        (Ran(3, "", ""), Refused, "psql ended with 3"),
    ],
)
def test_every_ending_has_a_name_and_a_place(ran: Ran, kind: type[SeatrialError], words: str) -> None:
    with pytest.raises(kind) as caught:
        asked(ran)
    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert "database orders as postgres, pod/base-0" in caught.value.where


def test_a_missing_right_names_the_rule() -> None:
    call = Call("create", "", "pods/exec", "base-0", "shop", "https://x", "y")
    message = b'{"kind":"Status","message":"pods is forbidden: User u cannot create resource pods/exec"}'
    with pytest.raises(CouldNotTry, match="not allowed to create pods/exec") as caught:
        asked(refused(call, 403, message))
    assert 'resources: ["pods/exec"], verbs: ["create"]' in caught.value.next_step


def test_questions_only_read_and_are_bounded_and_nothing_is_interpreted() -> None:
    command = command_of(ARGUMENTS, "it's", ["select 1"], read_only=True)
    target = command[command.index("-d") + 1]
    assert "default_transaction_read_only=on" in target
    assert "statement_timeout=10000" in target
    assert r"dbname='it\'s'" in target
    assert command[-2:] == ["-c", "select 1"]
    assert "read_only" not in command_of(ARGUMENTS, "d", ["drop"])[command.index("-d") + 1]


def test_a_password_is_read_in_the_pod() -> None:
    arguments = PostgresArguments(workload="base", password_variable="PGPASS_9")
    command = command_of(arguments, "d", ["select 1"])
    assert command[:4] == ["sh", "-c", 'PGPASSWORD="$PGPASS_9" exec "$@"', "sh"]
    with pytest.raises(ValueError, match="password_variable"):
        PostgresArguments(workload="base", password_variable='x" rm')


def test_a_statement_ends_where_its_comment_ends() -> None:
    commands: list[Sequence[str]] = []

    def run(command: Sequence[str], timeout_seconds: float) -> Ran:
        commands.append(command)
        return Ran(0, "[]", "")

    Psql(run, ARGUMENTS, "here").ask("select 1 -- one;\n ;", database="d", at_most_rows=5)
    assert "from (select 1 -- one;\n \n) as asked limit 5) as answer" in commands[0][-1]


def test_how_a_command_ended_is_read_from_its_status() -> None:
    assert how_it_ended('{"status":"Success"}') == (0, "")
    failure = (
        '{"status":"Failure","message":"exit 3","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}'
    )
    assert how_it_ended(failure) == (3, "exit 3")
    assert how_it_ended('{"status":"Failure","message":"no psql","details":{}}') == (None, "no psql")
    assert how_it_ended("") == (None, "")
    assert how_it_ended("cut off") == (None, "cut off")


def test_a_selector_is_written_as_the_server_reads_it() -> None:
    expressions = [
        {"key": "a", "operator": "In", "values": ["x", "y"]},
        {"key": "b", "operator": "NotIn", "values": ["z"]},
        {"key": "c", "operator": "Exists"},
        {"key": "d", "operator": "DoesNotExist"},
    ]
    selector = {"matchLabels": {"app": "shop"}, "matchExpressions": expressions}
    assert selector_text(selector) == "app=shop,a in (x,y),b notin (z),c,!d"
    assert selector_text({}) == ""
