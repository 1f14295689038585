"""What compilers note for themselves of what they have written, as tsc does in `*.tsbuildinfo`.

Who finds such notes writes only what has changed since, also where somebody has taken the rest away.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Final

from buildgraph.checks.disk import beginning_of, find_outputs, is_note
from buildgraph.checks.patterns import parse_patterns
from buildgraph.checks.traces import Trace, is_as_left, is_below_link
from buildgraph.workspace.tsconfig import is_config, parse_notes

INSTALLED: Final = "node_modules/"
LARGEST: Final = 1 << 20  # bytes of a tsconfig
# How tsc begins its notes, whatever their file is called: of programs since TypeScript 3.4, 4.0, 5.6, 5.7.
_WRITTEN: Final = re.compile(rb'\s*\{\s*"(?:program|bundle|fileNames|root|version)"')


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
    beside = _names(folder)
    hidden = [f"{INSTALLED}{name}/" for name in _names(f"{folder}/{INSTALLED}") if name.startswith(".")]
    for place in ("", *hidden):
        yield from (f"{place}{name}" for name in _names(f"{folder}/{place}") if is_note(name))
    for name in filter(is_config, beside):
        yield from _declared(folder, name)


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208  # like its neighbours
    except OSError:
        return []


def _declared(folder: str, config: str) -> Iterator[str]:
    """The file that a tsconfig names for notes, where it stands in the package's folder and a compiler wrote it."""
    told = posixpath.normpath(parse_notes(beginning_of(f"{folder}/{config}", LARGEST)) or ".")
    if not told.startswith(("../", "/")) and _is_written(f"{folder}/{told}"):
        yield told


def _is_written(place: str) -> bool:
    is_there = os.path.isfile(place)  # noqa: PTH113  # pathlib's raises where it may not look
    return is_there and (is_note(place) or bool(_WRITTEN.match(beginning_of(place, 64))))


def forget_notes(folder: str, notes: Iterable[str]) -> None:
    """Remove notes, so that their compiler writes all that it would write in a new checkout."""
    for note in notes:
        if not is_below_link(folder, note):
            with suppress(OSError):
                os.unlink(f"{folder}/{note}")  # noqa: PTH108
