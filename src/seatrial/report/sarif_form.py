"""The form of a SARIF 2.1.0 document, the same for a run and for manifests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from seatrial import __version__

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def document(
    tool: str,
    rules: Iterable[Mapping[str, Any]],
    results: Iterable[Mapping[str, Any]],
    *,
    exit_code: int,
    notifications: Iterable[Mapping[str, Any]] = (),
) -> str:
    """One SARIF run as text; it executed successfully where nothing had to be notified."""
    notified = list(notifications)
    written = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {"name": tool, "semanticVersion": __version__, "rules": list(rules)},
                },
                "invocations": [
                    {
                        "executionSuccessful": not notified,
                        "exitCode": exit_code,
                        "toolExecutionNotifications": notified,
                    }
                ],
                "results": list(results),
            }
        ],
    }
    return json.dumps(written, indent=1) + "\n"


def location(file: str, line: int, column: int, name: str) -> dict[str, Any]:
    """A place in a file, and the object that is meant."""
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": address(file)},
            "region": {"startLine": line, "startColumn": column},
        },
        "logicalLocations": [{"fullyQualifiedName": name, "kind": "object"}],
    }


def in_words(identifier: str) -> str:
    """The name of a rule from its id: `data.safe-retry` is DataSafeRetry."""
    return "".join(word.capitalize() for word in identifier.replace(".", "-").split("-"))


def address(file: str) -> str:
    """A file name as a URI reference; relative names stay relative to the checkout."""
    return f"file://{quote(file)}" if file.startswith("/") else quote(file.removeprefix("./"), safe="/")
