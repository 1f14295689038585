"""The archive of a build context: the same context gives the same bytes on every machine at any time."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Mapping

from buildgraph.errors import ConfigurationError, Mistake
from buildgraph.graph.context import DOCKERFILE, LAYERS, OWN_DOCKERFILE, Context, ContextFile
from buildgraph.snapshot.filtered import filtered_of
from buildgraph.snapshot.snapshot import EXECUTABLE, SUBMODULE, SYMLINK, BlobReader

LEAVE_OUT = "declare an ignored pattern for it"


def read_archive(context: Context, blobs: BlobReader) -> bytes:
    """The context as an uncompressed tar: the Dockerfile, then the rest sorted; of root, no times, modes 644 and 755.

    Its folders stand in it, too: one that does not is as old as the build wherever COPY takes it.

    Raises ConfigurationError when it holds what no image may hold: a submodule, or what a filter of git has in
    place of a file.
    """
    contents = blobs.read_blobs({file.blob for file in context.files if file.blob and file.mode != SUBMODULE})
    _refuse_unfit(context, contents)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8") as archive:
        files = {file.path: file for file in context.files}
        for path in _in_order(files):
            if path in files:
                _add(archive, files[path], contents.get(files[path].blob, files[path].content))
            else:
                archive.addfile(_folder(path))
    return buffer.getvalue()


def _in_order(files: Mapping[str, ContextFile]) -> list[str]:
    """The paths of all files and folders, the Dockerfile's first.

    buildx takes what it is given for a Dockerfile unless the first 512 bytes are a whole member's header, and those
    of long and of foreign names are longer.
    """
    first = OWN_DOCKERFILE if OWN_DOCKERFILE in files else DOCKERFILE
    return sorted({*files, *_folders(files)}, key=lambda path: (path != first, path))


def _folders(paths: Iterable[str]) -> set[str]:
    """All folders above these paths."""
    found: set[str] = set()
    for path in paths:
        while (path := path.rpartition("/")[0]) and path not in found:
            found.add(path)
    return found


def _folder(path: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path)
    member.type = tarfile.DIRTYPE
    member.mode = 0o755
    return member


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
    layer, _, inner = file.path.partition("/")
    path = inner if layer in LAYERS else file.path
    if file.mode == SUBMODULE:
        return Mistake(path, "a submodule cannot be part of an image yet", LEAVE_OUT)
    if found := filtered_of(contents.get(file.blob, b"")):
        problem = f"an image would hold {found.told} instead of the file"
        return Mistake(path, problem, f"{found.in_images}, or {LEAVE_OUT}")
    return None
