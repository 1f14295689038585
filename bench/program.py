"""What every measuring program does around its measurement: numbers of runs, reports, ends."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, NoReturn

from bench.errors import BenchError
from bench.progress import tell


class Verdict(NamedTuple):
    """A report, and whether everything that it tells of was well."""

    report: str
    is_well: bool = True


def report_parser(description: str | None, program: str | None = None) -> argparse.ArgumentParser:
    """The command line of a measuring program (called by its script's name), with the option that all of them have."""
    parser = argparse.ArgumentParser(prog=program, description=description)
    where = "where the report goes; else standard output"
    parser.add_argument("--report", type=Path, metavar="FILE", help=where)
    return parser


def positive(text: str) -> int:
    """A number of runs."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def any_number(text: str) -> int:
    """A number of runs that may be none."""
    return 0 if text == "0" else positive(text)


def produce(measure: Callable[[], str], file: Path | None) -> int:
    """Measure and write the report that comes of it where it was asked for; returns the exit code."""
    return prove(lambda: Verdict(measure()), file)


def prove(trial: Callable[[], Verdict], file: Path | None) -> int:
    """Try and write the report where it was asked for; returns the exit code, 1 where anything was wrong."""
    signal.signal(signal.SIGTERM, end)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its byte code
    try:
        report, is_well = trial()
    except BenchError as error:
        tell(f"error: {error}")
        return 1
    write_report(report, file)
    return 0 if is_well else 1


def write_report(report: str, file: Path | None) -> None:
    """Write a report where it was asked for."""
    if file is None:
        print(report, end="")
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(report)


def end(*_: object) -> NoReturn:
    """A request to end becomes an error, so that what was made is taken away."""
    sys.exit(143)
