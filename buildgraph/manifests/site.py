"""The machine's own settings (`site.toml`): where base images come from here, which CA is trusted; never in git."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from buildgraph.errors import ConfigurationError, Mistake, close_matches, did_you_mean
from buildgraph.manifests.model import Source

KEYS = ("bases", "ca")


@dataclass(frozen=True, slots=True)
class Site:
    """What holds on this machine: the source of base images, and a file of CA certificates for builds."""

    source: Source = Source.REGISTRY
    ca: Path | None = None


def site_file(env: Mapping[str, str]) -> Path:
    """Where this machine's settings stand, by the XDG base directory rule."""
    home = env.get("XDG_CONFIG_HOME") or str(Path(env.get("HOME", "/")) / ".config")
    return Path(home) / "buildgraph" / "site.toml"


def read_site(env: Mapping[str, str] = os.environ) -> Site:
    """This machine's settings; `BUILDGRAPH_BASES` and `BUILDGRAPH_CA` win over the file.

    Raises ConfigurationError for a file or value that says nothing known.
    """
    file = site_file(env)
    try:
        content = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        content = b""
    told = _parse_table(content, str(file))
    source = env.get("BUILDGRAPH_BASES") or told.get("bases") or Source.REGISTRY.value
    ca = env.get("BUILDGRAPH_CA") or told.get("ca")
    return Site(_source(source, str(file)), _ca(ca, str(file)) if ca else None)


def _parse_table(content: bytes, where: str) -> dict[str, str]:
    import tomli

    try:
        table = tomli.loads(content.decode())
    except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError.of(where, f"is no TOML: {error}") from error
    unknown = [Mistake(f"{where}: {key}", "unknown key", did_you_mean(close_matches(key, KEYS))) for key in table if key not in KEYS]
    wrong = [Mistake(f"{where}: {key}", "must be text") for key, value in table.items() if not isinstance(value, str)]
    if unknown or wrong:
        raise ConfigurationError([*unknown, *wrong])
    return dict(table)


def _source(name: str, where: str) -> Source:
    try:
        return Source(name)
    except ValueError as error:
        known = " or ".join(source.value for source in Source)
        raise ConfigurationError.of(f"{where}: bases", f"{name!r} is no source of base images", f"write {known}") from error


def _ca(name: str, where: str) -> Path:
    path = Path(name)
    if not path.is_file():
        raise ConfigurationError.of(f"{where}: ca", f"there is no file {name}", "name a file of PEM certificates")
    return path
