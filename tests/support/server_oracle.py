"""Asks a real API server whether it would take objects: a strict dry run, which changes nothing."""

from __future__ import annotations

import base64
import http.client
import json
import os
import ssl
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import local
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import yaml

from seatrial.waiting import NotYet, Ready, eventually

_WORKERS = 6


class Answer(NamedTuple):
    """HTTP status (0: the kind cannot be asked about) and the server's words."""

    status: int
    message: str

    @property
    def takes(self) -> bool:
        return self.status in (200, 201)


class Oracle:
    """The API server behind a kubeconfig, asked by several connections."""

    def __init__(self, kubeconfig: Path, namespace: str = "default") -> None:
        written = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
        cluster, user = written["clusters"][0]["cluster"], written["users"][0]["user"]
        self._host = urlsplit(cluster["server"]).netloc
        self._namespace = namespace
        self._context = ssl.create_default_context(
            cadata=base64.b64decode(cluster["certificate-authority-data"]).decode()
        )
        with tempfile.NamedTemporaryFile(delete=False) as file:
            file.write(base64.b64decode(user["client-certificate-data"] + "") + b"\n")
            file.write(base64.b64decode(user["client-key-data"]))
        self._context.load_cert_chain(file.name)
        os.unlink(file.name)  # noqa: PTH108
        self._own = local()
        self._opened: list[http.client.HTTPSConnection] = []
        self._plural = self._paths()

    def _request(self, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
        for last in (False, True):
            connection = getattr(self._own, "connection", None)
            if connection is None:
                connection = http.client.HTTPSConnection(self._host, context=self._context, timeout=30)
                self._own.connection = connection
                self._opened.append(connection)
            try:
                connection.request(method, path, body, {"Content-Type": "application/json"})
                response = connection.getresponse()
                return response.status, json.loads(response.read())
            except (http.client.HTTPException, OSError):
                self._own.connection = None
                if last:
                    return 0, {"message": "the server closed the connection"}
        raise AssertionError

    def _paths(self) -> dict[tuple[str, str], tuple[str, bool]]:
        """(apiVersion, kind) -> the folder of its objects, and whether they are in a namespace."""
        groups = self._request("GET", "/apis")[1]["groups"]
        versions = ["v1", *(each["groupVersion"] for group in groups for each in group["versions"])]
        found = {}
        for version in versions:
            root = "/api/v1" if version == "v1" else f"/apis/{version}"
            for resource in self._request("GET", root)[1]["resources"]:
                if "/" not in resource["name"] and "create" in resource["verbs"]:
                    found[version, resource["kind"]] = (f"{root}|{resource['name']}", resource["namespaced"])
        return found

    def ask(self, data: dict[str, Any]) -> Answer:
        """Whether the server would take one object."""
        known = self._plural.get((str(data.get("apiVersion")), str(data.get("kind"))))
        if known is None:
            return Answer(0, "the server does not serve this kind")
        root, _, name = known[0].partition("|")
        metadata = data.get("metadata")
        written = metadata.get("namespace") if isinstance(metadata, dict) else None
        namespace = written if isinstance(written, str) and _is_plain(written) else self._namespace
        folder = f"{root}/namespaces/{namespace}/{name}" if known[1] else f"{root}/{name}"
        body = json.dumps(data).encode()
        status, answer = self._request("POST", f"{folder}?dryRun=All&fieldValidation=Strict", body)
        return Answer(status, str(answer.get("message", "")))

    @contextmanager
    def serving(self, definition: dict[str, Any]) -> Iterator[None]:
        """Have the server serve a custom kind for a while: all else here is a dry run."""
        folder = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        kind = (f"{definition['spec']['group']}/v1", definition["spec"]["names"]["kind"])
        status, answer = self._request("POST", folder, json.dumps(definition).encode())
        assert status == 201, answer
        try:
            eventually(lambda: self._serves(kind), within_seconds=30, what="the server serves a new kind")
            self._plural = self._paths()
            yield
        finally:
            self._request("DELETE", f"{folder}/{definition['metadata']['name']}")

    def _serves(self, kind: tuple[str, str]) -> Ready[None] | NotYet:
        return Ready(None) if kind in self._paths() else NotYet("it is not among the kinds that it lists")

    def close(self) -> None:
        """Close every connection."""
        for connection in self._opened:
            connection.close()

    def ask_all(self, objects: Iterable[dict[str, Any]]) -> list[Answer]:
        """As `ask`, for many."""
        with ThreadPoolExecutor(_WORKERS) as pool:
            return list(pool.map(self.ask, objects))


def _is_plain(namespace: str) -> bool:
    """Whether a namespace can stand in a path as it is."""
    return namespace.isascii() and namespace.replace("-", "").isalnum() and len(namespace) < 64
