"""What images keep on a disk together: each layer once, as the engine writes them out."""

from __future__ import annotations

import json
import subprocess
import tarfile
from collections.abc import Iterable, Iterator
from typing import Final

from bench.errors import BenchError
from bench.timing import read_output

ALGORITHM: Final = "sha256:"


def read_together(images: Iterable[str], bases: Iterable[str]) -> int:
    """Bytes of all layers of the images that are no layers of the bases, each counted once, uncompressed.

    A layer is told by the digest of its archive, which is its name in what `docker save` writes (OCI image layout).
    BenchError when one of them is not in there.
    """
    named = list(images)
    wanted = layers_of(named) - layers_of(bases)
    sizes = {name: size for name, size in saved(named) if name in wanted}
    if missing := wanted - sizes.keys():
        raise BenchError(f"docker save has not written {len(missing)} of {len(wanted)} layers")
    return sum(sizes.values())


def layers_of(images: Iterable[str]) -> set[str]:
    """The digests of all layers of some images."""
    found: set[str] = set()
    for image in images:
        told = json.loads(read_output("docker", "image", "inspect", image))[0]
        found.update(layer.removeprefix(ALGORITHM) for layer in told["RootFS"]["Layers"])
    return found


def saved(images: Iterable[str]) -> Iterator[tuple[str, int]]:
    """The name and size of each blob of the images, read as they are written and kept nowhere."""
    with subprocess.Popen(("docker", "save", *images), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
            for member in archive:
                if member.isfile():
                    yield member.name.rpartition("/")[2], member.size
    if process.returncode:
        raise BenchError(f"docker save ended with {process.returncode}")
