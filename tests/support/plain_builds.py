"""Builds of a few files by the command that the program gives buildx, with nothing around it and without a cache."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from buildgraph.graph.context import ContextFile, make_context
from buildgraph.image.archive import read_archive
from buildgraph.image.build import BuildRequest, build_command
from buildgraph.process import SystemRunner


class NoBlobs:
    """A store that nobody asks for anything."""

    def read_blobs(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Nothing is there."""
        return {}


def archived(files: Mapping[str, bytes]) -> bytes:
    """The context of a build that has these files."""
    return read_archive(
        make_context(ContextFile(path, 0o100644, content=content) for path, content in files.items()),
        NoBlobs(),
    )


def build_plainly(request: BuildRequest, files: Mapping[str, bytes], told: Path | None = None) -> None:
    """Build these files as they are; `told` is where buildx tells digests. AssertionError where it fails."""
    command = build_command(request, archived(files), told)
    argv = (*command.argv[:3], "--no-cache", *command.argv[3:])
    ran = SystemRunner().run(command._replace(argv=argv))
    assert ran.code == 0, ran.last_lines
