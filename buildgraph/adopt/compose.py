"""How compose files build: the folder and stage that they name for a Dockerfile, and what they ask of its health."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from buildgraph.adopt.model import Facts, Open
from buildgraph.adopt.reading import ASIDE, COMPOSE, DEVELOPING
from buildgraph.errors import ConfigurationError
from buildgraph.workspace.yaml import parse_yaml

PLAIN: Final = re.compile(r"(docker-)?compose\.ya?ml")
OVERRIDE: Final = "override"  # what compose lays over the plain file, on machines of developers
# An address as a health check names it, no longer than one is; its group is the path.
ADDRESS: Final = re.compile(
    r"https?://[^/\s\"':]{1,255}(?::[^/\s\"']{0,255})?(/[\w.~+;=:@&/?-]{0,400})?(?=[\s\"'|)\\`]|$)"
)
WITHOUT: Final = "mend it and run this again, or write what it says as `context`, `target` and `health`"


class Built(NamedTuple):
    """A context and a stage, as a compose file names them, and the path that it asks for the service's health.

    The folder is seen from the workspace's root.
    """

    context: str
    target: str = ""
    health: str = ""


def compose_builds(facts: Facts) -> dict[str, Built]:
    """What the plainest compose file says that names a Dockerfile, by the Dockerfile's path."""
    found: dict[str, Built] = {}
    for path in sorted(_files(facts), key=_plainest_first):
        for dockerfile, built in _builds(path, facts.texts.get(path, "")):
            found.setdefault(dockerfile, built)
    return found


def unread_files(facts: Facts) -> Iterator[Open]:
    """The compose files that are none, or more than is read of one: what they say of builds is not known."""
    for path in sorted(_files(facts)):
        try:
            _documents(path, facts.texts.get(path, ""))
        except ConfigurationError as error:
            yield from (Open(found.where, found.what, WITHOUT) for found in error.mistakes)


def _files(facts: Facts) -> Iterator[str]:
    return filter(COMPOSE.search, facts.paths)


def _plainest_first(path: str) -> tuple[bool, bool, int, str]:
    """What ships before what is for developers, tests and examples; compose.yml before compose.prod.yml."""
    folder, name = posixpath.split(path)
    words = {*folder.split("/"), *re.split(r"[._-]", name)}
    return (
        not words.isdisjoint(ASIDE | DEVELOPING | {OVERRIDE}),
        PLAIN.fullmatch(name) is None,
        path.count("/"),
        path,
    )


def _builds(path: str, text: str) -> Iterator[tuple[str, Built]]:
    for service in _declared(path, text):
        build = service["build"]
        plain = {"context": build} if isinstance(build, str) else build
        if not isinstance(plain, Mapping):
            continue
        context = _inside(posixpath.dirname(path), str(plain.get("context", ".")))
        dockerfile = _inside(context, str(plain.get("dockerfile", "Dockerfile")))
        if context and dockerfile:
            yield (
                dockerfile,
                Built(context, str(plain.get("target", "")), _health(service.get("healthcheck"))),
            )


def _health(check: object) -> str:
    """The path of the address that a health check asks; "" where it asks none."""
    test = check.get("test") if isinstance(check, Mapping) else None
    words = test if isinstance(test, list) else [test]
    return health_path(" ".join(map(str, words)))


def health_path(command: str) -> str:
    """The path of the first address in a command; "" where it has none."""
    found = ADDRESS.search(command)
    return (found[1] or "/") if found else ""


@lru_cache(maxsize=256)
def _documents(path: str, text: str) -> tuple[Any, ...]:
    """What a file holds, read once for all who ask; ConfigurationError when it cannot be read."""
    return parse_yaml(text.encode(), path)


def _declared(path: str, text: str) -> list[Mapping[str, Any]]:
    """Every service that is built; a file that cannot be read says nothing."""
    try:
        documents = _documents(path, text)
    except ConfigurationError:
        return []
    document = documents[0] if documents else None
    services = document.get("services") if isinstance(document, Mapping) else None
    every = services.values() if isinstance(services, Mapping) else ()
    return [service for service in every if isinstance(service, Mapping) and "build" in service]


def _inside(folder: str, written: str) -> str:
    """A path seen from the workspace's root; "" where it is none, or leads out of it."""
    path = posixpath.normpath(posixpath.join(folder, written))
    return "" if "$" in path or path.startswith(("/", "..")) else path
