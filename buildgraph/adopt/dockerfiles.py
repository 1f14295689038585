"""Dockerfiles that are there already: whose they are, what they are built from, and where they listen."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from buildgraph.adopt.compose import Built, compose_builds, health_path
from buildgraph.adopt.model import Facts, Open
from buildgraph.adopt.reading import DEVELOPING, is_aside, is_dockerfile
from buildgraph.errors import ConfigurationError
from buildgraph.manifests.kinds import TEMPLATES
from buildgraph.recipes import Dockerfile, Window, parse_dockerfile
from buildgraph.workspace.projects import ROOT, owner_of

OURS: Final = (f"{TEMPLATES}/", "docker/substitutes/", ".devcontainer/")
OF_ROOT: Final = re.compile(r"\b(pnpm|turbo|nx|lerna|rush)\b|pnpm-lock\.yaml")
# A project as pnpm, turbo and lerna are told of it.
ASKED: Final = r"(?:(?:--filter|--scope|-F)[= ]+|turbo(?:@\S{1,100}+)? prune )"
FILTER: Final = re.compile(
    rf"{ASKED}[\"']?\{{?(?:\./)?([\w@./-]+?)\}}?(?:\.\.\.)?[\"']?(?=[\s\"']|$)", re.MULTILINE
)
PORT: Final = re.compile(
    r"^[ \t]*(?:ENV|ARG)[ \t](?:.*\s)?PORT[= ][\"']?(\d{2,5})", re.MULTILINE | re.IGNORECASE
)
HEALTH: Final = re.compile(r"^[ \t]*HEALTHCHECK\b((?:[^\n\\]++|\\[\s\S])*+)", re.MULTILINE)
WILD: Final = "*?["
UNKNOWN_FILES: Final = "it copies {}, which git does not know{}"
FROM_ABOVE: Final = "it copies {}, seen from git's root, and a build sees the workspace in {} alone"
BUILD_IT_HERE: Final = "leave {}/ out of its COPY lines, and what lies above it"
ABOVE_ROOT: Final = "it copies {}, and nothing above the workspace's root can be in a build"
HOLD_IT: Final = (
    "move it into the workspace, or have `root` in manifests/workspace.toml name a folder that holds both"
)
MAKE_IT_THERE: Final = "have a stage of the Dockerfile make it: a build sees what git knows"


@dataclass(frozen=True, slots=True)
class Build:
    """One Dockerfile and the folder of the service it builds; `problems` are what keeps a build from working."""

    dockerfile: str
    folder: str
    context: str
    target: str = ""
    port: int = 0
    health: str = ""
    problems: tuple[Open, ...] = ()
    works: bool = True


def found_builds(facts: Facts) -> dict[str, list[Build]]:
    """The builds that Dockerfiles tell of, by the folder of the service."""
    reader = _Reader(facts, compose_builds(facts))
    found: dict[str, list[Build]] = {}
    for path in facts.paths:
        if is_dockerfile(path) and not is_aside(path) and not path.startswith(OURS):
            build = reader.build(path)
            found.setdefault(build.folder, []).append(build)
    return found


def chosen(builds: Sequence[Build]) -> tuple[Build, list[Open]]:
    """The one of a folder's builds that ships, and what is said of the others."""
    ranked = sorted(
        builds,
        key=lambda build: (_variant(build.dockerfile) in DEVELOPING, not build.works, _rank(build)),
    )
    first, others = (
        ranked[0],
        [build for build in ranked[1:] if _variant(build.dockerfile) not in DEVELOPING],
    )
    told = [
        Open(
            other.dockerfile,
            f"builds {first.folder}, too, and {first.dockerfile} was taken",
            "declare a service of its own for it",
        )
        for other in others
    ]
    return first, told


def _rank(build: Build) -> tuple[bool, str]:
    return (posixpath.basename(build.dockerfile) != "Dockerfile", build.dockerfile)


def _variant(path: str) -> str:
    """What a Dockerfile's name says besides: `api` of Dockerfile.api and api.Dockerfile."""
    name = posixpath.basename(path)
    return name.removesuffix(".Dockerfile").removeprefix("Dockerfile").removeprefix(".").lower()


@dataclass(frozen=True)
class _Reader:
    """Reads the Dockerfiles of one workspace; `composed` is what compose files say of them."""

    facts: Facts
    composed: Mapping[str, Built]

    def build(self, path: str) -> Build:
        text = self.facts.texts.get(path, "")
        hint = self.composed.get(path)
        try:
            parsed = parse_dockerfile(text.encode(), path, target=hint.target if hint else "")
        except ConfigurationError as error:
            folder = self._folder(path, Dockerfile(path), text)
            problems = tuple(
                Open(mistake.where, mistake.what, str(mistake.way_out)) for mistake in error.mistakes
            )
            return Build(path, folder, ROOT, problems=problems, works=False)
        folder = self._folder(path, parsed, text)
        port = next(iter(parsed.ports), _port(text))
        target, health = (hint.target, hint.health) if hint else ("", "")
        told = Build(path, folder, ROOT, target, port, _health(text) or health)
        return self._checked(replace(told, context=self._context(parsed, folder, text, hint)), parsed)

    def _checked(self, build: Build, parsed: Dockerfile) -> Build:
        """The build with what keeps it from working."""
        specific = _specific(parsed.context_paths)
        missing = self._missing(build.context, specific)
        problems = [
            Open(
                build.dockerfile,
                f"it adds {address}, which may change",
                "write its checksum (`ADD --checksum=sha256:…`)",
            )
            for address in parsed.downloads
        ]
        works = not problems and (not missing or len(missing) < len(specific))
        if missing:
            problems.append(self._told(build, missing))
        return replace(build, problems=tuple(problems), works=works)

    def _told(self, build: Build, missing: Sequence[str]) -> Open:
        """Why files that are copied are not there: git does not know them, or they lie above the workspace."""
        inside, dockerfile = self.facts.inside, build.dockerfile
        text = self.facts.texts.get(dockerfile, "")
        outside = [copy for copy in missing if build.context == ROOT and f" ../{copy}" in text]
        if outside:
            return Open(dockerfile, ABOVE_ROOT.format(f"../{outside[0]}"), HOLD_IT)
        above = f"{inside}/"
        within = [copy.removeprefix(above) for copy in missing if copy.startswith(above)]
        unknown = frozenset(self._missing(ROOT, within))
        from_above = [above + copy for copy in within if copy not in unknown]
        if from_above:
            return Open(dockerfile, FROM_ABOVE.format(from_above[0], inside), BUILD_IT_HERE.format(inside))
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        return Open(dockerfile, UNKNOWN_FILES.format(missing[0], more), MAKE_IT_THERE)

    def _folder(self, path: str, parsed: Dockerfile, text: str) -> str:
        """The folder of the service that a Dockerfile builds: where it stands, or what its name or its lines say."""
        owner = owner_of(path, self.facts.packages)
        if owner not in (None, ROOT):
            return owner or ROOT
        words = {_variant(path), posixpath.basename(posixpath.dirname(path))} - {""}
        named = [folder for folder in self._leaves if self._leaves[folder] & words]
        filtered = [folder for word in FILTER.findall(text) for folder in self._by_name.get(word, ())]
        copied = [
            folder for folder in parsed.context_paths if folder in self.facts.packages and folder != ROOT
        ]
        apps = [folder for folder in copied if not folder.startswith("packages/")]
        for candidates in (named, filtered, apps):
            if len(set(candidates)) == 1:
                return candidates[0]
        return posixpath.dirname(path) or ROOT

    @cached_property
    def _leaves(self) -> Mapping[str, set[str]]:
        """The short names of every project: its folder's last part and its package's."""
        return {
            folder: {posixpath.basename(folder).lower(), package.name.rpartition("/")[2].lower()}
            for folder, package in self.facts.packages.items()
            if folder != ROOT
        }

    @cached_property
    def _by_name(self) -> Mapping[str, list[str]]:
        """Folders by all that a filter may call them."""
        found: dict[str, list[str]] = {}
        for folder, package in self.facts.packages.items():
            for name in {folder, package.name, package.name.rpartition("/")[2]} - {"", ROOT}:
                found.setdefault(name, []).append(folder)
        return found

    def _context(self, parsed: Dockerfile, folder: str, text: str, hint: Built | None) -> str:
        """The folder that its COPY lines are seen from: the one in which most of them are there."""
        if hint:
            return hint.context
        beside = posixpath.dirname(parsed.path) or ROOT
        of_its_own = [beside, folder, ROOT]
        candidates = (
            [ROOT, *of_its_own] if OF_ROOT.search(text) and not self._has_own_lockfile(folder) else of_its_own
        )
        specific = _specific(parsed.context_paths)
        return min(candidates, key=lambda candidate: len(self._missing(candidate, specific)))

    def _has_own_lockfile(self, folder: str) -> bool:
        names = ("pnpm-lock.yaml", "package-lock.json", "yarn.lock")
        return folder != ROOT and any(f"{folder}/{name}" in self._known for name in names)

    def _missing(self, context: str, copies: Iterable[str]) -> list[str]:
        """Those of the copied paths that are not there, seen from a context."""
        beginning = "" if context == ROOT else f"{context}/"
        unknown = [copy for copy in copies if beginning + copy not in self._known]
        patterns = dict.fromkeys(copy for copy in unknown if any(sign in copy for sign in WILD))
        met = Window(context, tuple(patterns)).met(self.facts.paths)
        return [copy for copy in unknown if copy not in met]

    @cached_property
    def _known(self) -> frozenset[str]:
        """Every path and every folder."""
        found = set(self.facts.paths)
        for path in self.facts.paths:
            folder = path.rpartition("/")[0]
            while folder and folder not in found:
                found.add(folder)
                folder = folder.rpartition("/")[0]
        return frozenset(found)


def _specific(copies: Iterable[str]) -> list[str]:
    """The COPY paths that say something of where they are seen from."""
    return [copy for copy in copies if copy not in (ROOT, "*")]


def _port(text: str) -> int:
    """The port that a variable of a Dockerfile names; 0 without one."""
    found = PORT.findall(text)
    return int(found[-1]) if found and 0 < int(found[-1]) <= 65535 else 0


def _health(text: str) -> str:
    """The path of the address that its last health check asks; "" where none asks one."""
    found = [told for check in HEALTH.findall(text) if (told := health_path(check))]
    return found[-1] if found else ""
