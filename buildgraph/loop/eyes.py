"""Sees which files of a project change by asking git once a second, where nobody tells; slower, and as exact.

Of the pollers at hand this one sees each edit: others compare times in whole seconds, and miss the second of two.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Final

from buildgraph.loop.edits import Edits
from buildgraph.snapshot.git import Repository
from buildgraph.snapshot.reading import begin_status
from buildgraph.snapshot.snapshot import encoded
from buildgraph.snapshot.status import Change, parse_status

EVERY: Final = 1.0  # seconds between two looks
COMMIT: Final = ""  # where the commit stands among the paths
Seen = dict[str, object]  # by path all that tells one state of it from another


class Eyes:
    """Looks at what differs from the commit, again and again."""

    def __init__(self, repository: Repository, is_wished: Callable[[], bool], every: float = EVERY) -> None:
        self.repository = repository
        self.is_wished = is_wished
        self.every = every
        self._seen = self._look()

    def hear(self) -> Edits:
        """Wait until something differs from the last time, and has come to rest, or for a wish."""
        while (now := self._look()) == self._seen:
            if self.is_wished():
                return Edits(is_wish=True)
            time.sleep(self.every)
        while (later := self._look()) != now:
            time.sleep(self.every)
            now = later
        paths = {path for path in (*now, *self._seen) if now.get(path) != self._seen.get(path)}
        self._seen = now
        return Edits(tuple(sorted(paths - {COMMIT})))

    def _look(self) -> Seen:
        status = parse_status(begin_status(self.repository).result().stdout, self.repository.prefix)
        return {COMMIT: status.commit} | {change.path: self._state(change) for change in status.changes}

    def _state(self, change: Change) -> object:
        """What git tells of a path, and what the disk does: git tells an edited file from the commit's only."""
        try:
            found = os.lstat(os.fsencode(self.repository.folder) + b"/" + encoded(change.path))
        except OSError:
            return change
        return change, found.st_mode, found.st_size, found.st_mtime_ns, found.st_ino
