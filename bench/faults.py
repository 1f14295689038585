"""Kills deployers at every step and at any moment, with clients that ask throughout: python bench/faults.py --help."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from random import Random

# The folder of a script stands on Python's path, its project does not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.circumstances import Beginning
from bench.faults_report import Setting, Steady, is_all_well, render_report
from bench.kills import Attempt, Ground, Play, kill_all, made_ground, play
from bench.machine import versions
from bench.program import Verdict, positive, prove, report_parser
from bench.progress import tell
from buildgraph.image.engine import open_engine
from tests.deploy.chains import Chain
from tests.deploy.steps import AFTER, BEFORE
from tests.support.load import Load
from tests.support.town import Town

CLIENTS = 16
SEED = 48  # the same moments each time, as far as two runs can be the same


def main() -> int:
    """Kill, count and write the report; returns the exit code."""
    options = parse_options()
    return prove(lambda: run(options), options.report)


def parse_options() -> argparse.Namespace:
    """The command line."""
    parser = report_parser(__doc__)
    parser.add_argument("--engine", default="", metavar="ADDRESS", help="the engine; else the machine's own")
    parser.add_argument("--moments", type=int, default=500, metavar="N", help="kills at random moments (500)")
    parser.add_argument(
        "--requests", type=int, default=100_000, metavar="N", help="of the load (100,000); 0: none"
    )
    parser.add_argument("--workers", type=positive, default=2, metavar="N", help="deployments at a time (2)")
    parser.add_argument(
        "--chains", default="", metavar="WORDS", help="only chains whose names hold these words"
    )
    parser.add_argument(
        "--minutes",
        type=positive,
        default=600,
        metavar="N",
        help="no step begins to be killed at later (600)",
    )
    parser.add_argument(
        "--further", type=positive, default=600, metavar="N", help="nor a random moment, after those (600)"
    )
    return parser.parse_args()


def run(options: argparse.Namespace) -> Verdict:
    """All parts, one after the other; the report."""
    beginning = Beginning()
    with made_ground(options.engine) as ground:
        steady = keep_asking(ground, options.requests) if options.requests else None
        plays = [play(ground, chain) for chain in Chain if options.chains in chain.value]
        until = beginning.moment + options.minutes * 60
        # Where time runs out, each step of each chain has had its turn first.
        at_steps = [
            kill_all(ground, each.points(when), options.workers, until)
            for when in (AFTER, BEFORE)
            for each in plays
        ]
        drawn = chances(plays, options.moments)
        by_chance = kill_all(ground, drawn, options.workers, until + options.further * 60)
    planned = sum(2 * len(each.steps) for each in plays) + len(drawn)
    setting = Setting(beginning.ended(versions()), options.workers, planned)
    groups = [*at_steps, by_chance]
    return Verdict(render_report(steady, plays, groups, setting), is_all_well(steady, groups))


def chances(plays: list[Play], count: int) -> list[Attempt]:
    """Moments drawn from the whole length of each chain that does not need a town of its own, chain by chain."""
    lasting = [each for each in plays if not each.chain.is_first]
    random = Random(SEED)
    attempts = [lasting[number % len(lasting)] for number in range(count if lasting else 0)]
    attempts.sort(key=lambda each: each.chain.value)
    return [Attempt(each, seconds=random.uniform(0.0, each.seconds)) for each in attempts]


def keep_asking(ground: Ground, requests: int) -> Steady:
    """Steady load through canaries, ways back and reloads of the proxy, until so many requests were answered."""
    town = Town(open_engine(ground.engine), ground.images, ground.server)
    town.switches(10, 100, window=3600.0, least_requests=200, within=60.0)
    rounds = 0
    try:
        town.service("api", port=3001)
        town.ship()
        began = time.monotonic()
        with Load(town, "api", clients=CLIENTS, pause=0.0) as load:
            while load.total < requests and not load.wrong:
                rounds += 1
                town.service("api", f"{rounds + 1}", port=3001)
                town.ship()
                town.service(f"shop-{rounds}", port=4000 + rounds, product="mall")  # HAProxy is reloaded
                town.deploy("mall")
                town.service("api", str(rounds), port=3001)
                town.ship()
                tell(f"{load.total} requests answered, {len(load.wrong)} not")
        return Steady(CLIENTS, load.total, tuple(load.wrong), rounds, time.monotonic() - began)
    finally:
        town.raze()


if __name__ == "__main__":
    sys.exit(main())
