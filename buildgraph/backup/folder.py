"""Backups in a folder of this machine: hidden until they are whole, then renamed."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from buildgraph.backup.records import MANIFEST
from buildgraph.backup.retention import STALE
from buildgraph.backup.telling import in_its_words
from buildgraph.errors import StepFailed

DRAFT: Final = ".partial"
UNIGNORED: Final = "*\n"  # backups hold people's data: git shall never see them


@dataclass(frozen=True)
class FolderStore:
    """Backups in a folder of this machine."""

    where: str
    root: Path

    @contextmanager
    def drafting(self, key: str) -> Iterator[Path]:
        """A hidden folder beside the backup's own, so that keeping it is one rename."""
        target = self.root / key
        draft = target.parent / f".{target.name}{DRAFT}"
        with in_its_words(self.where):
            self.root.mkdir(parents=True, mode=0o700, exist_ok=True)
            if not any(self.root.iterdir()):
                (self.root / ".gitignore").write_text(UNIGNORED, encoding="utf-8")
            draft.mkdir(parents=True, mode=0o700)
        try:
            with in_its_words(self.where):
                yield draft
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def keep(self, key: str, draft: Path, digests: Mapping[str, str]) -> None:
        """Write all to the disk, then rename."""
        with in_its_words(self.where):
            for name in (*digests, MANIFEST):
                _flush(draft / name)
            draft.rename(self.root / key)
            _flush((self.root / key).parent)

    def keys(self, prefix: str) -> list[str]:
        """The folders that have a manifest."""
        found = (self.root / prefix).rglob(MANIFEST)
        keys = [path.parent.relative_to(self.root) for path in found]
        return sorted(key.as_posix() for key in keys if not key.name.startswith("."))

    def read_manifest(self, key: str) -> bytes:
        """The file."""
        with in_its_words(self.where):
            try:
                return (self.root / key / MANIFEST).read_bytes()
            except (FileNotFoundError, NotADirectoryError) as error:
                raise KeyError(key) from error

    @contextmanager
    def fetching(self, key: str, names: tuple[str, ...]) -> Iterator[Path]:
        """The backup's own folder."""
        missing = [name for name in names if not (self.root / key / name).is_file()]
        if missing:
            raise StepFailed(f"{self.where}/{key}", f"lacks {', '.join(missing)}", "take another backup")
        yield self.root / key

    def remove(self, key: str) -> None:
        """Hide it, then remove it: a removal that is interrupted leaves no half backup."""
        target = self.root / key
        hidden = target.parent / f".{target.name}{DRAFT}"
        with in_its_words(self.where):
            target.rename(hidden)
            shutil.rmtree(hidden)

    def sweep(self, prefix: str) -> None:
        """Hidden folders whose last change is long ago."""
        for path in (self.root / prefix).rglob(f".*{DRAFT}"):
            if path.stat().st_mtime < time.time() - STALE:
                shutil.rmtree(path, ignore_errors=True)


def _flush(path: Path) -> None:
    """Have the disk hold a file, or a folder's names."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
