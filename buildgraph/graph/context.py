"""Build contexts as values: which file lies where in an image's archive, before a byte of it is read; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from buildgraph.graph.listing import state_of
from buildgraph.graph.nodes import Part, digest_of, digest_of_pairs
from buildgraph.recipes.window import Window
from buildgraph.snapshot.snapshot import REGULAR, Entry
from buildgraph.workspace.projects import ROOT

# Where the recipe lies: beside the layers; and where the context is somebody's folder, under a name that no file has.
DOCKERFILE, OWN_DOCKERFILE = "Dockerfile", "buildgraph.Dockerfile"
MANIFESTS, DEPENDENCIES, APP, TEMPLATE = "manifests", "dependencies", "app", "template"
LAYERS = (MANIFESTS, DEPENDENCIES, APP, TEMPLATE)


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


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a service is built by: a Dockerfile's entry, and the support files it names below `template/`.

    `window` is what the Dockerfile sees of the workspace as it lies, where the service says so.
    """

    path: str
    entry: Entry
    support: Mapping[str, Entry]
    window: Window | None = None

    @property
    def files(self) -> Iterator[ContextFile]:
        """Itself and its support files, as they lie in a context."""
        name = DOCKERFILE if self.window is None else OWN_DOCKERFILE
        yield ContextFile(name, self.entry.mode, self.entry.blob)
        for name, entry in self.support.items():
            yield ContextFile(f"{TEMPLATE}/{name}", entry.mode, entry.blob)

    @property
    def parts(self) -> Iterator[Part]:
        """What stands for them in a fingerprint."""
        folder = self.path.rpartition("/")[0]
        yield Part("template", self.path, digest_of(f"Dockerfile {state_of(self.entry)}"))
        for name, entry in self.support.items():
            yield Part("template", path_in(folder, name), digest_of(f"{TEMPLATE}/{name} {state_of(entry)}"))


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


def path_in(folder: str, name: str) -> str:
    """The path of what is in a folder; the root's is its name."""
    return name if folder in ("", ROOT) else f"{folder}/{name}"
