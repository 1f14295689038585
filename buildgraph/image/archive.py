"""The archive of a build context: the same context gives the same bytes on every machine at any time."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping

from buildgraph.errors import ConfigurationError, Mistake
from buildgraph.graph.context import Context, ContextFile
from buildgraph.snapshot.snapshot import EXECUTABLE, SUBMODULE, SYMLINK, BlobReader

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
LFS_WAY_OUT = (
    "fetch the content (`git lfs pull`) and store it without LFS, or declare an ignored pattern for it"
)


def read_archive(context: Context, blobs: BlobReader) -> bytes:
    """The context as an uncompressed tar: sorted, owned by root, without times, modes 644 and 755.

    Raises ConfigurationError when it holds what no image may hold: a pointer of git LFS or a submodule.
    """
    contents = blobs.read_blobs({file.blob for file in context.files if file.blob and file.mode != SUBMODULE})
    _refuse_unfit(context, contents)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for file in context.files:
            _add(archive, file, contents.get(file.blob, file.content))
    return buffer.getvalue()


def _add(archive: tarfile.TarFile, file: ContextFile, content: bytes) -> None:
    member = tarfile.TarInfo(file.path)
    member.mtime = 0
    if file.mode == SYMLINK:
        member.type = tarfile.SYMTYPE
        member.mode = 0o777
        member.linkname = content.decode("utf-8", "surrogateescape")
        archive.addfile(member)
        return
    member.mode = 0o755 if file.mode == EXECUTABLE else 0o644
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _refuse_unfit(context: Context, contents: Mapping[str, bytes]) -> None:
    mistakes = [mistake for file in context.files if (mistake := _mistake(file, contents))]
    if mistakes:
        raise ConfigurationError(mistakes)


def _mistake(file: ContextFile, contents: Mapping[str, bytes]) -> Mistake | None:
    path = file.path.partition("/")[2]
    if file.mode == SUBMODULE:
        return Mistake(
            path, "a submodule cannot be part of an image yet", "declare an ignored pattern for it"
        )
    if contents.get(file.blob, b"").startswith(LFS_POINTER):
        return Mistake(path, "an image would hold git LFS's pointer instead of the file", LFS_WAY_OUT)
    return None
