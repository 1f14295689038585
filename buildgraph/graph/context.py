"""Build contexts as values: which file lies where in an image's archive, before a byte of it is read; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from buildgraph.graph.nodes import digest_of, digest_of_pairs
from buildgraph.snapshot.snapshot import REGULAR, Entry

# Where the recipe lies: beside the layers; and where the context is somebody's folder, under a name that no file has.
DOCKERFILE, OWN_DOCKERFILE = "Dockerfile", "buildgraph.Dockerfile"
MANIFESTS, DEPENDENCIES, APP, TEMPLATE = "manifests", "dependencies", "app", "template"


@dataclass(frozen=True, slots=True)
class ContextFile:
    """One file of a context: where it lies, its git mode, and its content as blob id or as bytes."""

    path: str
    mode: int
    blob: str = ""
    content: bytes = b""

    @property
    def digest(self) -> str:
        """What stands for the content: the blob's id, or the sha256 of the bytes."""
        return self.blob or digest_of(self.content)


@dataclass(frozen=True, slots=True)
class Context:
    """All files of an image's build context, sorted by path; two files at one path are a bug of ours."""

    files: tuple[ContextFile, ...]

    @property
    def digest(self) -> str:
        """One digest of the whole: every path, mode and content."""
        return digest_of_pairs((file.path, f"{file.mode:o}", file.digest) for file in self.files)


def make_context(files: Iterable[ContextFile]) -> Context:
    """The context of these files, in the one order that archives have."""
    by_path = {file.path: file for file in files}
    return Context(tuple(by_path[path] for path in sorted(by_path)))


def placed(layer: str, paths: Iterable[str], entries: Mapping[str, Entry]) -> Iterable[ContextFile]:
    """Files of a snapshot, laid below the folder of a layer; `""` is the top of the archive."""
    prefix = f"{layer}/" if layer else ""
    return (ContextFile(prefix + path, entries[path].mode, entries[path].blob) for path in paths)


def rendered(path: str, content: bytes) -> ContextFile:
    """A file that we write ourselves, such as the pruned lockfile."""
    return ContextFile(path, REGULAR, content=content)
