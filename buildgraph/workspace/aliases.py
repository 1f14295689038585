"""How much a YAML text stands for once its aliases are written out, told before anybody does so; pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from secrets import token_hex
from typing import Any

Load = Callable[[str], tuple[Any, ...]]
_NAMED = re.compile(r"([&*])([0-9A-Za-z_-]+)")


def written_out(text: str, load: Load) -> float:
    """The nodes and characters that a text stands for, 0 where it has no aliases; no end where one means itself.

    `load` is who reads the text at last, so both see the same. Here it is given a tag in place of whatever looks like
    an anchor or an alias, and tells where tags stand: what is in a quoted text or in a comment is neither, then as now.
    """
    names, found = _names(text), list[tuple[str, str]]()
    if not names:
        return 0
    mark = token_hex(8)  # which no text can have, however it writes its letters

    def as_tag(place: re.Match[str]) -> str:
        if place[2] not in names:
            return place[0]
        found.append((place[1], place[2]))
        # No shorter than what stood there, which may be part of a text. A space ends what a tag says; one before a `#`
        # would begin a comment.
        end = "" if text.startswith("#", place.end()) else " "
        return f"!<!{mark}.{len(found) - 1}.{place[2]}>{end}"

    documents = load(_NAMED.sub(as_tag, text))
    return sum(_Sizes(f"!{mark}.", found).of(document) for document in documents)


def _names(text: str) -> set[str]:
    """What may be the name of an anchor and of an alias."""
    if "&" not in text or "*" not in text:
        return set()
    found = {place.groups() for place in _NAMED.finditer(text)}
    return {name for sign, name in found if sign == "*" and ("&", name) in found}


class _Sizes:
    """How much the nodes of one document stand for, and which anchors it had until now."""

    def __init__(self, mark: str, found: list[tuple[str, str]]) -> None:
        self.mark = mark
        self.found = found
        self.anchors: dict[str, int] = {}  # the latest of each name
        self.sizes = [math.inf] * len(found)  # of anchors; no end while one is being read

    def of(self, value: Any) -> float:
        """The nodes and characters of a value."""
        if isinstance(value, str):
            return 1 + len(value)
        if isinstance(value, list):
            return 1 + sum(map(self.of, value))
        if not isinstance(value, dict):
            return 1
        for key, inner in value.items():
            if isinstance(key, str) and key.startswith(self.mark):
                return self.marked(int(key.removeprefix(self.mark).partition(".")[0]), inner)
        return 1 + sum(map(self.of, value)) + sum(map(self.of, value.values()))

    def marked(self, number: int, value: Any) -> float:
        """The same of what an anchor is at, and of what an alias stands for."""
        sign, name = self.found[number]
        if sign == "*":
            return self.of(value) + (self.sizes[self.anchors[name]] if name in self.anchors else 0)
        self.anchors[name] = number
        self.sizes[number] = self.of(value)
        return self.sizes[number]
