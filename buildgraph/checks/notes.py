"""What compilers note for themselves of what they have written, as tsc does in `*.tsbuildinfo`.

Who finds such notes writes only what has changed since, also where somebody has taken the rest away.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Final

from buildgraph.checks.disk import find_outputs, is_note
from buildgraph.checks.patterns import parse_patterns
from buildgraph.checks.traces import Trace, is_as_left, is_below_link

# Where they are besides among the outputs, seen from the package's folder.
PLACES: Final = ("", "node_modules/.cache/")


def loose_notes(folder: str, outputs: Sequence[str], traces: Iterable[Trace]) -> list[str]:
    """The notes that stand in a package's folder, and may not be of the outputs that stand there.

    `traces` are of what its script has left last: notes among it are believed while all of it stands. A script
    without outputs writes nothing that anybody could miss.
    """
    if not outputs:
        return []
    seen = list(traces)
    left = [trace for trace in seen if not is_note(trace[0])]
    is_whole = bool(left) and is_as_left(folder, left)
    firm = {trace[0] for trace in seen if is_whole and is_as_left(folder, (trace,))}
    return sorted({*_notes(folder, outputs)} - firm)


def _notes(folder: str, outputs: Sequence[str]) -> Iterator[str]:
    with suppress(OSError):
        yield from (one.path for one in find_outputs(folder, parse_patterns(outputs)) if is_note(one.path))
    for place in PLACES:
        with suppress(OSError):
            names = os.listdir(f"{folder}/{place}")  # noqa: PTH208  # like its neighbours
            yield from (f"{place}{name}" for name in names if is_note(name))


def forget_notes(folder: str, notes: Iterable[str]) -> None:
    """Remove notes, so that their compiler writes all that it would write in a new checkout."""
    for note in notes:
        if not is_below_link(folder, note):
            with suppress(OSError):
                os.unlink(f"{folder}/{note}")  # noqa: PTH108
