"""Ears where the kernel tells of edits, eyes where it does not, and a wish that is typed."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from typing import Final, NamedTuple

from buildgraph.loop.ears import Ears, NobodyTells
from buildgraph.loop.edits import Edits
from buildgraph.loop.eyes import Eyes
from buildgraph.snapshot.git import Repository

MEANWHILE: Final = "until then git is asked once a second"


class Hearing(NamedTuple):
    """How edits are met: so many seconds of quiet end a burst; `polls` where the kernel does not tell."""

    quiet: float
    polls: bool = False


class Senses:
    """Meets every edit from when it was made until it is closed."""

    def __init__(self, repository: Repository, hearing: Hearing, tell: Callable[[str], None]) -> None:
        self.repository = repository
        self.tell = tell
        self._ears = Ears(repository, hearing.quiet, is_wished)
        self._eyes = self._opened() if hearing.polls else None
        if self._eyes is None:
            self._hear_or_see(self._ears.open)

    def hear(self) -> Edits:
        """The next burst, or a wish."""
        if self._eyes is not None:
            return self._eyes.hear()
        return self._hear_or_see(self._ears.hear) or Edits()

    def close(self) -> None:
        """Listen no more."""
        self._ears.close()

    def _hear_or_see(self, listen: Callable[[], object]) -> Edits | None:
        """What is heard; where nobody tells any more all is looked at, and may have changed by then."""
        try:
            found = listen()
        except NobodyTells as error:
            self.tell(f"{error}; {MEANWHILE}")
            self._ears.close()
            self._eyes = self._opened()
            return None
        return found if isinstance(found, Edits) else None

    def _opened(self) -> Eyes:
        return Eyes(self.repository, is_wished)


def is_wished() -> bool:
    """Whether somebody at the keyboard has pressed Enter; what was typed is taken."""
    if sys.stdin is None or not sys.stdin.isatty():
        return False
    if os.tcgetpgrp(sys.stdin.fileno()) != os.getpgrp():  # in the background the keyboard is another's
        return False
    ready, _, _ = select.select([sys.stdin], [], [], 0)
    return bool(ready) and bool(sys.stdin.readline())
