"""Secret values: read from an env file and the process's environment, and never shown by accident."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import quote, quote_plus

from buildgraph.errors import ConfigurationError, Mistake
from buildgraph.manifests.model import Environment, Service
from buildgraph.manifests.variables import POSTGRES_PASSWORD, POSTGRES_USER, REDIS_PASSWORD

DIGEST_LENGTH = 32  # hex digits: 128 bits tell two sets of secrets apart
HIDDEN: Final = "***"
LEAST_HIDDEN: Final = 4  # characters: a shorter value is in every other line by chance
PASSWORDS: Final = {"postgres": POSTGRES_PASSWORD, "redis": REDIS_PASSWORD}


class Secrets:
    """Secret values by name; neither printing nor pickling shows one. An empty value counts as none."""

    __slots__ = ("_source", "_values")

    def __init__(self, values: Mapping[str, str], source: str = "") -> None:
        self._values = {name: value for name, value in values.items() if value}
        self._source = source

    def __repr__(self) -> str:
        return "Secrets(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("secrets do not leave the process")

    def __contains__(self, name: str) -> bool:
        return name in self._values

    @property
    def source(self) -> str:
        """The env file as the manifest names it, or ""."""
        return self._source

    def reveal(self, name: str) -> str:
        """The value of a secret; KeyError when it has none (see `missing_secrets`)."""
        return self._values[name]

    def reveal_or(self, name: str, usual: str) -> str:
        """The value of a secret that has a usual value."""
        return self._values.get(name, usual)

    def redact(self, text: str, names: Iterable[str]) -> str:
        """The text with `***` in place of the values of these secrets that are 4 characters or longer.

        Found as they are, as a URL or JSON writes them, and each line of one that has several.
        """
        values = [self._values[name] for name in names if name in self._values]
        forms = {form for value in values for form in _written_forms(value) if len(form) >= LEAST_HIDDEN}
        for form in sorted(forms, key=len, reverse=True):
            text = text.replace(form, HIDDEN)
        return text


def read_secrets(root: Path, environment: Environment, env: Mapping[str, str]) -> Secrets:
    """The secrets of an environment: its env file below `root`, then `env`, which wins.

    A file that is not there holds nothing: in CI all secrets are variables of the process.
    """
    content = ""
    if environment.secrets:
        try:
            content = (root / environment.secrets).read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            content = ""
        except (OSError, UnicodeDecodeError) as error:
            what = f"cannot be read: {getattr(error, 'strerror', None) or 'it is no UTF-8 text'}"
            raise ConfigurationError.of(environment.secrets, what) from error
    return Secrets({**parse_env_file(content, environment.secrets), **env}, environment.secrets)


def parse_env_file(content: str, where: str) -> dict[str, str]:
    """The variables of an env file: `NAME=VALUE` lines, quotes and `export` allowed, `#` lines skipped.

    Raises ConfigurationError that names the lines that are none of this, and shows nothing of them.
    """
    found: dict[str, str] = {}
    mistakes = []
    for number, line in enumerate(content.splitlines(), start=1):
        text = line.strip().removeprefix("export ").strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if equals and name.strip().isidentifier():
            found[name.strip()] = _unquoted(value.strip())
        else:
            mistakes.append(Mistake(f"{where}:{number}", "is no NAME=VALUE line"))
    if mistakes:
        raise ConfigurationError(mistakes)
    return found


def needed_secrets(service: Service, environment: Environment) -> tuple[str, ...]:
    """The names of the secrets a service's containers are given in an environment, sorted."""
    backing = {backing.kind for backing in environment.backing}
    names = {name for name, value in service.env.items() if value.secret}
    if service.database and "postgres" in backing:
        names.add(POSTGRES_PASSWORD)
    if service.redis and "redis" in backing:
        names.add(REDIS_PASSWORD)
    return tuple(sorted(names))


def optional_secrets(service: Service, environment: Environment) -> tuple[str, ...]:
    """The names of secrets that have a usual value, and reach a service's containers all the same."""
    backing = {backing.kind for backing in environment.backing}
    return (POSTGRES_USER,) if service.database and "postgres" in backing else ()


def used_secrets(services: Iterable[Service], environment: Environment) -> tuple[str, ...]:
    """The names of all secrets that containers of an environment are given, sorted."""
    names = {PASSWORDS[backing.kind] for backing in environment.backing if backing.kind in PASSWORDS}
    return tuple(sorted(names.union(*(needed_secrets(service, environment) for service in services))))


def check_secrets(services: Iterable[Service], environment: Environment, secrets: Secrets) -> None:
    """Raise ConfigurationError that names every missing secret, who needs it and where it goes."""
    missing: dict[str, list[str]] = {}
    for service in services:
        for name in needed_secrets(service, environment):
            if name not in secrets:
                missing.setdefault(name, []).append(service.name)
    if not missing:
        return
    place = f"write it to {secrets.source} or set" if secrets.source else "set"
    raise ConfigurationError(
        Mistake(
            f"secret {name}",
            f"has no value in {environment.name}; needed by {', '.join(sorted(users))}",
            f"{place} {name} in the environment of this process",
        )
        for name, users in missing.items()
    )


def secrets_digest(key: bytes, service: Service, environment: Environment, secrets: Secrets) -> str:
    """An HMAC-SHA256 over the values a service is given: tells that one changed, and lets nobody guess one.

    Names and values are framed by their lengths, so that no two sets of secrets read the same.
    """
    names = [*needed_secrets(service, environment), *optional_secrets(service, environment)]
    if not names:
        return ""
    keyed = hmac.new(key, digestmod=hashlib.sha256)
    for name in names:
        for part in (name.encode(), secrets.reveal_or(name, "").encode()):
            keyed.update(len(part).to_bytes(8, "big") + part)
    return keyed.hexdigest()[:DIGEST_LENGTH]


def _written_forms(value: str) -> set[str]:
    """How a value may stand in what a program says."""
    written = [value, quote(value, safe=""), quote(value), quote_plus(value), json.dumps(value)[1:-1]]
    return {*written, *(line.strip() for line in value.splitlines())}


def _unquoted(value: str) -> str:
    for mark in ("'", '"'):
        if len(value) >= 2 and value.startswith(mark) and value.endswith(mark):
            return value[1:-1]
    return value
