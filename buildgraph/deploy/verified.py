"""Which version of a product has passed its smoke tests here: one small file per product in the state volume."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from buildgraph.deploy.model import Place, Target
from buildgraph.deploy.names import PROXY
from buildgraph.deploy.state import read_state, render_archive, write_state
from buildgraph.graph.nodes import digest_of_pairs

FOLDER: Final = "verified"
NOT_YET: Final = ""


def is_verified(place: Place, product: str, targets: Iterable[Target]) -> bool:
    """Whether these very targets have passed the product's smoke tests here, and nothing was deployed since."""
    held = read_state(place, place.named(PROXY)).files.get(f"{FOLDER}/{product}", b"")
    return held.decode() == _version(targets)


def forget_verified(place: Place, product: str) -> None:
    """Take the word back, before what runs is changed or its tests run again."""
    if read_state(place, place.named(PROXY)).files.get(f"{FOLDER}/{product}"):
        _write(place, product, NOT_YET)


def record_verified(place: Place, product: str, targets: Iterable[Target]) -> None:
    """Remember that these targets passed."""
    _write(place, product, _version(targets))


def _version(targets: Iterable[Target]) -> str:
    return digest_of_pairs(sorted((target.service.name, target.fingerprint) for target in targets))


def _write(place: Place, product: str, content: str) -> None:
    archive = render_archive({f"{FOLDER}/{product}": content.encode()})
    write_state(place, place.named(PROXY), archive)
