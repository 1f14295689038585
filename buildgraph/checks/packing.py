"""Packs: what a script has printed and left, one after another in one compressed file; and brought back from it."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

from buildgraph.checks.disk import CHUNK
from buildgraph.checks.halves import forget_halves, half_of, mark_as_written
from buildgraph.checks.result import FILE, FOLDER, LINK, Content, Output, Result
from buildgraph.checks.traces import is_below_link
from buildgraph.graph.nodes import digest_of

LEVEL = 1  # of zlib: what is built is written often and read seldom


class Damaged(Exception):
    """A pack that does not hold what its result says."""


class Packed(NamedTuple):
    """What was put into a pack: the outputs with their digests, and the pack itself."""

    outputs: tuple[Output, ...]
    pack: Content


def write_pack(file: IO[bytes], folder: str, log: bytes, outputs: Sequence[Output]) -> Packed:
    """Put a log and the outputs in `folder` into an open file; the digests are of what was put there."""
    packer = _Packer(file)
    packer.put(log)
    found = tuple(_packed(packer, folder, output) for output in outputs)
    return Packed(found, packer.end())


def _packed(packer: _Packer, folder: str, output: Output) -> Output:
    if output.kind != FILE:
        return output
    digest, size = hashlib.sha256(), 0
    with Path(folder, output.path).open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
            packer.put(piece)
            size += len(piece)
    return output._replace(digest=digest.hexdigest(), size=size)


class _Packer:
    """Compresses into a file, and knows what came to stand there."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.digest = hashlib.sha256()
        self.size = 0
        self._compressor = zlib.compressobj(LEVEL)

    def put(self, piece: bytes) -> None:
        self._write(self._compressor.compress(piece))

    def end(self) -> Content:
        self._write(self._compressor.flush())
        return Content(self.digest.hexdigest(), self.size)

    def _write(self, piece: bytes) -> None:
        self.digest.update(piece)
        self.size += len(piece)
        self.file.write(piece)


def unpack(file: IO[bytes], result: Result, folder: str, wanted: Collection[str]) -> bytes:
    """Write the outputs of these paths into `folder`, and return the log.

    A file comes to stand whole or not at all. Raises Damaged for a pack that holds something else, or one whose
    files would be written through a link; OSError where nothing can be written.
    """
    pieces = _Pieces(file)
    log = b"".join(pieces.take(result.log.size))
    if digest_of(log) != result.log.digest:
        raise Damaged("the log")
    for above in {os.path.dirname(f"{folder}/{path}") for path in wanted}:  # noqa: PTH120  # of thousands
        forget_halves(above)
    for output in result.outputs:
        if output.path in wanted:
            _bring(folder, output, pieces)
        elif output.kind == FILE:
            for _ in pieces.take(output.size):
                pass
    return log


class _Pieces:
    """What stands in a pack, piece by piece."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._unpacker = zlib.decompressobj()
        self._held = b""

    def take(self, size: int) -> Iterator[bytes]:
        """The next bytes, so many; Damaged when there are fewer."""
        while size:
            if not self._held:
                self._held = self._next()
            piece, self._held = self._held[:size], self._held[size:]
            size -= len(piece)
            yield piece

    def _next(self) -> bytes:
        try:
            while not self._unpacker.eof:
                packed = self._unpacker.unconsumed_tail or self._file.read(CHUNK)
                piece = self._unpacker.decompress(packed, CHUNK)
                if piece:
                    return piece
                if not packed:
                    break
        except zlib.error as error:
            raise Damaged(str(error)) from error
        raise Damaged("it ends early")


def _bring(folder: str, output: Output, pieces: _Pieces) -> None:
    if is_below_link(folder, output.path):
        raise Damaged(f"{output.path} lies behind a link")
    place = f"{folder}/{output.path}"
    Path(place).parent.mkdir(parents=True, exist_ok=True)
    if output.kind == FOLDER:
        _make_folder(place, output.mode)
        return
    half = half_of(place)
    try:
        if output.kind == LINK:
            Path(half).symlink_to(output.target)
        else:
            _write(half, output, pieces)
        Path(half).replace(place)
    finally:
        with suppress(FileNotFoundError):
            Path(half).unlink()


def _make_folder(place: str, mode: int) -> None:
    """An empty folder; a link that stands there gives way, and what it leads to stays as it is."""
    if Path(place).is_symlink():
        Path(place).unlink()
    Path(place).mkdir(exist_ok=True)
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)


def _write(half: str, output: Output, pieces: _Pieces) -> None:
    digest = hashlib.sha256()
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123  # a descriptor
        mark_as_written(file)
        for piece in pieces.take(output.size):
            digest.update(piece)
            file.write(piece)
        os.fchmod(descriptor, output.mode)
    if digest.hexdigest() != output.digest:
        raise Damaged(output.path)
