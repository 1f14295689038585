"""The `.env` files beside package.json, which git ignores and bundlers read: they count for whoever is there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress

from buildgraph.checks.disk import digest_at

BEGINNING = ".env"


def read_dotenv(root: str, folders: Iterable[str]) -> dict[str, tuple[tuple[str, str], ...]]:
    """Folder -> name and digest of its `.env` files; folders without any are left out. All seen from `root`."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for folder in folders:
        place = f"{root}/{folder}"
        names = [name for name in _names(place) if name.startswith(BEGINNING)]
        if names:
            found[folder] = tuple((name, _digest(f"{place}/{name}")) for name in sorted(names))
    return found


def _names(place: str) -> list[str]:
    with suppress(OSError):
        return os.listdir(place)  # noqa: PTH208  # asked thousands of times
    return []


def _digest(place: str) -> str:
    with suppress(OSError):
        return digest_at(place)
    return ""  # a folder, or gone again
