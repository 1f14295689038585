"""The files of a backup: written with their sizes and digests, and checked against them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, TypeVar

from buildgraph.backup.records import DatabaseDump, Record, RedisSnapshot
from buildgraph.errors import StepFailed
from buildgraph.place.streams import read_chunks

File = TypeVar("File", DatabaseDump, RedisSnapshot)


@dataclass(slots=True)
class _Sink:
    """A file that is being written, its size and digest."""

    file: BinaryIO
    size: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.file.write(chunk)
        self.digest.update(chunk)
        self.size += len(chunk)


def written(path: Path, produce: Callable[[Callable[[bytes], object]], File]) -> File:
    """Write what `produce` hands on to a file; what it returns, with the file's size and digest."""
    with path.open("xb") as file:
        sink = _Sink(file)
        found = produce(sink.write)
    return replace(found, size=sink.size, sha256=sink.digest.hexdigest())


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    digest = hashlib.sha256()
    for chunk in read_chunks(file):
        digest.update(chunk)
    return digest.hexdigest()


def check_files(record: Record, folder: Path) -> None:
    """Every file's bytes against what was written."""
    damaged = [file.name for file in record.files if sha256_of(folder / file.name) != file.sha256]
    if damaged:
        raise StepFailed(
            f"backup {record.id}",
            f"is damaged: {', '.join(damaged)}",
            "take another one: `buildgraph backups`",
        )
