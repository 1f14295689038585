"""The environment's small state volume: an archive in, an archive out, through the proxy's container."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from buildgraph.image.engine import told_plainly, understood
from buildgraph.place.model import Place

MOUNT: Final = "/state"
NO_LINKS: Final[Mapping[str, str]] = MappingProxyType({})
READABLE, PRIVATE = 0o644, 0o600


@dataclass(frozen=True, slots=True)
class State:
    """What the state volume holds: files and links by their path below its root."""

    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    links: Mapping[str, str] = field(default_factory=dict)


def state_volume(place: Place) -> str:
    """The name of the volume."""
    return place.named("state")


def read_state(place: Place, container: str, folder: str = "") -> State:
    """All that the volume holds (or a folder of it), read through a container that mounts it.

    Paths are seen from the volume's root. Empty when there is no such container or folder. ToolError when the engine
    answers anything else.
    """
    import docker.errors

    with told_plainly(), understood():
        try:
            chunks, _ = place.engine.client.api.get_archive(container, f"{MOUNT}/{folder}/.")
            return parse_archive(b"".join(chunks), folder)
        except docker.errors.NotFound:
            return State()


def write_state(place: Place, container: str, archive: bytes) -> None:
    """Unpack an archive into the volume."""
    with told_plainly():
        place.engine.client.api.put_archive(container, MOUNT, archive)


def parse_archive(content: bytes, folder: str = "") -> State:
    """The files and links of a tar archive of a folder, by path; ValueError for what is none."""
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            return _state_in(archive, f"{folder}/" if folder else "")
    except tarfile.TarError as error:
        raise ValueError(f"no archive: {error}") from error


def _state_in(archive: tarfile.TarFile, above: str) -> State:
    files: dict[str, bytes] = {}
    links: dict[str, str] = {}
    for member in archive:
        path = above + member.name.removeprefix("./")
        stream = archive.extractfile(member) if member.isfile() else None
        if stream is not None:
            files[path] = stream.read()
        elif member.issym():
            links[path] = member.linkname
    return State(files, links)


def render_archive(
    files: Mapping[str, bytes], *, links: Mapping[str, str] = NO_LINKS, mode: int = READABLE
) -> bytes:
    """A tar archive of files (owned by root) with their folders, then links."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for folder in _folders([*files, *links]):
            archive.addfile(_entry(folder, tarfile.DIRTYPE, 0o755))
        for path, content in sorted(files.items()):
            entry = _entry(path, tarfile.REGTYPE, mode)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for path, target in sorted(links.items()):
            entry = _entry(path, tarfile.SYMTYPE, 0o777)
            entry.linkname = target
            archive.addfile(entry)
    return buffer.getvalue()


def _folders(paths: Iterable[str]) -> list[str]:
    parts = (path.split("/")[:-1] for path in paths)
    return sorted({"/".join(folders[:count]) for folders in parts for count in range(1, len(folders) + 1)})


def _entry(path: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path)
    entry.type = kind
    entry.mode = mode
    return entry
