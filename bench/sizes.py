"""What images add to the base they are built on, by the engine's own sizes of layers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from bench.errors import BenchError
from bench.timing import read_output


@dataclass(frozen=True, slots=True)
class Added:
    """Bytes above a base, uncompressed: our image's and the peer's of one service."""

    service: str
    ours: int
    peer: int


@dataclass(frozen=True, slots=True)
class Stored:
    """What the engine keeps of an image: the ids of its layers, lowest first, and the bytes of all of them."""

    layers: tuple[str, ...]
    size: int


def read_added(image: str, bases: Iterable[str]) -> int:
    """Bytes of the image's layers that are not layers of the base it is built on.

    Raises BenchError when it is built on none of the bases.
    """
    found = _read(image)
    below = [base for base in map(_read, bases) if found.layers[: len(base.layers)] == base.layers]
    if not below:
        raise BenchError(f"{image} is built on none of the known bases")
    return found.size - max(base.size for base in below)


def _read(image: str) -> Stored:
    told = json.loads(read_output("docker", "image", "inspect", image))[0]
    return Stored(tuple(told["RootFS"]["Layers"]), int(told["Size"]))
