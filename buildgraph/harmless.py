"""What strangers have named and programs have printed, as text that steers no terminal."""

from __future__ import annotations

import re

from buildgraph.errors import COLOUR

# What steers a terminal, or shows a line in another order than it stands; one end of a line is `\n`. Colours are
# among it: some hide whatever is written after them.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_STEERING_FURTHER = re.compile(rf"(?!{COLOUR}){_STEERING.pattern}")
_USUAL_COLOUR = "\x1b[m"  # ECMA-48: whatever was chosen before is over


def printable(text: str) -> str:
    """`text` with what is no Unicode (file names are bytes) written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def harmless(text: str) -> str:
    """`text` that steers no terminal: lines stay, names are strangers'."""
    return text if text.isprintable() else _escaped(_STEERING, text)


def in_its_colours(text: str) -> str:
    """What a program has printed: each of its lines may be coloured, and none of those that follow."""
    if "\x1b" not in text:
        return harmless(text)
    lines = _escaped(_STEERING_FURTHER, text).split("\n")
    return "\n".join(line + _USUAL_COLOUR if "\x1b" in line else line for line in lines)


def _escaped(signs: re.Pattern[str], text: str) -> str:
    return signs.sub(lambda sign: ascii(sign[0])[1:-1], text.replace("\r\n", "\n"))


def on_one_line(name: str) -> str:
    """A name as part of a line: what would end the line or steer the terminal is written as escapes."""
    return harmless(name).replace("\n", "\\x0a").replace("\t", "\\x09")
