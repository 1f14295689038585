"""Which version of a product has passed its smoke tests here: one small file per product in the state volume."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from buildgraph.deploy.live import read_live
from buildgraph.graph.nodes import digest_of_pairs
from buildgraph.place.model import Place, Target
from buildgraph.place.names import PROXY
from buildgraph.place.state import read_state, render_archive, write_state

FOLDER: Final = "verified"
NOT_YET: Final = ""


def is_verified(place: Place, product: str, targets: Iterable[Target]) -> bool:
    """Whether these very targets have passed the product's smoke tests here, and nothing was deployed since."""
    return _read(place, product) == _version(targets)


def forget_verified(place: Place, product: str) -> str:
    """Take the word back, before what runs is changed or its tests run again; returns it ("": there is none)."""
    held = _read(place, product)
    if held:
        _write(place, product, NOT_YET)
    return held


def restore_verified(place: Place, product: str, held: str) -> None:
    """Give the word back that was taken, if what it was given for runs: a deploy was refused, or undone."""
    live = read_live(place).services_of(product)
    if held and held == _digest((service.name, service.fingerprint) for service in live):
        _write(place, product, held)


def record_verified(place: Place, product: str, targets: Iterable[Target]) -> None:
    """Remember that these targets passed."""
    _write(place, product, _version(targets))


def _read(place: Place, product: str) -> str:
    files = read_state(place, place.named(PROXY), FOLDER).files
    return files.get(f"{FOLDER}/{product}", NOT_YET.encode()).decode()


def _version(targets: Iterable[Target]) -> str:
    return _digest((target.service.name, target.fingerprint) for target in targets)


def _digest(versions: Iterable[tuple[str, str]]) -> str:
    return digest_of_pairs(sorted(versions))


def _write(place: Place, product: str, content: str) -> None:
    archive = render_archive({f"{FOLDER}/{product}": content.encode()})
    write_state(place, place.named(PROXY), archive)
