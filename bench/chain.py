"""Measures the way from an edit to a healthy container, beside docker compose: python bench/chain.py --help."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# The folder of a script stands on Python's path, its project does not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.circumstances import Beginning
from bench.live import measure_live
from bench.machine import is_substituted, versions
from bench.measuring import measure
from bench.program import positive, produce, report_parser
from bench.progress import tell
from bench.report import Setting, render_report
from bench.sides import Ours, Peer, read_bases

RUNS = 5


def main() -> int:
    """Measure and write the report; returns the exit code."""
    options = parse_options()
    return produce(lambda: run(options.runs, options.only), options.report)


def parse_options() -> argparse.Namespace:
    """The command line."""
    parser = report_parser(__doc__)
    parser.add_argument(
        "--runs", type=positive, default=RUNS, metavar="N", help=f"counted runs of each ({RUNS})"
    )
    parser.add_argument(
        "--only", choices=("live",), help="only the way to a live version, without docker compose beside it"
    )
    return parser.parse_args()


def run(runs: int, only: str | None = None) -> str:
    """Measure with so many counted runs and return the report."""
    beginning = Beginning()
    with our_side() as ours:
        lived = measure_live(ours, runs)
    found = None
    if only is None:
        with both_sides() as (ours, peer):
            found = measure(ours, peer, runs)
    setting = Setting(beginning.ended(versions()), describe_bases(), runs)
    return render_report(found, lived, setting)


def describe_bases() -> str:
    """Where the base images come from here."""
    stand_ins = [name for name, pinned in read_bases().items() if is_substituted(pinned)]
    return f"Debian stand-ins for {', '.join(stand_ins)}" if stand_ins else "from their registry"


@contextmanager
def our_side() -> Iterator[Ours]:
    """Our side alone, in a folder of its own; all that it makes is taken away at the end."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        ours = Ours(Path(folder) / "ours")
        try:
            yield ours
        finally:
            tell("cleaning up")
            ours.remove()


@contextmanager
def both_sides() -> Iterator[tuple[Ours, Peer]]:
    """Both sides in folders of their own; all that they make is taken away at the end, however it comes."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        ours = Ours(Path(folder) / "ours")
        peer = Peer(Path(folder) / "peer")
        try:
            yield ours, peer
        finally:
            tell("cleaning up")
            peer.remove()
            ours.remove()


if __name__ == "__main__":
    sys.exit(main())
