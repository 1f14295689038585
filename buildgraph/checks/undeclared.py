"""Public variables that a build reads and nobody declares: another machine's value would be baked in unseen."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from buildgraph.checks.script import Script
from buildgraph.checks.sight import Sight
from buildgraph.checks.variables import is_declared, is_source, names_read
from buildgraph.graph.listing import parse_run
from buildgraph.snapshot.snapshot import BlobReader

MOST_TOLD = 10
WAY_OUT = "declare it: `env` under [checks] in manifests/workspace.toml"


@dataclass(frozen=True)
class Sources:
    """The sources of packages in one snapshot; what a package reads is looked for once.

    `served` are by folder the variables that manifests of services declare.
    """

    sight: Sight
    blobs: BlobReader
    served: Mapping[str, Collection[str]]
    _read: dict[str, dict[str, str]] = field(default_factory=dict)

    def undeclared(self, script: Script, set_here: Collection[str]) -> list[str]:
        """A line for every public variable that a script's package or one it depends on reads and nobody declares.

        `set_here` are those that `.env` files set, which count as they are.
        """
        known = {*script.env, *set_here, *self.served.get(script.folder, ())}
        found: dict[str, str] = {}
        for node_id in self.sight.packages(script):
            for name, path in self._names_in(node_id).items():
                if not is_declared(name, known):
                    found.setdefault(name, path)
        lines = [f"{found[name]} reads {name}, which nobody declares" for name in sorted(found)]
        more = [f"… and {len(lines) - MOST_TOLD} more"] if len(lines) > MOST_TOLD else []
        return [*lines[:MOST_TOLD], *more, WAY_OUT] if lines else []

    def _names_in(self, node_id: str) -> Mapping[str, str]:
        """The public variables that a package reads, each with the first file that does."""
        if node_id not in self._read:
            self._read[node_id] = dict(reversed(list(self._found_in(node_id))))
        return self._read[node_id]

    def _found_in(self, node_id: str) -> Iterator[tuple[str, str]]:
        states = parse_run(self.sight.graph.files[node_id].seen)
        blobs = {path: state.partition(" ")[2] for path, state in states.items() if is_source(path)}
        contents = self.blobs.read_blobs(set(blobs.values()))
        for path in sorted(blobs):
            for name in sorted(names_read(contents[blobs[path]])):
                yield name, path
