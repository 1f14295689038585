"""Measures the way from an edit to its answer under `watch`, beside a deploy by hand: python bench/watch.py --help."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

# The folder of a script stands on Python's path, its project does not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.circumstances import Beginning
from bench.errors import BenchError
from bench.machine import versions
from bench.program import positive, produce, report_parser
from bench.progress import new_token, tell, turn_name
from bench.tables import render_table
from bench.timing import Pair, Series, run_timed
from bench.watching import Door, Watcher
from tests.support.hamlet import Hamlet
from tests.support.system import ROOT

RUNS: Final = 7
BAR: Final = 1.2  # of the time that a deploy by hand takes
SERVICE, TASK = "web", "deploy:shop"
PROGRAM: Final = (sys.executable, "-m", "buildgraph.main")
WITHIN: Final = 120.0  # seconds for a run to end
ENDED: Final = b"\n== "
Times = tuple[float, float]


def main() -> int:
    """Measure and write the report; returns the exit code."""
    parser = report_parser(__doc__)
    parser.add_argument("--runs", type=positive, default=RUNS, metavar="N", help=f"counted turns ({RUNS})")
    options = parser.parse_args()
    return produce(lambda: measure(options.runs), options.report)


def measure(runs: int) -> str:
    """Edit and deploy in turns, of two hamlets that differ in their names; the report."""
    beginning = Beginning()
    with hamlet("watched") as watched, hamlet("by hand") as plain, watching(watched) as wait:
        run_timed((*PROGRAM, TASK), plain.root, PYTHONPATH=str(ROOT))
        turns = [take(turn, watched, plain, wait) for turn in range(runs + 1)][1:]
    live, done = (
        Pair(*(Series(tuple(turn[side][which] for turn in turns)) for side in (0, 1))) for which in (0, 1)
    )
    return render(live, done, str(beginning.ended(versions())))


@contextmanager
def hamlet(name: str) -> Iterator[Hamlet]:
    """A few small services of their own, taken away in the end."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        found = Hamlet(Path(folder) / name.replace(" ", "-"))
        try:
            yield found
        finally:
            found.raze()


@contextmanager
def watching(watched: Hamlet) -> Iterator[Callable[[], None]]:
    """`watch` at work, once its first run is over; calling waits until the next one is."""
    with tempfile.NamedTemporaryFile() as log:
        process = subprocess.Popen(
            (*PROGRAM, "watch", TASK),
            cwd=watched.root,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stderr=log.file,
        )
        seen = 0

        def wait() -> None:
            nonlocal seen
            deadline = time.monotonic() + WITHIN
            while (told := Path(log.name).read_bytes()).count(ENDED) <= seen:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise BenchError(f"no run has ended:\n{told.decode()}")
                time.sleep(0.02)
            seen += 1

        try:
            wait()
            yield wait
        finally:
            process.terminate()
            process.wait()


def take(turn: int, watched: Hamlet, plain: Hamlet, wait: Callable[[], None]) -> tuple[Times, Times]:
    """An edit under watch, and one where somebody types the command at that very moment."""
    ours = timed(watched, wait)
    hand = timed(plain, lambda: run_timed((*PROGRAM, TASK), plain.root, PYTHONPATH=str(ROOT)))
    tell(f"{turn_name(turn)}: watch {ours[0]:.2f} s, by hand {hand[0]:.2f} s until it answers")
    return ours, hand


def timed(where: Hamlet, deploy: Callable[[], object]) -> Times:
    """Seconds from an edit until it answers, and until what brings it live has ended."""
    token = new_token()
    door = Door(f"http://127.0.0.1:{where.ports['development']}/", f"{SERVICE}.localhost")
    with Watcher(door, token) as seen:
        start = time.perf_counter()
        where.says(SERVICE, token)
        deploy()
        done = time.perf_counter() - start
        seen.wait()
    time.sleep(1.0)  # nobody edits the very moment that a run has ended
    return seen.first - start, done


def render(live: Pair, done: Pair, circumstances: str) -> str:
    """The report."""
    rows = [
        (
            what,
            f"{pair.ours.median:.2f} s",
            f"{pair.peer.median:.2f} s",
            f"{pair.shares.median:.2f} ({pair.shares.least:.2f} to {pair.shares.most:.2f})",
        )
        for what, pair in (("until the new version answers", live), ("until the run has ended", done))
    ]
    head = ("one line in a service of three", "`watch`", f"`{TASK}` by hand", "turn by turn")
    return f"""\
# From an edit to its answer, under watch and by hand

{circumstances}

Two workspaces of three small services each, alike but for their names, one of them watched; an edit in each, in turns;
by hand the command starts with the edit. Medians of {len(live.ours.values)} turns; the bar is {BAR} of it.

{render_table(head, rows)}
"""


if __name__ == "__main__":
    sys.exit(main())
