"""Which projects a generated workspace has and which of them use which; pure, and the same every time."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

SCOPE: Final = "@acme"
CORE: Final = f"{SCOPE}/core"
LEAF: Final = f"{SCOPE}/leaf"
TOPICS: Final = (
    "auth",
    "billing",
    "cache",
    "charts",
    "email",
    "forms",
    "i18n",
    "jobs",
    "media",
    "search",
    "ui",
)
LAYERS: Final = 5
# Of a hundred: how many projects are apps, and how many packages stand alone, below and above nothing.
APPS, ALONE = 10, 3
PER_PRODUCT: Final = 10


@dataclass(frozen=True, slots=True)
class Size:
    """How large a workspace is: projects, files of all of them, published packages in its lockfile."""

    name: str
    projects: int
    files: int
    published: int
    lockfile_mb: float

    @property
    def files_each(self) -> int:
        """Files of one project."""
        return self.files // self.projects


SIZES: Final[Mapping[str, Size]] = {
    "S": Size("S", 50, 1_000, 400, 0.2),
    "M": Size("M", 400, 8_000, 2_150, 1.2),
    "L": Size("L", 2_000, 50_000, 10_000, 5.8),
}


@dataclass(frozen=True, slots=True)
class Project:
    """A project of the workspace: its folder and the names of the projects that it uses."""

    name: str
    folder: str
    uses: tuple[str, ...] = ()

    @property
    def is_app(self) -> bool:
        """Whether it is an app, hence a service."""
        return self.folder.startswith("apps/")


@dataclass(frozen=True)
class Layout:
    """All projects of a workspace, sorted by folder."""

    size: Size
    projects: tuple[Project, ...] = field(default_factory=tuple)

    @cached_property
    def apps(self) -> tuple[Project, ...]:
        """The apps, of which each is a service."""
        return tuple(project for project in self.projects if project.is_app)

    @cached_property
    def named(self) -> Mapping[str, Project]:
        """Name -> project."""
        return {project.name: project for project in self.projects}

    def products(self) -> Mapping[str, tuple[Project, ...]]:
        """Product -> its services."""
        starts = range(0, len(self.apps), PER_PRODUCT)
        return {f"product-{at // PER_PRODUCT:02d}": self.apps[at : at + PER_PRODUCT] for at in starts}

    def with_dependents(self, name: str) -> frozenset[str]:
        """A project and all that use it, directly or not."""
        found = {name}
        for project in self._in_order:
            if not found.isdisjoint(project.uses):
                found.add(project.name)
        return frozenset(found)

    @cached_property
    def _in_order(self) -> tuple[Project, ...]:
        done: dict[str, Project] = {}
        for project in self.projects:
            self._place(project, done)
        return tuple(done.values())

    def _place(self, project: Project, done: dict[str, Project]) -> None:
        if project.name in done:
            return
        for name in project.uses:
            self._place(self.named[name], done)
        done[project.name] = project


def plan_layout(size: Size) -> Layout:
    """The projects of a workspace of this size.

    Packages stand in layers: each uses some of the layer below, and the lowest layer is one package, which
    nearly all thus depend on. One package more, the leaf, is used by the first app alone.
    """
    chance = random.Random(f"layout {size.name}")
    layers = _layers(size, chance)
    apps = _apps(size, layers, chance)
    alone = [_package("config", number) for number in range(size.projects * ALONE // 100)]
    packages = [package for layer in layers for package in layer]
    leaf = Project(LEAF, "packages/leaf", (layers[-1][0].name,))
    every = [*packages, *alone, leaf, *apps]
    return Layout(size, tuple(sorted(every, key=lambda project: project.folder)))


def _layers(size: Size, chance: random.Random) -> list[list[Project]]:
    count = size.projects * (100 - APPS) // 100 - size.projects * ALONE // 100 - 2
    layers = [[Project(CORE, "packages/core")]]
    for layer in range(LAYERS):
        numbers = range(count * layer // LAYERS, count * (layer + 1) // LAYERS)
        layers.append([_package(chance.choice(TOPICS), at, _some(layers[-1], chance)) for at in numbers])
    return layers


def _apps(size: Size, layers: list[list[Project]], chance: random.Random) -> list[Project]:
    apps = []
    for number in range(size.projects * APPS // 100):
        uses = {name for layer in layers[1:] for name in _some(layer, chance, most=2)}
        uses |= {LEAF} if number == 0 else set()
        apps.append(Project(f"{SCOPE}/app-{number:03d}", f"apps/app-{number:03d}", tuple(sorted(uses))))
    return apps


def _package(topic: str, number: int, uses: Iterable[str] = ()) -> Project:
    return Project(f"{SCOPE}/{topic}-{number:04d}", f"packages/{topic}-{number:04d}", tuple(uses))


def _some(layer: list[Project], chance: random.Random, most: int = 4) -> tuple[str, ...]:
    count = min(len(layer), chance.randint(1, most))
    return tuple(sorted(project.name for project in chance.sample(layer, count)))
