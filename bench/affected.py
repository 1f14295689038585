"""Measures what is affected, beside turbo, nx and moon, in generated workspaces: script/bench --help."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# The folder of a script stands on Python's path, its project does not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.affected_report import Found, Parts, Setting, render_affected_report
from bench.bars import AFFECTED, BUILD, COLD
from bench.cases import CASES
from bench.circumstances import Beginning
from bench.contenders import OURS, Contender, Places, floors, nx, ours, peers
from bench.generate import commit, generate
from bench.images import all_built
from bench.layout import SIZES, Layout
from bench.program import positive, produce, report_parser
from bench.progress import tell
from bench.registry import TARGETS
from bench.rounds import Round, Turns
from bench.timing import read_output
from bench.tools import PEERS, install_ours, install_peers, link_modules, write_moon

RUNS, QUICK_RUNS = 5, 2
# Each turn edits the lockfile as none before it, also the turns of nx's daemon, and a warming one before each.
MOST_RUNS: Final = (len(TARGETS) - 1) // 2 - 1
PARTS = (AFFECTED, COLD, BUILD)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: sizes, counted runs, parts, whether beside the peers, and where tools are kept."""

    sizes: tuple[str, ...]
    runs: int
    parts: tuple[str, ...]
    with_peers: bool
    cache: Path


def main() -> int:
    """Measure and write the report; returns the exit code."""
    options = parse_options()
    return produce(lambda: run(wanted(options)), options.report)


def parse_options() -> argparse.Namespace:
    """The command line."""
    parser = report_parser(__doc__, "script/bench")
    sizes = parser.add_argument("--size", choices=tuple(SIZES), action="append")
    sizes.help = "50, 400 or 2,000 projects; may be given again (all)"
    parser.add_argument("--runs", type=positive, metavar="N", help=f"counted runs of each ({RUNS})")
    parser.add_argument("--only", choices=PARTS, action="append", help="one part; may be given again (all)")
    parser.add_argument("--quick", action="store_true", help=f"sizes S and M, {QUICK_RUNS} runs")
    parser.add_argument("--no-peers", action="store_true", help="ours and the floors alone")
    parser.add_argument("--cache", type=Path, metavar="FOLDER", required=True, help="where tools are kept")
    options = parser.parse_args()
    if (options.runs or 0) > MOST_RUNS:
        parser.error(
            f"--runs: at most {MOST_RUNS}, as there are {len(TARGETS)} different edits of the lockfile"
        )
    return options


def wanted(options: argparse.Namespace) -> Wanted:
    """What the command line asks for."""
    sizes = options.size or (("S", "M") if options.quick else SIZES)
    return Wanted(
        sizes=tuple(size for size in SIZES if size in sizes),
        runs=options.runs or (QUICK_RUNS if options.quick else RUNS),
        parts=tuple(part for part in PARTS if part in (options.only or PARTS)),
        with_peers=not options.no_peers,
        cache=options.cache,
    )


def run(wanted: Wanted) -> str:
    """Measure all that is asked for and return the report."""
    beginning = Beginning()
    wanted.cache.mkdir(parents=True, exist_ok=True)
    programs = install_ours(wanted.cache)
    modules = install_peers(wanted.cache) if wanted.with_peers else wanted.cache
    found = [measure_size(size, wanted, programs, modules) for size in wanted.sizes]
    setting = Setting(beginning.ended(describe_versions(programs, wanted)), wanted.runs)
    return render_affected_report(found, setting)


def describe_versions(programs: Path, wanted: Wanted) -> dict[str, str]:
    """Program -> version, of all that takes part."""
    python = read_output(str(programs / "python"), "--version").split()[1]
    git = read_output("git", "--version").split()[-1]
    node = {"node": read_output("node", "--version")} if wanted.with_peers else {}
    return {**(PEERS if wanted.with_peers else {}), **node, "git": git, "Python": python}


def measure_size(size: str, wanted: Wanted, programs: Path, modules: Path) -> Found:
    """All asked parts at one size, in a workspace that is taken away at the end."""
    tell(f"size {size}: writing the workspace")
    with tempfile.TemporaryDirectory(prefix=f"bench-{size}-", dir=wanted.cache) as text:
        folder = Path(text)
        own = (folder / name for name in ("settings", "caches"))
        places = Places(folder / "workspace", folder / "moon", programs, modules, *own)
        layout = generate(size, places.workspace)
        if wanted.with_peers:
            prepare_peers(layout, places)
        return Found(layout, measure(layout, places, wanted))


def prepare_peers(layout: Layout, places: Places) -> None:
    """Make moon's copy of the workspace, and let the peers find themselves."""
    shutil.copytree(places.workspace, places.moon, ignore=shutil.ignore_patterns(".git"))
    write_moon(places.moon, layout)
    commit(places.moon)
    for folder in (places.workspace, places.moon):
        link_modules(folder, places.modules)


def measure(layout: Layout, places: Places, wanted: Wanted) -> Parts:
    """The asked parts, in a workspace that is there."""
    mine = ours(places)
    others = peers(places) if wanted.with_peers else ()
    turns = Turns((mine, *others, *floors(places)), layout, wanted.runs)
    found: dict[str, dict[str, Round]] = {}
    if AFFECTED in wanted.parts:
        found[AFFECTED] = {case.name: turns.affected(case) for case in CASES}
        if wanted.with_peers:
            both = mine, nx(places, daemon=True)
            add_daemon(found[AFFECTED], Turns(both, layout, wanted.runs, first=wanted.runs + 1))
    if COLD in wanted.parts:
        found[COLD] = {"leaf edit, nothing kept": turns.cold()}
    if BUILD in wanted.parts:
        with all_built(mine):
            found[BUILD] = {"nothing to build": turns.build()}
    return found


def add_daemon(found: dict[str, Round], turns: Turns) -> None:
    """Measure nx with its daemon in turns with ours alone, and add it to what is found."""
    daemon = turns.contenders[-1]
    with stopped_at_the_end(daemon):
        for case in CASES:
            taken = turns.affected(case)
            found[case.name] |= {daemon.name: taken[daemon.name], f"{OURS} beside it": taken[OURS]}


@contextmanager
def stopped_at_the_end(daemon: Contender) -> Iterator[None]:
    """nx's background process does not outlive its turns."""
    try:
        yield
    finally:
        stop = (daemon.affected[0], "daemon", "--stop")
        subprocess.run(stop, cwd=daemon.folder, env=daemon.environment, capture_output=True, check=False)


if __name__ == "__main__":
    raise SystemExit(main())
