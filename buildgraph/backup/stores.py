"""Where backups lie: a folder, or a bucket of an S3-compatible store; a backup is there whole or not at all.

A backup is a folder of files with a manifest.json. Its key is WORKSPACE/ENVIRONMENT/PRODUCT/ID. What has no
manifest.json is what an interrupted run has left: it is no backup, and is cleared away when it is a day old.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from buildgraph.backup.bucket import S3, open_bucket
from buildgraph.backup.folder import FolderStore
from buildgraph.manifests.model import Backups
from buildgraph.place.secrets import Secrets


class Store(Protocol):
    """A place of backups. Every method raises ToolError with the store's own words when it fails."""

    @property
    def where(self) -> str:
        """The place as its user wrote it."""

    def drafting(self, key: str) -> AbstractContextManager[Path]:
        """A context with a folder to write a backup's files to; it goes away unless it is kept."""

    def keep(self, key: str, draft: Path, digests: Mapping[str, str]) -> None:
        """Make a draft a backup: its files, with these digests (SHA-256), first; its manifest last."""

    def keys(self, prefix: str) -> list[str]:
        """The keys of the whole backups below a prefix (WORKSPACE/ENVIRONMENT…), sorted: the newest last."""

    def read_manifest(self, key: str) -> bytes:
        """A backup's manifest; KeyError when there is no such backup."""

    def fetching(self, key: str, names: tuple[str, ...]) -> AbstractContextManager[Path]:
        """A context with a folder that holds these files of a backup."""

    def remove(self, key: str) -> None:
        """Remove a backup."""

    def sweep(self, prefix: str) -> None:
        """Clear away what interrupted runs have left below a prefix."""


def open_store(backups: Backups, folder: Path, secrets: Secrets) -> Store:
    """The place that an environment declares; relative folders are seen from `folder`.

    Raises ConfigurationError when it lacks credentials, or the library that speaks S3 is not installed.
    """
    if backups.to.startswith(S3):
        return open_bucket(backups, secrets)
    path = (folder / Path(backups.to).expanduser()).resolve()
    return FolderStore(str(path), path)
