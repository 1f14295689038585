"""A small disk of a test's own, in memory, for a checkout, a home and temporary files; it can be full, or closed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.hosts import run


class Disk:
    """A disk of `megabytes` that is mounted at a folder until it is removed."""

    def __init__(self, folder: Path, megabytes: int = 32) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder))
        for name in ("home", "tmp"):
            (folder / name).mkdir()

    @property
    def environment(self) -> Mapping[str, str]:
        """What has command lines keep their own files here."""
        return {"HOME": str(self.folder / "home"), "TMPDIR": str(self.folder / "tmp")}

    @contextmanager
    def full(self, pages: int = 0) -> Iterator[None]:
        """There is room for so many small files more, until the block ends."""
        filling = self.folder / "filling"
        with filling.open("wb") as file:
            told = os.statvfs(self.folder)
            os.posix_fallocate(file.fileno(), 0, (told.f_bfree - pages) * told.f_frsize)
        try:
            yield
        finally:
            filling.unlink()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Nobody may write to it, until the block ends."""
        run("mount", "-o", "remount,ro", str(self.folder))
        try:
            yield
        finally:
            run("mount", "-o", "remount,rw", str(self.folder))

    @contextmanager
    def shut(self, *folders: Path) -> Iterator[None]:
        """Nobody may write to these folders of it, until the block ends."""
        with ExitStack() as shut:
            for folder in map(str, folders):
                run("mount", "--bind", folder, folder)
                shut.callback(run, "umount", folder)
                run("mount", "-o", "remount,bind,ro", folder)
            yield

    def remove(self) -> None:
        """Take it away, with all that lies on it."""
        run("umount", "-l", str(self.folder))
