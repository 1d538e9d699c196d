"""Where clients reach the system, in its file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field, model_validator

from seatrial.model.authentication import Authentication, TokenFrom
from seatrial.model.part import Name
from seatrial.model.part import Part as _Part
from seatrial.model.route import RateLimit
from seatrial.model.tls import TlsFiles

USUAL_PORTS = {"http": 80, "https": 443}
"""The port of an address without one, by its scheme. (The generator, which runs alone, has its own line.)"""
HeaderName = Annotated[str, Field(pattern=r"^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$")]


class EntryService(_Part):
    """The Service that clients reach the system by."""

    name: Name = Field(description="Its name, in the system's namespace.")
    port: int | None = Field(
        None, ge=1, le=65535, description="Its port, for requests from inside the cluster (no `url`)."
    )

    @model_validator(mode="before")
    @classmethod
    def _is_a_mapping(cls, value: Any) -> Any:
        if isinstance(value, str):
            raise ValueError(f"write `service: {{name: {value}}}`")
        return value


class ClientCertificate(_Part):
    """What clients show of themselves."""

    certificate: str = Field(description="PEM file, relative to the system file.")
    key: str = Field(description="PEM file of its key, which has no password.")


class Entry(_Part):
    """Where clients reach the system: an address, or a Service to which a Job in the cluster sends."""

    url: str | None = Field(None, pattern=r"^https?://[^/\s]+$", description="Base address, no path.")
    ca: str | None = Field(
        None,
        description="PEM file, relative to the system file, of the certificates that are trusted instead of "
        "this machine's.",
    )
    client_certificate: ClientCertificate | None = Field(
        None, description="What clients show of themselves, for TLS on both sides."
    )
    served_by: HeaderName | None = Field(
        None, description="Response header that names the pod or workload that answered; several by commas."
    )
    service: EntryService | None = Field(
        None,
        description="The Service behind `url`, when it selects one workload. Without `url` requests are sent "
        "to it by a Job in the system's namespace.",
    )
    authentication: Authentication | None = Field(
        None, description="Which requests need a token; turns on gateway.authentication-is-required."
    )
    rate_limits: tuple[RateLimit, ...] = Field(
        (), description="Which requests are limited; turns on gateway.rate-limit-holds."
    )

    @model_validator(mode="after")
    def _is_somewhere(self) -> Entry:
        if self.url is None and (self.service is None or self.service.port is None):
            raise ValueError("`url` is needed, or `service` with `name` and `port`")
        if (self.ca or self.client_certificate) and not (self.url or "").startswith("https:"):
            raise ValueError("`ca` and `client_certificate` are for a `url` that begins with https:")
        return self

    @property
    def in_cluster(self) -> bool:
        """Whether requests are sent from inside the cluster."""
        return self.url is None

    @property
    def address(self) -> str:
        """Base address for whoever sends: from this machine, or from inside the cluster."""
        if self.url is not None:
            return self.url
        assert self.service is not None  # one of both is there
        return f"http://{self.service.name}:{self.service.port}"

    @property
    def tls(self) -> TlsFiles:
        """The files of certificates with which its clients speak TLS."""
        files: TlsFiles = {}
        if self.ca:
            files["ca_file"] = self.ca
        if own := self.client_certificate:
            files["certificate_file"], files["key_file"] = own.certificate, own.key
        return files

    def beside(self, resolve: Callable[[str, str], str]) -> Entry:
        """The same with its files where `resolve` says; it is given each key and its file."""
        found: dict[str, Any] = {}
        if self.ca:
            found["ca"] = resolve("entry.ca", self.ca)
        if own := self.client_certificate:
            files = {name: getattr(own, name) for name in ("certificate", "key")}
            there = {k: resolve(f"entry.client_certificate.{k}", file) for k, file in files.items()}
            found["client_certificate"] = own.model_copy(update=there)
        if asked := self.authentication:
            places = {name: getattr(asked, name) for name in ("token", "expired")}
            tokens = {
                name: TokenFrom(file=resolve(f"entry.authentication.{name}.file", place.file))
                for name, place in places.items() if place is not None and place.file is not None
            }  # fmt: skip
            found["authentication"] = asked.model_copy(update=tokens)
        return self.model_copy(update=found)

    @property
    def claims_service(self) -> bool:
        """Whether the file says of an address which Service is behind it: that must be shown."""
        return self.url is not None and self.service is not None

    @property
    def service_name(self) -> str:
        """The Service behind the entry, where it is known; else empty."""
        return self.service.name if self.service is not None else ""
