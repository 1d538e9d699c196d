"""The connection to one API server: kubeconfig, credentials, bounded requests.

Plain JSON over the connection pool that the `kubernetes` package configures (TLS, client certificates,
exec plugins, tokens, proxies). Its generated models changed shape between 36 and 37; the pool did not.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import yaml

import seatrial
from seatrial.errors import BadInput, ClusterUnreachable, suggestion
from seatrial.kube import errors

DEFAULT_KUBECONFIG = "~/.kube/config"


@dataclass(frozen=True)
class Answer:
    """Status, headers (names in lower case) and body of one response."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def choose_context(kubeconfig: Path | None, context: str | None) -> tuple[Path, str]:
    """The kubeconfig and context to use; never the file's current-context by accident.

    With the user's own kubeconfig (`kubeconfig` None) a context must be named. In a file of ours the only
    context may be left out.

    Raises:
        BadInput: no such file, no such context, or none named where several are possible.
    """
    path = kubeconfig or Path(os.environ.get("KUBECONFIG", DEFAULT_KUBECONFIG).split(os.pathsep)[0])
    path = path.expanduser()
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise BadInput(
            f"cannot read the kubeconfig: {error.strerror or error}",
            where=str(path),
            next_step="run `seatrial up` for an own cluster, or name a file with --kubeconfig",
        ) from error
    except yaml.YAMLError as error:
        raise BadInput(f"the kubeconfig is not YAML: {error}", where=str(path)) from error
    entries = content.get("contexts") if isinstance(content, dict) else None
    names = [str(entry["name"]) for entry in entries or () if isinstance(entry, dict) and "name" in entry]
    if context is None:
        if kubeconfig is not None and len(names) == 1:
            return path, names[0]
        raise BadInput(
            "no context is named, and the kubeconfig's current context is never taken by itself",
            where=str(path),
            next_step=f"name one of: {', '.join(names) or 'none, the file has no contexts'}",
        )
    if context not in names:
        raise BadInput(
            f"the kubeconfig has no context {context!r}",
            where=str(path),
            next_step=suggestion(context, names),
        )
    return path, context


class Transport:
    """Requests to one API server.

    Args:
        kubeconfig: the file; None for the user's own.
        context: its context; see `choose_context`.
    """

    def __init__(self, kubeconfig: Path | None, context: str | None) -> None:
        from kubernetes.client.configuration import Configuration
        from kubernetes.client.rest import RESTClientObject
        from kubernetes.config import ConfigException, load_kube_config

        self.own_file = kubeconfig is not None
        self.kubeconfig, self.context = choose_context(kubeconfig, context)
        self.configuration = Configuration()
        try:
            load_kube_config(  # type: ignore[no-untyped-call]
                config_file=str(self.kubeconfig),
                context=self.context,
                client_configuration=self.configuration,
                persist_config=False,
            )
        except ConfigException as error:
            raise BadInput(
                f"the kubeconfig cannot be used: {error}", where=f"{self.kubeconfig}, context {self.context}"
            ) from error
        self.server = str(self.configuration.host).rstrip("/")
        if urlsplit(self.server).hostname in ("127.0.0.1", "localhost", "::1"):
            self.configuration.proxy = None
        # One connection for each watch and each followed log, and some for calls.
        self.configuration.connection_pool_maxsize = 64
        self._pool = RESTClientObject(self.configuration).pool_manager

    def open(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
        timeout_seconds: float = 10.0,
    ) -> Any:
        """Send and return the raw urllib3 response with an unread body.

        Raises:
            ClusterUnreachable: no answer within `timeout_seconds` (at most 5 s of it to connect).
        """
        import urllib3

        headers = {"Accept": "application/json", "User-Agent": f"seatrial/{seatrial.__version__}"}
        if body is not None:
            headers["Content-Type"] = content_type
        settings: dict[str, Any] = dict(self.configuration.auth_settings())
        for setting in settings.values():
            if setting["in"] == "header" and setting["value"]:
                headers[setting["key"]] = setting["value"]
        url = self.server + path + (f"?{urlencode(query)}" if query else "")
        try:
            return self._pool.request(
                method,
                url,
                body=body,
                headers=headers,
                timeout=urllib3.Timeout(connect=min(5.0, timeout_seconds), read=timeout_seconds),
                retries=False,
                preload_content=False,
            )
        except urllib3.exceptions.HTTPError as error:
            raise errors.unreachable(self.server, self.context, _reason(error), own=self.own_file) from error

    def send(self, method: str, path: str, **options: Any) -> Answer:
        """Send and read the whole answer; a GET on a kept-alive connection that had closed is sent again."""
        import urllib3

        for attempt in (1, 2):
            try:
                response = self.open(method, path, **options)
                try:
                    body = response.read()
                finally:
                    response.release_conn()
            except urllib3.exceptions.HTTPError as error:
                raise errors.unreachable(
                    self.server, self.context, _reason(error), own=self.own_file
                ) from error
            except ClusterUnreachable as error:
                cause = error.__cause__
                if attempt == 1 and method == "GET" and isinstance(cause, urllib3.exceptions.ProtocolError):
                    continue
                raise
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, headers, body)
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close all pooled connections."""
        self._pool.clear()


def _reason(error: Exception) -> str:
    """The innermost reason of a urllib3 error, without object addresses."""
    import urllib3

    if isinstance(error, urllib3.exceptions.NewConnectionError) and "refused" in str(error):
        return "connection refused"
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return "no answer in time"
    return str(error).rpartition(">: ")[2] or type(error).__name__
