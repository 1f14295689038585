"""The `.env` files beside package.json, which git ignores and bundlers read: they count for whoever is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from buildgraph.checks.ledger import Ledger
from buildgraph.graph.nodes import digest_of

BEGINNING = ".env"


def read_dotenv(ledger: Ledger, root: str, folders: Iterable[str]) -> dict[str, tuple[tuple[str, str], ...]]:
    """Folder -> name and digest of its `.env` files; folders without any are left out. All seen from `root`."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for folder in folders:
        names = ledger.listed(f"{root}/{folder}", BEGINNING)
        if names:
            found[folder] = tuple((name, _digest(f"{root}/{folder}/{name}")) for name in names)
    return found


def set_in_files(
    root: str, files: Mapping[str, tuple[tuple[str, str], ...]], folders: Iterable[str]
) -> set[str]:
    """The variables that the `.env` files of some folders set; `files` are all that there are, and others, by name."""
    from buildgraph.checks.variables import names_set  # for what is run only

    places = [
        Path(root, folder, name)
        for folder in folders
        for name, _ in files.get(folder, ())
        if name.startswith(BEGINNING)
    ]
    return {name for place in places if place.is_file() for name in names_set(place.read_bytes())}


def _digest(place: str) -> str:
    with suppress(OSError):
        return digest_of(Path(place).read_bytes())
    return ""  # a folder, or gone again
