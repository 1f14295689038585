"""Which texts of a workspace recognition asks for: configurations, Dockerfiles, and sources of what may be a server."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from buildgraph.workspace import Package
from buildgraph.workspace.projects import ROOT, owner_of

SOURCE: Final = re.compile(r"\.[cm]?[jt]s$")
TEST: Final = re.compile(
    r"(^|/)(__tests__|__mocks__|tests?|e2e|node_modules|dist|build)/|[.-](test|spec|d|stories)\."
)
CONFIG: Final = re.compile(r"(^|/)((next|svelte|astro|vite)\.config\.[cm]?[jt]s|tsconfig\.json)$")
DOCKERFILE: Final = re.compile(r"(^|/)(Dockerfile(\.[\w-]+)?|[\w-]+\.Dockerfile)$")
COMPOSE: Final = re.compile(r"(^|/)(docker-)?compose[\w.-]*\.ya?ml$")
# Folders of what does not ship; a service of one is named by hand.
ASIDE: Final = frozenset(
    (
        "example",
        "examples",
        "test",
        "tests",
        "e2e",
        "fixtures",
        "__fixtures__",
        "fixture",
        "playground",
        "playgrounds",
    )
)
# What files and folders are called that are for developers and for tests.
DEVELOPING: Final = frozenset(("dev", "development", "local", "test", "ci", "debug", "e2e"))
MOST_SOURCES: Final = 200  # of one project: what a server says of itself stands in its first files
LIKELY: Final = re.compile(
    r"(main|index|server|app|config|env|health|controller|routes?)\b|health", re.IGNORECASE
)


def is_dockerfile(path: str) -> bool:
    """Whether a path is that of a Dockerfile; its ignore file is none."""
    return DOCKERFILE.search(path) is not None and not path.endswith(".dockerignore")


def is_aside(path: str) -> bool:
    """Whether a path lies among examples and tests."""
    return not ASIDE.isdisjoint(path.split("/"))


def wanted_texts(paths: Iterable[str], packages: Mapping[str, Package]) -> list[str]:
    """The paths whose texts recognition asks for, sorted."""
    found: list[str] = []
    sources: dict[str, list[str]] = {}
    for path in paths:
        if CONFIG.search(path) or is_dockerfile(path) or COMPOSE.search(path):
            found.append(path)
        elif SOURCE.search(path) and not TEST.search(path):
            owner = owner_of(path, packages)
            if owner not in (None, ROOT) and packages[owner or ROOT].scripts:
                sources.setdefault(owner or ROOT, []).append(path)
    for every in sources.values():
        found += sorted(every, key=_likely_first)[:MOST_SOURCES]
    return sorted(found)


def _likely_first(path: str) -> tuple[bool, int, str]:
    return (LIKELY.search(path.rpartition("/")[2]) is None, path.count("/"), path)
