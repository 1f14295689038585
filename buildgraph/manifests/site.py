"""The machine's own settings, never in git: where base images come from, which CA builds trust, keys to engines."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from buildgraph.errors import ConfigurationError
from buildgraph.manifests.model import Source
from buildgraph.manifests.reading import Place, Reader, mapped, one_of, table, text
from buildgraph.manifests.site_file import VARIABLES, site_file
from buildgraph.manifests.toml import parse_toml

# A comma would begin another of buildx's own options, which are written as one text.
CACHE: Final = text(
    pattern=r"gha|(registry|local):[^\s,]+",
    says="a place for BuildKit's cache",
    way_out="write registry:NAME/OF/A/REPOSITORY, local:/A/FOLDER or gha",
)
READERS: Final[Mapping[str, Reader[str]]] = {
    "bases": one_of([source.value for source in Source], "source of base images"),
    "ca": text(),
    "builder": text(),
    "cache_from": CACHE,
    "cache_to": CACHE,
}
SETTINGS: Final[Reader[dict[str, Any]]] = table(
    dict, {**READERS, "certificates": mapped(text()), "kubeconfigs": mapped(text())}
)


@dataclass(frozen=True, slots=True)
class Site:
    """What holds on this machine: the source of base images, and a file of CA certificates for builds.

    `certificates` maps an engine's `HOST:PORT` to the folder of this machine's key to it, `kubeconfigs` the
    name of a cluster's context to the file that leads to it (none: kubectl's own). `builder` is the builder of
    buildx that builds ("": buildx's own choice), `cache_from` and `cache_to` are where builds look for BuildKit's
    cache and leave it. None of the three changes what is built.
    """

    source: Source = Source.REGISTRY
    ca: Path | None = None
    certificates: Mapping[str, Path] = field(default_factory=dict)
    kubeconfigs: Mapping[str, Path] = field(default_factory=dict)
    builder: str = ""
    cache_from: str = ""
    cache_to: str = ""


def read_site(env: Mapping[str, str] = os.environ) -> Site:
    """This machine's settings; `BUILDGRAPH_BASES`, `BUILDGRAPH_CA` and the like win over the file.

    Raises ConfigurationError for a file or value that says nothing known.
    """
    place = Place(str(site_file(env)))
    told = {**_read_file(place), **_read_variables(env, place)}
    ca = _at_home(told["ca"]) if "ca" in told else None
    if ca and not os.path.isfile(ca):  # noqa: PTH113  # pathlib's raises where a name is too long
        here = _of_variable("ca", place) if env.get(VARIABLES["ca"]) else place.at("ca")
        here.refuse(f"there is no file {told['ca']!r}", "name a file of PEM certificates")
    if place.mistakes:
        raise ConfigurationError(place.mistakes)
    source = Source(told.get("bases", Source.REGISTRY.value))
    building = {name: told.get(name, "") for name in ("builder", "cache_from", "cache_to")}
    return Site(source, ca, _paths(told, "certificates"), _paths(told, "kubeconfigs"), **building)


def _paths(told: Mapping[str, Any], key: str) -> dict[str, Path]:
    return {name: _at_home(path) for name, path in told.get(key, {}).items()}


def _at_home(written: str) -> Path:
    """A path whose `~` is a home, where there is such a one."""
    return Path(os.path.expanduser(written))  # noqa: PTH111  # pathlib's raises where nobody has that name


def _read_file(place: Place) -> dict[str, Any]:
    """What the file says; a machine without one has no settings of its own."""
    try:
        content = Path(place.file).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    with place.keeping():
        return SETTINGS.read(parse_toml(content), place)
    return {}


def _read_variables(env: Mapping[str, str], place: Place) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, variable in VARIABLES.items():
        if env.get(variable):
            here = _of_variable(key, place)
            with here.keeping():
                found[key] = READERS[key].read(env[variable], here)
    return found


def _of_variable(key: str, place: Place) -> Place:
    return Place(VARIABLES[key], mistakes=place.mistakes)
