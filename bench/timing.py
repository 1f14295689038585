"""Times as values: series of seconds, and two series taken in turn; knows nothing of what is timed."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bench.errors import BenchError

LAST_LINES = 30
# Longer than any step takes on a small machine with empty caches.
PATIENCE = 570
KIB = 1024
SPAWN = Path(__file__).with_name("spawn.py")


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

    @property
    def shares(self) -> Series:
        """Ours as a part of the peer's, turn by turn: the other way round."""
        turns = zip(self.ours.values, self.peer.values, strict=True)
        return Series(tuple(ours / peer for ours, peer in turns))


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of a command: seconds from start to end, peak bytes of the largest of its processes, both outputs."""

    seconds: float
    peak: int
    output: str
    errors: str


def run_timed(argv: Sequence[str], cwd: Path, **env: str) -> float:
    """Run a command and return the seconds from its start to its end, as whoever types it waits; `env` adds variables.

    Raises BenchError with the command's last lines when it fails, or when it takes longer than anything should.
    """
    return run_measured(argv, cwd, {**os.environ, **env}).seconds


def run_measured(
    argv: Sequence[str], cwd: Path, env: Mapping[str, str], patience: float = PATIENCE
) -> Measured:
    """Run a command with these variables alone; it may take `patience` seconds.

    Raises BenchError as `run_timed` does.
    """
    with tempfile.TemporaryDirectory(prefix="bench-run-") as folder:
        figures, output, errors = (Path(folder) / name for name in ("figures", "output", "errors"))
        spawn = (sys.executable, "-I", "-S", str(SPAWN), str(figures), *argv)
        with output.open("wb") as out, errors.open("wb") as err:
            process = _started(spawn, cwd, env, out, err)
            _wait(process, patience)
        seconds, peak, code = (figures.read_text() if figures.exists() else "0 0 -1").split()
        printed, told = (file.read_text(errors="replace") for file in (output, errors))
    if int(code):
        raise BenchError(_failure(argv, code, printed + told))
    return Measured(float(seconds), int(peak) * KIB, printed, told)


def _failure(argv: Sequence[str], code: str, said: str) -> str:
    """What a command said last that failed, and the file that has all of it: the reason may stand far above."""
    with tempfile.NamedTemporaryFile("w", prefix="bench-failed-", suffix=".log", delete=False) as whole:
        whole.write(said)
    return "\n".join(
        [f"{' '.join(argv)} ended with {code} (all of it: {whole.name}):", *said.splitlines()[-LAST_LINES:]]
    )


def _started(
    argv: Sequence[str], cwd: Path, env: Mapping[str, str], out: IO[bytes], err: IO[bytes]
) -> subprocess.Popen[bytes]:
    """A command that runs in a process group of its own."""
    return subprocess.Popen(
        argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err, process_group=0
    )


def _wait(process: subprocess.Popen[bytes], patience: float) -> None:
    """Wait for a process; its group ends with us, and when it takes too long."""
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired as late:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise BenchError(f"{' '.join(late.cmd)} had not ended after {patience:.0f} s") from late
    except BaseException:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        raise


def read_output(*argv: str, cwd: Path | None = None) -> str:
    """What a command prints, without space around it; raises BenchError when it fails."""
    ran = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise BenchError(f"{' '.join(argv)} ended with {ran.returncode}: {ran.stderr.strip()}")
    return ran.stdout.strip()
