"""What every measuring program does around its measurement: numbers of runs, reports, ends."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NoReturn


def positive(text: str) -> int:
    """A number of runs."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


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
