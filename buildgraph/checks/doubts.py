"""Why what a script that succeeded has left is not kept: it may not be what its key says, whatever it is now.

All of it is asked where a script is run, and nothing where everything is fresh.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from buildgraph.checks.copied import Copied
from buildgraph.checks.disk import find_outputs, is_note
from buildgraph.checks.installed import Installed
from buildgraph.checks.looks import Looks
from buildgraph.checks.modules import Modules
from buildgraph.checks.patterns import parse_patterns
from buildgraph.checks.result import FOLDER
from buildgraph.checks.script import Script
from buildgraph.checks.sight import Sight
from buildgraph.checks.traces import Stamps, changed_since, stamps_of
from buildgraph.snapshot.git import Repository
from buildgraph.snapshot.overlooked import read_overlooked
from buildgraph.workspace import LOCKFILE
from buildgraph.workspace.script_words import places_in

CHANGED: Final = "an edit, or an output that git does not ignore, changed what it sees"
WRITTEN: Final = "was written meanwhile; if the script writes it, declare it among its outputs"
OVERLOOKED: Final = (
    "is not what git takes it for: left alone (`git ls-files -v`), or a submodule, edited or empty"
)
NOT_KEPT: Final = "its result is not kept: {}"
OWN: Final = "its result is for this checkout alone: {}"
UNTOUCHED: Final = "{} was there before, and was not written anew"

Around = Mapping[str, tuple[tuple[str, str], ...]]  # name and digest of each file by its folder


class Witness(NamedTuple):
    """What the disk said before a script ran: of the files of the nodes that it sees, by id, and of its outputs.

    `further` are files that no node has; `doubt` says what was not as it had to be even then. `beside` are by script
    the files among the outputs of those of its package that came before it: what it adds there is its own doing.
    """

    seen: Mapping[str, Stamps]
    further: Stamps
    outputs: Stamps
    doubt: str
    beside: Mapping[str, Collection[str]] = {}


@dataclass(frozen=True)
class Doubts:
    """The doubts about the results of a workspace's scripts; each is a sentence for users, "" for none.

    `repository` is seen from the workspace's folder.
    """

    repository: Repository
    sight: Sight

    def witness(self, script: Script, around: Around) -> Witness:
        """What is to be seen before a script runs; `around` are the files that count and no snapshot holds."""
        folder, patterns = f"{self.root}/{script.folder}", parse_patterns(script.outputs)
        try:
            found = [output.path for output in find_outputs(folder, patterns) if output.kind != FOLDER]
            outputs = [path for path in found if not is_note(path)]
            doubt = self._installed.doubt(self.sight.folders(script))
            doubt = doubt or self._copied.doubt(self.sight.others(script))
        except OSError as error:
            outputs, doubt = [], f"{error.filename}: {error.strerror}"
        read = [_below(place, name) for place in (".", script.folder) for name, _ in around.get(place, ())]
        further = stamps_of(self.root, [*read, LOCKFILE, self._modules.lockfile()])
        seen = {node_id: self._looks.last(node_id) for node_id in self.sight.nodes(script)}
        return Witness(seen, further, stamps_of(folder, outputs), doubt)

    def doubt(self, script: Script, witness: Witness) -> str:
        """Why its result is not to be kept, once it has run."""
        return witness.doubt or self._written(script, witness) or self._unlike(witness)

    def untouched(self, script: Script, witness: Witness) -> str:
        """Which former output a script that has run has not written anew; "" where it wrote all that is there."""
        folder = f"{self.root}/{script.folder}"
        left = witness.outputs.keys() - set(changed_since(folder, witness.outputs))
        former = min(self.unknown(script, left), default="")
        return UNTOUCHED.format(former) if former else ""

    def unknown(self, script: Script, paths: Collection[str]) -> list[str]:
        """Those paths in its package's folder that git does not know: what it knows belongs to what the script sees."""
        known = self.sight.listed(self.sight.package(script)) if paths else {}
        return [path for path in paths if _below(script.folder, path) not in known]

    def _written(self, script: Script, witness: Witness) -> str:
        """What somebody wrote while it ran, and perhaps took back.

        What it declares that it writes is its own, and so is what its command names outside of its package.
        """
        changed = [*changed_since(self.root, witness.further)]
        for node_id, before in witness.seen.items():  # all of them: others begin with what is seen here
            changed += self._looks.changed(node_id, before)
        named = places_in(script.folder, script.command)
        others = (path for path in changed if not _is_output(script, path) and not _is_at(path, named))
        return next((f"{path} {WRITTEN}" for path in others), "")

    def _unlike(self, witness: Witness) -> str:
        """What is on the disk otherwise than its key says, though git finds no edit."""
        for node_id, seen in witness.seen.items():
            if overlooked := min((path for path in self._overlooked if path in seen), default=""):
                return f"{overlooked} {OVERLOOKED}"
            if filtered := self._looks.filtered(node_id, seen):
                return filtered
        return ""

    @property
    def root(self) -> str:
        """The workspace's folder on the disk."""
        return str(self.repository.folder)

    @cached_property
    def _overlooked(self) -> frozenset[str]:
        return read_overlooked(self.repository)

    @cached_property
    def _looks(self) -> Looks:
        return Looks(self.root, self.sight)

    @cached_property
    def _installed(self) -> Installed:
        return Installed(self._modules)

    @cached_property
    def _copied(self) -> Copied:
        return Copied(self._modules)

    @cached_property
    def _modules(self) -> Modules:
        return Modules(self.root)


def _below(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))


def _is_output(script: Script, path: str) -> bool:
    inside = posixpath.relpath(path, script.folder)
    return not inside.startswith("../") and parse_patterns(script.outputs).matches(inside)


def _is_at(path: str, places: Iterable[str]) -> bool:
    """Whether a path is one of these places, or lies below one."""
    return any(f"{path}/".startswith(f"{place}/") for place in places)
