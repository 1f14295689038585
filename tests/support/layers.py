"""What an image holds above its base, layer by layer: also what a later layer hides."""

from __future__ import annotations

import json
import subprocess
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.support.system import docker


@dataclass(frozen=True)
class Layered:
    """The layers of an image that are its own, as archives beside one another in one that the engine has saved."""

    archive: Path
    layers: tuple[str, ...]

    def entries(self) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
        """Every entry of every layer, and what it holds where it is a file."""
        with tarfile.open(self.archive) as saved:
            for layer in self.layers:
                with tarfile.open(fileobj=saved.extractfile(layer)) as archive:
                    for entry in archive:
                        yield entry, archive.extractfile(entry) if entry.isfile() else None

    def names(self) -> list[str]:
        """The paths of all that is no folder."""
        return [entry.name for entry, _ in self.entries() if not entry.isdir()]

    def holding(self, words: Iterable[bytes]) -> list[str]:
        """The paths of files that hold one of these words, or bear it in their name."""
        wanted = list(words)
        return [
            entry.name
            for entry, file in self.entries()
            if any(word in (file.read() if file else b"") + entry.name.encode() for word in wanted)
        ]


def save_layers(images: Iterable[tuple[str, str]], archive: Path) -> dict[str, Layered]:
    """Save images, each with the base that it is made from, into one archive; image -> its own layers."""
    pairs = dict(images)
    with archive.open("wb") as file:
        subprocess.run(("docker", "save", *pairs), check=True, stdout=file)
    with tarfile.open(archive) as saved:
        listed = saved.extractfile("manifest.json")
        assert listed
        told = json.load(listed)
    found = {tag: tuple(each["Layers"]) for each in told for tag in each["RepoTags"]}
    return {image: Layered(archive, found[image][len(_diffs(base)) :]) for image, base in pairs.items()}


def _diffs(image: str) -> list[str]:
    diffs: list[str] = json.loads(docker("image", "inspect", "--format", "{{json .RootFS.Layers}}", image))
    return diffs
