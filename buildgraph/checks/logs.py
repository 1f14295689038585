"""What scripts have printed, in files where people find it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from buildgraph.checks.script import Script
from buildgraph.checks.traces import is_below_link
from buildgraph.wholeness import forget_halves, write_whole

FOLDER = "checks"
TOLD = 200  # lines of what a script that failed has printed; its file has all


class Logs:
    """The logs below a project's own folder, by the script's folder and name."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache

    def place(self, script: Script) -> Path:
        """The file of a script's log."""
        return self._cache / FOLDER / script.folder / f"{script.script.replace('/', '_')}.log"

    def write(self, script: Script, log: bytes) -> None:
        """Put a log there; where it cannot be written there is none."""
        place = self.place(script)
        if is_below_link(str(self._cache), os.path.relpath(place, self._cache)):
            return  # a commit may hold links that lead anywhere
        with suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            write_whole(place, log)
            forget_halves(place.parent)

    def told(self, script: Script, log: bytes) -> str:
        """The end of a log for an error message, and where the rest is."""
        lines = log.decode("utf-8", "replace").splitlines()
        if len(lines) <= TOLD:
            return "\n".join(lines)
        return "\n".join([f"… all of it: {self.place(script)}", *lines[-TOLD:]])
