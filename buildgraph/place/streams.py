"""Bytes out of a container and files into one, however many they are; nothing is held in memory."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from buildgraph.errors import ToolError
from buildgraph.image.engine import told_plainly
from buildgraph.place.model import Place

CHUNK: Final = 2**20
READABLE: Final = 0o644  # by the user that a server runs as; containers keep others out
MOST_SAID: Final = 2**24  # bytes of a command's standard error that are kept: 16 MB tell of 100,000 tables


def stream_from_container(
    place: Place, container: str, argv: Iterable[str], write: Callable[[bytes], object]
) -> tuple[int, str]:
    """Run a command in a container and hand on what it prints, piece by piece.

    Returns its exit code and what it said on standard error. ToolError when the engine does not answer or
    breaks off.
    """
    api = place.engine.client.api
    said = bytearray()
    with told_plainly():
        made = api.exec_create(container, list(argv))["Id"]
        for piece in place.engine.listen_to(made):
            if not piece.is_error:
                write(piece.content)
            elif len(said) < MOST_SAID:
                said += piece.content
        code = api.exec_inspect(made)["ExitCode"]
    if code is None:
        raise ToolError(f"the engine broke off what ran in {container}", "run the same again")
    return int(code), said.decode("utf-8", "replace")


def copy_into_container(place: Place, container: str, folder: str, files: Mapping[str, Path]) -> None:
    """Put files under other names into a folder of a container; they are its root's."""
    with told_plainly():
        place.engine.client.api.put_archive(container, folder, _archive(files))


def _archive(files: Mapping[str, Path]) -> Iterator[bytes]:
    """A tar archive of the files, made while it is read."""
    for name, path in files.items():
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = path.stat().st_size, READABLE
        yield entry.tobuf(tarfile.PAX_FORMAT)
        yield from read_chunks(path)
        yield bytes(-entry.size % tarfile.BLOCKSIZE)
    yield bytes(tarfile.RECORDSIZE)


def read_chunks(path: Path) -> Iterator[bytes]:
    """A file's bytes, a megabyte at a time."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
