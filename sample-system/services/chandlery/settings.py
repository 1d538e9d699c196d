"""Everything that a deployment may set, read once from the environment."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

# Deadlines nest, so that the innermost one speaks first and nobody waits for an answer that is not coming:
# statement < request < gateway route (5 s) < what is left of the grace period after preStop and drain.
CONNECT_SECONDS = 2.0
STATEMENT_SECONDS = 2.5
REQUEST_SECONDS = 4.0
IN_FLIGHT_SECONDS = 6.0
# How long a connection to the database may lie idle before it is given back.
IDLE_SECONDS = 300.0


class SettingsError(ValueError):
    """The environment does not describe a service that could run."""


@dataclass(frozen=True)
class Settings:
    """One process's settings. Times in seconds."""

    name: str
    host: str
    port: int
    version: str
    config_directory: Path
    database_urls: tuple[str, ...]
    nats_url: str
    drain_seconds: float
    resend_seconds: float
    idle_seconds: float

    @property
    def database_url(self) -> str:
        """The one database of a service. Raises SettingsError when there are more or none."""
        if len(self.database_urls) != 1:
            raise SettingsError(f"{self.name} needs exactly one URL in CHANDLERY_DATABASE_URLS")
        return self.database_urls[0]


def from_environment(name: str) -> Settings:
    """Settings of service `name`. Raises SettingsError for a number that is none or a missing file."""
    urls = [url.strip() for url in os.environ.get("CHANDLERY_DATABASE_URLS", "").split(",") if url.strip()]
    nats_url = os.environ.get("CHANDLERY_NATS_URL", "")
    database_password = _secret("CHANDLERY_DATABASE_PASSWORD_FILE")
    return Settings(
        name=name,
        host=os.environ.get("CHANDLERY_HOST", "0.0.0.0"),
        port=int(_number("CHANDLERY_PORT", 8080)),
        version=os.environ.get("CHANDLERY_VERSION", "development"),
        config_directory=Path(os.environ.get("CHANDLERY_CONFIG_DIRECTORY", "/etc/chandlery")),
        database_urls=tuple(_with_password(url, database_password) for url in urls),
        nats_url=_with_password(nats_url, _secret("CHANDLERY_NATS_PASSWORD_FILE")),
        drain_seconds=_number("CHANDLERY_DRAIN_SECONDS", 6.0),
        resend_seconds=_number("CHANDLERY_RESEND_SECONDS", 20.0),
        idle_seconds=_number("CHANDLERY_IDLE_SECONDS", IDLE_SECONDS),
    )


def _number(variable: str, default: float) -> float:
    text = os.environ.get(variable)
    try:
        return default if text is None else float(text)
    except ValueError as error:
        raise SettingsError(f"{variable} must be a number, not {text!r}") from error


def _secret(variable: str) -> str | None:
    """A secret comes as a mounted file: an environment is printed, inherited and dumped too easily."""
    path = os.environ.get(variable)
    if path is None:
        return None
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{variable} names {path}, which cannot be read: {error.strerror}") from error


def _with_password(url: str, password: str | None) -> str:
    if not url or password is None:
        return url
    parts = urlsplit(url)
    if not parts.username:
        raise SettingsError(f"{url} names no user, but a password file is set")
    address = parts.netloc.partition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username}:{password}@{address}"))
