"""Builders of buildx: which one builds an image, and the way that the image takes from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from buildgraph.errors import ConfigurationError, ToolError
from buildgraph.process import Command, Runner

if TYPE_CHECKING:
    from buildgraph.image.engine import Engine

ENGINES_OWN: Final = "default"  # buildx's name for the builder inside of the engine that it speaks to
DOCKER_DRIVER: Final = "docker"
PLATFORMS: Final = "manifests/workspace.toml: platforms"
ANOTHER_BUILDER: Final = (
    "build by another builder (`docker buildx create --name NAME`, then `builder=NAME`), or switch the engine to "
    "containerd's image store; see docs/MACHINES.md"
)


@dataclass(frozen=True, slots=True)
class BuildxBuilder:
    """A builder as buildx knows it: its name and its driver (docker, docker-container, remote, kubernetes)."""

    name: str
    driver: str

    @property
    def is_engines_own(self) -> bool:
        """Whether it is part of an engine, and what it builds goes into that engine's store."""
        return self.driver == DOCKER_DRIVER


@dataclass(frozen=True, slots=True)
class Way:
    """How an image is built: the builder by name ("": buildx's own choice), and what else it is told.

    `publishes` has it pushed by the builder itself, for no engine here could hold it. `can_export` says that
    the builder writes a build cache.
    """

    builder: str = ""
    publishes: bool = False
    can_export: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What decides on the way of an image.

    `chosen` is the builder that somebody has chosen by name, and `is_bound` that the image builds upon what its
    engine alone may have: a builder elsewhere would not find it. `stand_in` names a base image that surely is there
    alone. `several` says that the image is of several platforms, `registry` is where it goes ("": nowhere), and
    `exports` that it shall leave a build cache.
    """

    service: str
    chosen: str = ""
    is_bound: bool = False
    stand_in: str = ""
    several: bool = False
    registry: str = ""
    exports: bool = False


def find_way(runner: Runner, engine: Engine, asked: Asked, tell: Callable[[str], None]) -> Way:
    """The way of an image; buildx and the engine are asked only where their answers decide.

    It is told when somebody has chosen a builder and it cannot be that one. ConfigurationError where there is no
    way, ToolError where there is no such builder.
    """
    is_bound = asked.is_bound and not (asked.several and asked.chosen)
    name = ENGINES_OWN if is_bound else asked.chosen
    if asked.chosen not in ("", name):
        tell(
            f"the engine's own builder builds it, and not {asked.chosen}: what it builds upon is on the engine"
        )
    if not (asked.several or asked.exports or (asked.chosen and not is_bound)):
        return Way(name)
    builder = find_builder(runner, name, engine.command_env)
    return choose_way(asked, builder, keeps_several=not builder.is_engines_own or engine.keeps_several)


def find_builder(runner: Runner, name: str, env: Mapping[str, str]) -> BuildxBuilder:
    """The builder of this name ("": the one that buildx would take); ToolError when there is none."""
    result = runner.run(Command(("docker", "buildx", "inspect", *((name,) if name else ())), env=env))
    told = dict(line.split(":", 1) for line in reversed(result.text.splitlines()) if ":" in line)
    if result.code != 0 or "Driver" not in told:
        what = f"there is no builder {name!r}" if name else "buildx has no builder"
        raise ToolError(f"{what}: {result.last_lines}", "`docker buildx ls` tells those that there are")
    return BuildxBuilder(told["Name"].strip(), told["Driver"].strip())


def choose_way(asked: Asked, builder: BuildxBuilder, *, keeps_several: bool) -> Way:
    """The way of an image by the builder that was found for it; ConfigurationError where there is none.

    `keeps_several` tells of an engine's own builder that containerd keeps its images: then it knows several platforms,
    and writes caches. What another builder makes for several platforms goes from there to the registry.
    """
    if not asked.several or (builder.is_engines_own and keeps_several):
        return Way(builder.name, can_export=keeps_several)
    if builder.is_engines_own:
        what = (
            f"{asked.service}: the engine's classic image store and its builder know one platform at a time"
        )
        raise ConfigurationError.of(PLATFORMS, what, ANOTHER_BUILDER)
    if asked.stand_in:
        what = (
            f"{asked.service} builds upon a stand-in of {asked.stand_in}, which {builder.name} cannot reach"
        )
        raise ConfigurationError.of(PLATFORMS, what, "build where the real image can be had")
    if not asked.registry:
        what = f"{asked.service}: no engine keeps what the builder {builder.name} makes for several platforms"
        raise ConfigurationError.of(PLATFORMS, what, "name an environment with a `registry`")
    return Way(builder.name, publishes=True, can_export=True)
