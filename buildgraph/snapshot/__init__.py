"""Snapshots: what git says a commit or the working tree holds; nothing here knows packages or images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildgraph.lazy import offering

if TYPE_CHECKING:
    from buildgraph.snapshot.git import (
        Repository,
        find_repository,
    )
    from buildgraph.snapshot.reading import (
        read_commit,
        read_working_tree,
    )
    from buildgraph.snapshot.snapshot import (
        Entry,
        Snapshot,
    )

__all__ = [
    "Entry",
    "Repository",
    "Snapshot",
    "find_repository",
    "read_commit",
    "read_working_tree",
]

__getattr__ = offering(
    __name__,
    {
        "Entry": "snapshot",
        "Repository": "git",
        "Snapshot": "snapshot",
        "find_repository": "git",
        "read_commit": "reading",
        "read_working_tree": "reading",
    },
)
