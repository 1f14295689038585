"""Tries buildgraph as a new user would, in public workspaces that registries have: python bench/public.py --help."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Final

# The folder of a script stands on Python's path, its project does not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.circumstances import Beginning
from bench.foreign_oracle import projects
from bench.machine import versions
from bench.newcomer import (
    BASE,
    Compared,
    ask,
    commit,
    listed,
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
from bench.public_oracle import LOCKFILE, affected_since
from bench.public_sources import SOURCES, Source, install_tools, lay, touch
from bench.timing import Series, read_output

RUNS: Final = 3
BACK: Final = 10


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one workspace.

    `back` are the answers for one commit back, two, and so on; `edits` those for an edit in each project alone,
    by pnpm's own `--filter` in place of the oracle.
    """

    source: Source
    files: int
    lines: int
    listed: frozenset[str]
    graphed: frozenset[str]
    back: tuple[Compared, ...]
    edits: tuple[Compared, ...]
    commands: Mapping[str, Series]
    told: str


def main() -> int:
    """Fetch the workspaces, try each, and write the report; returns the exit code."""
    parser = report_parser(__doc__)
    parser.add_argument("--runs", type=positive, default=RUNS, metavar="N", help=f"runs of each ({RUNS})")
    names = [source.name for source in SOURCES]
    parser.add_argument("--only", choices=names, metavar="NAME", help=f"one of {', '.join(names)} alone")
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help="leave downloads and workspaces here, and take those that are",
    )
    options = parser.parse_args()
    return produce(lambda: measure(options), options.report)


def measure(options: argparse.Namespace) -> str:
    """Try each workspace; the report."""
    beginning = Beginning()
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        folder = (options.keep or Path(made)).resolve()
        pnpm = str(install_tools(folder / "tools") / "pnpm")
        wanted = [source for source in SOURCES if options.only in (None, source.name)]
        tried = [attempt(source, folder, pnpm, options.runs) for source in wanted]
        circumstances = beginning.ended(versions() | {"pnpm": read_output(pnpm, "--version")})
    return render(tried, str(circumstances), options.runs)


def attempt(source: Source, folder: Path, pnpm: str, runs: int) -> Tried:
    """Make one workspace with its releases, and run in it what a new user would."""
    tell(f"{source.name}: its releases")
    root = folder / "workspaces" / source.name
    make(source, root, folder / "downloads", pnpm)
    tell(f"{source.name}: init, graph, affected")
    seconds = {"init": Series(tuple(times_of_init(root, root, runs)))}
    edits = tuple(compare_edits(root, pnpm))
    told = run(("init",), root)
    graphs = [run(("graph", "--format", "json"), root) for _ in range(runs)]
    answers = [ask(BASE, root) for _ in range(runs)]
    whys = [run(("why", "package:.", "--base", BASE), root) for _ in range(runs)]
    seconds |= {"graph": series(graphs), f"affected --base {BASE}": series(answers), "why": series(whys)}
    read_output("git", "clean", "-qfd", cwd=root)
    files = len(read_output("git", "ls-files", cwd=root).splitlines())
    lines = len((root / LOCKFILE).read_text().splitlines())
    back = tuple(compare(root, f"HEAD~{back}", pnpm) for back in range(1, BACK + 1))
    return Tried(
        source, files, lines, projects(root, pnpm), packages(graphs[0]), back, edits, seconds, told.output
    )


def make(source: Source, root: Path, downloads: Path, pnpm: str) -> None:
    """A repository with a commit for each release; where there are too few, edits of ours follow."""
    if root.exists():
        return
    root.mkdir(parents=True)
    read_output("git", "init", "-q", "-b", "main", cwd=root)
    for version in source.versions:
        lay(source, version, root, downloads)
        if source.form != "sdist":
            lock(root, pnpm)
        commit(root, f"{source.name} {version}")
    missing = BACK + 1 - len(source.versions)
    for folder in islice(cycle(sorted(projects(root, pnpm))), max(missing, 0)):
        touch(root / folder / "package.json")
        commit(root, f"{folder} is edited")


def compare(root: Path, base: str, pnpm: str) -> Compared:
    """What is affected since a commit, beside the oracle."""
    return Compared(base, packages(ask(base, root)), affected_since(root, base, pnpm))


def compare_edits(root: Path, pnpm: str) -> Iterator[Compared]:
    """What an edit of each project's package.json affects, beside what pnpm selects for it."""
    for folder in sorted(projects(root, pnpm)):
        touch(root / folder / "package.json")
        yield Compared(folder, packages(ask("HEAD", root)), selected(root, pnpm))
        read_output("git", "checkout", "-q", ".", cwd=root)


def selected(root: Path, pnpm: str) -> frozenset[str]:
    """The folders of the projects that pnpm selects since the last commit, with their dependents."""
    words = ("--filter", "...[HEAD]", "list", "--depth", "-1", "--json")
    return frozenset(
        os.path.relpath(each["path"], root) for each in json.loads(read_output(pnpm, *words, cwd=root))
    )


def render(tried: Iterable[Tried], head: str, runs: int) -> str:
    """The report, without what a person adds."""
    found = list(tried)
    seconds = render_seconds((each.source.name, each.commands) for each in found)
    parts = [introduction(head, runs), f"## Seconds\n\n{seconds}", *map(section, found)]
    return "\n\n".join(parts) + "\n"


def introduction(head: str, runs: int) -> str:
    """Circumstances, and how it was done."""
    return f"""\
# Adopting it in public workspaces

{head}
- Made again by `python bench/public.py`; {runs} runs of each command

Workspaces that other people made, as registries have them: source distributions and wheels of PyPI, and what a
generator of npm makes. Each release is a commit in a repository of its own, so that `HEAD~{BACK}` is what it was ten
releases ago. In each: `buildgraph init`, `graph`, `affected --base {BASE}` and `why`, as
a new user would, with nothing edited by hand.

What is affected since each of the ten commits is compared with an answer found without buildgraph
(`bench/public_oracle.py`): git's diff, the projects as `pnpm list` tells them, what the package.json files name, and
for each project all that the two lockfiles bring it, entry by entry. Then one package.json after the other is edited
alone, and what is affected compared with what `pnpm --filter "...[HEAD]"` selects. Packages that are gone are not
compared. Times are seconds of whole processes: median (least–most)."""


def section(tried: Tried) -> str:
    """What came of one workspace."""
    source, shape = tried.source, tried.source.shape
    same = verdict(tried.listed == tried.graphed)
    return "\n\n".join(
        [
            f"## {source.name}",
            f"{shape[0].upper()}{shape[1:]}. {source.licence}, {source.form} of {', '.join(source.versions)}.",
            f"{tried.files} files, {tried.lines} lines of lockfile. "
            f"Projects: {len(tried.listed)} by pnpm, {len(tried.graphed)} in the graph: {same}.",
            render_compared(tried.back),
            told_of_edits(tried.edits),
            f"What `init` said:\n\n```text\n{tried.told.strip()}\n```",
        ]
    )


def told_of_edits(edits: Iterable[Compared]) -> str:
    """How many edits were answered as pnpm answers them, and each that was not."""
    every = list(edits)
    other = [edit for edit in every if edit.found != edit.expected]
    sizes = sorted(len(edit.found) for edit in every)
    lines = [
        f"An edit in each of {len(every)} projects alone affects {sizes[0]} to {sizes[-1]} packages; "
        f"{len(every) - len(other)} answers are pnpm's."
    ]
    for edit in other:
        more, fewer = listed(edit.found - edit.expected), listed(edit.expected - edit.found)
        lines.append(f"- `{edit.base}`: not in pnpm's {more}; in pnpm's alone {fewer}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
