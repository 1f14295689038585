"""Times as values: series of seconds, and two series taken in turn; knows nothing of what is timed."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError

LAST_LINES = 30
# Longer than any step takes on a small machine with empty caches.
PATIENCE = 570


@dataclass(frozen=True, slots=True)
class Series:
    """Figures of one kind, in the order in which they were taken."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    @property
    def least(self) -> float:
        """The smallest one."""
        return min(self.values)

    @property
    def most(self) -> float:
        """The greatest one."""
        return max(self.values)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two series taken in turn: the first of ours just before the first of the peer's, and so on."""

    ours: Series
    peer: Series

    @property
    def ratios(self) -> Series:
        """How many times longer the peer took, turn by turn: what disturbs the machine disturbs both of a turn."""
        turns = zip(self.ours.values, self.peer.values, strict=True)
        return Series(tuple(peer / ours for ours, peer in turns))


def run_timed(argv: Sequence[str], cwd: Path, **env: str) -> float:
    """Run a command and return the seconds from its start to its end, as whoever types it waits; `env` adds variables.

    Raises BenchError with the command's last lines when it fails, or when it takes longer than anything should.
    """
    variables = {**os.environ, **env}
    start = time.perf_counter()
    try:
        ran = subprocess.run(
            argv,
            cwd=cwd,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired as late:
        raise BenchError(f"{' '.join(argv)} had not ended after {PATIENCE} s") from late
    seconds = time.perf_counter() - start
    if ran.returncode:
        last = ran.stdout.decode(errors="replace").splitlines()[-LAST_LINES:]
        raise BenchError("\n".join([f"{' '.join(argv)} ended with {ran.returncode}:", *last]))
    return seconds


def read_output(*argv: str, cwd: Path | None = None) -> str:
    """What a command prints, without space around it; raises BenchError when it fails."""
    ran = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise BenchError(f"{' '.join(argv)} ended with {ran.returncode}: {ran.stderr.strip()}")
    return ran.stdout.strip()
