"""The loop itself: a turn, then the next burst of edits, and so on; one more turn is always ready."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from buildgraph.errors import TOOL_FAILED
from buildgraph.loop.call import Call, Known
from buildgraph.loop.edits import Edits
from buildgraph.loop.turns import Ended, Turn

AGAIN: Final = "the next edit tries again; what ran before is left as it was"


class Hears(Protocol):
    """Waits for edits."""

    def hear(self) -> Edits:
        """The next burst; at once what came since the last call."""
        ...


class Loop:
    """Turns, one after another, for as long as nobody interrupts them; `is_at_work` while one is."""

    def __init__(self, ears: Hears, ready: Callable[[], Turn], tell: Callable[[str], None]) -> None:
        self.ears = ears
        self.ready = ready
        self.tell = tell
        self.is_at_work = False

    def go_on(self) -> int:
        """Take turns until KeyboardInterrupt; the first turn's exit code when what is watched has no such name."""
        ended = self._take(self.ready(), Call())
        if ended.saw.is_unknown:
            return ended.code
        while True:
            self._tell_end(ended)
            ended = self._take_next(ended)

    def _tell_end(self, ended: Ended) -> None:
        if ended.code:
            self.tell(AGAIN)

    def _take_next(self, last: Ended) -> Ended:
        turn = self.ready()
        try:
            edits = self.ears.hear()
        except BaseException:
            turn.stop()
            raise
        return self._take(turn, call_after(last, edits))

    def _take(self, turn: Turn, call: Call) -> Ended:
        self.is_at_work = True
        try:
            ended = turn.take(call)
        finally:
            turn.stop()
        self.is_at_work = False
        return ended


def call_after(last: Ended, edits: Edits) -> Call:
    """The call of the turn after a burst: where it was wished for, or a tool had failed, it runs in any case."""
    forgets = edits.is_wish or last.code == TOOL_FAILED
    return Call(Known() if forgets else last.saw.known, tuple(edits.files))
