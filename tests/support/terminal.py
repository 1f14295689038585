"""A terminal as far as the product uses one: what stands on it after some output."""

from __future__ import annotations

import re

SEQUENCE = re.compile(r"\x1b\[(\??)(\d*)([A-Za-z])")


class Terminal:
    """Lines of text and a place to write at; `wraps` tells its mode, and every line that ever stood is in `history`."""

    def __init__(self) -> None:
        self.lines = [""]
        self.row = 0
        self.wraps = True
        self.history: list[str] = []

    def write(self, text: str) -> None:
        """Take output: text, line ends and control sequences; an unknown one is an error."""
        place = 0
        for found in SEQUENCE.finditer(text):
            self._print(text[place : found.start()])
            self._control(found[1] + found[3], int(found[2] or 1))
            place = found.end()
        self._print(text[place:])

    @property
    def shown(self) -> list[str]:
        """The lines that stand there, without the empty one at the end."""
        return self.lines[:-1] if not self.lines[-1] else list(self.lines)

    def _print(self, text: str) -> None:
        assert "\x1b" not in text, text
        first, *others = text.replace("\r\n", "\n").split("\n")
        self._put(first)
        for line in others:
            self.row += 1
            if self.row == len(self.lines):
                self.lines.append("")
            self._put(line)

    def _put(self, text: str) -> None:
        self.lines[self.row] += text
        if self.lines[self.row]:
            self.history.append(self.lines[self.row])

    def _control(self, sequence: str, number: int) -> None:
        if sequence == "F":
            self.row -= number
            assert self.row >= 0
        elif sequence == "J":
            self.lines[self.row :] = [""]
        else:
            assert sequence in ("?l", "?h") and number == 7, (sequence, number)
            self.wraps = sequence == "?h"
