"""Kills runs of check, render, bases, build and push at random moments: python bench/ends.py --help."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

# The folder of a script stands on Python's path, its project does not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.circumstances import Beginning, Circumstances
from bench.machine import versions
from bench.program import Verdict, positive, prove, report_parser
from bench.progress import tell
from bench.tables import render_table
from tests.support.doomed import DEEDS, Deed, Doomed, assert_settled, kill, length_of
from tests.support.registries import started_registry

SEED = 30  # the same moments each time, as far as two runs can be the same
ROUND = 25  # kills after which nothing may be left over
TRIES = 2  # runs for each kill that shall meet one at work: a moment may come when its run has ended


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of the kills of one deed.

    Its length in seconds, how many met it at work, how many came when it had ended, and what was wrong.
    """

    deed: str
    length: float
    killed: int
    late: int
    problems: tuple[str, ...]


def main() -> int:
    """Kill, look and write the report; returns the exit code."""
    options = parse_options()
    return prove(lambda: run(options), options.report)


def parse_options() -> argparse.Namespace:
    """The command line."""
    parser = report_parser(__doc__)
    parser.add_argument("--kills", type=positive, default=500, metavar="N", help="in all (500)")
    parser.add_argument(
        "--minutes", type=positive, default=600, metavar="N", help="no kill begins later (600)"
    )
    return parser.parse_args()


def run(options: argparse.Namespace) -> Verdict:
    """All deeds, one after the other; the report."""
    beginning = Beginning()
    until = beginning.moment + options.minutes * 60
    with made_doomed() as doomed:
        each = options.kills // len(DEEDS)
        ended = [end(doomed, deed, each, until) for deed in DEEDS if time.monotonic() < until]
    report = render_report(ended, each * len(DEEDS), beginning.ended(versions()))
    return Verdict(report, not any(each.problems for each in ended))


@contextmanager
def made_doomed() -> Iterator[Doomed]:
    """The workspace and its registry, for as long as the block runs."""
    os.environ.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_SYSTEM=os.devnull)
    with tempfile.TemporaryDirectory() as folder, started_registry() as registry:
        doomed = Doomed(Path(folder), registry)
        doomed.push_bases()
        try:
            yield doomed
        finally:
            doomed.raze()


def end(doomed: Doomed, deed: Deed, count: int, until: float) -> Ended:
    """Kill a deed at work so many times, at moments drawn evenly from its whole length."""
    length, random = length_of(doomed, deed), Random(SEED)
    killed, late, problems = 0, 0, list[str]()
    for number in range(1, count * TRIES + 1):
        seconds = random.uniform(0.0, length)
        try:
            met = kill(doomed, deed, number, seconds).was_at_it
            killed, late = killed + met, late + (not met)
            if met and (killed % ROUND == 0 or killed == count):
                tell(f"{deed}: {killed} of {count}")
                assert_settled(doomed, deed)
        except AssertionError as error:
            problems.append(f"{deed}, {seconds:.3f} s: {error}")
            tell(f"WRONG: {problems[-1]}")
        if killed == count or time.monotonic() > until:
            return Ended(deed.name, length, killed, late, tuple(problems))
    problems.append(f"{deed}: only {killed} of {count * TRIES} runs were met at work")
    return Ended(deed.name, length, killed, late, tuple(problems))


def render_report(ended: Sequence[Ended], planned: int, circumstances: Circumstances) -> str:
    """The whole report."""
    killed, wrong = sum(each.killed for each in ended), [p for each in ended for p in each.problems]
    parts = (
        render_head(killed, planned, len(wrong), circumstances),
        render_kills(ended),
        "\n".join(["## What was wrong", "", *(f"- {problem}" for problem in wrong)]) if wrong else "",
        METHOD,
    )
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def render_head(killed: int, planned: int, wrong: int, circumstances: Circumstances) -> str:
    """What was done where and when, and how it came out."""
    return f"""
# Runs that are killed, and what the next ones find

{circumstances}
- {killed} runs killed at work of {planned} planned; {wrong} with anything wrong; \
{circumstances.minutes:.0f} minutes in all
- Again: `python bench/ends.py --report FILE`; fewer: `python bench/ends.py --help`
"""


def render_kills(ended: Iterable[Ended]) -> str:
    """The table: one line for each deed."""
    rows = [
        (
            f"`{each.deed}`",
            f"{each.length:.2f}",
            str(each.killed),
            str(each.late),
            str(len(each.problems)),
        )
        for each in ended
    ]
    head = ("what", "seconds when nobody disturbs it", "killed at work", "ended before", "anything wrong")
    return f"## Runs killed\n\n{render_table(head, rows)}"


METHOD = """
## What "well" means

- A run is a process of its own with something new to do, killed (SIGKILL) at a moment drawn evenly from the length
  that it has when nobody disturbs it, its start included. What it had started itself is not killed. The same command is
  run at once after it. One that had ended by then is no kill: another moment is drawn for it.
- That one succeeds. Each file in the checkout was as before, or as it is to be, when the killed run had ended.
- After it the outputs of a script are those of its sources, the image holds what stands in the checkout under its
  fingerprint, the registry has every blob of it, what is rendered is what the manifests say, and the lock of base
  images says what the registry has.
- Every twenty-five kills: a run after those does nothing more, and when a day has gone by, nothing is left that was
  being written.
- Deployers, and the locks that they hold, are killed by `bench/faults.py`.
"""


if __name__ == "__main__":
    sys.exit(main())
