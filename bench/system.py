"""Builds every image that the spec has a template for, by us and by docker compose: python bench/system.py --help."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

# The folder of a script stands on Python's path, its project does not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.circumstances import Beginning
from bench.compose import TEMPLATES, ComposedImages
from bench.errors import BenchError
from bench.example import PATIENCE, example_parser, forget_build_cache
from bench.layers import read_together
from bench.machine import versions
from bench.measuring import Edit
from bench.program import any_number, produce
from bench.progress import new_token, tell
from bench.sides import BASES, read_bases, remove_images
from bench.system_report import Built, Compared, render_system
from bench.timing import Measured, Series, run_measured
from buildgraph.graph.nodes import image_id
from buildgraph.manifests.model import Product, Service
from buildgraph.order import closure
from buildgraph.project import open_project
from tests.support.system import SCRIPTS, WORKSPACE, System

AGAIN: Final = 3  # counted runs with nothing to do
RUNS: Final = 3
AT_ONCE: Final = "2"
PACKAGE: Final = "packages/shared-auth"  # used by every backend, and uses other shared packages itself
EDIT: Final = Edit(
    service="",
    file=f"{PACKAGE}/src/index.ts",
    line=r"\A(// turn \w+\nexport const TURN = '\w+';\n)?",
    becomes="// turn {0}\nexport const TURN = '{0}';\n",
    path="",
)
BUILT: Final = re.compile(r"^ok build:(\S+)", re.MULTILINE)


class Side(Protocol):
    """One way to all images."""

    @property
    def workspace(self) -> Path:
        """The folder of the pnpm workspace that it builds from."""
        ...

    def build(self) -> Measured:
        """Build all of them."""
        ...

    def images(self) -> list[str]:
        """The names of the images as they are now."""
        ...


class OurSide:
    """A copy of this project with these products, built by `doit build`."""

    def __init__(self, folder: Path, products: Sequence[Product]) -> None:
        self.system = System(folder, products=[product.name for product in products])

    @property
    def workspace(self) -> Path:
        """The example in the copy."""
        return self.system.root / WORKSPACE

    def build(self) -> Measured:
        """`buildgraph -n 2 build`, the door that does not load doit where there is nothing to do."""
        root = self.system.root
        argv = (str(SCRIPTS / "buildgraph"), "-n", AT_ONCE, "build")
        return run_measured(argv, root, {**os.environ, "PYTHONPATH": str(root)}, PATIENCE)

    def images(self) -> list[str]:
        """By what the working tree asks for."""
        picture = open_project(self.system.root).working_picture()
        return [picture.local_reference(service.name) for service in picture.manifests.services]

    def remove(self) -> None:
        """Take away all images."""
        remove_images(f"reference={self.system.name}/*")


class PeerSide:
    """The example with the spec's templates, built by `docker compose build`."""

    def __init__(self, folder: Path, services: Sequence[Service]) -> None:
        self.composed = ComposedImages(folder, services)

    @property
    def workspace(self) -> Path:
        """The folder itself."""
        return self.composed.folder

    def build(self) -> Measured:
        """`docker compose build`, as many at a time as ours."""
        environment = {**os.environ, "COMPOSE_PARALLEL_LIMIT": AT_ONCE}
        return run_measured(self.composed.argv, self.composed.folder, environment, PATIENCE)

    def images(self) -> list[str]:
        """By the names in its compose file."""
        return list(self.composed.images.values())

    def remove(self) -> None:
        """Take away all images."""
        self.composed.remove()


@dataclass(frozen=True, slots=True)
class Settings:
    """What is compared: these products' services that the spec has a template for, after so many edits."""

    products: tuple[Product, ...]
    runs: int

    @property
    def services(self) -> tuple[Service, ...]:
        """All services of the products."""
        return tuple(service for product in self.products for service in product.services)


def main() -> int:
    """Build, compare, report; returns the exit code."""
    parser = example_parser(__doc__)
    parser.add_argument(
        "--runs", type=any_number, default=RUNS, metavar="N", help=f"builds after an edit ({RUNS})"
    )
    options = parser.parse_args()
    settings = Settings(chosen(options.products), options.runs)
    return produce(lambda: run(settings, forgets=options.forget_build_cache), options.report)


def chosen(products: Sequence[Product]) -> tuple[Product, ...]:
    """Those of the products whose services the spec has templates for."""
    return tuple(product for product in products if all(each.kind in TEMPLATES for each in product.services))


def run(settings: Settings, *, forgets: bool) -> str:
    """Measure one side, then the other, and return the report."""
    beginning = Beginning()
    with tempfile.TemporaryDirectory(prefix="system-") as folder:
        ours = OurSide(Path(folder) / "ours", settings.products)
        dependents = depending(ours.system.root, settings.services)
        with taken_away(ours):
            mine = measure(ours, settings.runs, forgets=forgets)
        if settings.runs and mine.rebuilt != dependents:
            raise BenchError(f"rebuilt {sorted(mine.rebuilt)}; {sorted(dependents)} use {PACKAGE}")
        peer = PeerSide(Path(folder) / "peer", settings.services)
        with taken_away(peer):
            theirs = measure(peer, settings.runs, forgets=forgets)
    kinds = [service.kind for service in settings.services]
    circumstances = beginning.ended(versions())
    return render_system(Compared(circumstances, tuple(kinds), mine, theirs, forgets))


@contextmanager
def taken_away(side: OurSide | PeerSide) -> Iterator[None]:
    """At the end all images of a side go."""
    try:
        yield
    finally:
        side.remove()


def depending(root: Path, services: Sequence[Service]) -> frozenset[str]:
    """The services whose images hold the package that is edited, by the graph."""
    nodes = open_project(root).working_picture().graph.nodes
    uses = {name: node.uses for name, node in nodes.items()}
    return frozenset(s.name for s in services if f"sources:{PACKAGE}" in closure(uses, [image_id(s.name)]))


def measure(side: Side, runs: int, *, forgets: bool) -> Built:
    """From nothing, again with nothing to do, after edits, and what is kept on the disk."""
    if forgets:
        forget_build_cache()
    name = type(side).__name__
    first = side.build().seconds
    tell(f"{name}: all images after {first:.0f} s")
    kept = read_together(side.images(), bases())
    again = Series(tuple([side.build().seconds for _ in range(AGAIN + 1)][1:]))
    tell(f"{name}: {again.median:.2f} s with nothing to do")
    edited = [measure_edit(side) for _ in range(runs)]
    after = Series(tuple(each.seconds for each in edited))
    if not edited:
        return Built(first, again, after, kept, frozenset())
    tell(f"{name}: {after.median:.1f} s after an edit")
    return Built(first, again, after, kept, frozenset(BUILT.findall(edited[-1].errors)))


def measure_edit(side: Side) -> Measured:
    """All images after an edit that no build has seen."""
    EDIT.apply(side.workspace, new_token())
    return side.build()


def bases() -> list[str]:
    """The base images that both sides build on."""
    pinned = read_bases()
    return [pinned[BASES[name]] for name in ("NODE_BASE", "NGINX_BASE")]


if __name__ == "__main__":
    sys.exit(main())
