"""Tries buildgraph as a new user would, in workspaces that it was not built for: python bench/foreign.py --help."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# The folder of a script stands on Python's path, its project does not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.circumstances import Beginning
from bench.foreign_oracle import affected, projects
from bench.foreign_world import World
from bench.foreign_worlds import worlds
from bench.machine import versions
from bench.newcomer import (
    BASE,
    PNPM,
    Compared,
    ask,
    commit,
    lock,
    packages,
    render_compared,
    render_seconds,
    run,
    series,
    times_of_init,
    verdict,
)
from bench.program import positive, produce, report_parser
from bench.progress import tell
from bench.timing import Series, read_output

SEED: Final = 28
RUNS: Final = 3


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one workspace. `commands` are seconds by command; `told` is what init said.

    `compared` are the answers for one commit back, two, and so on to all of them.
    """

    world: World
    listed: frozenset[str]
    graphed: frozenset[str]
    compared: tuple[Compared, ...]
    commands: Mapping[str, Series]
    told: str
    built: str


def main() -> int:
    """Make the workspaces, try each, and write the report; returns the exit code."""
    parser = report_parser(__doc__)
    parser.add_argument("--runs", type=positive, default=RUNS, metavar="N", help=f"runs of each ({RUNS})")
    parser.add_argument(
        "--seed", type=positive, default=SEED, metavar="N", help=f"of the workspaces ({SEED})"
    )
    parser.add_argument("--only", metavar="NAME", help="one workspace alone")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the workspaces here")
    options = parser.parse_args()
    return produce(lambda: measure(options), options.report)


def measure(options: argparse.Namespace) -> str:
    """Try each workspace; the report."""
    beginning = Beginning()
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        folder = (options.keep or Path(made)).resolve()
        wanted = [world for world in worlds(options.seed) if options.only in (None, world.name)]
        tried = [attempt(world, folder / world.name, options.runs) for world in wanted]
    return render(tried, str(beginning.ended(versions() | {"pnpm": read_output(PNPM, "--version")})), options)


def attempt(world: World, folder: Path, runs: int) -> Tried:
    """Make one workspace, and run in it what a new user would."""
    tell(f"{world.name}: making it")
    make(world, folder)
    root = folder / world.root
    seconds = {"init": Series(tuple(times_of_init(folder, root, runs)))}
    told = run(("init",), root)
    graphs = [run(("graph", "--format", "json"), root) for _ in range(runs)]
    answers = [ask(BASE, root) for _ in range(runs)]
    seconds |= {"graph": series(graphs), f"affected --base {BASE}": series(answers)}
    listed, compared = projects(root, PNPM), tuple(compare(world, root))
    return Tried(world, listed, packages(graphs[0]), compared, seconds, told.output, build(world, root))


def compare(world: World, root: Path) -> Iterator[Compared]:
    """What is affected since each of the commits, beside the oracle."""
    for back in range(1, len(world.edits) + 1):
        base = f"HEAD~{back}"
        installed = [folder for edit in world.edits[-back:] for folder in edit.installs]
        yield Compared(base, packages(ask(base, root)), affected(root, base, PNPM, installed))


def build(world: World, root: Path) -> str:
    """Build the image that the world names, and take it away; what is told of it."""
    if world.builds is None:
        return ""
    name = json.loads((root / "package.json").read_text())["name"]
    forget(f"{name}/{world.builds}")  # of an earlier run that was ended
    ran = run((f"build:{world.builds}",), root)
    forget(f"{name}/{world.builds}")
    return (ran.output + ran.errors).strip().splitlines()[-1]


def forget(image: str) -> None:
    """Take away the images of this name."""
    references = read_output("docker", "images", "--format", "{{.Repository}}:{{.Tag}}", image)
    if references:
        read_output("docker", "image", "rm", *references.split())


def make(world: World, folder: Path) -> None:
    """Write a world with its history; what is there is taken away."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    read_output("git", "init", "-q", "-b", "main", cwd=folder)
    write(folder, world.files)
    lock(folder / world.root)
    commit(folder, "It begins")
    for edit in world.edits:
        write(folder, edit.files)
        if any(path.endswith(("package.json", "pnpm-workspace.yaml")) for path in edit.files):
            lock(folder / world.root)
        commit(folder, edit.subject)


def write(folder: Path, files: Mapping[str, str | None]) -> None:
    """Write files, and take away those that are None."""
    for path, text in files.items():
        file = folder / path
        if text is None:
            file.unlink()
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def render(tried: Sequence[Tried], head: str, options: argparse.Namespace) -> str:
    """The report, without what a person adds."""
    return (
        "\n\n".join([introduction(head, options), summary(tried), *(section(each) for each in tried)]) + "\n"
    )


def introduction(head: str, options: argparse.Namespace) -> str:
    """Circumstances, and how it was done."""
    return f"""\
# Adopting it in workspaces it was not built for

{head}
- Made again by `python bench/foreign.py --seed {options.seed}`; {options.runs} runs of each command

Three repositories in shapes that public ones have, made by a program: no public one could be cloned where this ran.
Each has eleven commits that touch different things, and a lockfile that pnpm itself wrote. In each: `buildgraph init`,
`buildgraph graph`, `buildgraph affected --base {BASE}`, as a new user would, with nothing edited by hand.

What is affected since each of the ten commits is compared with an answer found without buildgraph
(`bench/foreign_oracle.py`): git's diff, the projects as `pnpm list` tells them, and what the package.json files name;
which projects a catalog's bump is for is told to it. Packages that are gone are not compared. Times are seconds of
whole processes: median (least–most)."""


def summary(tried: Sequence[Tried]) -> str:
    """One table for all."""
    return "## Seconds\n\n" + render_seconds((each.world.name, each.commands) for each in tried)


def section(tried: Tried) -> str:
    """What came of one workspace."""
    same = verdict(tried.listed == tried.graphed)
    parts = [
        f"## {tried.world.name}\n\nIts shape: {tried.world.shape}.",
        f"Projects: {len(tried.listed)} by pnpm, {len(tried.graphed)} in the graph: {same}.",
        render_compared(tried.compared),
    ]
    if tried.built:
        parts.append(f"`buildgraph build:{tried.world.builds}` ended with `{tried.built}`.")
    return "\n\n".join([*parts, f"What `init` said:\n\n```text\n{tried.told.strip()}\n```"])


if __name__ == "__main__":
    sys.exit(main())
