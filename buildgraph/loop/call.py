"""What a turn is called with and what it says of its look, as lines of JSON between two processes."""

from __future__ import annotations

import json
from typing import NamedTuple


class Known(NamedTuple):
    """What the last turn saw: the snapshot's identity, and one digest of all that the watched tasks concern.

    Both are empty where the next turn shall run whatever it sees.
    """

    identity: str = ""
    concern: str = ""


class Call(NamedTuple):
    """Go: what was known before, and the files that were edited since (none: the first turn, or a wish)."""

    known: Known = Known()
    files: tuple[str, ...] = ()


class Saw(NamedTuple):
    """What a turn has seen: what is known now, whether it runs, and whether what is watched has no such name."""

    known: Known = Known()
    runs: bool = False
    is_unknown: bool = False


def render_call(call: Call) -> str:
    """The line that a turn waits for."""
    return json.dumps(call)


def parse_call(line: str) -> Call:
    """The same, read."""
    known, files = json.loads(line)
    return Call(Known(*known), tuple(files))


def render_saw(saw: Saw) -> str:
    """The line that a turn answers with before it runs."""
    return json.dumps(saw)


def parse_saw(line: str) -> Saw:
    """The same, read."""
    known, runs, is_unknown = json.loads(line)
    return Saw(Known(*known), runs, is_unknown)
