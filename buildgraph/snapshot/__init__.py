"""Snapshots: what git says a commit or the working tree holds; nothing here knows packages or images."""

from buildgraph.snapshot.git import Repository, find_repository
from buildgraph.snapshot.reading import read_commit, read_working_tree
from buildgraph.snapshot.snapshot import Entry, Snapshot

__all__ = ["Entry", "Repository", "Snapshot", "find_repository", "read_commit", "read_working_tree"]
