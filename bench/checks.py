"""Measures checks with nothing to do, and outputs brought back, beside turbo: script/bench-checks --help."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

# The folder of a script stands on Python's path, its project does not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.affected_report import milliseconds, render_round
from bench.bars import Bar, judge, sum_of
from bench.circumstances import Beginning
from bench.contenders import GIT_STATUS, OURS, PYTHON, TURBO, Contender, Places, floors, ours, peers
from bench.errors import BenchError
from bench.generate import commit, generate
from bench.layout import SIZES
from bench.program import positive, produce, report_parser
from bench.progress import tell, turn_name
from bench.rounds import FILLING, Round, Taken
from bench.tables import render_table
from bench.timing import PATIENCE, Measured, Series, read_output, run_measured
from bench.tools import PEERS, install_ours, install_peers, link_modules

RUNS: Final = 7
SCRIPTS: Final = ("lint", "build")
NOTHING, GONE = "nothing to do", "outputs gone"
BAR: Final = 1.0  # times turbo
# A build that leaves a file; a lint that leaves nothing. What they do is not what is measured.
PNPM: Final = (
    "#!/bin/sh\n"
    '[ "$1" != --version ] || echo 9.15.0\n'
    '[ "$1 $2" != "run build" ] || { mkdir -p dist; echo "export {}" > dist/index.js; }\n'
)
CHECKS: Final = f'\n[checks]\nscripts = {json.dumps(SCRIPTS)}\noutputs = {{ build = ["dist"] }}\n'


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured at one size, by case."""

    size: str
    rounds: dict[str, Round]


def main() -> int:
    """Measure and write the report; returns the exit code."""
    parser = report_parser(__doc__, "script/bench-checks")
    sizes = parser.add_argument("--size", choices=tuple(SIZES), action="append")
    sizes.help = "50, 400 or 2,000 projects; may be given again (all)"
    parser.add_argument("--runs", type=positive, default=RUNS, metavar="N", help=f"counted runs ({RUNS})")
    parser.add_argument("--cache", type=Path, metavar="FOLDER", required=True, help="where tools are kept")
    options = parser.parse_args()
    return produce(lambda: run(options.size or list(SIZES), options.runs, options.cache), options.report)


def run(sizes: Sequence[str], runs: int, cache: Path) -> str:
    """Measure all sizes and return the report."""
    beginning = Beginning()
    cache.mkdir(parents=True, exist_ok=True)
    programs, modules = install_ours(cache), install_peers(cache)
    found = [
        measure_size(size, runs, Places(cache, cache, programs, modules, cache, cache)) for size in sizes
    ]
    python = read_output(str(programs / "python"), "--version").split()[1]
    versions = {"turbo": PEERS["turbo"], "node": read_output("node", "--version"), "Python": python}
    return render(found, str(beginning.ended(versions)), runs)


def measure_size(size: str, runs: int, tools: Places) -> Found:
    """Both cases at one size, in a workspace that is taken away at the end."""
    tell(f"size {size}: writing the workspace")
    with tempfile.TemporaryDirectory(prefix=f"bench-{size}-", dir=tools.kept) as text:
        folder = Path(text)
        places = replace(
            tools, workspace=folder / "workspace", settings=folder / "settings", kept=folder / "caches"
        )
        generate(size, places.workspace)
        prepare(places.workspace)
        link_modules(places.workspace, places.modules)
        able = contenders(places, write_pnpm(folder / "bin"))
        for contender in able:
            ask(contender, FILLING)
        rounds = {NOTHING: take(able, runs, NOTHING), GONE: take(able, runs, GONE, remove_outputs)}
        return Found(size, rounds)


def prepare(workspace: Path) -> None:
    """Tell both tools of the same scripts and outputs, and commit."""
    file = workspace / "turbo.json"
    told = json.loads(file.read_text())
    told["tasks"]["build"]["outputs"] = ["dist/**"]
    file.write_text(json.dumps(told))
    with (workspace / "manifests/workspace.toml").open("a") as manifest:
        manifest.write(CHECKS)
    commit(workspace)


def write_pnpm(folder: Path) -> Path:
    """Put the stand-in for pnpm into a folder."""
    folder.mkdir()
    (folder / "pnpm").write_text(PNPM)
    (folder / "pnpm").chmod(0o755)
    return folder


def contenders(places: Places, programs: Path) -> list[Contender]:
    """Ours, turbo as npm installs it, its binary, and what ours must wait for."""
    path = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    mine = ours(places)
    check = replace(
        mine,
        build=(mine.build[0], "check", "-n", "3"),
        nothing_done="== nothing to do",
        variables={**mine.variables, **path},
    )
    turbos = [
        replace(peer, build=(peer.build[0], "run", *SCRIPTS), variables=path)
        for peer in peers(places)
        if peer.name.startswith(TURBO)
    ]
    return [check, *turbos, *(floor for floor in floors(places) if floor.name in (GIT_STATUS, PYTHON))]


def take(
    able: Sequence[Contender], runs: int, case: str, before: Callable[[Path], None] = lambda _: None
) -> Round:
    """Turns of one run of each, of which the first is not counted; `before` is done before each run."""
    found: dict[str, list[Measured]] = {contender.name: [] for contender in able}
    for turn in range(runs + 1):
        at = turn % len(able)
        for contender in (*able[at:], *able[:at]):
            before(contender.folder)
            found[contender.name].append(ask(contender, PATIENCE))
        told = ", ".join(f"{name} {taken[-1].seconds * 1000:.0f}" for name, taken in found.items())
        tell(f"{case}, {turn_name(turn)}: {told} ms")
    return {contender.name: taken_of(contender, found[contender.name]) for contender in able}


def ask(contender: Contender, patience: float) -> Measured:
    """One run of all scripts."""
    return run_measured(contender.build, contender.folder, contender.environment, patience)


def taken_of(contender: Contender, found: Sequence[Measured]) -> Taken:
    """The counted runs; BenchError when one of them ran a script, or left an output away."""
    counted = found[1:]
    worked = [one for one in counted if contender.nothing_done not in one.output + one.errors]
    if worked and not contender.is_floor:
        raise BenchError(
            f"{contender.name} ran scripts:\n{worked[0].output[-2000:]}{worked[0].errors[-2000:]}"
        )
    seconds = Series(tuple(one.seconds for one in counted))
    answer = "" if contender.is_floor else "ran nothing"
    return Taken(seconds, Series(tuple(float(one.peak) for one in counted)), answer)


def remove_outputs(workspace: Path) -> None:
    """Remove what builds have left."""
    for folder in workspace.glob("*/*/dist"):
        shutil.rmtree(folder)


def render(found: Sequence[Found], circumstances: str, runs: int) -> str:
    """The report."""
    tables = [
        f"## {case}, {each.size}: {SIZES[each.size].projects:,} projects\n\n{render_round(round_)}"
        for each in found
        for case, round_ in each.rounds.items()
    ]
    head = ("size", "case", "allowed, ms", "ours, ms", "ours / allowed", "verdict")
    bars = render_table(
        head, [verdict(each.size, case, each.rounds[case]) for each in found for case in each.rounds]
    )
    return "\n\n".join([HEAD.format(circumstances=circumstances, runs=runs).strip(), bars, *tables]) + "\n"


def verdict(size: str, case: str, round_: Round) -> tuple[str, ...]:
    """How ours stands to turbo as npm installs it; 1.3 x the floor is allowed where that is more."""
    floor = sum_of(round_[GIT_STATUS].seconds, round_[PYTHON].seconds)
    found = judge(Bar("check", size, TURBO, BAR), round_[OURS].seconds, round_[TURBO].seconds, floor)
    allowed = milliseconds(found.allowed.median) + (", the floor" if found.by_floor else "")
    word = "met" if found.is_met else "**missed**"
    mine = milliseconds(round_[OURS].seconds.median)
    return size, case, allowed, mine, f"{found.shares.median:.2f}", word


HEAD: Final = """
# Checks with nothing to do: buildgraph beside turbo

{circumstances}
- Counted runs of each: {runs}, in turns of one run of each, after one turn that is not counted
- Again: `script/bench-checks --report FILE`

`buildgraph check` beside `turbo run lint build` in the same generated workspace, each with results of its own of all
packages: two scripts of each, and one output of each build. *nothing to do*: all outputs are there. *outputs gone*:
they were removed before each run, and both bring them back; nobody runs a script, which is looked at. What a script
itself does is left out: a stand-in for pnpm writes the output. Whole processes, milliseconds: median (least–most).
turbo is measured as npm installs it, and its binary alone, which no user starts.
"""


if __name__ == "__main__":
    raise SystemExit(main())
