"""Why what a script that succeeded has left is not kept: it may not be what its key says, whatever it is now.

All of it is asked where a script is run, and nothing where everything is fresh.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

from buildgraph.checks.disk import NOTES, find_outputs
from buildgraph.checks.installed import INSTALLED, Installed
from buildgraph.checks.keys import Dotenv
from buildgraph.checks.patterns import parse_patterns
from buildgraph.checks.result import FOLDER
from buildgraph.checks.script import Script
from buildgraph.checks.sight import Sight
from buildgraph.checks.traces import Stamp, Stamps, changed_since, stamps_of
from buildgraph.image.archive import LFS_POINTER
from buildgraph.snapshot.git import Repository
from buildgraph.snapshot.overlooked import read_overlooked
from buildgraph.workspace import LOCKFILE

CHANGED: Final = "an edit, or an output that git does not ignore, changed what it sees"
WRITTEN: Final = "was written while it ran; if the script writes it, declare it among its outputs"
OVERLOOKED: Final = "is not what git has of it, and git was told not to look, or it is a submodule's"
POINTER: Final = "is git LFS's pointer instead of the file: run `git lfs pull`"
NOT_KEPT: Final = "its result is not kept: {}"
OWN: Final = "its result is for this checkout alone: {} was there before, and was not written anew"
POINTERS: Final = range(100, 1024)  # bytes (git LFS, "The Pointer": less than 1024)


class Witness(NamedTuple):
    """What the disk said before a script ran: of what it sees, from the workspace root, and of its outputs.

    `doubt` says what was not as it had to be even then.
    """

    seen: Stamps
    outputs: Stamps
    doubt: str


@dataclass(frozen=True)
class Doubts:
    """The doubts about the results of a workspace's scripts; each is a sentence for users, "" for none.

    `repository` is seen from the workspace's folder.
    """

    repository: Repository
    sight: Sight
    _pointers: dict[tuple[str, Stamp], bool] = field(default_factory=dict)

    def witness(self, script: Script, dotenv: Dotenv) -> Witness:
        """What is to be seen before a script runs; `dotenv` are by folder the `.env` files that bundlers read."""
        folder, patterns = f"{self.root}/{script.folder}", parse_patterns(script.outputs)
        try:
            found = [output.path for output in find_outputs(folder, patterns) if output.kind != FOLDER]
            outputs = [path for path in found if not path.endswith(NOTES)]
            doubt = self._installed.doubt(self.sight.folders(script))
        except OSError as error:
            outputs, doubt = [], f"{error.filename}: {error.strerror}"
        read = [_below(place, name) for place in (".", script.folder) for name, _ in dotenv.get(place, ())]
        paths = [*self.sight.files(script), *read, LOCKFILE, INSTALLED]
        return Witness(stamps_of(self.root, paths), stamps_of(folder, outputs), doubt)

    def doubt(self, script: Script, witness: Witness) -> str:
        """Why its result is not to be kept, once it has run."""
        return witness.doubt or self._written(script, witness) or self._unlike(script, witness)

    def untouched(self, script: Script, witness: Witness) -> str:
        """A former output that a script which has run has not written anew; "" where it wrote all that is there.

        What git knows belongs to what the script sees.
        """
        folder = f"{self.root}/{script.folder}"
        left = witness.outputs.keys() - set(changed_since(folder, witness.outputs))
        known = self.sight.files(script) if left else {}
        return min((path for path in left if _below(script.folder, path) not in known), default="")

    def _written(self, script: Script, witness: Witness) -> str:
        """What somebody wrote while it ran, and perhaps took back; what it declares that it writes is its own."""
        is_output = parse_patterns(script.outputs).matches
        for path in changed_since(self.root, witness.seen):
            inside = posixpath.relpath(path, script.folder)
            if inside.startswith("../") or not is_output(inside):
                return f"{path} {WRITTEN}"
        return ""

    def _unlike(self, script: Script, witness: Witness) -> str:
        """What is on the disk otherwise than its key says, though git finds no edit."""
        for path in sorted(self._overlooked.intersection(witness.seen)):
            return f"{path} {OVERLOOKED}"
        for path, stamp in witness.seen.items():
            if stamp and stamp[0] in POINTERS and self._is_pointer(path, stamp):
                return f"{path} {POINTER}"
        return ""

    def _is_pointer(self, path: str, stamp: Stamp) -> bool:
        if (path, stamp) not in self._pointers:
            self._pointers[path, stamp] = _begins_so(Path(self.root, path), LFS_POINTER)
        return self._pointers[path, stamp]

    @property
    def root(self) -> str:
        """The workspace's folder on the disk."""
        return str(self.repository.folder)

    @cached_property
    def _overlooked(self) -> frozenset[str]:
        return read_overlooked(self.repository)

    @cached_property
    def _installed(self) -> Installed:
        return Installed(self.root)


def _below(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))


def _begins_so(place: Path, beginning: bytes) -> bool:
    try:
        with place.open("rb") as file:
            return file.read(len(beginning)) == beginning
    except OSError:
        return False
