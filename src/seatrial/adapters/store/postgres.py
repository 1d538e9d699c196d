"""PostgreSQL, asked by its own client `psql` in the store's pods: no network path from here is needed.

Each question is one run of `psql`, whose answer is one JSON document. It is asked in a read-only transaction
with a statement timeout and a row limit; only the witness table is ever written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from pydantic import Field

from seatrial.adapters import CouldNotTry, Refused, adapter
from seatrial.adapters.store import Activity, Replica, Row, Store
from seatrial.errors import SeatrialError
from seatrial.kube.api import Object
from seatrial.kube.client import Kube
from seatrial.kube.exec import EXEC, Ran, run_in_pod
from seatrial.kube.workloads import pods_of, running
from seatrial.model.part import Part
from seatrial.model.right import on_workload
from seatrial.model.system import System

CONNECT_SECONDS = 5
WITNESS = "seatrial_witness"
_SQLSTATE = re.compile(r"^[^\s:]+:\s+([0-9A-Z]{5}): (.*)$", re.MULTILINE)
_NO_SUCH_TABLE = "42P01"
_HELP = {
    "42501": "grant it to this user, or name another one by the capability's `user`",
    "57014": "make the query cheaper, or raise the capability's `timeout_seconds`",
    "25006": "a question must only read",
    "42601": "correct the statement; it must be one query without a semicolon inside",
    "42P01": "name a table of this database, with its schema where it is not in the search path",
    "42703": "name a column of these tables",
}
REPLICATION = """
select application_name, host(client_addr) as address, state, sync_state in ('sync', 'quorum') as synchronous,
       pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint as behind_bytes
from pg_stat_replication
"""
ACTIVITY = """
select sum(xact_commit)::bigint as commits, sum(tup_inserted + tup_updated + tup_deleted)::bigint as rows
from pg_stat_database
"""

Run = Callable[[Sequence[str], float], Ran]
"""Runs a command beside the server; the number bounds it, in seconds."""


class PostgresArguments(Part):
    workload: str = Field(description="Role of the workload whose pods hold the server.")
    container: str | None = Field(None, description="Container with psql (default: the pod's default one).")
    user: str = Field("postgres", description="Whom to connect as.")
    host: str | None = Field(None, description="Address as seen in the pod (default: psql's socket).")
    port: int | None = Field(None, ge=1, le=65535, description="Port (default: psql's own).")
    password_variable: str | None = Field(
        None,
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="Variable of the container that holds the password (default: none is needed).",
    )
    timeout_seconds: float = Field(10.0, gt=0, le=300, description="Bound of one statement, seconds.")


@adapter(
    "store/postgres",
    arguments=PostgresArguments,
    rights=lambda _: (*on_workload("get"), replace(EXEC, without="the store cannot be asked")),
)
class Postgres(Store):
    """PostgreSQL 10 or newer in the pods of a workload."""

    def __init__(self, kube: Kube, system: System, arguments: PostgresArguments) -> None:
        self._kube = kube
        self._workload = system.workloads[arguments.workload]
        self._arguments = arguments

    def primary(self) -> str:
        return _name(self._primary(self._pods()))

    def replicas(self) -> list[Replica]:
        pods = self._pods()
        primary = self._primary(pods)
        fed = self._psql(primary).ask(REPLICATION, database="postgres")
        return [_replica(pod, fed) for pod in pods if pod is not primary]

    def activity(self) -> Activity:
        (row,) = self._asked().ask(ACTIVITY, database="postgres")
        return Activity(int(row["commits"]), int(row["rows"]))

    def query(self, statement: str, *, database: str, at_most_rows: int = 100) -> list[Row]:
        return self._asked().ask(statement, database=database, at_most_rows=at_most_rows)

    def write_witness(self, key: str, *, database: str) -> None:
        self._asked().write_witness(key, database=database)

    def read_witness(self, key: str, *, database: str) -> bool:
        return self._asked().read_witness(key, database=database)

    def remove_witnesses(self, *, database: str) -> None:
        self._asked().remove_witnesses(database=database)

    def _pods(self) -> list[Object]:
        """The pods in which a command can be run."""
        try:
            pods = pods_of(self._kube, self._workload.kind, self._workload.name)
        except SeatrialError as error:
            raise CouldNotTry(error.what, where=error.where, next_step=error.next_step) from error
        able = [pod for pod in pods if running(pod)]
        if not able:
            raise CouldNotTry(f"none of its {len(pods)} pods runs, so none can be asked", where=self._where())
        return able

    def _asked(self) -> Psql:
        """The pod that is asked about data: the only one, or the primary."""
        pods = self._pods()
        return self._psql(pods[0] if len(pods) == 1 else self._primary(pods))

    def _primary(self, pods: Sequence[Object]) -> Object:
        reasons, found = [], []
        for pod in pods:
            try:
                (row,) = self._psql(pod).ask("select pg_is_in_recovery() as following", database="postgres")
            except Refused as error:
                reasons.append(f"{_name(pod)}: {error.what}")
            else:
                if not row["following"]:
                    found.append(pod)
        if len(found) == 1:
            return found[0]
        if found:
            raise Refused(f"several pods take writes: {', '.join(map(_name, found))}", where=self._where())
        raise Refused(f"no pod takes writes ({'; '.join(reasons) or 'all follow'})", where=self._where())

    def _psql(self, pod: Object) -> Psql:
        container = self._arguments.container or _default_container(pod)

        def run(command: Sequence[str], timeout_seconds: float) -> Ran:
            return run_in_pod(self._kube, _name(pod), container, command, timeout_seconds=timeout_seconds)

        place = f"pod/{_name(pod)}, container {container}, namespace {self._kube.namespace}"
        return Psql(run, self._arguments, place)

    def _where(self) -> str:
        return f"{self._workload.kind}/{self._workload.name}, namespace {self._kube.namespace}"


class Psql:
    """psql beside one server.

    Args:
        place: names the server in errors.
    """

    def __init__(self, run: Run, arguments: PostgresArguments, place: str) -> None:
        self._run = run
        self._arguments = arguments
        self._place = place

    def ask(self, statement: str, *, database: str, at_most_rows: int = 100) -> list[Row]:
        """See `Store.query`."""
        # The newline ends a comment in the last line of the statement.
        asked = f"select * from ({statement.strip().rstrip(';')}\n) as asked limit {at_most_rows}"
        wrapped = f"select coalesce(json_agg(answer), '[]') from ({asked}) as answer"
        output = self.execute([wrapped], database=database, read_only=True)
        try:
            rows: list[Row] = json.loads(output)
        except ValueError:
            text = f"psql printed something else than JSON: {output[:120]!r}"
            raise CouldNotTry(text, where=self._where(database)) from None
        return rows

    def write_witness(self, key: str, *, database: str) -> None:
        """See `Store.write_witness`."""
        create = f"create table if not exists {WITNESS} (key text primary key, at timestamptz default now())"
        self.execute([create, f"insert into {WITNESS} (key) values ({_literal(key)})"], database=database)

    def read_witness(self, key: str, *, database: str) -> bool:
        """See `Store.read_witness`."""
        try:
            return bool(self.ask(f"select from {WITNESS} where key = {_literal(key)}", database=database))
        except NoSuchTable:
            return False

    def remove_witnesses(self, *, database: str) -> None:
        """See `Store.remove_witnesses`."""
        self.execute([f"drop table if exists {WITNESS}"], database=database)

    def execute(self, statements: Sequence[str], *, database: str, read_only: bool = False) -> str:
        """Run psql once, each statement in a transaction of its own, and give what it printed."""
        wanted = self._arguments
        bound = CONNECT_SECONDS + wanted.timeout_seconds * len(statements) + 5
        try:
            ran = self._run(command_of(wanted, database, statements, read_only=read_only), bound)
        except SeatrialError as error:
            raise CouldNotTry(error.what, where=error.where, next_step=error.next_step) from error
        if ran.exit_code != 0:
            raise _failure(ran, self._where(database), wanted)
        return ran.stdout

    def _where(self, database: str) -> str:
        return f"database {database} as {self._arguments.user}, {self._place}"


class NoSuchTable(Refused):
    """The statement names a table that is not there."""


def command_of(
    wanted: PostgresArguments, database: str, statements: Sequence[str], *, read_only: bool = False
) -> list[str]:
    """The command that runs `statements`, prints values only, and stops at the first error."""
    options = f"-c statement_timeout={round(wanted.timeout_seconds * 1000)} -c client_min_messages=warning"
    if read_only:
        options += " -c default_transaction_read_only=on"
    settings = {
        "dbname": database,
        "user": wanted.user,
        "host": wanted.host,
        "port": wanted.port,
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "seatrial",
        "client_encoding": "UTF8",
        "options": options,
    }
    target = " ".join(f"{key}={_quoted(value)}" for key, value in settings.items() if value is not None)
    command = ["psql", "-XAtqw", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-d", target]
    for statement in statements:
        command += ["-c", statement]
    if wanted.password_variable:
        # The password is read where it is kept, and never leaves the pod.
        return ["sh", "-c", f'PGPASSWORD="${wanted.password_variable}" exec "$@"', "sh", *command]
    return command


def _failure(ran: Ran, where: str, wanted: PostgresArguments) -> SeatrialError:
    """What a run of psql that failed means."""
    missing = ran.exit_code in (126, 127) or "executable file not found" in ran.reason
    if missing or (ran.exit_code is None and "psql" in ran.reason):
        return CouldNotTry(
            "there is no psql in the container",
            where=where,
            next_step="name a container that has it by the capability's `container`",
        )
    if ran.exit_code is None:
        return CouldNotTry(f"psql was cut off: {ran.reason or 'its container ended'}", where=where)
    text = ran.stderr.strip()
    found = _SQLSTATE.search(text)
    if found is None:  # the connection failed: libpq gives no code for it
        return Refused(_one_line(text) or f"psql ended with {ran.exit_code}", where=where)
    state, message = found.groups()
    if state == "57014":
        message = f"not answered within {wanted.timeout_seconds:g} s ({message})"
    kind = NoSuchTable if state == _NO_SUCH_TABLE else Refused
    return kind(f"{message} (SQLSTATE {state})", where=where, next_step=_HELP.get(state, ""))


def _replica(pod: Object, fed: Sequence[Row]) -> Replica:
    """The pod as the primary sees it: known by the name that it gave, else by its address."""
    address = (pod.get("status") or {}).get("podIP")
    for row in fed:
        if row["application_name"] == _name(pod) or (address and row["address"] == address):
            return Replica(_name(pod), row["state"], bool(row["synchronous"]), row["behind_bytes"])
    return Replica(_name(pod))


def _name(pod: Object) -> str:
    return str(pod["metadata"]["name"])


def _default_container(pod: Object) -> str:
    annotations = pod["metadata"].get("annotations") or {}
    named = annotations.get("kubectl.kubernetes.io/default-container")
    return str(named or pod["spec"]["containers"][0]["name"])


def _literal(text: str) -> str:
    """A string in SQL; backslashes mean themselves (standard_conforming_strings)."""
    return "'" + text.replace("'", "''") + "'"


def _quoted(value: Any) -> str:
    """A value in a connection string."""
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


def _one_line(text: str) -> str:
    return " ".join(text.removeprefix("psql: error: ").split())
